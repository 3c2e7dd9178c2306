"""The numbers of today beside those that a letter froze: what became of the people that it counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..clock import utc_day
from ..tally.queries import statement
from ..tally.rules import Statement, fewest_still_counted
from . import frozen

DAY = timedelta(days=1)


@dataclass(frozen=True)
class NumbersNow:
    """A petition's statement now. still_counted: of the people in the letter, at the least so many are counted now."""

    statement: Statement
    still_counted: int


def numbers_now(then: frozen.Statement | None, petition_id: int, *, now: datetime) -> NumbersNow | None:
    """Return the numbers now beside a letter's; None where it states none.

    Who had left the count when it was issued is known in two ways, each of which may miss some: from what it says
    itself, where whoever was put back is not told apart, and from the statement of the day before. Each gives a number
    that is not too high; the higher is the truer.
    """
    if then is None:
        return None
    current = statement(petition_id, now=now)
    issued_on = utc_day(datetime.fromisoformat(then.as_of))
    before = statement(petition_id, now=now, on=issued_on - DAY)
    own = Statement(
        people=then.people, withdrawn=then.withdrawn, erased=then.erased, invalidated=then.taken_out
    )
    day_before = Statement(
        people=then.people, withdrawn=before.withdrawn, erased=before.erased, invalidated=before.invalidated
    )
    return NumbersNow(current, max(fewest_still_counted(each, current) for each in (own, day_before)))
