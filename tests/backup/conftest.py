"""An installation of its own, whose database may be lost and replaced, and the keys of its backups."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, text

from campaign_app.app import create_app
from campaign_app.backup.keys import SecretKey, new_secret_key
from campaign_app.config import ROOT, Settings
from campaign_app.extensions import db
from campaign_app.petitions import operations as petitions
from campaign_app.petitions.content import shipped_petitions
from tests.pages import AuditingClient

from .situations import House

DATABASE = "restored_under_test"


@pytest.fixture
def own_url(database_url: str) -> Iterator[str]:
    """A database of its own, without tables: a file by default, or one more on the test process's server."""
    if not database_url:
        yield ""
        return
    server = create_engine(Settings(database_url=database_url).sqlalchemy_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {DATABASE}"))
    yield server.url.set(database=DATABASE, drivername="postgresql").render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {DATABASE} WITH (FORCE)"))
    server.dispose()


@pytest.fixture
def own_app(base_settings: Settings, shared_app: Flask, own_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application of that database, with the shipped petitions, open."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "static").symlink_to(base_settings.home / "static")
    app = create_app(dataclasses.replace(base_settings, home=home, database_url=own_url))
    app.testing = True
    app.test_client_class = AuditingClient
    with app.app_context():
        upgrade(directory=str(ROOT / "migrations"))
        petitions.load_shipped(
            petitions=shipped_petitions(app.extensions["nidaa_settings"].content_dir),
            open_at_once=True,
            now=datetime(2026, 1, 1, tzinfo=UTC),
        )
        db.session.commit()
        db.session.remove()
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def secret() -> SecretKey:
    """The secret key of the backups."""
    return new_secret_key()


@pytest.fixture
def house(own_app: Flask, secret: SecretKey, tmp_path: Path) -> House:
    """Somebody who runs the installation from a shell, and those who sign there."""
    return House(own_app, secret, tmp_path)
