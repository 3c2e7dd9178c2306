"""Records who supports a petition, has it checked by a second person, and takes it back. Never commits.

Each check adds one to the tally and each withdrawal of a checked one takes it off, dated by the day it is done, so
that the statement of any day counts those who stood on the petition at its end.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from ..accounts import standing as people
from ..accounts.models import Organiser
from ..accounts.rules import ORGANISER, OWNER
from ..approvals.rules import ONE_PERSON, TWO_PEOPLE, Ability, alone_since
from ..audit.operations import record
from ..clock import utc_day
from ..errors import Refusal
from ..extensions import db
from ..petitions.models import Petition
from ..tally import operations as tally
from ..tally.rules import TAKEN_BACK
from .models import Endorsement, Partner
from .rules import checkable_at, folded

CHECKERS = frozenset({OWNER, ORGANISER})


class SamePerson(Refusal):
    """Somebody else must check what one recorded; whoever is alone waits. at: the end of that wait, or None."""

    def __init__(self, at: datetime | None) -> None:
        """Keep the time."""
        super().__init__()
        self.at = at


class AlreadyRecorded(Refusal):
    """An organisation of this name and country supports it already, or waits to be checked: each counts once."""


class AlreadyChecked(Refusal):
    """Somebody has checked it, or withdrawn it, before."""


class AlreadyWithdrawn(Refusal):
    """It is withdrawn already."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was recorded. The fields are those of `models.Endorsement`."""

    name: str
    country: str
    site: str
    authorised_by: str
    authorised_on: date


def record_endorsement(
    *, petition: Petition, told: Told, partner: Partner | None, by: Organiser, now: datetime
) -> Endorsement:
    """Record that an organisation supports a petition; it is shown nowhere before it is checked.

    Raises AlreadyRecorded. Never commits.
    """
    db.session.refresh(petition, with_for_update=True)  # of two who record the same at once, one comes second
    if _stands(petition, told):
        raise AlreadyRecorded
    people.note_everyone(now=now)
    found = Endorsement(
        petition_id=petition.id,
        partner_id=partner.id if partner else None,
        **asdict(told),
        recorded_by_id=by.id,
        recorded_at=people.never_before(now),
    )
    db.session.add(found)
    db.session.flush()
    _note("partner.record-endorsement", petition, found, by, now)
    return found


def check(*, endorsement: Endorsement, petition: Petition, by: Organiser, now: datetime) -> None:
    """Confirm what was recorded: from now on it is shown and counted.

    A second person does it, or in a team of one whoever recorded it, after the wait. Raises SamePerson,
    AlreadyChecked. Never commits.
    """
    people.note_everyone(now=now)
    db.session.refresh(endorsement, with_for_update=True)
    if endorsement.checked_at is not None or endorsement.withdrawn_at is not None:
        raise AlreadyChecked
    is_same = endorsement.recorded_by_id == by.id
    if is_same:
        at = checkable_by_recorder_at(endorsement, now)
        if at is None or now < at:
            raise SamePerson(at)
    endorsement.checked_by_id, endorsement.checked_at = by.id, now
    db.session.flush()
    tally.add(petition_id=petition.id, day=utc_day(now), event="endorsed")
    how = ONE_PERSON if is_same else TWO_PEOPLE
    _note("partner.check-endorsement", petition, endorsement, by, now, checked=how)


def withdraw(
    *, endorsement: Endorsement, petition: Petition, because: str, by: Organiser, now: datetime
) -> None:
    """Take an endorsement off the petition and the count, or off the list of what waits. It is final.

    because: in the organiser's words. Raises AlreadyWithdrawn. Never commits.
    """
    db.session.refresh(endorsement, with_for_update=True)
    if endorsement.withdrawn_at is not None:
        raise AlreadyWithdrawn
    endorsement.withdrawn_by_id, endorsement.withdrawn_at = by.id, now
    endorsement.withdrawn_because = because
    db.session.flush()
    if endorsement.checked_at is not None:
        tally.add(petition_id=petition.id, day=utc_day(now), event="endorsed", reason=TAKEN_BACK)
    _note("partner.withdraw-endorsement", petition, endorsement, by, now, reason=because)


def checkable_by_recorder_at(endorsement: Endorsement, now: datetime) -> datetime | None:
    """Return from when whoever recorded it may check it themselves; None while somebody else can. Reads only."""
    alone = alone_since(
        endorsement.recorded_by_id,
        able=[each.id for each in people.able_now(CHECKERS)],
        abilities=[Ability(span.organiser_id, span.ended_at) for span in people.spans_of(CHECKERS)],
        now=now,
    )
    return checkable_at(recorded_at=endorsement.recorded_at, alone_since=alone)


def _stands(petition: Petition, told: Told) -> bool:
    names = db.session.scalars(
        select(Endorsement.name).where(
            Endorsement.petition_id == petition.id,
            Endorsement.country == told.country,
            Endorsement.withdrawn_at.is_(None),
        )
    )
    return folded(told.name) in {folded(name) for name in names}


def _note(
    action: str, petition: Petition, endorsement: Endorsement, by: Organiser, now: datetime, **more: Any
) -> None:
    details = {
        "endorsement": endorsement.id,
        "name": endorsement.name,
        "country": endorsement.country,
        "authorised_by": endorsement.authorised_by,
        "authorised_on": endorsement.authorised_on,
        **more,
    }
    record(action=action, by=by.audit_name, subject=petition.slug, details=details, now=now)
