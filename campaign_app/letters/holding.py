"""A letter's row held while it is changed, and the change put on record."""

from datetime import datetime

from ..approvals.queries import approval_of
from ..approvals.rules import OPEN_STATES
from ..audit.operations import record
from ..extensions import db
from . import queries, rules
from .models import Letter
from .problems import ChangedMeanwhile, NotInThisState
from .queries import ROOM


def hold(letter: Letter, *states: str) -> str:
    """Read a letter anew and hold its row until the transaction ends; return its state. Raises NotInThisState."""
    db.session.refresh(letter, with_for_update={"of": Letter})
    if letter.state not in states:
        raise NotInThisState
    return letter.state


def require_plain_draft(letter: Letter, now: datetime) -> None:
    """Refuse to touch what somebody is asked to agree to, or has agreed to."""
    hold(letter, rules.DRAFT)
    approval = approval_of(ROOM, letter.key)
    if approval is not None and approval.state in OPEN_STATES:
        raise NotInThisState


def require_as_seen(letter: Letter, seen: str | None) -> None:
    """Refuse what was decided on an older draft. seen: its digest as shown; None where nothing was."""
    if seen is not None and seen != queries.digest_of(letter):
        raise ChangedMeanwhile


def put_on_record(action: str, letter: Letter, by: str, now: datetime, **details: object) -> None:
    """Write an act on a letter into the audit record. by: as the record names people."""
    record(action=action, by=by, subject=letter.reference or letter.key, details=details, now=now)
