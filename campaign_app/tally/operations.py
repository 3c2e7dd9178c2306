"""The one way a number grows: add to a cell, in the transaction of the event itself."""

import secrets
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from ..extensions import db
from ..prepared import AnyConnection, Prepared
from .models import DIMENSIONS, TallyCell
from .rules import SLOTS


def add(
    *,
    petition_id: int,
    day: date,
    event: str,
    people: int = 1,
    mailboxes: int = 0,
    reason: str = "",
    country: str = "",
    language: str = "",
    source: str = "",
    path: str = "",
    connection: AnyConnection | None = None,
) -> int:
    """Add people (and mailboxes) to the cell of an event; return the cell's id.

    day: UTC day of the event. connection: the session's by default. Executes at once, in the caller's transaction;
    never commits.
    """
    chosen = connection or db.session.connection()
    dialect = chosen.dialect.name
    slot = 0 if dialect == "sqlite" else secrets.randbelow(SLOTS)
    cell = {
        "petition_id": petition_id,
        "day": day,
        "event": event,
        "reason": reason,
        "country": country,
        "language": language,
        "source": source,
        "path": path,
        "slot": slot,
        "people": people,
        "mailboxes": mailboxes,
    }
    ((cell_id,),) = _upsert(dialect).run(chosen, cell).rows
    return int(cell_id)


@cache
def _upsert(dialect: str) -> Prepared:
    """Return INSERT … ON CONFLICT DO UPDATE … RETURNING id, built once per dialect."""
    insert: Any = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[dialect]
    cells = TallyCell.__table__.c
    statement = insert(TallyCell.__table__)
    upsert = statement.on_conflict_do_update(
        index_elements=list(DIMENSIONS),
        set_={
            "people": cells.people + statement.excluded.people,
            "mailboxes": cells.mailboxes + statement.excluded.mailboxes,
        },
    ).returning(cells.id)
    return Prepared(upsert, columns=(*DIMENSIONS, "people", "mailboxes"))
