"""Statements that a supporter waits for: compiled once by SQLAlchemy, then handed to the driver as they are.

SQLAlchemy is ready each time for a statement it has never seen. For one that never changes, that readiness costs
twice what SQLite takes to run it. Only what runs in signing and confirming is prepared; all else stays ordinary.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Dialect
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import SelectBase

Convert = Callable[[Any], Any] | None


@dataclass(frozen=True)
class _Compiled:
    """A statement in the words of one dialect. constants: parameters whose value the statement itself holds."""

    text: str
    parameters: tuple[tuple[str, Convert], ...]
    constants: Mapping[str, Any]
    is_positional: bool


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

    def run(self, connection: Connection, values: Mapping[str, Any]) -> CursorResult[Any]:
        """Execute with a value for every parameter; never commits. Raises KeyError for one that is missing."""
        compiled = self._compiled.get(connection.dialect.name)
        if compiled is None:
            compiled = self._compiled[connection.dialect.name] = self._compile(connection.dialect)
        if compiled.constants:
            values = {**compiled.constants, **values}
        given = [convert(values[name]) if convert else values[name] for name, convert in compiled.parameters]
        if compiled.is_positional:
            return connection.exec_driver_sql(compiled.text, tuple(given))
        named = zip((name for name, _ in compiled.parameters), given, strict=True)
        return connection.exec_driver_sql(compiled.text, dict(named))

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
        # Neither could be filled in here: defaults made in Python, and lists of any length.
        if compiled.insert_prefetch or compiled.post_compile_params:
            raise ValueError("a prepared statement needs a value for each of its parameters")
        names = compiled.positiontup if compiled.positional else list(compiled.binds)
        return _Compiled(
            text=str(compiled),
            parameters=tuple(
                (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
                for name in names
            ),
            constants={name: bind.value for name, bind in compiled.binds.items() if not bind.required},
            is_positional=compiled.positional,
        )
