"""What opening a mailed link settles: a person counted, a repeat, or a private page found again.

Executes in the caller's transaction; never commits.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from ..clock import utc_day
from ..errors import Refusal
from ..extensions import db
from ..mail import operations as mail
from ..sealing.reveal import open_reveal
from ..sealing.tokens import token_hash
from ..tally import operations as tally
from . import requests
from .counting import cell_of, count, count_ended
from .mailboxes import (
    keep_links,
    mailbox_of_link,
    people_of,
    people_per_mailbox,
    place_of,
    until_settled,
)
from .models import Pending


class LinkUnknown(Refusal):
    """No open request and no signature belongs to this link: it expired, or was never sent."""


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What opening the mailed link settled.

    is_new: whether the count moved. is_full: the mailbox speaks for as many people as it may, and not for this one.
    is_repeat: this person was counted before and still is.
    """

    petition_id: int
    is_new: bool
    is_full: bool = False
    is_repeat: bool = False


def confirm(*, token: str, now: datetime) -> Confirmation:
    """Count the person whose mailbox answered; opening the same link again changes nothing.

    One transaction: the signature (its constraints settle a repeat), one more in a tally cell, that
    mailbox's requests deleted. Requests made before a petition closed may be confirmed for their seven days.
    Raises LinkUnknown; PetitionClosed where the petition was withdrawn. Executes; may roll back and try
    again; never commits.
    """
    return until_settled(lambda: _confirm(token, now))


def _confirm(token: str, now: datetime) -> Confirmation:
    opened = token_hash(token)
    taken = requests.take(opened)
    if not taken:
        return _settle_link(opened, now)
    pending = next(row for row in taken if row["token_hash"] == opened)
    others = [row for row in taken if row["token_hash"] != opened]
    mailbox = people_of(pending["petition_id"], pending["tag"])
    place = place_of(pending["person_tag"], mailbox, people_per_mailbox(pending["petition_id"]))
    if place is None:
        others = taken
    else:
        revealed = open_reveal(pending["reveal"], token.encode())
        pending["public_name"] = revealed["name"] if revealed["is_shown"] else None
        if pending["requested_on"] is None:
            # Answered before the worker could note that the mail had left: without this, one request too few.
            tally.add(
                event="requested",
                petition_id=pending["petition_id"],
                day=utc_day(now),
                **cell_of(pending),
            )
        count(pending, mailbox, place, now)
    if others:
        keep_links(pending["petition_id"], pending["tag"], [row["token_hash"] for row in others])
        count_ended(others, now, reason="repeat")
    known = next((person for person in mailbox if person.person_tag == pending["person_tag"]), None)
    return Confirmation(
        petition_id=pending["petition_id"],
        is_new=place is not None,
        is_full=place is None and known is None,
        is_repeat=place is None and known is not None and known.state == "counted",
    )


def _settle_link(opened: bytes, now: datetime) -> Confirmation:
    """Answer a link that has no signature waiting: a lost link asked for, one already used, or one unknown."""
    asked = db.session.execute(
        select(Pending.id, Pending.petition_id, Pending.tag).where(
            Pending.token_hash == opened, Pending.purpose == "link"
        )
    ).first()
    if asked is not None:
        if not people_of(asked.petition_id, asked.tag):
            raise LinkUnknown
        keep_links(asked.petition_id, asked.tag, [opened])
        db.session.execute(delete(Pending).where(Pending.id == asked.id))
        mail.delete_about(about=[asked.id])
        return Confirmation(petition_id=asked.petition_id, is_new=False)
    found = mailbox_of_link(opened)
    if found is None:
        raise LinkUnknown
    return Confirmation(petition_id=found[0], is_new=False)
