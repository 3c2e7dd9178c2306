"""The statement: every outward number comes from here, for now and for any past day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Table, bindparam, func, select

from ..clock import utc_day
from ..extensions import db
from .models import TallyCell
from .rules import CellTotal, Statement, pending_of, statement_of

# Days this far back no longer change: an event is dated by the clock of the host that wrote it, and a
# transaction begun before midnight may commit after it.
SETTLED_AFTER = timedelta(days=2)
SETTLED = "nidaa_settled_tallies"
DAYS_SHOWN = 30

_CELLS: Table = TallyCell.__table__  # type: ignore[assignment]
_KIND_OF_DAY = (_CELLS.c.day, _CELLS.c.event, _CELLS.c.reason)
# Built once: every page that shows a number asks it.
_DAY_TOTALS = (
    select(*_KIND_OF_DAY, func.sum(_CELLS.c.people), func.sum(_CELLS.c.mailboxes))
    .where(_CELLS.c.petition_id == bindparam("petition_id"))
    .where(_CELLS.c.day >= bindparam("first_day"), _CELLS.c.day <= bindparam("last_day"))
    .group_by(*_KIND_OF_DAY)
    .order_by(_CELLS.c.day)
)


@dataclass(frozen=True)
class DayTotal:
    """What one kind of event added up to on one UTC day."""

    day: date
    total: CellTotal


@dataclass(frozen=True)
class _Settled:
    """The days up to `last_day`, which no longer change: each, oldest first, and their sum per kind of event."""

    last_day: date
    days: tuple[DayTotal, ...]
    totals: tuple[CellTotal, ...]
    first_confirmed_on: date | None


def statement(petition_id: int, *, now: datetime, on: date | None = None) -> Statement:
    """Return the numbers of a petition as of `now`, or as of the end of the UTC day `on`.

    Sums cells; the settled days are read once per process and day, so the cost does not grow with
    the age or size of a petition.
    """
    today = utc_day(now)
    settled, recent = _settled(petition_id, today), _recent(petition_id, today)
    last_day = min(on, today) if on else today
    last_full_day = min(last_day, today - timedelta(days=1))
    midnight = _end_of(last_full_day)
    return statement_of(
        _totals_through(last_day, settled, recent),
        pending=pending_of(_totals_through(last_full_day, settled, recent)),
        as_of=now if last_day == today else midnight,
        pending_as_of=midnight,
        first_on=settled.first_confirmed_on or _first_confirmed_on(recent),
    )


def by_day(petition_id: int, *, now: datetime) -> list[tuple[date, int]]:
    """Return (UTC day, people confirmed that day) of each of the last DAYS_SHOWN days, oldest first, through yesterday.

    Days without anyone are in it, from the first that anybody confirmed on; nothing where it has only such days.
    """
    today = utc_day(now)
    settled, recent = _settled(petition_id, today), _recent(petition_id, today)
    confirmed = {
        each.day: each.total.people for each in (*settled.days, *recent) if each.total.event == "confirmed"
    }
    first_on = settled.first_confirmed_on or _first_confirmed_on(recent)
    days = (today - timedelta(days=back) for back in range(DAYS_SHOWN, 0, -1))
    shown = [(day, confirmed.get(day, 0)) for day in days if first_on and day >= first_on]
    return shown if any(people for _day, people in shown) else []


def events_by_day(petition_id: int, *, now: datetime) -> list[DayTotal]:
    """Return what each kind of event added up to on each UTC day, oldest first, today included as far as it went.

    Their sum is `statement(petition_id, now=now)`. Requests and expiries of a single day are not for the public
    (docs/decisions/tally-suppression.md); all else follows from the statements of two days.
    """
    today = utc_day(now)
    return [*_settled(petition_id, today).days, *_recent(petition_id, today)]


def _end_of(day: date) -> datetime:
    """Return the UTC midnight that ends a day."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _totals_through(last_day: date, settled: _Settled, recent: Iterable[DayTotal]) -> list[CellTotal]:
    if last_day < settled.last_day:
        return [each.total for each in settled.days if each.day <= last_day]
    return [*settled.totals, *(each.total for each in recent if each.day <= last_day)]


def _settled(petition_id: int, today: date) -> _Settled:
    kept: dict[int, _Settled] = current_app.extensions.setdefault(SETTLED, {})
    last_day = today - SETTLED_AFTER
    found = kept.get(petition_id)
    if found is None or found.last_day != last_day:
        days = tuple(_day_totals(petition_id, date.min, last_day))
        found = kept[petition_id] = _Settled(last_day, days, _summed(days), _first_confirmed_on(days))
    return found


def _recent(petition_id: int, today: date) -> list[DayTotal]:
    return _day_totals(petition_id, today - SETTLED_AFTER + timedelta(days=1), today)


def _day_totals(petition_id: int, first_day: date, last_day: date) -> list[DayTotal]:
    rows = db.session.connection().execute(
        _DAY_TOTALS, {"petition_id": petition_id, "first_day": first_day, "last_day": last_day}
    )
    return [
        DayTotal(day, CellTotal(event, reason, int(people), int(mailboxes)))
        for day, event, reason, people, mailboxes in rows
    ]


def _summed(days: Iterable[DayTotal]) -> tuple[CellTotal, ...]:
    """Return one total for each kind of event."""
    sums: dict[tuple[str, str], list[Any]] = {}
    for each in days:
        of_kind = sums.setdefault((each.total.event, each.total.reason), [0, 0])
        of_kind[0] += each.total.people
        of_kind[1] += each.total.mailboxes
    return tuple(CellTotal(event, reason, *of_kind) for (event, reason), of_kind in sums.items())


def _first_confirmed_on(days: Iterable[DayTotal]) -> date | None:
    return next((each.day for each in days if each.total.event == "confirmed"), None)
