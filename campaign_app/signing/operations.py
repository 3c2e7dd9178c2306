"""What a supporter does: sign, confirm, add a person, show or hide a name, withdraw, erase, ask for the link.

Core statements are used where a supporter waits; each is built once. Everything flushes or executes,
nothing commits: the view does, once.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.exc import IntegrityError

from ..clock import utc_day
from ..columns import KEY_BYTES
from ..errors import Refusal
from ..extensions import db
from ..mail import operations as mail
from ..petitions.queries import PetitionRecord
from ..sealing import tags
from ..sealing.contacts import seal_contact
from ..sealing.keys import Keyring
from ..sealing.mail import seal_mail
from ..sealing.reveal import open_reveal, seal_reveal
from ..sealing.tokens import new_token, token_hash
from ..shield import operations as shield
from ..tally import operations as tally
from . import requests, tombstones
from .counting import (
    cell_of,
    count,
    count_ended,
    end_requests_of,
    end_requests_where,
    forget_mailbox,
    uncount,
)
from .mailboxes import (
    keep_links,
    mailbox_mark,
    mailbox_of_link,
    people_of,
    people_per_mailbox,
    person_of,
    place_of,
)
from .models import Pending, Signature
from .rules import canonical_email, domain_of, expires_on, folded_name

Answer = TypeVar("Answer")
TRIES = 10  # more than one mailbox has places


class LinkUnknown(Refusal):
    """No open request and no signature belongs to this link: it expired, or was never sent."""


class AlreadyCounted(Refusal):
    """This person, or as many people as a mailbox may speak for, are already counted."""


class NotTheSameMailbox(Refusal):
    """The address typed on a private page is not the one the page belongs to."""


class NotTheNameSigned(Refusal):
    """The name typed to be shown is not the one that signed."""


@dataclass(frozen=True, kw_only=True)
class Signer:
    """What a person typed and chose, already validated.

    source: as counted (`rules.known_source`). text_language and text_version: the words they read.
    updates_version: version of the wording of the second consent, None where it was not given.
    """

    name: str
    email: str
    country: str
    language: str
    source: str
    path: str
    text_language: str
    text_version: int
    consent_version: int
    updates_version: int | None
    is_shown: bool

    @property
    def wants_updates(self) -> bool:
        """Whether the person asked to be told what happens."""
        return self.updates_version is not None


@dataclass(frozen=True, kw_only=True)
class MailPlan:
    """When the mail may go, decided by the shield; it never changes what the person sees.

    take: takes the mail's place among the others, once it is queued.
    """

    not_before: datetime
    is_held: bool
    take: Callable[[], object] = bool


# From the tag and the mail domain of an address to when its mail may go.
PlanMail = Callable[[bytes, str], MailPlan]


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


def sign(
    *,
    petition: PetitionRecord,
    signer: Signer,
    nonce: bytes,
    body_mac: bytes,
    plan_mail: PlanMail,
    keyring: Keyring,
    now: datetime,
    connection: Connection | None = None,
) -> None:
    """Record a pending signature and queue its confirmation mail; the same body again changes nothing.

    Never looks whether the address has signed: the mailed link settles that, so no
    answer, count or delay reveals a signer.

    connection: from `database.at_once`, by default the session's.
    Raises shield's NonceSpent where the single-use token came with another body. Executes; never commits.
    """
    key = tags.petition_tag_key(petition.id, session=db.session)
    canonical = canonical_email(signer.email)
    token = new_token()
    row = _pending_row(petition, signer, key, canonical, token, keyring, now)
    plan = plan_mail(row["tag"], domain_of(canonical))
    row["is_held"] = plan.is_held
    sealed_mail = seal_mail(
        {
            "kind": "confirm",
            "to": signer.email,
            "name": signer.name,
            "language": signer.language,
            "petition": petition.slug,
            "title": petition.text(signer.language).title,
            "token": token,
        },
        key=keyring.mail_public,
    )
    is_new = requests.store(
        connection or db.session.connection(),
        nonce=nonce,
        body_mac=body_mac,
        pending=row,
        kind="confirm",
        sealed_mail=sealed_mail,
        not_before=plan.not_before,
        now=now,
    )
    if is_new:
        plan.take()


def ask_for_link(
    *,
    petition: PetitionRecord,
    email: str,
    language: str,
    nonce: bytes,
    body_mac: bytes,
    plan_mail: PlanMail,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Queue a mail with a new private link, whether or not the address has signed: the link settles that.

    Raises shield's NonceSpent. Executes; never commits.
    """
    key = tags.petition_tag_key(petition.id, session=db.session)
    canonical = canonical_email(email)
    token = new_token()
    tag, domain_tag = tags.tag(key, canonical), tags.domain_tag(key, domain_of(canonical))
    plan = plan_mail(tag, domain_of(canonical))
    row: dict[str, Any] = {
        "id": secrets.token_bytes(KEY_BYTES),
        "petition_id": petition.id,
        "purpose": "link",
        "tag": tag,
        "person_tag": None,
        "token_hash": token_hash(token),
        "sealed_contact": None,
        "key_ids": "",
        "country": "",
        "language": language,
        "source": "",
        "path": "nojs",
        "text_language": "",
        "text_version": 0,
        "consent_version": 0,
        "updates_version": None,
        "wants_updates": False,
        "domain_tag": domain_tag,
        "is_held": plan.is_held,
        "reveal": None,
        "requested_on": None,
        "expires_on": expires_on(utc_day(now)),
    }
    sealed_mail = seal_mail(
        {
            "kind": "private-link",
            "to": email,
            "name": "",
            "language": language,
            "petition": petition.slug,
            "title": petition.text(language).title,
            "token": token,
        },
        key=keyring.mail_public,
    )
    is_new = requests.store(
        db.session.connection(),
        nonce=nonce,
        body_mac=body_mac,
        pending=row,
        kind="private-link",
        sealed_mail=sealed_mail,
        not_before=plan.not_before,
        now=now,
    )
    if is_new:
        plan.take()


def ask_to_send_again(
    *,
    petition: PetitionRecord,
    email: str,
    language: str,
    nonce: bytes,
    body_mac: bytes,
    plan_mail: PlanMail,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Queue a request that the worker settles: the open requests of this mailbox get their mail again.

    The web process does the same work whether there are any or none. Raises shield's NonceSpent.
    Executes; never commits.
    """
    key = tags.petition_tag_key(petition.id, session=db.session)
    canonical = canonical_email(email)
    tag = tags.tag(key, canonical)
    plan = plan_mail(tag, domain_of(canonical))
    sealed_mail = seal_mail(
        {
            "kind": "resend",
            "to": email,
            "name": "",
            "language": language,
            "petition": petition.slug,
            "title": "",
            "token": "",
            "petition_id": petition.id,
            "tag": tag.hex(),
        },
        key=keyring.mail_public,
    )
    if shield.spend(nonce=nonce, body_mac=body_mac, now=now) == "same":
        return
    plan.take()
    mail.queue(kind="resend", about=mailbox_mark(tag), sealed=sealed_mail, not_before=plan.not_before)


def confirm(*, token: str, now: datetime) -> Confirmation:
    """Count the person whose mailbox answered; opening the same link again changes nothing.

    One transaction: the signature (its constraints settle a repeat), one more in a tally cell, that
    mailbox's requests deleted. Requests made before a petition closed may be confirmed for their seven days.
    Raises LinkUnknown; PetitionClosed where the petition was withdrawn. Executes; may roll back and try
    again; never commits.
    """
    return _until_settled(lambda: _confirm(token, now))


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
    row = _pending_row(petition, signer, key, canonical, token, keyring, now)
    row["public_name"] = signer.name if signer.is_shown else None

    def _count() -> None:
        mailbox = people_of(petition.id, tag)
        place = place_of(row["person_tag"], mailbox, petition.people_per_mailbox)
        if place is None:
            raise AlreadyCounted
        # Asked for and counted at once, so that requests less confirmations stays the open ones.
        tally.add(event="requested", petition_id=petition.id, day=utc_day(now), **cell_of(row))
        count(row, mailbox, place, now)

    _until_settled(_count)


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


def hide_name(*, petition_id: int, tag: bytes | None, nth: int, link: bytes = b"") -> None:
    """Stop showing a signer's name. Raises SignatureUnknown. Executes; never commits.

    tag, link: as for `mailboxes.person_of`, here and below: whoever has the link can undo until the very end.
    """
    _set(person_of(petition_id, tag, nth, link).id, public_name=None)


def stop_updates(*, petition_id: int, tag: bytes | None, nth: int, link: bytes = b"") -> None:
    """Withdraw the second consent: no further news. Raises SignatureUnknown. Executes; never commits."""
    _set(person_of(petition_id, tag, nth, link).id, wants_updates=False, updates_version=None)


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


def mark_requested(*, pending_ids: Sequence[bytes], now: datetime) -> None:
    """Count requests whose mail was sent for the first time. Called by the worker; never commits."""
    today = utc_day(now)
    rows = db.session.execute(
        select(
            Pending.id, Pending.petition_id, Pending.country, Pending.language, Pending.source, Pending.path
        ).where(Pending.id.in_(list(pending_ids)), Pending.purpose == "sign", Pending.requested_on.is_(None))
    ).all()
    for row in rows:
        changed: Any = db.session.execute(
            update(Pending)
            .where(Pending.id == row.id, Pending.requested_on.is_(None))
            .values(requested_on=today)
        )
        if changed.rowcount:
            tally.add(
                event="requested",
                petition_id=row.petition_id,
                day=today,
                country=row.country,
                language=row.language,
                source=row.source,
                path=row.path,
            )


def expire_pendings(*, now: datetime, limit: int = 1_000) -> int:
    """Delete requests whose seven days are over, with their mails. Returns how many; never commits."""
    due = select(Pending.id).where(Pending.expires_on < utc_day(now)).limit(limit)
    return len(end_requests_where(Pending.id.in_(due), now=now, reason="time"))


def end_requests(*, petition_id: int, now: datetime) -> int:
    """Delete every open request of a petition, with its mail. Returns how many; never commits."""
    return len(end_requests_where(Pending.petition_id == petition_id, now=now, reason="time"))


def _pending_row(
    petition: PetitionRecord,
    signer: Signer,
    key: bytes,
    canonical: str,
    token: str,
    keyring: Keyring,
    now: datetime,
) -> dict[str, Any]:
    """Return the columns of a pending signature: hashes and sealed bytes, nothing readable."""
    pending_id = secrets.token_bytes(KEY_BYTES)
    contact = {
        "format": 1,
        "id": pending_id.hex(),
        "name": signer.name,
        "email": signer.email,
        "country": signer.country,
        "language": signer.language,
        "consents": {"signing": signer.consent_version, "updates": signer.updates_version},
        "text_version": signer.text_version,
        "token": token,
    }
    return {
        "id": pending_id,
        "petition_id": petition.id,
        "purpose": "sign",
        "tag": tags.tag(key, canonical),
        "person_tag": tags.person_tag(key, canonical, folded_name(signer.name)),
        "token_hash": token_hash(token),
        "sealed_contact": seal_contact(contact, petition_slug=petition.slug, keys=keyring.campaign_public),
        "key_ids": ",".join(key.id for key in keyring.campaign_public),
        "country": signer.country,
        "language": signer.language,
        "source": signer.source,
        "path": signer.path,
        "text_language": signer.text_language,
        "text_version": signer.text_version,
        "consent_version": signer.consent_version,
        "updates_version": signer.updates_version,
        "wants_updates": signer.wants_updates,
        "domain_tag": tags.domain_tag(key, domain_of(canonical)),
        "is_held": False,
        "reveal": seal_reveal({"name": signer.name, "is_shown": signer.is_shown}, token.encode()),
        "requested_on": None,
        "expires_on": expires_on(utc_day(now)),
    }


def _until_settled(work: Callable[[], Answer]) -> Answer:
    """Do work on a mailbox, again where another request was first between its look and its insert.

    Whenever that happens the other one is done, and a mailbox has few places: so it ends.
    """
    for _ in range(TRIES - 1):
        try:
            return work()
        except IntegrityError:
            db.session.rollback()
    return work()


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


def _set(signature_id: bytes, **values: Any) -> None:
    db.session.execute(update(Signature).where(Signature.id == signature_id).values(**values))
