"""One history of the tables: up, down to nothing and up again, with rows in every table, on either database.

That its newest tables are those of the models is held by test_repository.py.
"""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import create_engine, func, inspect, select, text

from campaign_app.app import create_app
from campaign_app.clock import utc_now
from campaign_app.config import ROOT, Settings
from campaign_app.extensions import db
from campaign_app.lockdown import operations as lockdown
from campaign_app.lockdown import rules as lockdown_rules
from campaign_app.mail.schedule import run_due_jobs
from campaign_app.petitions import operations as petitions
from campaign_app.petitions.content import shipped_petitions
from campaign_app.petitions.models import AvoidedWords
from tests import every_page
from tests.bodies.situations import fill_bodies
from tests.desk_client import fill_accounts
from tests.every_page import Visitor
from tests.integrity.campaigns import fill_integrity
from tests.letters.situations import fill_letters
from tests.pages import AuditingClient
from tests.partners.situations import fill_partners
from tests.static_copies import give_static_files
from tests.updates.situations import fill_updates

MIGRATIONS = str(ROOT / "migrations")
NOTHING = "base"
DATABASE = "migrations_under_test"


@pytest.fixture
def database(database_url: str) -> Iterator[str]:
    """A database of its own, without tables: a file by default, or one more on the test process's server."""
    if not database_url:
        yield ""
        return
    server = create_engine(
        Settings(database_url=database_url).sqlalchemy_url, isolation_level="AUTOCOMMIT", poolclass=None
    )
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {DATABASE}"))
        connection.execute(text(f"CREATE DATABASE {DATABASE}"))
    yield server.url.set(database=DATABASE, drivername="postgresql").render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {DATABASE} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def start(base_settings: Settings, database: str, tmp_path: Path) -> Iterator[Callable[[], Flask]]:
    """A function that starts the application anew, as an operator does after a migration.

    Its database has no tables yet.
    """
    settings = dataclasses.replace(base_settings, home=tmp_path, database_url=database)
    with ExitStack() as ends:

        def _start() -> Flask:
            give_static_files(settings.home)
            app = create_app(settings)
            app.testing = True
            app.test_client_class = AuditingClient
            ends.callback(leave, app)
            return app

        yield _start


def leave(app: Flask) -> None:
    """Let go of an application's database."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def go_to(app: Flask, revision: str) -> None:
    """Bring the tables to a revision, whichever way it lies."""
    with app.app_context():
        db.session.remove()
        (downgrade if revision == NOTHING or revision.startswith("-") else upgrade)(
            directory=MIGRATIONS, revision=revision
        )


def use(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let people have used the site in every way, so that each table has rows."""
    with app.app_context():
        petitions.load_shipped(
            petitions=shipped_petitions(app.extensions["nidaa_settings"].content_dir),
            open_at_once=True,
            now=datetime(2026, 1, 1, tzinfo=UTC),
        )
        db.session.commit()
    client = app.test_client()
    assert isinstance(client, AuditingClient)
    visitor = Visitor(client, app.extensions["nidaa_settings"].home / "mail", "en", monkeypatch)
    visitor.sign(email="waiting@example.org")
    for group in (every_page.petition_pages, every_page.private_pages):
        for _ in group(visitor):
            pass
    with app.app_context():
        run_due_jobs(now=utc_now())
        fill_accounts()  # and with it the record
        fill_bodies()
        fill_integrity(petitions.petition_by_slug(every_page.OPEN).id)
        fill_letters(petitions.petition_by_slug(every_page.OPEN).id)
        fill_partners(petitions.petition_by_slug(every_page.OPEN).id)
        fill_updates()
        lockdown.order(part=lockdown_rules.SIGNING, by="command", now=utc_now())
        db.session.add(AvoidedWords(language="en", entries=[]))
        db.session.commit()


def rows(app: Flask) -> dict[str, int]:
    """Return how many rows each table has."""
    with app.app_context():
        found = {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in db.metadata.sorted_tables
        }
        db.session.rollback()
        return found


def tables(app: Flask) -> set[str]:
    """Return the names of the tables that are there."""
    with app.app_context():
        return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def unused(app: Flask) -> list[str]:
    """Return the tables without a row."""
    return [name for name, count in rows(app).items() if not count]


def test_the_tables_go_up_and_down_to_nothing_and_up_again_with_rows_in_them(start, monkeypatch):
    app = start()
    go_to(app, "head")
    use(app, monkeypatch)
    assert unused(app) == []

    go_to(app, NOTHING)
    assert tables(app) == set()
    go_to(app, "head")

    again = start()
    assert set(rows(again).values()) == {0}
    use(again, monkeypatch)
    assert unused(again) == []


def test_each_step_but_the_first_can_be_taken_back_and_again_and_older_rows_stay(start, monkeypatch):
    app = start()
    go_to(app, "head")
    use(app, monkeypatch)
    before = rows(app)

    steps = len(list(ScriptDirectory(MIGRATIONS).walk_revisions()))
    go_to(app, f"-{steps - 1}")  # each by itself, in one run: preparing a run takes longer than most steps
    first = tables(app)
    go_to(app, "head")

    assert {name: count for name, count in rows(app).items() if name in first} == {
        name: before[name] for name in first
    }
