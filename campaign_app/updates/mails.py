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
from ..signing.models import Signature
from . import bounces, rules
from .mail_text import compose_update
from .models import Mailing
from .queries import is_locked_down, text_for


def wanted(signatures: Sequence[bytes]) -> set[bytes]:
    """Return those of some signatures that are counted and want news at this moment."""
    return set(
        db.session.scalars(
            select(Signature.id).where(
                Signature.id.in_(signatures), Signature.state == "counted", Signature.wants_updates
            )
        )
    )


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
        if not is_test and not wanted([bytes.fromhex(each) for each in parameters["ids"]]):
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
