"""Reads the record: pages of it for people, all of it for an export, and whether it is one unbroken chain."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Select, exists, inspect, select

from ..extensions import db
from . import rules
from .models import AuditEntry
from .rules import Entry, Verified

ROWS_AT_A_TIME = 1_000
ENTRIES_A_PAGE = 50

_COLUMNS = [
    getattr(AuditEntry, name)
    for name in ("id", "version", "at", "by", "action", "subject", "details", "previous_hash", "hash")
]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries are wanted. action: how it begins, "petition" or "petition.move". Days: UTC, both included."""

    action: str = ""
    by: str = ""
    first_day: date | None = None
    last_day: date | None = None


EVERYTHING = Filter()


def entries(
    wanted: Filter = EVERYTHING, *, before: int | None = None, limit: int = ENTRIES_A_PAGE
) -> Sequence[Entry]:
    """Return a page of entries, newest first. before: the number of the last entry of the page before."""
    query = _filtered(wanted).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return [_entry(row) for row in db.session.execute(query)]


def entries_after(
    number: int, *, wanted: Filter = EVERYTHING, through: int, limit: int = ROWS_AT_A_TIME
) -> Sequence[Entry]:
    """Return the wanted entries after a number and up to another, oldest first, at most `limit` of them."""
    query = _filtered(wanted).where(AuditEntry.id > number, AuditEntry.id <= through)
    return [_entry(row) for row in db.session.execute(query.order_by(AuditEntry.id).limit(limit))]


def newest() -> Entry | None:
    """Return the last entry."""
    return next(iter(entries(limit=1)), None)


def verify_part(number: int, *, limit: int) -> Verified:
    """Read at most so many entries after a number and say whether they go on in one chain from that entry.

    Raises LookupError where there is no entry of that number. 0 stands before the first.
    """
    before = next(iter(entries_after(number - 1, through=number, limit=1)), None) if number else None
    if number and before is None:
        raise LookupError(number)
    return rules.verified(islice(oldest_first(after=number), limit), after=before)


def has_head(head: str) -> bool:
    """Whether an entry has this hash: a head that was kept elsewhere must still be in the record."""
    return head == rules.BEGINNING or bool(db.session.scalar(select(exists().where(AuditEntry.hash == head))))


def oldest_first(wanted: Filter = EVERYTHING, *, after: int | None = None) -> Iterator[Entry]:
    """Yield every wanted entry in the order of their numbers, in memory that does not grow with the record."""
    last = after
    while True:
        query = _filtered(wanted).order_by(AuditEntry.id).limit(ROWS_AT_A_TIME)
        if last is not None:
            query = query.where(AuditEntry.id > last)
        rows = db.session.execute(query).all()
        yield from map(_entry, rows)
        if len(rows) < ROWS_AT_A_TIME:
            return
        last = rows[-1].id


def verify(*, expected_head: str | None = None) -> Verified:
    """Read the whole record and say whether it is one unbroken chain, naming the first entry that does not fit.

    expected_head: a hash that an earlier reading printed; without it, entries that are missing at the end, or a
    record that was rewritten from some entry on, cannot be told from an untouched one.
    """
    return rules.verified(oldest_first(), expected_head=expected_head)


def is_there() -> bool:
    """Whether the database has the table yet: keys may be made before it is."""
    return inspect(db.session.connection()).has_table(AuditEntry.__tablename__)


def _filtered(wanted: Filter) -> Select[Any]:
    query = select(*_COLUMNS)
    if wanted.action:
        query = query.where(AuditEntry.action.startswith(wanted.action, autoescape=True))
    if wanted.by:
        query = query.where(AuditEntry.by == wanted.by)
    if wanted.first_day:
        query = query.where(AuditEntry.at >= _midnight(wanted.first_day))
    if wanted.last_day and wanted.last_day < date.max:  # no day follows that one
        query = query.where(AuditEntry.at < _midnight(wanted.last_day + timedelta(days=1)))
    return query


def _midnight(day: date) -> str:
    return rules.time_text(datetime.combine(day, time(), UTC))


def _entry(row: Any) -> Entry:
    return Entry(**row._mapping)
