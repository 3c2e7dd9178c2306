"""Every number of a petition by day and by group, exact: for those who work here, never for the public.

It sums the same cells as the statement does, so that each table adds up to it. What the public sees of groups is
made by tally/snapshots.py.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter

from flask import current_app
from sqlalchemy import bindparam, case, func, select

from ..extensions import db
from .models import TallyCell
from .queries import SETTLED_AFTER, DayTotal
from .rules import EFFECT, TAKEN_BACK

PLACES = "nidaa_settled_places"
SPANS_KEPT = 64
GROUPS = ("country", "language", "source", "path")

_PLACE = (TallyCell.country, TallyCell.language, TallyCell.source, TallyCell.path, TallyCell.event)
# As `CellTotal.added`.
_PEOPLE = case((TallyCell.reason == TAKEN_BACK, -TallyCell.people), else_=TallyCell.people)
_BY_PLACE = (
    select(*_PLACE, func.sum(_PEOPLE))
    .where(TallyCell.petition_id == bindparam("petition_id"))
    .where(TallyCell.day >= bindparam("first_day"), TallyCell.day <= bindparam("last_day"))
    .group_by(*_PLACE)
)
# Country, language, source, path and event of cells → people.
_Places = Counter[tuple[str, ...]]


@dataclass(frozen=True)
class Row:
    """What happened to the people of one group, or in one span of days. events: people by kind of event."""

    code: str
    events: Mapping[str, int]

    @property
    def counted(self) -> int:
        """Return by how much the row moved the count of people."""
        return sum(EFFECT.get(event, 0) * people for event, people in self.events.items())

    def of(self, event: str) -> int:
        """Return the people whom one kind of event touched."""
        return self.events.get(event, 0)


@dataclass(frozen=True)
class Span:
    """Some UTC days, both included."""

    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return (self.last_day - self.first_day).days + 1


def by_span(days: Iterable[DayTotal], span: Span, *, days_a_row: int) -> list[tuple[Span, Row]]:
    """Return what happened in each so many days of a span, the oldest first; days without anything are in it.

    days: as `queries.events_by_day` gives them. The rows end with the last day, so only the first may be shorter.
    """
    rows: list[tuple[Span, Row]] = []
    events: dict[int, Counter[str]] = {}
    for each in days:
        if span.first_day <= each.day <= span.last_day:
            number = (span.last_day - each.day).days // days_a_row
            events.setdefault(number, Counter())[each.total.event] += each.total.added
    for number in range((span.days - 1) // days_a_row, -1, -1):
        last_day = span.last_day - timedelta(days=number * days_a_row)
        first_day = max(span.first_day, last_day - timedelta(days=days_a_row - 1))
        rows.append((Span(first_day, last_day), Row(first_day.isoformat(), events.get(number, Counter()))))
    return rows


def by_group(petition_id: int, span: Span, *, today: date) -> dict[str, list[Row]]:
    """Return, for each of GROUPS, what happened to the people of each group, those that moved the count most first.

    Days that no longer change are read once per process and span, and a span that grew by a day reads that day: so the
    cost does not grow with a petition's age.
    """
    last_settled = today - SETTLED_AFTER
    places: _Places = Counter()
    if span.first_day <= last_settled:
        places.update(_settled_places(petition_id, Span(span.first_day, min(span.last_day, last_settled))))
    if span.last_day > last_settled:
        recent = max(span.first_day, last_settled + timedelta(days=1))
        places.update(_places(petition_id, Span(recent, span.last_day)))
    return {group: _rows(places, position) for position, group in enumerate(GROUPS)}


def total(rows: Iterable[Row]) -> Row:
    """Return the sum of rows."""
    events: Counter[str] = Counter()
    for row in rows:
        events.update(row.events)
    return Row("", events)


def _rows(places: _Places, position: int) -> list[Row]:
    events: dict[str, Counter[str]] = {}
    for place, people in places.items():
        events.setdefault(place[position], Counter())[place[-1]] += people
    rows = [Row(code, found) for code, found in events.items()]
    return sorted(rows, key=lambda row: (-row.counted, -row.of("requested"), row.code))


def _settled_places(petition_id: int, span: Span) -> _Places:
    """Return the sums of days that no longer change: kept, or grown from what was kept of an earlier end."""
    kept: OrderedDict[tuple[int, Span], _Places] = current_app.extensions.setdefault(PLACES, OrderedDict())
    found = kept.get((petition_id, span))
    if found is not None:
        return found
    shorter = [
        (each.last_day, places)
        for (number, each), places in list(kept.items())  # another thread may add one meanwhile
        if number == petition_id and each.first_day == span.first_day and each.last_day < span.last_day
    ]
    if shorter:
        last_day, places = max(shorter, key=itemgetter(0))
        found = Counter(places)
        # Not by "+", which leaves out what is below nought: sheets that were taken back.
        found.update(_places(petition_id, Span(last_day + timedelta(days=1), span.last_day)))
    else:
        found = _places(petition_id, span)
    kept[petition_id, span] = found
    while len(kept) > SPANS_KEPT:
        kept.popitem(last=False)
    return found


def _places(petition_id: int, span: Span) -> _Places:
    rows = db.session.connection().execute(
        _BY_PLACE,
        {"petition_id": petition_id, "first_day": span.first_day, "last_day": span.last_day},
    )
    return Counter({tuple(place): int(people) for *place, people in rows})
