"""What an event does to the count, and the arithmetic of a statement: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

EVENTS = (
    "requested",  # a confirmation mail was sent
    "expired",  # a request ended without being counted: its time ran out, a repeat, or one of several
    "confirmed",  # a person was counted
    "withdrawn",
    "erased",
    "invalidated",
    "restored",  # an invalidation was undone
    "paper",  # signed on paper, counted apart
    "endorsed",  # an organisation, counted apart
)
# Why people were taken out: published, and kept in the cells.
INVALIDATION_REASONS = ("automated", "throwaway-mailboxes", "one-source", "bought", "trial")
TAKEN_BACK = "taken-back"  # reason of a paper event: sheets that were recorded by mistake
EFFECT = {"confirmed": 1, "restored": 1, "withdrawn": -1, "erased": -1, "invalidated": -1}
OUTSIDE_KINDS = ("platform", "paper")  # where a number came from that we did not count
OTHER_SOURCE = "other"
SLOTS = 8  # rows one popular cell is spread over on PostgreSQL, so that no row is waited for


@dataclass(frozen=True)
class CellTotal:
    """People and mailboxes of one kind of event. `reason` matters for invalidated and expired."""

    event: str
    reason: str
    people: int
    mailboxes: int

    @property
    def added(self) -> int:
        """Return by how much it moves the sum of its event: cells only grow, and so sheets are taken back by one."""
        return -self.people if self.reason == TAKEN_BACK else self.people


@dataclass(frozen=True)
class Statement:
    """The statement of numbers of a petition. Kinds are shown apart and never added.

    people: confirmed and still counted. mailboxes: distinct e-mail addresses among them.
    pending: asked, mailed and unanswered as of the UTC midnight `pending_as_of`. as_of: aware UTC.
    """

    people: int = 0
    mailboxes: int = 0
    pending: int = 0
    requested: int = 0
    confirmed: int = 0
    withdrawn: int = 0
    erased: int = 0
    invalidated: Mapping[str, int] = field(default_factory=dict)
    restored: int = 0
    restored_by_reason: Mapping[str, int] = field(default_factory=dict)
    paper: int = 0
    endorsements: int = 0
    as_of: datetime | None = None
    pending_as_of: datetime | None = None
    first_on: date | None = None

    @property
    def taken_out(self) -> dict[str, int]:
        """Return by reason how many were invalidated and not put back since."""
        left = {
            reason: people - self.restored_by_reason.get(reason, 0)
            for reason, people in self.invalidated.items()
        }
        return {reason: people for reason, people in left.items() if people}

    @property
    def departures(self) -> int:
        """Return how often somebody left the count since the beginning."""
        return self.withdrawn + self.erased + sum(self.invalidated.values())


def fewest_still_counted(then: Statement, now: Statement) -> int:
    """Return how many of the people counted `then` are at the least still counted `now`.

    Whoever left in between may have come in between too, and whoever came back is not taken for one of them; so
    there may be more, never fewer. Says nothing that the two statements do not say
    (docs/decisions/tally-those-same-people.md).
    """
    return max(0, then.people - (now.departures - then.departures))


def statement_of(
    totals: Iterable[CellTotal],
    *,
    pending: int,
    as_of: datetime,
    pending_as_of: datetime,
    first_on: date | None,
) -> Statement:
    """Sum cells into a statement. Source of every outward number."""
    people = mailboxes = 0
    sums = dict.fromkeys(EVENTS, 0)
    invalidated: dict[str, int] = {}
    restored: dict[str, int] = {}
    for total in totals:
        effect = EFFECT.get(total.event, 0)
        people += effect * total.people
        mailboxes += effect * total.mailboxes
        sums[total.event] += total.added
        if total.event == "invalidated":
            invalidated[total.reason] = invalidated.get(total.reason, 0) + total.people
        elif total.event == "restored":
            restored[total.reason] = restored.get(total.reason, 0) + total.people
    return Statement(
        people=people,
        mailboxes=mailboxes,
        pending=pending,
        requested=sums["requested"],
        confirmed=sums["confirmed"],
        withdrawn=sums["withdrawn"],
        erased=sums["erased"],
        invalidated=invalidated,
        restored=sums["restored"],
        restored_by_reason=restored,
        paper=sums["paper"],
        endorsements=sums["endorsed"],
        as_of=as_of,
        pending_as_of=pending_as_of,
        first_on=first_on,
    )


def pending_of(totals: Iterable[CellTotal]) -> int:
    """Return the requests that were mailed and neither answered nor ended.

    Confirmations of people added from a private page count as requested and confirmed at once, so
    the difference stays the number of open requests.
    """
    sums = dict.fromkeys(EVENTS, 0)
    for total in totals:
        sums[total.event] += total.people
    return sums["requested"] - sums["expired"] - sums["confirmed"]
