"""Who may approve what, and when somebody who is alone may release it: pure, knows no table and no clock."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..accounts.rules import APPROVER, ORGANISER, OWNER

PERSONAL_DATA = "personal-data"
LETTER = "letter"
MAILING = "mailing"
KINDS = (PERSONAL_DATA, LETTER, MAILING)

APPROVERS = {
    PERSONAL_DATA: frozenset({OWNER, ORGANISER}),
    LETTER: frozenset({OWNER, APPROVER}),
    MAILING: frozenset({OWNER, ORGANISER}),
}
HOUR = timedelta(hours=1)
# How long somebody who is alone waits: long enough for whoever was an owner until now to read the notice and speak up.
WAITS = {
    PERSONAL_DATA: timedelta(hours=72),
    LETTER: timedelta(hours=12),
    MAILING: timedelta(hours=12),
}
OWNERS_ARE_TOLD_FOR = timedelta(hours=72)  # after they ceased to be one

ASKED = "asked"  # waits for a second person
APPROVED = "approved"
WAITING = "waiting"  # nobody else may approve: the wait runs
RELEASABLE = "releasable"  # the wait is over
RELEASED = "released"
DECLINED = "declined"
CANCELLED = "cancelled"
STORED_STATES = (ASKED, APPROVED, RELEASED, DECLINED, CANCELLED)
OPEN_STATES = (ASKED, APPROVED)

TWO_PEOPLE = "two-people"
ONE_PERSON = "one-person"
HOWS = (TWO_PEOPLE, ONE_PERSON)

LONGEST_ROOM = 32
LONGEST_REFERENCE = 64
LONGEST_SUBJECT = 120

EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Ability:
    """Somebody who could approve, until `ended_at`; still, where it is None."""

    organiser_id: int
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How something that was asked stands. releasable_at: where one person waits, the end of the wait.

    is_alone: whether nobody but the asker may approve it now.
    """

    state: str
    releasable_at: datetime | None = None
    is_alone: bool = False


def alone_since(
    asker_id: int, *, able: Collection[int], abilities: Iterable[Ability], now: datetime
) -> datetime | None:
    """Return since when nobody but the asker may approve; None while somebody else may, or while they may not.

    able: who may approve now. Somebody who is not among them though no end of their ability was noted could until now.
    """
    if set(able) != {asker_id}:
        return None
    ends = [each.ended_at or now for each in abilities if each.organiser_id != asker_id]
    return max(ends, default=EVER)


def standing_of(
    *, state: str, kind: str, asked_at: datetime, alone_since: datetime | None, now: datetime
) -> Standing:
    """Return how an approval stands. state: as it is stored. alone_since: as that function tells it."""
    is_alone = alone_since is not None
    if state != ASKED or alone_since is None:
        return Standing(state=state, is_alone=is_alone and state in OPEN_STATES)
    releasable_at = max(asked_at, alone_since) + WAITS[kind]
    return Standing(
        state=RELEASABLE if now >= releasable_at else WAITING, releasable_at=releasable_at, is_alone=True
    )
