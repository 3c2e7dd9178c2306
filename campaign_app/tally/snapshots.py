"""The breakdowns, taken once after a UTC midnight and never changed: a page reads one row, however many signed."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import astuple
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import InstrumentedAttribute

from ..clock import utc_day
from ..extensions import db
from . import suppression
from .models import BREAKDOWNS, TallyCell, TallySnapshot
from .rules import EFFECT
from .suppression import Group

BROKEN_DOWN_BY: dict[str, InstrumentedAttribute[str]] = {
    "country": TallyCell.country,
    "language": TallyCell.language,
    "source": TallyCell.source,
    "path": TallyCell.path,
}
# A transaction that began before midnight, dated that day, may commit a little after it.
SETTLED_AFTER = timedelta(minutes=10)

_NET = func.sum(case(EFFECT, value=TallyCell.event, else_=0) * TallyCell.people)


def take(*, now: datetime) -> int:
    """Publish the breakdowns of the last midnight where they are due; return how many petitions that were.

    Days that were missed are not made up for. Safe to repeat. Flushes; never commits.
    """
    day = last_settled_day(now)
    petitions = db.session.scalars(select(TallyCell.petition_id).distinct()).all()
    taken = [_take(petition_id, day) for petition_id in petitions]
    db.session.flush()
    return sum(taken)


def last_settled_day(now: datetime) -> date:
    """Return the last UTC day whose events are all written."""
    return utc_day(now - SETTLED_AFTER) - timedelta(days=1)


def latest_body(petition_id: int, kind: str, *, now: datetime) -> tuple[date, Any] | None:
    """Return (last day counted, what was published) of a petition's newest snapshot, or None. Reads one row."""
    return next(iter(bodies(petition_id, kind, now=now, limit=1)), None)


def bodies(petition_id: int, kind: str, *, now: datetime, limit: int) -> list[tuple[date, Any]]:
    """Return (last day counted, what was published) of a petition's newest snapshots, the newest first."""
    rows = db.session.execute(
        select(TallySnapshot.day, TallySnapshot.body)
        .filter_by(petition_id=petition_id, kind=kind)
        .where(TallySnapshot.day < utc_day(now))
        .order_by(TallySnapshot.day.desc())
        .limit(limit)
    )
    return [(day, body) for day, body in rows]


def newcomers_of(petition_id: int, since: date, through: date) -> int:
    """Return the people confirmed after the day `since`, up to the end of the day `through`."""
    confirmed = db.session.scalar(
        select(func.sum(TallyCell.people))
        .where(TallyCell.petition_id == petition_id, TallyCell.event == "confirmed")
        .where(TallyCell.day > since, TallyCell.day <= through)
    )
    return int(confirmed or 0)


def _take(petition_id: int, day: date) -> bool:
    """Publish one petition's breakdowns as of the end of `day`, if they are due."""
    previous = db.session.scalar(
        select(TallySnapshot)
        .filter_by(petition_id=petition_id, kind=BREAKDOWNS)
        .order_by(TallySnapshot.day.desc())
        .limit(1)
    )
    newcomers = newcomers_of(petition_id, previous.day if previous else date.min, day)
    if newcomers < suppression.FEWEST_NEWCOMERS:  # asked first, since most midnights end here
        return False
    people = _people(petition_id, day)
    if not suppression.is_due(people=sum(people["path"].values()), newcomers=newcomers):
        return False
    groups = {dimension: _groups(dimension, people[dimension], previous, day) for dimension in BROKEN_DOWN_BY}
    db.session.add(
        TallySnapshot(
            petition_id=petition_id,
            kind=BREAKDOWNS,
            day=day,
            body={dimension: found and _published(found) for dimension, found in groups.items()},
            basis={dimension: found and _kept(found) for dimension, found in groups.items()},
        )
    )
    return True


def _groups(
    dimension: str, people: dict[str, int], previous: TallySnapshot | None, day: date
) -> dict[str, Group] | None:
    """Return the groups of a dimension as of the end of `day`; None where it is withheld, and then for good."""
    if previous is None:
        return suppression.begin(people)
    if previous.basis[dimension] is None:
        return None
    known = {code: Group(*numbers) for code, numbers in previous.basis[dimension].items()}
    groups = suppression.go_on(known, _midnights(dimension, people, previous, day))
    return groups if suppression.is_safe(groups) else None


def _published(groups: Mapping[str, Group]) -> dict[str, Any]:
    return {"rows": suppression.shown(groups), "others": suppression.others(groups)}


def _kept(groups: Mapping[str, Group]) -> dict[str, Any]:
    return {code: astuple(group) for code, group in groups.items()}


def _people(petition_id: int, through: date) -> dict[str, dict[str, int]]:
    """Return, per dimension, the people counted in each group at the end of a day. Reads the cells once."""
    rows = db.session.execute(
        select(*BROKEN_DOWN_BY.values(), _NET)
        .where(TallyCell.petition_id == petition_id, TallyCell.day <= through)
        .group_by(*BROKEN_DOWN_BY.values())
    )
    people: dict[str, dict[str, int]] = {dimension: defaultdict(int) for dimension in BROKEN_DOWN_BY}
    for *codes, net in rows:
        for dimension, code in zip(BROKEN_DOWN_BY, codes, strict=True):
            people[dimension][code] += int(net)
    return people


def _midnights(
    dimension: str, people: dict[str, int], previous: TallySnapshot, through: date
) -> list[dict[str, int]]:
    """Return the people of each group at every midnight from the previous snapshot's on, oldest first.

    Reckoned back from the newest, `people`, so that nothing written late is lost. Days without events are left out.
    """
    code = BROKEN_DOWN_BY[dimension]
    rows = db.session.execute(
        select(TallyCell.day, code, _NET)
        .where(TallyCell.petition_id == previous.petition_id)
        .where(TallyCell.day > previous.day, TallyCell.day <= through)
        .group_by(TallyCell.day, code)
    )
    changes: dict[date, dict[str, int]] = defaultdict(dict)
    for day, group, net in rows:
        changes[day][group] = int(net)
    midnights = [people]
    for day in sorted(changes, reverse=True):
        midnights.append(
            {group: there - changes[day].get(group, 0) for group, there in midnights[-1].items()}
        )
    return midnights[::-1]
