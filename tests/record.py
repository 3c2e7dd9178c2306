"""The record as tests need it: emptied between two tests, or changed by somebody who can write to the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import delete, select, text

from campaign_app.audit.models import AuditEntry
from campaign_app.extensions import db

GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"


@contextmanager
def unguarded() -> Iterator[None]:
    """Take the triggers away that refuse changes, as the owner of a database can, and put them back."""
    if db.session.connection().dialect.name == "sqlite":
        guards = db.session.execute(text(GUARDS)).all()
        for name, _ in guards:
            db.session.execute(text(f"DROP TRIGGER {name}"))
        yield
        for _, sql in guards:
            db.session.execute(text(sql))
    else:
        db.session.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        yield
        db.session.execute(text("ALTER TABLE audit_entry ENABLE TRIGGER USER"))


def empty_record() -> None:
    """Delete every entry, where there is one."""
    if db.session.scalar(select(AuditEntry.id).limit(1)) is not None:
        with unguarded():
            db.session.execute(delete(AuditEntry))
