"""Every table as lines of text, the same on SQLite and PostgreSQL, and back again.

What the tables look like is asked of the database itself and not of the models: a backup made before an upgrade is
loaded into the tables of its day, and these are then brought to ours.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Connection, MetaData, Table, func, insert, inspect, select

from ..config import ROOT
from ..extensions import db
from .problems import NotABackup
from .rules import LEFT_OUT, LONGEST_HEADER, Header, NotAHeader, header_of

END = b'{"end": true}\n'
ROWS_AT_A_TIME = 500
NOTHING = "base"
KINDS: dict[type, str] = {
    bytes: "bytes",
    date: "date",
    datetime: "datetime",
    Decimal: "decimal",
    dict: "json",
    list: "json",
}
WRITE: dict[str, Callable[[Any], object]] = {
    "bytes": lambda value: base64.b64encode(value).decode(),
    "date": date.isoformat,
    "datetime": datetime.isoformat,
    "decimal": str,
}
READ: dict[str, Callable[[Any], object]] = {
    "bytes": lambda value: base64.b64decode(value, validate=True),
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "decimal": Decimal,
}


def revision_of(connection: Connection) -> str:
    """Return which form the tables of a database have; "" where there are none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def tables_of(connection: Connection, names: Iterable[str] = ()) -> list[Table]:
    """Return our tables, or those of the given names, as this database has them, parents before children."""
    present = set(inspect(connection).get_table_names()) & (set(names) or set(db.metadata.tables))
    found = MetaData()
    found.reflect(connection, only=sorted(present), resolve_fks=False)
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type.none_as_null = True
    return [table for table in found.sorted_tables if table.name in present]


def counts(connection: Connection, tables: Iterable[Table]) -> dict[str, int]:
    """Return how many rows each table has."""
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables
    }


def kept_tables(connection: Connection) -> list[Table]:
    """Return the tables that a backup holds."""
    return [table for table in tables_of(connection) if table.name not in LEFT_OUT]


def columns_of(table: Table) -> list[tuple[str, str]]:
    """Return each column's name and the kind of its values."""
    return [(column.name, KINDS.get(column.type.python_type, "plain")) for column in table.columns]


def written(connection: Connection, tables: Iterable[Table], header: Header) -> Iterator[bytes]:
    """Yield the lines of a backup; memory does not grow with them."""
    yield header.line
    for table in tables:
        writers = [WRITE.get(kind, _as_it_is) for _name, kind in columns_of(table)]
        yield json.dumps({"table": table.name}).encode() + b"\n"
        rows = connection.execute(
            select(table).order_by(*table.primary_key), execution_options={"yield_per": ROWS_AT_A_TIME}
        )
        for row in rows:
            values = [
                None if value is None else write(value) for write, value in zip(writers, row, strict=True)
            ]
            yield json.dumps(values, ensure_ascii=False).encode() + b"\n"
    yield END


def lines_of(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut a stream into its lines."""
    waiting = b""
    for piece in pieces:
        *whole, waiting = (waiting + piece).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if waiting:
        yield waiting


def read_header(lines: Iterator[bytes]) -> Header:
    """Return what a backup says of itself. Raises NotABackup."""
    try:
        return header_of(next(lines, b"")[:LONGEST_HEADER])
    except NotAHeader as problem:
        raise NotABackup(str(problem)) from None


def read_rows(header: Header, lines: Iterable[bytes]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield (table, some of its rows) until the end. Raises NotABackup where rows are wrong, missing or too many."""
    table, left, batch = "", 0, list[dict[str, Any]]()
    names = iter(header.tables)
    columns: list[tuple[str, Callable[[Any], object]]] = []
    has_ended = False
    for line in lines:
        if has_ended or not line.startswith(b"["):
            if left or has_ended:
                raise NotABackup(f"this backup holds more or fewer rows of {table or 'a table'} than it says")
            if batch:
                yield table, batch
                batch = []
            has_ended = line == END
            table = "" if has_ended else _table_named(line, next(names, ""))
            left = header.rows.get(table, 0)
            columns = [(name, READ.get(kind, _as_it_is)) for name, kind in header.tables.get(table, ())]
            continue
        left -= 1
        batch.append(_row(line, columns))
        if len(batch) == ROWS_AT_A_TIME:
            yield table, batch
            batch = []
    if not has_ended or next(names, None) is not None:
        raise NotABackup("this backup ends before its end")


def make_tables(connection: Connection, header: Header) -> None:
    """Take every table of ours down and make those that a backup was made of, without rows, in one transaction.

    By the migrations both ways: what they made besides tables goes too.
    """
    bring_to(connection, NOTHING)
    bring_to(connection, header.revision)
    for table in reversed(tables_of(connection, header.tables)):
        connection.execute(table.delete())  # what a migration filled in by itself comes with the backup


def load(connection: Connection, header: Header, rows: Iterable[tuple[str, list[dict[str, Any]]]]) -> None:
    """Insert rows into the tables of their revision, and let new numbers follow the highest."""
    tables = {table.name: table for table in tables_of(connection, header.tables)}
    for name, batch in rows:
        connection.execute(insert(tables[name]), batch)
    if connection.dialect.name == "postgresql":
        for table in tables.values():
            _let_numbers_follow(connection, table)


def bring_to(connection: Connection, revision: str) -> None:
    """Run the migrations up to a revision, or down to nothing, inside the connection's own transaction."""
    script = ScriptDirectory(str(ROOT / "migrations"))

    def _steps(current: Any, _context: Any) -> Any:
        if revision == NOTHING:
            return script._downgrade_revs(revision, current) if current else []
        return script._upgrade_revs(revision, current)

    with EnvironmentContext(Config(), script, fn=_steps, destination_rev=revision) as environment:
        environment.configure(connection=connection, target_metadata=db.metadata, render_as_batch=True)
        with environment.begin_transaction():
            environment.run_migrations()


def known_revisions() -> list[str]:
    """Return every form of the tables that this version knows, the newest first."""
    return [each.revision for each in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()]


def _let_numbers_follow(connection: Connection, table: Table) -> None:
    for column in table.primary_key:
        sequence = connection.execute(
            select(func.pg_get_serial_sequence(f'"{table.name}"', column.name))
        ).scalar()
        if sequence:
            highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(sequence, highest, False)))


def _table_named(line: bytes, expected: str) -> str:
    try:
        name = json.loads(line)["table"]
    except (ValueError, KeyError, TypeError):
        name = None
    if not expected or name != expected:
        raise NotABackup(f"the rows of {expected or 'a table'} were expected here, and others follow")
    return expected


def _row(line: bytes, columns: list[tuple[str, Callable[[Any], object]]]) -> dict[str, Any]:
    try:
        values = json.loads(line)
        return {
            name: None if value is None else read(value)
            for (name, read), value in zip(columns, values, strict=True)
        }
    except (ValueError, TypeError, binascii.Error):
        raise NotABackup("a row of this backup cannot be read") from None


def _as_it_is(value: Any) -> object:
    return value
