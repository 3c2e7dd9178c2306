"""What opening a mailed link settles: a person counted, a repeat, or a private page found again.

Executes in the caller's transaction; never commits.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete

from ..clock import utc_day
from ..errors import Refusal
from ..extensions import db
from ..mail import operations as mail
from ..prepared import AnyConnection, Prepared
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
)
from .models import Pending

_LINK_ASKED_FOR = Prepared(
    delete(Pending.__table__)  # type: ignore[arg-type]
    .where(Pending.token_hash == bindparam("opened"), Pending.purpose == "link")
    .returning(Pending.id, Pending.petition_id, Pending.tag)
)


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


def confirm(*, token: str, now: datetime, connection: AnyConnection | None = None) -> Confirmation:
    """Count the person whose mailbox answered; opening the same link again changes nothing.

    One transaction: the signature (its constraints settle a repeat), one more in a tally cell, that
    mailbox's requests deleted. Requests made before a petition closed may be confirmed for their seven days.

    connection: from `database.directly`; the session's by default.
    Raises LinkUnknown; PetitionClosed where the petition was withdrawn; IntegrityError where another request was
    first (`mailboxes.until_settled`). Executes; never commits.
    """
    chosen = connection or db.session.connection()
    opened = token_hash(token)
    taken = requests.take(opened, chosen)
    if not taken:
        return _settle_link(opened, chosen)
    pending = next(row for row in taken if row["token_hash"] == opened)
    others = [row for row in taken if row["token_hash"] != opened]
    mailbox = people_of(pending["petition_id"], pending["tag"], chosen)
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
                connection=chosen,
                **cell_of(pending),
            )
        count(pending, mailbox, place, now, chosen)
    if others:
        keep_links(pending["petition_id"], pending["tag"], [row["token_hash"] for row in others], chosen)
        count_ended(others, now, reason="repeat", connection=chosen)
    known = next((person for person in mailbox if person.person_tag == pending["person_tag"]), None)
    return Confirmation(
        petition_id=pending["petition_id"],
        is_new=place is not None,
        is_full=place is None and known is None,
        is_repeat=place is None and known is not None and known.state == "counted",
    )


def _settle_link(opened: bytes, connection: AnyConnection) -> Confirmation:
    """Answer a link that has no signature waiting: a lost link asked for, one already used, or one unknown."""
    for pending_id, petition_id, tag in _LINK_ASKED_FOR.run(connection, {"opened": opened}).rows:
        if not people_of(petition_id, tag, connection):
            raise LinkUnknown
        keep_links(petition_id, tag, [opened], connection)
        mail.delete_about(about=[pending_id], connection=connection)
        return Confirmation(petition_id=petition_id, is_new=False)
    found = mailbox_of_link(opened, connection)
    if found is None:
        raise LinkUnknown
    return Confirmation(petition_id=found[0], is_new=False)
