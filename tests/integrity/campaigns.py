"""A petition with people of several places and mail domains, and organisers who take some of them out."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from campaign_app.accounts import operations as accounts
from campaign_app.accounts.models import Organiser
from campaign_app.columns import random_key
from campaign_app.extensions import db
from campaign_app.integrity import operations
from campaign_app.integrity.models import ArrivalReport, InvalidatedSignature, Invalidation
from campaign_app.integrity.rules import Rule
from campaign_app.petitions.models import Petition
from campaign_app.signing.models import Signature
from campaign_app.tally import operations as tally
from campaign_app.tally.models import OutsideTotal

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
BAD, GOOD = b"B" * 16, b"G" * 16


def an_organiser(name: str = "Test Organiser", email: str = "organiser@example.org") -> Organiser:
    """Return somebody who works here, stored."""
    found = Organiser(
        name=name,
        email=email,
        locale="en",
        confirmed_at=NOW,
        fs_uniquifier=random_key().hex(),
        fs_webauthn_user_handle=random_key().hex(),
        roles=accounts._roles(["organiser"]),
    )
    db.session.add(found)
    db.session.flush()
    return found


def let_sign(
    petition_id: int,
    people: int,
    *,
    domain: bytes = GOOD,
    on: date = TODAY,
    to_a_mailbox: int = 1,
    **place: Any,
) -> list[bytes]:
    """Store people who signed, with their cells; return the ids of their signatures."""
    where = {"country": "DE", "language": "en", "source": "direct", "path": "js"} | place
    boxes = -(-people // to_a_mailbox)
    tally.add(petition_id=petition_id, day=on, event="requested", people=people, **where)
    cell = tally.add(
        petition_id=petition_id, day=on, event="confirmed", people=people, mailboxes=boxes, **where
    )
    tags = [random_key() * 2 for _ in range(boxes)]
    rows = [
        {
            "id": random_key(),
            "petition_id": petition_id,
            "tag": tags[number // to_a_mailbox],
            "nth": number % to_a_mailbox,
            "person_tag": random_key() * 2,
            "state": "counted",
            "sealed_contact": b"sealed",
            "key_ids": "key",
            "tally_cell_id": cell,
            "signed_on": on,
            "text_language": "en",
            "text_version": 1,
            "consent_version": 1,
            "domain_tag": domain,
            "path": where["path"],
            "link_hash": random_key() * 2,
        }
        for number in range(people)
    ]
    db.session.execute(insert(Signature), rows)
    return [row["id"] for row in rows]


def begin(petition_id: int, by: Organiser, people: int, **rule: Any) -> Invalidation:
    """Have those of one domain taken out, or whomever a rule says; commits."""
    run = operations.invalidate(
        petition=db.session.get_one(Petition, petition_id),
        rule=Rule(**(rule or {"domain_tag": BAD})),
        reason="automated",
        note="A test.",
        expected=people,
        fitting=people,
        by=by,
        now=NOW,
    )
    db.session.commit()
    return run


def let_work(steps: int = 10_000, *, now: datetime = NOW) -> None:
    """Let the worker take some steps, each committed."""
    for _ in range(steps):
        if not operations.step(now=now):
            break
        db.session.commit()
    db.session.rollback()


def fill_integrity(petition_id: int) -> None:
    """Write a row into every table of the room, in the caller's transaction."""
    by = db.session.scalars(select(Organiser)).first() or an_organiser()
    [signature] = let_sign(petition_id, 1)
    run = Invalidation(
        petition_id=petition_id,
        path="js",
        reason="trial",
        note="A test.",
        expected=1,
        started_by_id=by.id,
        started_at=NOW,
        state="done",
    )
    db.session.add(run)
    db.session.flush()
    db.session.add(InvalidatedSignature(signature_id=signature, invalidation_id=run.id, took_mailbox=True))
    db.session.merge(ArrivalReport(petition_id=petition_id, taken_at=NOW, seen="", body={}))
    db.session.add(
        OutsideTotal(
            petition_id=petition_id,
            kind="platform",
            name="Example",
            number=10,
            as_of=TODAY - timedelta(days=1),
            evidence="https://example.org/petition",
            sha256="0" * 64,
            recorded_by_id=by.id,
            recorded_at=NOW,
        )
    )
