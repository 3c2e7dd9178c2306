"""Mails that came back: which subscription a returned mail belongs to, and when it is too often. No address is kept.

Our Message-ID holds the mailing and a mark made of the subscription's token; whatever returns a mail quotes it, among
the headers of the message that could not be delivered (RFC 3462, RFC 3464).
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update

from ..config import secret_key, settings
from ..extensions import db
from ..mail import reports
from . import rules
from .models import Mailing, UpdateLink
from .stopping import end_updates

OUR_MESSAGE_ID = re.compile(r"<?\b([0-9a-f]{16})\.([0-9a-f]{32})@[A-Za-z0-9.-]+>?")
REASON = re.compile(r"\b(5\d\d)(?: (5)\.(\d{1,3})\.\d{1,3})?\b")
NO_SUCH_MAILBOX = ("550", "551", "553")  # RFC 5321, where no enhanced code says more


class Outcome(StrEnum):
    """What became of a returned mail."""

    UNKNOWN = "unknown"  # not one of ours, or of a subscription that is gone
    SOFT = "soft"  # only delayed, or refused for another reason than the mailbox
    COUNTED = "counted"
    REPEATED = "repeated"  # another report of the same mail
    STOPPED = "stopped"  # once too often: updates to it are stopped


@dataclass(frozen=True)
class Returned:
    """What a returned mail says. mailing, reference: of the Message-ID it quotes. is_hard: None where it is silent."""

    mailing: str
    reference: str
    is_hard: bool | None


def returned_of(text: bytes) -> Returned | None:
    """Return what a delivery status notification, or any text that quotes our Message-ID, says; None for others."""
    found = reports.found_in(OUR_MESSAGE_ID, text)
    return Returned(found[1], found[2], is_hard=_says_hard(text)) if found else None


def _says_hard(text: bytes) -> bool | None:
    """Whether a report says that the mailbox itself cannot be reached, for good; None where it gives no status."""
    said = reports.statuses_of(text)
    return any(kind == "5" and subject != reports.POLICY for kind, subject, _detail in said) if said else None


def is_hard(reason: str) -> bool:
    """Whether our relay's own no, such as "550 5.1.1: …", is about the mailbox and for good."""
    found = REASON.match(reason)
    if found is None:
        return False
    return found[3] != reports.POLICY if found[3] else found[1] in NO_SUCH_MAILBOX


def mark_of(reference: str) -> bytes:
    """Return under what a Message-ID's reference is stored: with the database alone, a relay's log leads nowhere."""
    key = hmac.digest(secret_key(settings()), b"nidaa bounce mark v1", "sha256")
    return hmac.digest(key, reference.encode(), hashlib.sha256)


def take(*, returned: Returned, by_hand: bool, now: datetime) -> Outcome:
    """Count a returned mail; after the second mailing in a row that came back for good, stop updates to it.

    by_hand: an organiser says that it came back; where it gives no status, for good. Executes; never commits.
    """
    mailing_id = db.session.scalar(select(Mailing.id).where(Mailing.reference == returned.mailing))
    if mailing_id is None:
        return Outcome.UNKNOWN
    if not (by_hand if returned.is_hard is None else returned.is_hard):
        return Outcome.SOFT
    outcome = note(mark=mark_of(returned.reference), mailing_id=mailing_id, now=now)
    if outcome in (Outcome.COUNTED, Outcome.STOPPED):
        db.session.execute(
            update(Mailing).where(Mailing.id == mailing_id).values(bounced=Mailing.bounced + 1)
        )
    return outcome


def note(*, mark: bytes, mailing_id: int, now: datetime) -> Outcome:
    """Note that a mailing came back from a mailbox for good. Executes; never commits.

    Only the last that went there counts: whoever saw one of our Message-IDs can claim returns of others.
    """
    links = db.session.execute(
        select(UpdateLink.signature_id, UpdateLink.bounces, UpdateLink.bounced_mailing_id)
        .where(UpdateLink.bounce_mark == mark, UpdateLink.mailing_id == mailing_id)
        .with_for_update()
    ).all()
    if not links:
        return Outcome.UNKNOWN
    if any(link.bounced_mailing_id == mailing_id for link in links):
        return Outcome.REPEATED
    count = max(link.bounces for link in links) + 1
    db.session.execute(
        update(UpdateLink)
        .where(UpdateLink.bounce_mark == mark, UpdateLink.mailing_id == mailing_id)
        .values(bounces=count, bounced_mailing_id=mailing_id)
    )
    if count < rules.HARD_BOUNCES:
        return Outcome.COUNTED
    ended = end_updates([link.signature_id for link in links], now=now)
    return Outcome.STOPPED if ended else Outcome.COUNTED
