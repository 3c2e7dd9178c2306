"""Reads of mailings and of those who asked for news."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, select

from ..columns import KEY_BYTES
from ..extensions import db
from ..lockdown.queries import parts_in_force
from ..lockdown.rules import SIGNING
from ..mail.queries import waiting_about
from ..petitions.models import Petition
from ..petitions.queries import petition_by_id
from ..petitions.rules import PetitionUnknown
from ..signing.models import Signature
from . import rules
from .models import Mailing

AUDIENCE = "counted, and wants updates"  # what a second person agrees to, as of the moment of each mail


@dataclass(frozen=True)
class Choice:
    """A petition that an update may be written for."""

    id: int
    slug: str
    title: str


@dataclass(frozen=True)
class Progress:
    """How far a mailing has come. waiting: in the outbox; left: neither sent nor left out nor given up yet."""

    sent: int
    left: int
    waiting: int
    unwanted: int
    undeliverable: int


def progress_of(mailing: Mailing) -> Progress:
    """Return how far a mailing has come."""
    settled = mailing.sent + mailing.unwanted + mailing.undeliverable
    return Progress(
        sent=mailing.sent,
        left=max(0, mailing.recipients - settled),
        waiting=waiting_about(mark_of(mailing.reference)),
        unwanted=mailing.unwanted,
        undeliverable=mailing.undeliverable,
    )


def mark_of(reference: str) -> bytes:
    """Return by what the mails of a mailing are found in the outbox."""
    return sha256(b"nidaa mailing\0" + reference.encode()).digest()[:KEY_BYTES]


def is_locked_down() -> bool:
    """Whether the campaign is locked down, so that nothing is sent to supporters."""
    return SIGNING in parts_in_force()


def mailings() -> Sequence[Mailing]:
    """Return every mailing, the newest first."""
    return db.session.scalars(select(Mailing).order_by(Mailing.id.desc())).all()


def mailing_of(reference: str) -> Mailing | None:
    """Return a mailing by its reference."""
    return db.session.scalar(select(Mailing).where(Mailing.reference == reference))


def asked_for_news(petition_id: int) -> int:
    """Return how many counted people want updates now. Reads an index of them alone."""
    found = (
        select(func.count())
        .select_from(Signature)
        .where(Signature.petition_id == petition_id, Signature.wants_updates, Signature.state == "counted")
    )
    return db.session.scalar(found) or 0


def choices(language: str) -> list[Choice]:
    """Return the petitions that can have updates: all that the public may see."""
    rows = db.session.execute(select(Petition.id).where(Petition.state != "draft").order_by(Petition.id))
    found = []
    for (petition_id,) in rows:
        try:
            record = petition_by_id(petition_id)
        except PetitionUnknown:
            continue  # withdrawn a second ago
        found.append(Choice(record.id, record.slug, record.text(language).title))
    return found


def required_languages(petition_id: int) -> Sequence[str]:
    """Return the languages that an update of a petition must be written in."""
    petition = db.session.get_one(Petition, petition_id)
    return petition.required_languages or [petition.home_language]


def digest_of(mailing: Mailing) -> str:
    """Return SHA-256 over exactly what a mailing says and to whom."""
    return rules.content_digest(
        petition=petition_by_id(mailing.petition_id).slug,
        reference=mailing.reference,
        texts=mailing.texts,
        audience=AUDIENCE,
    )


def text_for(mailing: Mailing, language: str) -> tuple[str, Mapping[str, str]]:
    """Return the language that a reader gets a mailing in, and its words: their own, or the petition's own."""
    texts: Mapping[str, Mapping[str, str]] = mailing.texts
    home = petition_by_id(mailing.petition_id).home_language
    chosen = next(lang for lang in (language, home, *texts) if lang in texts)
    return chosen, texts[chosen]
