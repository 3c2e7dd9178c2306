"""What whoever has the private page may do: add a person, show or hide a name, stop the news, withdraw, erase.

Executes in the caller's transaction; never commits.
"""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update

from ..clock import utc_day
from ..errors import Refusal
from ..extensions import db
from ..petitions.queries import PetitionRecord
from ..sealing import tags
from ..sealing.keys import Keyring
from ..sealing.tokens import new_token
from ..tally import operations as tally
from . import requests, tombstones
from .counting import cell_of, count, end_requests_of, forget_mailbox, uncount
from .mailboxes import keep_links, people_of, person_of, place_of, until_settled
from .models import Signature
from .requests import Signer
from .rules import canonical_email, folded_name


class AlreadyCounted(Refusal):
    """This person, or as many people as a mailbox may speak for, are already counted."""


class NotTheSameMailbox(Refusal):
    """The address typed on a private page is not the one the page belongs to."""


class NotTheNameSigned(Refusal):
    """The name typed to be shown is not the one that signed."""


def add_person(
    *,
    petition: PetitionRecord,
    tag: bytes,
    signer: Signer,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Count another person of the same mailbox, who asked to be added; no mail is sent.

    tag: of the private page. Raises NotTheSameMailbox, AlreadyCounted. Executes; may roll back and try again;
    never commits.
    """
    key = tags.petition_tag_key(petition.id, session=db.session)
    canonical = canonical_email(signer.email)
    if not secrets.compare_digest(tags.tag(key, canonical), tag):
        raise NotTheSameMailbox
    token = new_token()
    row = requests.row_of(petition, signer, key, canonical, token, keyring, now)
    row["public_name"] = signer.name if signer.is_shown else None

    def _count() -> None:
        mailbox = people_of(petition.id, tag)
        place = place_of(row["person_tag"], mailbox, petition.people_per_mailbox)
        if place is None:
            raise AlreadyCounted
        # Asked for and counted at once, so that requests less confirmations stays the open ones.
        tally.add(event="requested", petition_id=petition.id, day=utc_day(now), **cell_of(row))
        count(row, mailbox, place, now)

    until_settled(_count)


def show_name(*, petition_id: int, tag: bytes, nth: int, name: str, email: str) -> None:
    """Show a signer's name from now on. The name and address are typed again, since we hold neither readable.

    Raises SignatureUnknown, NotTheNameSigned. Executes; never commits.
    """
    key = tags.petition_tag_key(petition_id, session=db.session)
    person = person_of(petition_id, tag, nth)
    typed = tags.person_tag(key, canonical_email(email), folded_name(name))
    if person.person_tag is None or not secrets.compare_digest(typed, person.person_tag):
        raise NotTheNameSigned
    _set(person.id, public_name=name)


def hide_name(*, petition_id: int, tag: bytes | None, nth: int, now: datetime, link: bytes = b"") -> None:
    """Stop showing a signer's name, and remember it for restores. Raises SignatureUnknown. Executes; never commits.

    tag, link: as for `mailboxes.person_of`, here and below: whoever has the link can undo until the very end.
    """
    person = person_of(petition_id, tag, nth, link)
    if _set(person.id, Signature.public_name.is_not(None), public_name=None):
        tombstones.add(signature_id=person.id, petition_id=petition_id, kind="hidden", now=now)


def stop_updates(*, petition_id: int, tag: bytes | None, nth: int, now: datetime, link: bytes = b"") -> None:
    """Withdraw the second consent: no further news; remembered for restores.

    Raises SignatureUnknown. Executes; never commits.
    """
    person = person_of(petition_id, tag, nth, link)
    if _set(person.id, Signature.wants_updates, wants_updates=False, updates_version=None):
        tombstones.add(signature_id=person.id, petition_id=petition_id, kind="no-updates", now=now)


def withdraw(*, petition_id: int, tag: bytes | None, nth: int, now: datetime, link: bytes = b"") -> None:
    """Take one person out of the count, delete their sealed contact and end their open requests.

    Signing again revives the row. Raises SignatureUnknown. Executes; never commits. A withdrawal repeated
    changes nothing.
    """
    person = person_of(petition_id, tag, nth, link)
    if tag is not None:
        keep_links(petition_id, tag, end_requests_of(person, petition_id, tag, now=now, reason="withdrawn"))
    if person.state == "withdrawn":
        return
    _set(
        person.id,
        state="withdrawn",
        sealed_contact=None,
        key_ids="",
        public_name=None,
        wants_updates=False,
        updates_version=None,
    )
    if person.state == "counted":
        uncount(person, petition_id, tag, "withdrawn", now)
    tombstones.add(signature_id=person.id, petition_id=petition_id, kind="withdrawn", now=now)


def erase(*, petition_id: int, tag: bytes | None, nth: int, now: datetime, link: bytes = b"") -> None:
    """Delete one person's row and requests. With the mailbox's last person go its links and all its mails too.

    Raises SignatureUnknown. Executes; never commits.
    """
    person = person_of(petition_id, tag, nth, link)
    db.session.execute(delete(Signature).where(Signature.id == person.id))
    if person.state == "counted":
        uncount(person, petition_id, tag, "erased", now)
    if tag is None:
        pass  # requests and further links went with the tags
    elif people_of(petition_id, tag):
        end_requests_of(person, petition_id, tag, now=now, reason="erased")
        keep_links(petition_id, tag, [person.link_hash])
    else:
        forget_mailbox(petition_id, tag, now)
    tombstones.add(signature_id=person.id, petition_id=petition_id, kind="erased", now=now)


def _set(signature_id: bytes, *where: Any, **values: Any) -> bool:
    """Change a row, where it is as is asked; whether it was."""
    changed: Any = db.session.execute(
        update(Signature).where(Signature.id == signature_id, *where).values(**values)
    )
    return bool(changed.rowcount)
