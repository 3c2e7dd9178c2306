"""Supporters who asked for news, sheets of them, and an update on its way, for the tests of this room."""

import dataclasses
import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from campaign_app.accounts import operations as accounts
from campaign_app.accounts import standing
from campaign_app.accounts.models import Organiser
from campaign_app.accounts.queries import organiser_by_email
from campaign_app.approvals import operations as approvals
from campaign_app.approvals.queries import approval_of
from campaign_app.approvals.rules import TWO_PEOPLE
from campaign_app.clock import utc_now
from campaign_app.database import one_moment
from campaign_app.exports.operations import write_sealed_sheet
from campaign_app.exports.rules import CONTACTS, header_of
from campaign_app.extensions import db
from campaign_app.mail.worker import run_batch
from campaign_app.petitions.queries import PetitionRecord
from campaign_app.sealing import tags
from campaign_app.sealing.contacts import seal_contact
from campaign_app.sealing.keys import keyring
from campaign_app.signing.models import Signature
from campaign_app.signing.rules import canonical_email
from campaign_app.tally import operations as tally
from campaign_app.updates import operations, queries, resealing, sending
from campaign_app.updates.models import Mailing, UpdateLink
from campaign_app.updates.recipients_file import receive
from tests.desk_client import EMAIL, DeskClient, joined
from tests.pages import end_the_tests_own_transaction

TEXTS = {
    "ar": {
        "subject": "الأخبار التي طلبتها",
        "body": "## ما جرى\n\nسُلّمت **العريضة** اليوم.\n\n- أولاً\n- ثانياً",
    },
    "en": {
        "subject": "The news you asked for",
        "body": "## What happened\n\nThe **petition** was [handed over](https://example.org/news).\n\n- one\n- two",
    },
}


def identity(number: int) -> bytes:
    """Return the id of a supporter's signature."""
    return hashlib.sha256(b"%d" % number).digest()[:16]


def supporter(
    petition: PetitionRecord,
    number: int,
    *,
    email: str = "",
    wants: bool = True,
    language: str = "en",
    nth: int = 0,
    mailbox: int | None = None,
) -> Signature:
    """Put a counted signature into the database and return it. mailbox: whose mailbox it shares."""
    email = email or f"signer{number if mailbox is None else mailbox}@example.org"
    cell = tally.add(
        event="confirmed",
        petition_id=petition.id,
        day=utc_now().date(),
        country="DE",
        language=language,
        source="direct",
        path="nojs",
        mailboxes=int(mailbox is None),
    )
    signature_id = identity(number)
    token = f"private-token-of-signer-{number:08d}"
    contact = {
        "format": 1,
        "id": signature_id.hex(),
        "name": f"Test Signer {number}",
        "email": email,
        "country": "DE",
        "language": language,
        "consents": {"signing": 1, "updates": 1 if wants else None},
        "text_version": 1,
        "token": token,
    }
    keys = keyring().campaign_public
    signature = Signature(
        id=signature_id,
        petition_id=petition.id,
        tag=tags.tag(tags.petition_tag_key(petition.id, session=db.session), canonical_email(email)),
        nth=nth,
        person_tag=hashlib.sha256(b"person %d" % number).digest(),
        state="counted",
        sealed_contact=seal_contact(contact, petition_slug=petition.slug, keys=keys),
        key_ids=",".join(key.id for key in keys),
        tally_cell_id=cell,
        signed_on=utc_now().date(),
        text_language=language,
        text_version=1,
        consent_version=1,
        updates_version=1 if wants else None,
        wants_updates=wants,
        path="nojs",
        link_hash=hashlib.sha256(token.encode()).digest(),
    )
    db.session.add(signature)
    return signature


def sheet_of(petition: PetitionRecord) -> bytes:
    """Return a sealed sheet of everyone who wants news now."""
    out = io.BytesIO()
    with one_moment():
        write_sealed_sheet(
            petition_id=petition.id,
            kind=CONTACTS,
            purpose="An update",
            release=TWO_PEOPLE,
            out=out,
            now=utc_now(),
        )
    return out.getvalue()


def resealed(
    sheet: bytes, mailing: Mailing, forge: Callable[[dict[str, Any]], Any] = lambda mailboxes: None
) -> bytes:
    """Return the file of recipients that `campaign seal-mailing` makes of a sheet.

    forge: what somebody changes in it who has the campaign's secret key.
    """
    key = operations.mailing_key(mailing)
    assert key is not None
    secret = keyring().demo_secrets[0]
    first, *lines = sheet.decode().splitlines(keepends=True)
    work = resealing.begin(header_of(first), key, secret)
    resealing.gather(lines, resealing=work, secret=secret)
    assert work.is_whole, work.report
    forge(work.mailboxes)
    return b"".join(resealing.sealed_lines(work))


def two_organisers() -> tuple[Organiser, Organiser]:
    """Return two people who may agree to what the other asks; without any sign-in."""
    now = utc_now()
    token = accounts.invite_first_owner(email="one@example.org", by="command", now=now)
    one = accounts.accept(token=token, name="Test Owner", password_hash="-", locale="en", now=now)
    token = accounts.invite(email="two@example.org", roles=["organiser"], by=one, now=now)
    two = accounts.accept(token=token, name="Test Organiser", password_hash="-", locale="ar", now=now)
    for each in (one, two):
        each.tf_primary_method, each.tf_totp_secret = "authenticator", "-"
        db.session.flush()
        standing.note(organiser=each, now=now)
    db.session.commit()
    return one, two


def released(petition: PetitionRecord, *, pace: int = 1_200) -> tuple[Mailing, Organiser]:
    """Return an update that two people released and whose key the worker has made, and one of the two."""
    one, two = two_organisers()
    now = utc_now()
    mailing = operations.write(petition_id=petition.id, texts=TEXTS, pace=pace, by=one, now=now)
    operations.ask(mailing=mailing, by=one, now=now)
    approval = approval_of(operations.ROOM, mailing.reference)
    assert approval is not None
    approvals.approve(approval=approval, digest=approval.digest, by=two, now=now)
    operations.release(mailing=mailing, by=one, now=now)
    db.session.commit()
    sending.prepare(now)
    return again(mailing), one


def sending_update(
    petition: PetitionRecord,
    settings: Any,
    *,
    pace: int = 1_200,
    forge: Callable[[dict[str, Any]], Any] = lambda mailboxes: None,
) -> Mailing:
    """Return an update that is being sent to everyone who is counted now and asked for news."""
    mailing, one = released(petition, pace=pace)
    file = resealed(sheet_of(petition), mailing, forge)
    key, key_id = operations.expected_file(mailing)
    with receive(io.BytesIO(file), expected=key, key_id=key_id, home=settings.home) as received:
        operations.load(mailing=mailing, received=received, by=one, now=utc_now())
    operations.start(mailing=mailing, by=one, now=utc_now())
    db.session.commit()
    return again(mailing)


def again(mailing: Mailing) -> Mailing:
    """Return a mailing as it lies in the database now."""
    reference = mailing.reference
    db.session.rollback()
    db.session.expire_all()
    found = queries.mailing_of(reference)
    assert found is not None
    return found


def work(app: Flask, now: datetime | None = None, rounds: int = 1) -> None:
    """Let the worker do its rounds: feed the outbox, then send."""
    end_the_tests_own_transaction()
    with app.app_context():
        for _ in range(rounds):
            sending.prepare(now or utc_now())
            run_batch(now=now or utc_now())
        db.session.remove()


@contextmanager
def settings_with(app: Flask, **changes: Any) -> Iterator[None]:
    """Let the worker see other settings for a while: a relay, or an address with https."""
    before = app.extensions["nidaa_settings"]
    app.extensions["nidaa_settings"] = dataclasses.replace(before, **changes)
    try:
        yield
    finally:
        app.extensions["nidaa_settings"] = before


def second_person(app: Flask, email: str = "second@example.org") -> DeskClient:
    """Return a browser in which another organiser is signed in, invited by the owner."""
    end_the_tests_own_transaction()
    with app.app_context():
        owner = organiser_by_email(EMAIL)
        assert owner is not None
        token = accounts.invite(email=email, roles=["organiser"], by=owner, now=utc_now())
        db.session.commit()
    return joined(app, token, email, name="Test Organiser")


def wants(signature_id: bytes) -> bool:
    """Whether a signature still asks for news."""
    db.session.rollback()
    found = db.session.scalar(select(Signature.wants_updates).where(Signature.id == signature_id))
    return bool(found)


def fill_updates(stop: str = "stop") -> None:
    """Write a row into every table of updates, in the caller's transaction. Somebody has to have signed.

    stop: the token of its link.
    """
    signature = db.session.scalars(select(Signature).limit(1)).one()
    mailing = Mailing(
        reference="0" * 16,
        petition_id=signature.petition_id,
        texts=TEXTS,
        written_by="organiser:1",
        written_at=utc_now(),
    )
    db.session.add(mailing)
    db.session.flush()
    link = UpdateLink(
        token_hash=hashlib.sha256(stop.encode()).digest(),
        signature_id=signature.id,
        mailing_id=mailing.id,
        bounce_mark=hashlib.sha256(b"bounce").digest(),
    )
    db.session.add(link)
