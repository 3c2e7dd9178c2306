"""One mail of a mailing: written when its turn comes, if somebody there still wants it, and counted afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select, update

from ..extensions import db
from ..mail.hooks import Outcome
from ..mail.troubles import DeliveryPostponed
from ..petitions.queries import petition_by_id
from ..sealing import tags
from ..sealing.problems import PetitionKeyShredded
from ..signing.models import Signature
from ..signing.rules import canonical_email
from . import bounces, rules
from .mail_text import compose_update
from .models import Mailing
from .queries import is_locked_down, text_for


def wanted(signatures: Sequence[bytes], *, petition_id: int) -> dict[bytes, bytes | None]:
    """Return those of a petition's signatures that are counted and want news now, each with its mailbox's mark."""
    found = db.session.execute(
        select(Signature.id, Signature.tag).where(
            Signature.id.in_(signatures),
            Signature.petition_id == petition_id,
            Signature.state == "counted",
            Signature.wants_updates,
        )
    )
    return {row.id: row.tag for row in found}


def of_mailbox(
    recipient: rules.Recipient, wanting: Mapping[bytes, bytes | None], key: bytes | None
) -> tuple[bytes, ...]:
    """Return those of a recipient's signatures that want news and were given from the very mailbox it names.

    Whoever seals the file could write any address into it; the mark of the signature tells, while there are marks.
    """
    mark = tags.tag(key, canonical_email(recipient.to)) if key else None
    return tuple(
        each
        for each in recipient.signatures
        if each in wanting and (mark is None or wanting[each] in (None, mark))
    )


def tag_key(petition_id: int) -> bytes | None:
    """Return what recognises a petition's mailboxes; None once it was destroyed. Raises KeyProblem."""
    try:
        return tags.petition_tag_key(petition_id, session=db.session)
    except PetitionKeyShredded:
        return None


class MailsOfMailings:
    """Writes and counts the mails of mailings, for the worker of the mail room."""

    def written(self, parameters: Mapping[str, Any], now: datetime) -> EmailMessage | None:
        """Return the mail; None where it is over or nobody there wants it any more. Raises DeliveryPostponed."""
        mailing = db.session.get(Mailing, parameters["mailing"])
        is_test = bool(parameters.get("test"))
        if mailing is None or (not is_test and mailing.state in rules.OVER):
            return None
        if not is_test and mailing.state == rules.PAUSED:
            raise DeliveryPostponed("the mailing is paused")
        if is_locked_down():
            raise DeliveryPostponed("the campaign is locked down")
        ids = [bytes.fromhex(each) for each in parameters["ids"]]
        if not is_test and not wanted(ids, petition_id=mailing.petition_id):
            return None
        lang, text = text_for(mailing, parameters["language"])
        return compose_update(
            text=text,
            lang=lang,
            title=petition_by_id(mailing.petition_id).text(lang).title,
            to=parameters["to"],
            stop=parameters["stop"],
            reference=mailing.reference,
            is_test=is_test,
            now=now,
        )

    def ended(self, parameters: Mapping[str, Any], outcome: Outcome, reason: str, now: datetime) -> None:
        """Count what became of a mail, in the worker's transaction."""
        if parameters.get("test"):
            return
        column = {
            "sent": Mailing.sent,
            "unwanted": Mailing.unwanted,
            "refused": Mailing.undeliverable,
        }[outcome]
        db.session.execute(
            update(Mailing).where(Mailing.id == parameters["mailing"]).values({column: column + 1})
        )
        if outcome == "refused" and bounces.is_hard(reason):
            bounces.note(
                mark=bounces.mark_of(rules.bounce_reference(parameters["stop"])),
                mailing_id=parameters["mailing"],
                now=now,
            )
