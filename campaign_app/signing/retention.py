"""What is deleted and when: petitions past their time closed, contacts deleted, tags and their key destroyed.

Runs in the worker. Each function does one step of `safety.md`'s promises and may be repeated.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from ..audit.operations import record
from ..audit.rules import BY_SYSTEM
from ..clock import utc_day
from ..extensions import db
from ..petitions import operations as petitions
from ..petitions.models import Petition
from ..sealing import tags
from ..sealing.models import PetitionKey
from . import operations
from .models import Pending, PrivateLink, Signature
from .rules import CONTACT_KEPT_AFTER_CLOSE, CONTACT_KEPT_AT_MOST


@dataclass(frozen=True)
class Kept:
    """What is kept of a petition's signers. contacts: without and with consent to news; requests: unanswered."""

    contacts: int
    contacts_with_updates: int
    requests: int


def kept_of(petition_id: int) -> Kept:
    """Count what is kept of a petition's signers. Reads every row: for an operator, not for a page."""
    has_contact = (Signature.petition_id == petition_id, Signature.sealed_contact.is_not(None))
    rows = db.session.execute(
        select(Signature.wants_updates, func.count()).where(*has_contact).group_by(Signature.wants_updates)
    )
    contacts = {bool(wants_updates): count for wants_updates, count in rows}
    requests = db.session.scalar(
        select(func.count())
        .select_from(Pending)
        .where(Pending.petition_id == petition_id, Pending.purpose == "sign")
    )
    return Kept(contacts.get(False, 0), contacts.get(True, 0), requests or 0)


def close_due_petitions(*, now: datetime) -> list[str]:
    """Close the open petitions whose closing time has come; return their slugs. Flushes; never commits."""
    due = db.session.scalars(
        select(Petition).where(Petition.state == "open", Petition.closes_at <= now)
    ).all()
    for petition in due:
        before = petition.state
        petitions.move(petition=petition, to="closed", obstacles=[], now=petition.closes_at or now)
        details = {"from": before, "to": petition.state}
        record(action="petition.move", by=BY_SYSTEM, subject=petition.slug, details=details, now=now)
    return [petition.slug for petition in due]


def delete_due_contacts(*, now: datetime) -> int:
    """Delete sealed contacts that are no longer needed; return how many. Executes; never commits.

    Without consent to updates: 30 days after close. With it: 30 days after the answer, and never later
    than 24 months after signing, though the petition be open still.
    """
    today = utc_day(now)
    deleted = 0
    not_new = or_(Petition.closed_on.is_not(None), Petition.opens_at <= now - CONTACT_KEPT_AT_MOST)
    for petition_id in db.session.scalars(select(Petition.id).where(not_new)).all():
        is_due = Signature.signed_on <= today - CONTACT_KEPT_AT_MOST
        deleted += _delete_contacts(petition_id, Signature.wants_updates.is_(True), is_due)
    closed = db.session.scalars(
        select(Petition).where(
            Petition.closed_on.is_not(None), Petition.closed_on <= today - CONTACT_KEPT_AFTER_CLOSE
        )
    ).all()
    for petition in closed:
        is_answered = petition.answered_on and petition.answered_on <= today - CONTACT_KEPT_AFTER_CLOSE
        whose = () if is_answered else (Signature.wants_updates.is_(False),)
        deleted += _delete_contacts(petition.id, *whose)
    if deleted:
        record(action="contacts.delete", by=BY_SYSTEM, details={"contacts": deleted}, now=now)
    return deleted


def _delete_contacts(petition_id: int, *whose: ColumnElement[bool]) -> int:
    result = db.session.execute(
        update(Signature)
        .where(Signature.petition_id == petition_id, Signature.sealed_contact.is_not(None), *whose)
        .values(sealed_contact=None, key_ids="")
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def shred_due_petitions(*, now: datetime) -> list[str]:
    """Destroy the tags and the tag key of petitions closed 30 days ago; return their slugs.

    Afterwards nobody can test whether an address signed, whatever they hold. The counts stay. Old
    masters are destroyed by `campaign keys`; `campaign check` fails until they are. Executes; never commits.
    """
    today = utc_day(now)
    due = db.session.execute(
        select(Petition.id, Petition.slug)
        .join(PetitionKey, PetitionKey.petition_id == Petition.id)
        .where(
            Petition.closed_on.is_not(None),
            Petition.closed_on <= today - CONTACT_KEPT_AFTER_CLOSE,
            PetitionKey.shredded_on.is_(None),
        )
    ).all()
    for petition_id, slug in due:
        shred(petition_id=petition_id, now=now)
        record(action="keys.shred", by=BY_SYSTEM, subject=slug, now=now)
    return [slug for _petition_id, slug in due]


def shred(*, petition_id: int, now: datetime) -> None:
    """Destroy every tag of one petition, its open requests, and the key that made the tags. Executes; never commits."""
    operations.end_requests(petition_id=petition_id, now=now)
    db.session.execute(delete(PrivateLink).where(PrivateLink.petition_id == petition_id))
    db.session.execute(
        update(Signature)
        .where(Signature.petition_id == petition_id)
        .values(tag=None, person_tag=None, domain_tag=None)
    )
    tags.shred_petition_key(petition_id=petition_id, session=db.session, today=utc_day(now))
