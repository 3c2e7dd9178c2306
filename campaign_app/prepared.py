"""Statements that a supporter waits for: compiled once by SQLAlchemy, then handed to the driver as they are.

SQLAlchemy is ready each time for a statement it has never seen and for rows of any kind. For a statement that never
changes, that readiness costs several times what SQLite takes to run it. Only what runs in signing and confirming is
prepared; all else stays ordinary.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect
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


@dataclass(frozen=True)
class Done:
    """What a statement came to: its rows as the driver gives them, and how many rows it touched."""

    rows: Sequence[tuple[Any, ...]]
    rowcount: int


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

    def run(self, connection: Connection, values: Mapping[str, Any]) -> Done:
        """Execute in the connection's transaction, with a value for every parameter; never commits.

        Raises KeyError for a value that is missing, and what SQLAlchemy raises (sqlalchemy.exc.DBAPIError).
        """
        compiled = self.compiled_for(connection.dialect)
        if compiled.constants:
            values = {**compiled.constants, **values}
        given = [convert(values[name]) if convert else values[name] for name, convert in compiled.parameters]
        parameters: Any = given if compiled.is_positional else dict(zip(compiled.names, given, strict=True))
        if not connection.in_transaction():
            connection.begin()
        driver: Any = connection.connection.dbapi_connection
        cursor = driver.cursor()
        try:
            cursor.execute(compiled.text, parameters)
            rows = cursor.fetchall() if cursor.description else ()
        except connection.dialect.loaded_dbapi.Error as problem:
            raise _told_by_sqlalchemy(problem, compiled.text, connection, cursor) from problem
        return Done(rows, cursor.rowcount)

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
        )


def _told_by_sqlalchemy(
    problem: Exception, statement: str, connection: Connection, cursor: Any
) -> BaseException:
    """Return a driver's complaint as SQLAlchemy would make it; a connection that is dead is thrown away."""
    dialect = connection.dialect
    is_dead = dialect.is_disconnect(problem, connection.connection, cursor)  # type: ignore[arg-type]
    if is_dead:
        connection.invalidate(problem)
    return DBAPIError.instance(
        statement,
        None,
        problem,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_dead,
        dialect=dialect,
    )
