"""Mail domains from which very many came at once: their mail is let go, or goes on waiting. Both on record.

Executes in the caller's transaction; never commits.
"""

from datetime import datetime

from sqlalchemy import and_, func, select, update

from ..accounts.models import Organiser
from ..audit.operations import record
from ..errors import Refusal
from ..extensions import db
from ..mail import operations as mail
from ..petitions.models import Petition
from ..signing.models import Pending
from .rules import label_of


class NothingHeld(Refusal):
    """No request of that domain is held: its mail went out meanwhile."""


def let_go(*, petition: Petition, label: str, by: Organiser, now: datetime) -> int:
    """Let the mail of a domain's held requests go out now; return of how many.

    Those who sign from it next hour are held again, if they are as many. Raises NothingHeld.
    """
    tag, requests = _held(petition.id, label)
    is_its = and_(Pending.petition_id == petition.id, Pending.domain_tag == tag, Pending.is_held)
    mail.release(about=select(Pending.id).where(is_its), now=now)
    db.session.execute(
        update(Pending).where(is_its).values(is_held=False).execution_options(synchronize_session=False)
    )
    _note("integrity.let-go", petition, label, requests, by, now)
    return requests


def keep_waiting(*, petition: Petition, label: str, by: Organiser, now: datetime) -> int:
    """Put on record that somebody looked and left a domain's mail waiting; return of how many. Raises NothingHeld."""
    _tag, requests = _held(petition.id, label)
    _note("integrity.keep-waiting", petition, label, requests, by, now)
    return requests


def _held(petition_id: int, label: str) -> tuple[bytes, int]:
    rows = db.session.execute(
        select(Pending.domain_tag, func.count())
        .where(Pending.petition_id == petition_id, Pending.is_held)
        .group_by(Pending.domain_tag)
    )
    found = next(((tag, requests) for tag, requests in rows if label_of(tag) == label), None)
    if found is None:
        raise NothingHeld
    return found


def _note(action: str, petition: Petition, label: str, requests: int, by: Organiser, now: datetime) -> None:
    details = {"domain": label, "requests": requests}
    record(action=action, by=by.audit_name, subject=petition.slug, details=details, now=now)
