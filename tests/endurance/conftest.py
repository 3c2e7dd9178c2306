"""The database that TEST_DATABASE names, of these tests' own since they take it away; a relay; installations."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ..mail.relays import FakeRelay
from .servers import Database, Installation, Postgres, SqliteFile, installed


@pytest.fixture(scope="session")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server that tests may stop and start."""
    server = Postgres(tmp_path_factory.mktemp("own-postgres"))
    yield server
    server.stop()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database that can be taken away."""
    if os.environ.get("TEST_DATABASE", "sqlite") == "sqlite":
        return SqliteFile()
    server: Postgres = request.getfixturevalue("own_postgres")
    server.new_database()
    return server


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    """A mail relay that accepts everything."""
    with FakeRelay() as running:
        yield running


@pytest.fixture
def install(tmp_path: Path, database: Database) -> Iterator[Callable[..., Installation]]:
    """Makes an installation with the settings that a test names."""
    with ExitStack() as open_installations:
        yield lambda **environment: open_installations.enter_context(
            installed(tmp_path, database, **environment)
        )
