"""How a transaction begins, so that SQLite never loses an update and a page never takes the write lock.

Python's own SQLite mode starts no transaction for a SELECT, and eight threads that read and then
write lose most of their updates without an error. So every transaction here begins with a statement
of ours: `BEGIN` with `query_only` for GET and HEAD, `BEGIN IMMEDIATE` for all else. Writers queue on an
advisory file lock first, since waiting there is fair and costs nothing, while SQLite's own wait polls.
"""

import fcntl
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from flask import Flask, current_app, has_request_context, request
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .extensions import db
from .prepared import Direct

READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOCK = "nidaa_write_lock"
TURN = "nidaa_write_turn"
AT_ONCE = "nidaa_at_once"
WRITES_AT_ONCE = "writes_at_once"
BUSY_TIMEOUT_MS = 10_000
JOURNAL_TIMEOUT_MS = 200  # writers wait meanwhile
UNHEARD_BELL_MS = 5
MANY_RINGS = 1 << 16
DEADLOCK = "40P01"  # as PostgreSQL names it


def prepare(engine: Engine) -> None:
    """Give an engine its way of beginning transactions, and its patience with whoever holds what they need."""
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    else:
        _prepare_postgresql(engine)


def empty_journal() -> None:
    """Move SQLite's journal into the database and cut it off: until then it holds what was erased since.

    Does nothing while somebody reads or writes for long, nor on PostgreSQL.
    """
    if db.engine.dialect.name != "sqlite":
        return
    connection = db.engine.raw_connection()
    cursor = connection.cursor()
    try:
        cursor.execute(f"PRAGMA busy_timeout={JOURNAL_TIMEOUT_MS}")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.close()


def read_bodies_first(app: Flask) -> None:
    """Have a request's body read before anything of it can begin a transaction.

    A body that trickles in, or stops, would otherwise keep every other writer waiting for as long as it likes.
    """

    @app.before_request
    def _read_body() -> None:
        if request.method not in READING_METHODS:
            request.get_data()


_only_reads: ContextVar[bool] = ContextVar("only_reads", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Let work that only reads leave the write turn to others; a write inside it fails.

    The session's own transaction ends before: in a post it has the turn since its first statement.
    """
    end_transaction()
    token = _only_reads.set(True)
    try:
        yield
    finally:
        end_transaction()
        _only_reads.reset(token)


@contextmanager
def one_moment() -> Iterator[Connection]:
    """Read inside a transaction of its own that sees nothing of what others commit meanwhile; give its connection.

    SQLite's transactions are so by themselves. Nobody waits for it; on SQLite the journal grows while it lasts.
    """
    end_transaction()
    with reading():
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        yield db.session.connection(
            execution_options=options if db.engine.dialect.name == "postgresql" else {}
        )


def is_reading() -> bool:
    """Whether the work at hand must not write: a GET request, or a command inside `reading()`."""
    return _only_reads.get() or (has_request_context() and request.method in READING_METHODS)


def end_transaction() -> None:
    """Roll the session's transaction back, if it has one, and with it give back the turn."""
    if db.session.registry.has():
        db.session.rollback()


@contextmanager
def directly(*, is_one_statement: bool = False) -> Iterator[Direct]:
    """Give prepared statements a transaction on a connection of the driver's own, and commit at the end.

    For what a supporter waits for: a session would take as long to begin and end as they take together. The session's
    own transaction ends before, and meanwhile it can only read.

    is_one_statement: on PostgreSQL, that statement is the transaction; beginning and ending one would be two more
    journeys. SQLite takes no journeys.
    """
    end_transaction()
    token = _only_reads.set(True)
    try:
        engine = db.engine
        is_on_sqlite = engine.dialect.name == "sqlite"
        connection = Direct(engine, commits_itself=is_one_statement and not is_on_sqlite)
        try:
            if is_on_sqlite:
                _begin_on_sqlite(connection.execute, connection.info, is_reading=False)
            yield connection
            connection.commit()
        finally:
            connection.close()
    finally:
        end_transaction()
        _only_reads.reset(token)


@contextmanager
def at_once() -> Iterator[Connection]:
    """Give what is written at once a connection of its own, and commit at the end.

    On SQLite the transaction begins with the first prepared statement. On PostgreSQL each statement is a transaction,
    since beginning and ending one would be two more journeys: what belongs together must be one statement there.
    The session's own transaction ends before, and meanwhile it can only read.
    """
    end_transaction()
    token = _only_reads.set(True)
    try:
        with _engine_at_once().connect() as connection:
            yield connection
            connection.commit()
    finally:
        end_transaction()
        _only_reads.reset(token)


@contextmanager
def beside() -> Iterator[Connection]:
    """Give a connection that writes while the session's own transaction goes on reading, and commit at the end.

    For the worker alone, in long work that reads: it holds two connections, and whoever serves requests must not.
    """
    with _engine_at_once().connect() as connection:
        yield connection
        connection.commit()


def _engine_at_once() -> Engine:
    """Return the application's engine with the options of `at_once`, made once; it shares the connections."""
    made: Engine | None = current_app.extensions.get(AT_ONCE)
    if made is None:
        options: dict[str, Any] = {WRITES_AT_ONCE: True}
        if db.engine.dialect.name == "postgresql":
            options["isolation_level"] = "AUTOCOMMIT"
        made = current_app.extensions[AT_ONCE] = db.engine.execution_options(**options)
    return made


def write_once_more(work: Callable[[], None]) -> None:
    """Run a transaction; where a kept connection is dead, or two waited for each other, run it once more.

    work: begins, writes and commits, and must be idempotent: a commit may have happened although its
    answer never came. What was read before it is over: nobody keeps the turn while others prepare.
    Raises sqlalchemy.exc.OperationalError when the database does not answer.
    """
    end_transaction()
    try:
        work()
    except PoolTimeout as problem:
        raise OperationalError("waiting for a connection", None, problem) from problem
    except DBAPIError as problem:
        end_transaction()
        if not problem.connection_invalidated and getattr(problem.orig, "sqlstate", "") != DEADLOCK:
            raise
        work()


class WriteTurn:
    """The queue of writers to one SQLite file: a lock among threads, a file lock among processes.

    Threads wait in their own process first, so that at most one of each process asks for the file lock. Whoever
    gives it back rings a bell, a named pipe, for those who wait; a ring that is lost costs a few milliseconds.
    The kernel gives the file lock back when a process dies.
    """

    def __init__(self, database: str) -> None:
        """Prepare a turn. database: the path of the file; lock and bell lie beside it."""
        self.lock_path = Path(f"{database}.write-lock")
        self.bell_path = Path(f"{database}.write-bell")
        self.threads = threading.Lock()
        self.lock = self.bell = -1
        self.listening = select.poll()

    def take(self) -> None:
        """Wait for the turn. Raises OperationalError, as SQLite would, when it does not come in time."""
        deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
        if not self.threads.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise _busy()
        try:
            if self.lock < 0:
                self._open()
            while not self._is_locked():
                if time.monotonic() > deadline:
                    raise _busy()
                if self.listening.poll(UNHEARD_BELL_MS):
                    with suppress(BlockingIOError):  # another heard it first
                        os.read(self.bell, MANY_RINGS)
        except BaseException:
            self.threads.release()
            raise

    def give_back(self) -> None:
        """Let the next writer go."""
        fcntl.flock(self.lock, fcntl.LOCK_UN)
        with suppress(BlockingIOError):  # full of rings that nobody waited for
            os.write(self.bell, b"!")
        self.threads.release()

    def _open(self) -> None:
        with suppress(FileExistsError):
            os.mkfifo(self.bell_path, 0o600)
        self.bell = os.open(self.bell_path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self.listening.register(self.bell, select.POLLIN)
        self.lock = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _is_locked(self) -> bool:
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _busy() -> OperationalError:
    return OperationalError("BEGIN IMMEDIATE", None, TimeoutError("database is locked"))


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        # PostgreSQL itself waits for a lock forever: one forgotten session would take every thread of ours.
        before, connection.autocommit = connection.autocommit, True
        connection.execute(f"SET lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.autocommit = before


def _prepare_sqlite(engine: Engine) -> None:
    turn = WriteTurn(str(engine.url.database))

    @event.listens_for(engine, "do_connect")
    def _make(dialect: Any, record: Any, arguments: Any, options: Any) -> None:
        # A new file is its owner's alone; SQLite gives the journal beside it the same mode. A file that exists must
        # never be opened here: closing it would drop every lock this process has on it (POSIX), and whoever closes
        # SQLite next would take itself for the last one and delete the journal that the others write to.
        with suppress(FileExistsError):
            os.close(os.open(str(engine.url.database), os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",  # not every build of SQLite overwrites by itself what is deleted
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        record.info[TURN] = turn

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        is_read = is_reading() and WRITES_AT_ONCE not in connection.get_execution_options()
        _begin_on_sqlite(connection.exec_driver_sql, connection.info, is_reading=is_read)

    # A connection goes back to the pool, or is thrown away after a defect: the turn ends with either.
    @event.listens_for(engine, "checkin")
    @event.listens_for(engine, "invalidate")
    def _release(connection: Any, record: Any, problem: BaseException | None = None) -> None:
        if record.info.pop(LOCK, False):
            turn.give_back()


def _begin_on_sqlite(execute: Callable[[str], object], noted: dict[Any, Any], *, is_reading: bool) -> None:
    """Begin a transaction; before one that writes, wait for the turn. noted: of this connection while it lives."""
    if noted.get("query_only") != is_reading:
        execute(f"PRAGMA query_only={int(is_reading)}")
        noted["query_only"] = is_reading
    if is_reading:
        execute("BEGIN")
        return
    if not noted.get(LOCK):
        noted[TURN].take()
        noted[LOCK] = True
    execute("BEGIN IMMEDIATE")
