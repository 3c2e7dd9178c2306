"""What a supporter asks for: to sign, to be sent the mail again, a new private link; and how requests end.

Core statements are used where a supporter waits; each is built once. Everything flushes or executes,
nothing commits: the view does, once.
"""

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from ..clock import utc_day
from ..columns import KEY_BYTES
from ..extensions import db
from ..mail import operations as mail
from ..mail.rules import RESEND
from ..petitions.queries import PetitionRecord
from ..prepared import AnyConnection
from ..sealing import tags
from ..sealing.keys import Keyring
from ..sealing.mail import seal_mail
from ..sealing.tokens import new_token, token_hash
from ..shield import operations as shield
from ..tally import operations as tally
from . import requests
from .counting import end_requests_where
from .mailboxes import mailbox_mark
from .models import Pending
from .requests import Signer
from .rules import canonical_email, domain_of, expires_on


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


def sign(
    *,
    petition: PetitionRecord,
    signer: Signer,
    nonce: bytes,
    body_mac: bytes,
    plan_mail: PlanMail,
    keyring: Keyring,
    now: datetime,
    writing: AbstractContextManager[AnyConnection] | None = None,
) -> None:
    """Record a pending signature and queue its confirmation mail; the same body again changes nothing.

    Never looks whether the address has signed: the mailed link settles that, so no
    answer, count or delay reveals a signer.

    writing: `database.directly`, entered only when everything is sealed: nobody waits for a second connection while
    holding a first. By default the session's transaction, which is not committed.
    Raises shield's NonceSpent where the single-use token came with another body.
    """
    key = tags.petition_tag_key(petition.id, session=db.session)
    canonical = canonical_email(signer.email)
    token = new_token()
    row = requests.row_of(petition, signer, key, canonical, token, keyring, now)
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
    with writing or nullcontext(db.session.connection()) as connection:
        is_new = requests.store(
            connection,
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


def purge_pendings(*, now: datetime, limit: int = 1_000) -> int:
    """Delete requests that wait, whatever their age, with every mail that would ask for one again.

    Returns how many; never commits.
    """
    mail.delete_kind(kind=RESEND)
    some = select(Pending.id).limit(limit)
    return len(end_requests_where(Pending.id.in_(some), now=now, reason="purged"))


def end_requests(*, petition_id: int, now: datetime) -> int:
    """Delete every open request of a petition, with its mail. Returns how many; never commits."""
    return len(end_requests_where(Pending.petition_id == petition_id, now=now, reason="time"))
