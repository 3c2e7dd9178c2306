"""Records totals from elsewhere and on paper; a second person checks them. Nothing recorded is ever changed.

Flushes; never commits.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from ..accounts.models import Organiser
from ..audit.operations import record
from ..clock import utc_day
from ..errors import Refusal
from ..extensions import db
from ..petitions.models import Petition
from ..tally import operations as tally
from ..tally.models import OutsideTotal
from ..tally.rules import TAKEN_BACK


class SamePerson(Refusal):
    """Whoever recorded a total cannot be the one who checks it."""


class AlreadyChecked(Refusal):
    """Somebody has checked this record before."""


class CannotTakeBack(Refusal):
    """Only a checked total can be taken back, and only once."""


class NothingToDestroy(Refusal):
    """It is no record of paper, or its sheets are noted as destroyed already."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was recorded. The fields are those of `tally.models.OutsideTotal`."""

    kind: str
    name: str
    number: int
    as_of: date
    evidence: str
    sha256: str
    sheets: int | None = None
    held_by: str = ""
    destroy_by: date | None = None


def record_total(*, petition: Petition, told: Told, by: Organiser, now: datetime) -> OutsideTotal:
    """Record a total with its evidence; it is nowhere shown before somebody else has checked it. Never commits."""
    found = OutsideTotal(petition_id=petition.id, **asdict(told), recorded_by_id=by.id, recorded_at=now)
    db.session.add(found)
    db.session.flush()
    _note("integrity.record-total", petition, found, by, now)
    return found


def take_back(*, total: OutsideTotal, petition: Petition, by: Organiser, now: datetime) -> OutsideTotal:
    """Record that an earlier record was a mistake; it stands until somebody else has checked this one too.

    Raises CannotTakeBack. Never commits.
    """
    db.session.refresh(total, with_for_update=True)  # of two who take it back at once, one comes second
    is_known = db.session.scalar(select(OutsideTotal.id).filter_by(takes_back_id=total.id)) is not None
    if total.checked_at is None or total.takes_back_id is not None or is_known:
        raise CannotTakeBack
    copied = ("kind", "name", "number", "sheets", "as_of", "evidence", "sha256", "held_by", "destroy_by")
    found = OutsideTotal(
        petition_id=petition.id,
        **{name: getattr(total, name) for name in copied},
        takes_back_id=total.id,
        recorded_by_id=by.id,
        recorded_at=now,
    )
    db.session.add(found)
    db.session.flush()
    _note("integrity.take-total-back", petition, found, by, now)
    return found


def check(*, total: OutsideTotal, petition: Petition, by: Organiser, now: datetime) -> None:
    """Confirm a record after a look at its evidence. Paper goes into the statement then, apart as ever.

    Raises SamePerson, AlreadyChecked. Never commits.
    """
    db.session.refresh(total, with_for_update=True)
    if total.checked_at is not None:
        raise AlreadyChecked
    if total.recorded_by_id == by.id:
        raise SamePerson
    total.checked_by_id, total.checked_at = by.id, now
    db.session.flush()
    if total.kind == "paper":
        tally.add(
            petition_id=petition.id,
            day=utc_day(now),
            event="paper",
            reason=TAKEN_BACK if total.takes_back_id else "",
            people=total.number,
        )
    _note("integrity.check-total", petition, total, by, now)


def note_destroyed(*, total: OutsideTotal, petition: Petition, by: Organiser, now: datetime) -> None:
    """Note that the sheets of a record are destroyed. Their number stands. Raises NothingToDestroy. Never commits."""
    db.session.refresh(total, with_for_update=True)
    if total.kind != "paper" or total.takes_back_id is not None or total.destroyed_on is not None:
        raise NothingToDestroy
    total.destroyed_on = utc_day(now)
    db.session.flush()
    _note("integrity.note-destroyed", petition, total, by, now)


def _note(action: str, petition: Petition, total: OutsideTotal, by: Organiser, now: datetime) -> None:
    details: dict[str, Any] = {
        "record": total.id,
        "kind": total.kind,
        "name": total.name,
        "number": total.number,
        "sha256": total.sha256,
        "takes_back": total.takes_back_id or 0,
    }
    record(action=action, by=by.audit_name, subject=petition.slug, details=details, now=now)
