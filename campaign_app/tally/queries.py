"""The statement: every outward number comes from here, for now and for any past day."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from ..clock import utc_day
from ..extensions import db
from .models import TallyCell
from .rules import CellTotal, Statement, pending_of, statement_of

# Days this far back no longer change: an event is dated by the clock of the host that wrote it, and a
# transaction begun before midnight may commit after it.
SETTLED_AFTER = timedelta(days=2)
SETTLED = "nidaa_settled_tallies"


def statement(petition_id: int, *, now: datetime, on: date | None = None) -> Statement:
    """Return the numbers of a petition as of `now`, or as of the end of the UTC day `on`.

    Sums cells; the settled days are summed once per process and day, so the cost does not grow with
    the age or size of a petition.
    """
    today = utc_day(now)
    last_day = min(on, today) if on else today
    totals = totals_through(petition_id, last_day, today=today)
    midnight = last_day if last_day < today else today - timedelta(days=1)
    pending = pending_of(
        totals if midnight == last_day else totals_through(petition_id, midnight, today=today)
    )
    as_of = (
        now
        if last_day == today
        else datetime.combine(last_day + timedelta(days=1), datetime.min.time(), now.tzinfo)
    )
    return statement_of(totals, pending=pending, as_of=as_of, first_on=_first_day(petition_id))


def totals_through(petition_id: int, last_day: date, *, today: date) -> list[CellTotal]:
    """Return the sums per event and reason of all days up to and including `last_day`."""
    settled_day = min(last_day, today - SETTLED_AFTER)
    totals = list(_settled(petition_id, settled_day))
    if last_day > settled_day:
        totals += _sum(petition_id, settled_day + timedelta(days=1), last_day)
    return totals


def by_day(petition_id: int, *, now: datetime) -> list[tuple[date, int]]:
    """Return (UTC day, people confirmed that day), oldest first, through yesterday."""
    rows = db.session.execute(
        select(TallyCell.day, func.sum(TallyCell.people))
        .where(
            TallyCell.petition_id == petition_id,
            TallyCell.event == "confirmed",
            TallyCell.day < utc_day(now),
        )
        .group_by(TallyCell.day)
        .order_by(TallyCell.day)
    )
    return [(day, int(people)) for day, people in rows]


def _settled(petition_id: int, last_day: date) -> tuple[CellTotal, ...]:
    kept: dict[Any, tuple[CellTotal, ...]] = current_app.extensions.setdefault(SETTLED, {})
    key = (petition_id, last_day)
    if key not in kept:
        if len(kept) > 1_000:
            kept.clear()
        kept[key] = tuple(_sum(petition_id, date.min, last_day))
    return kept[key]


def _sum(petition_id: int, first_day: date, last_day: date) -> list[CellTotal]:
    rows = db.session.execute(
        select(
            TallyCell.event,
            TallyCell.reason,
            func.sum(TallyCell.people),
            func.sum(TallyCell.mailboxes),
        )
        .where(
            TallyCell.petition_id == petition_id,
            TallyCell.day >= first_day,
            TallyCell.day <= last_day,
        )
        .group_by(TallyCell.event, TallyCell.reason)
    )
    return [
        CellTotal(event, reason, int(people), int(mailboxes)) for event, reason, people, mailboxes in rows
    ]


def _first_day(petition_id: int) -> date | None:
    return db.session.scalar(
        select(TallyCell.day)
        .filter_by(petition_id=petition_id, event="confirmed")
        .order_by(TallyCell.day)
        .limit(1)
    )
