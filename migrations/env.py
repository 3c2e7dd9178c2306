"""Run migrations on the application's own engine; one linear history, batch mode, no dialect types."""

from typing import Any

from alembic import context
from flask import current_app

from campaign_app.columns import UtcDateTime

EXTENSION = "migrate"


def plain_type(kind: str, item: Any, autogen_context: Any) -> str | bool:
    """Write our times into a migration as what they are stored as, so that old migrations need no code of ours."""
    return "sa.DateTime()" if kind == "type" and isinstance(item, UtcDateTime) else False


def run() -> None:
    """Bring the database of the current application to the asked revision."""
    database = current_app.extensions[EXTENSION].db
    with database.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=plain_type,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


if context.is_offline_mode():
    raise SystemExit("migrations need a database to run on")
run()
