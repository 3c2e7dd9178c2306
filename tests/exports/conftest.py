"""Signatures that can be exported, and people who ask for them and approve it."""

import hashlib
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from campaign_app.approvals import operations as approvals
from campaign_app.exports import sheets
from campaign_app.extensions import db
from campaign_app.sealing.contacts import seal_contact
from campaign_app.sealing.keys import keyring
from campaign_app.signing.models import Signature
from campaign_app.tally.models import TallyCell
from tests.organisers import join

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def sign(petition, nth, *, state="counted", has_contact=True, asked_for_news=False, name=None):
    """Put a counted signature into the database and return it."""
    cell = db.session.scalars(select(TallyCell)).one()
    signature_id = hashlib.sha256(b"%d" % nth).digest()[:16]
    contact = {
        "format": 1,
        "id": signature_id.hex(),
        "name": name or f"Test Signer {nth}",
        "email": f"signer{nth}@example.org",
        "country": "DE",
        "language": "en",
        "consents": {"signing": 1, "updates": 1 if asked_for_news else None},
        "text_version": 1,
        "token": "t" * 32,
    }
    keys = keyring().campaign_public
    signature = Signature(
        id=signature_id,
        petition_id=petition.id,
        tag=hashlib.sha256(b"tag %d" % nth).digest(),
        nth=0,
        person_tag=hashlib.sha256(b"person %d" % nth).digest(),
        state=state,
        sealed_contact=seal_contact(contact, petition_slug=petition.slug, keys=keys) if has_contact else None,
        key_ids=",".join(key.id for key in keys) if has_contact else "",
        tally_cell_id=cell.id,
        signed_on=NOW.date(),
        text_language="en",
        text_version=1,
        consent_version=1,
        wants_updates=asked_for_news,
        path="nojs",
        link_hash=hashlib.sha256(b"link %d" % nth).digest(),
    )
    db.session.add(signature)
    return signature


@pytest.fixture
def signatures(petition):
    """Five who are counted, and three of whom nothing may leave."""
    db.session.add(
        TallyCell(
            petition_id=petition.id,
            day=NOW.date(),
            event="confirmed",
            reason="",
            country="DE",
            language="en",
            source="direct",
            path="nojs",
            slot=0,
            people=5,
            mailboxes=5,
        )
    )
    db.session.flush()
    made = [sign(petition, nth) for nth in range(5)]
    sign(petition, 5, state="withdrawn", has_contact=False)
    sign(petition, 6, state="invalidated")
    sign(petition, 7, has_contact=False)
    db.session.commit()
    return made


@pytest.fixture
def team(context):
    """Two people who may release personal data: an owner and an organiser."""
    owner = join("owner@example.org", ["owner"], now=NOW)
    second = join("second@example.org", ["organiser"], owner, now=NOW)
    db.session.commit()
    return owner, second


def approved_sheet(petition, team, *, kind="delivery", now=NOW):
    """Ask for a sheet and let the second person approve it; return its reference."""
    owner, second = team
    sheet = sheets.ask(petition=petition, kind=kind, purpose="Letter", by=owner, now=now)
    approvals.approve(approval=sheets.approval_of(sheet), digest=sheets.digest(sheet), by=second, now=now)
    reference = sheet.reference
    db.session.commit()
    return reference
