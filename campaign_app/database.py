"""How a transaction begins, so that SQLite never loses an update and a page never takes the write lock.

Python's own SQLite mode starts no transaction for a SELECT, and eight threads that read and then
write lose most of their updates without an error. So every transaction here begins with a statement
of ours: `BEGIN` with `query_only` for GET and HEAD, `BEGIN IMMEDIATE` for all else. Writers queue on an
advisory file lock first, since waiting there is fair and costs nothing, while SQLite's own wait polls.
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import has_request_context, request
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from .extensions import db

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOCK = "nidaa_write_lock"
BUSY_TIMEOUT_MS = 10_000


def prepare(engine: Engine) -> None:
    """Give an engine its way of beginning transactions. PostgreSQL needs nothing of ours."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)


def is_reading() -> bool:
    """Whether the work at hand is a request that must not write."""
    return has_request_context() and request.method in READING_METHODS


def write_once_more(work: Callable[[], None]) -> None:
    """Run a transaction; where a kept connection turns out to be dead, run it once more on a new one.

    work: begins, writes and commits, and must be idempotent: a commit may have happened although its
    answer never came. Raises sqlalchemy.exc.OperationalError when the database does not answer.
    """
    try:
        work()
    except DBAPIError as problem:
        db.session.rollback()
        if not problem.connection_invalidated:
            raise
        work()


def _prepare_sqlite(engine: Engine) -> None:
    lock_path = Path(f"{engine.url.database}.write-lock")

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        info = connection.connection.record_info
        reading = is_reading()
        if info is not None and info.get("query_only") != reading:
            connection.exec_driver_sql(f"PRAGMA query_only={int(reading)}")
            info["query_only"] = reading
        if reading:
            connection.exec_driver_sql("BEGIN")
            return
        if info is not None and LOCK not in info:
            info[LOCK] = _locked(lock_path)
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(engine, "checkin")
    def _release(connection: Any, record: Any) -> None:
        descriptor = record.info.pop(LOCK, None)
        if descriptor is not None:
            os.close(descriptor)


def _locked(path: Path) -> int:
    """Open the lock file and wait for it; closing the descriptor gives it back, also after a crash."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor
