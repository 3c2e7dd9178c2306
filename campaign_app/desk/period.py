"""Which days a page of numbers is about: chosen by name, or from one day to another. Knows no request."""

from dataclasses import dataclass
from datetime import date, timedelta

from ..tally.tables import Span

ALL, DAYS = "all", "days"
LENGTHS = {"7": 7, "30": 30, "90": 90}
MOST_BARS = 120
WEEK = 7


class NotAPeriod(ValueError):
    """The days that were typed are none, or the first comes after the last. `field`: which one is wrong."""

    def __init__(self, field: str) -> None:
        """Name the field."""
        super().__init__(field)
        self.field = field


@dataclass(frozen=True)
class Period:
    """The days that were asked for. name: "all", "7", "30", "90", or "days" where both ends were typed."""

    name: str
    span: Span

    @property
    def days_a_row(self) -> int:
        """Return how many days stand together in a row: more than MOST_BARS days are shown by the week."""
        return 1 if self.span.days <= MOST_BARS else WEEK


def period_of(name: str, first: str, last: str, *, began_on: date, today: date) -> Period:
    """Return the period of what was asked for; anything unknown is everything since `began_on`.

    first, last: ISO days, read where name is "days". What is to come is left out. Raises NotAPeriod.
    """
    whole = Span(min(began_on, today), today)
    if name in LENGTHS:
        return Period(name, Span(today - timedelta(days=LENGTHS[name] - 1), today))
    if name != DAYS:
        return Period(ALL, whole)
    first_day, last_day = _day(first, "from"), min(_day(last, "to"), today)
    if first_day > last_day:
        raise NotAPeriod("from")
    return Period(DAYS, Span(max(first_day, min(whole.first_day, last_day)), last_day))


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise NotAPeriod(field) from None
