"""Statements that a supporter waits for: compiled once by SQLAlchemy, then handed to the driver as they are.

SQLAlchemy is ready each time for a statement it has never seen and for rows of any kind. For a statement that never
changes, that readiness costs several times what SQLite takes to run it. Only what runs in signing and confirming is
prepared; all else stays ordinary.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import SelectBase

Convert = Callable[[Any], Any] | None


@dataclass(frozen=True)
class _Compiled:
    """A statement in the words of one dialect. constants: parameters whose value the statement itself holds."""

    text: str
    names: tuple[str, ...]
    parameters: tuple[tuple[str, Convert], ...]
    constants: Mapping[str, Any]
    is_positional: bool
    has_rows: bool


@dataclass(frozen=True)
class Done:
    """What a statement came to: its rows as the driver gives them, and how many rows it touched."""

    rows: Sequence[tuple[Any, ...]]
    rowcount: int


class Direct:
    """A connection of the pool as its driver gives it, for prepared statements alone: `database.directly` opens it.

    SQLAlchemy's own connection is ready for every kind of statement, and opening and ending one costs as much as three
    inserts. This has of it what `Prepared` asks for.
    """

    def __init__(self, engine: Engine, *, commits_itself: bool = False) -> None:
        """Take a connection from the pool. Raises what SQLAlchemy raises where none can be made.

        commits_itself: each statement is a transaction, which costs no journey (PostgreSQL).
        """
        self.dialect = engine.dialect
        self._commits_itself = commits_itself
        try:
            self.connection: Any = engine.raw_connection()
            if commits_itself:
                self._driver.autocommit = True
        except self.dialect.loaded_dbapi.Error as problem:
            raise _told_by_sqlalchemy(problem, "", self.dialect, is_dead=False) from problem

    @property
    def _driver(self) -> Any:
        return self.connection.dbapi_connection

    @property
    def info(self) -> dict[Any, Any]:
        """Return what is noted of this connection for as long as it lives."""
        noted: dict[Any, Any] = self.connection.info
        return noted

    def execute(self, text: str) -> None:
        """Hand a statement to the driver as it is. Raises what SQLAlchemy raises."""
        _executed(self, text, (), has_rows=False)

    def commit(self) -> None:
        """Commit what the statements have not committed. Raises what SQLAlchemy raises."""
        if self._commits_itself:
            return
        try:
            self._driver.commit()
        except self.dialect.loaded_dbapi.Error as problem:
            raise _noticed(problem, "COMMIT", self, None) from problem

    def invalidate(self, problem: BaseException) -> None:
        """Throw the connection away: it is dead."""
        self.connection.invalidate(problem)

    def close(self) -> None:
        """Give the connection back to the pool as it was; the pool rolls back what was not committed."""
        if not self.connection.is_valid:
            return
        if self._commits_itself and not self._driver.closed:
            self._driver.autocommit = False
        self.connection.close()


AnyConnection = Connection | Direct


class Prepared:
    """One statement, in the words of each dialect it is run on.

    Values pass through their column types on the way in. Rows come out as the driver gives them: on SQLite a day is
    text and a Boolean is 0 or 1.
    """

    def __init__(self, statement: UpdateBase | SelectBase, *, columns: tuple[str, ...] | None = None) -> None:
        """Prepare a statement. columns: of an INSERT that leaves some columns to the database."""
        self._statement = statement
        self._columns = columns
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: AnyConnection, values: Mapping[str, Any]) -> Done:
        """Execute in the connection's transaction, with a value for every parameter; never commits.

        Raises KeyError for a value that is missing, and what SQLAlchemy raises (sqlalchemy.exc.DBAPIError).
        """
        compiled = self.compiled_for(connection.dialect)
        if compiled.constants:
            values = {**compiled.constants, **values}
        given = [convert(values[name]) if convert else values[name] for name, convert in compiled.parameters]
        parameters: Any = given if compiled.is_positional else dict(zip(compiled.names, given, strict=True))
        if isinstance(connection, Connection) and not connection.in_transaction():
            connection.begin()
        return _executed(connection, compiled.text, parameters, has_rows=compiled.has_rows)

    def compiled_for(self, dialect: Dialect) -> _Compiled:
        """Return the statement in the words of a dialect, compiled when they are first asked for."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._compile(dialect)
        return compiled

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        # Neither could be filled in here: defaults made in Python, and lists of any length.
        if compiled.insert_prefetch or compiled.post_compile_params:
            raise ValueError("a prepared statement needs a value for each of its parameters")
        names = compiled.positiontup if compiled.positional else list(compiled.binds)
        return _Compiled(
            text=str(compiled),
            names=tuple(names),
            parameters=tuple(
                (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
                for name in names
            ),
            constants={name: bind.value for name, bind in compiled.binds.items() if not bind.required},
            is_positional=compiled.positional,
            has_rows=bool(self._statement.is_select or compiled.effective_returning),
        )


def _executed(connection: AnyConnection, text: str, parameters: Any, *, has_rows: bool) -> Done:
    """Hand a statement to the driver and fetch its rows."""
    driver: Any = connection.connection.dbapi_connection
    cursor = driver.cursor()
    try:
        cursor.execute(text, parameters)
        return Done(cursor.fetchall() if has_rows else (), cursor.rowcount)
    except connection.dialect.loaded_dbapi.Error as problem:
        raise _noticed(problem, text, connection, cursor) from problem


def _noticed(problem: Exception, text: str, connection: AnyConnection, cursor: Any) -> BaseException:
    """Return a driver's complaint as SQLAlchemy would make it; a connection that is dead is thrown away."""
    dialect = connection.dialect
    is_dead = dialect.is_disconnect(problem, connection.connection, cursor)  # type: ignore[arg-type]
    if is_dead:
        connection.invalidate(problem)
    return _told_by_sqlalchemy(problem, text, dialect, is_dead=is_dead)


def _told_by_sqlalchemy(problem: Exception, text: str, dialect: Dialect, *, is_dead: bool) -> BaseException:
    return DBAPIError.instance(
        text,
        None,
        problem,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_dead,
        dialect=dialect,
    )
