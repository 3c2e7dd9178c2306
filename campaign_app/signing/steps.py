"""What a step of a petition's life leads to, in numbers: said before it is taken, by commands and at the desk."""

from dataclasses import dataclass
from datetime import date, datetime

from ..clock import utc_day
from ..petitions.models import Petition
from ..tally.queries import statement
from .retention import Kept, kept_of
from .rules import CONTACT_KEPT_AFTER_CLOSE, expires_on


@dataclass(frozen=True)
class Follows:
    """What follows from a step.

    people: counted now. kept: of its signers. confirmable_until: the last day on which requests from before may still
    be confirmed. destroyed_on: when contacts without consent to news go, and every mark that recognises an address;
    of "answered", when the last contacts go. The last two are None where the step changes nothing of the kind.
    """

    people: int
    kept: Kept
    confirmable_until: date | None = None
    destroyed_on: date | None = None


def what_follows(petition: Petition, to: str, *, now: datetime) -> Follows:
    """Return what a step leads to. Reads every row of a petition's signers: for a page that asks, not for others."""
    people, kept, today = statement(petition.id, now=now).people, kept_of(petition.id), utc_day(now)
    if to == "answered":
        return Follows(people, kept, destroyed_on=today + CONTACT_KEPT_AFTER_CLOSE)
    if to not in ("closed", "withdrawn"):
        return Follows(people, kept)
    return Follows(
        people,
        kept,
        confirmable_until=expires_on(today) if to == "closed" else None,
        destroyed_on=(petition.closed_on or today) + CONTACT_KEPT_AFTER_CLOSE,
    )
