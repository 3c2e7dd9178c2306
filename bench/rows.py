"""What the database holds: counts to hold answers against, mailed tokens, and a petition with a million signatures."""

import random
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from sqlalchemy import func, insert, select, text, update

from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.mail.models import OutboxMail
from campaign_app.petitions.queries import public_petition
from campaign_app.sealing.keys import keyring
from campaign_app.sealing.mail import open_mail
from campaign_app.shield.models import Spent
from campaign_app.signing.models import Pending, Signature
from campaign_app.tally import operations as tally
from campaign_app.tally import snapshots
from campaign_app.tally.models import TallyCell
from campaign_app.tally.queries import SETTLED, statement
from campaign_app.tally.rules import SLOTS

from .installations import Installation
from .people import COUNTRIES, SLUG

SEALED_BYTES = 787  # a contact sealed for two keys
DAYS = 60
SOURCES = ("direct", "wa", "other")
YEARS = 3 * 365
EVENTS_OF_A_DAY = ("requested", "expired", "confirmed", "withdrawn")


@dataclass(frozen=True)
class Rows:
    """Rows of the signing tables, and what the statement says."""

    pendings: int
    mails: int
    spent: int
    signatures: int
    people: int

    def __sub__(self, earlier: "Rows") -> "Rows":
        return Rows(*(getattr(self, name) - getattr(earlier, name) for name in self.__dataclass_fields__))


def count(installation: Installation) -> Rows:
    """Count every row; nothing is estimated."""
    with installation.app.app_context():
        rows = [
            db.session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Pending, OutboxMail, Spent, Signature)
        ]
        people = statement(public_petition(SLUG).id, now=utc_now()).people
        db.session.rollback()
        return Rows(*rows, people)


def waiting_tokens(installation: Installation) -> list[str]:
    """Return the token of every mail in the outbox, as the worker would read it."""
    with installation.app.app_context():
        secret = keyring().mail_secret
        assert secret is not None
        sealed = db.session.scalars(select(OutboxMail.sealed)).all()
        db.session.rollback()
        return [open_mail(mail, secret=secret)["token"] for mail in sealed]


def note_mailed(installation: Installation) -> None:
    """Record what the worker records once the mails have left: until then confirming has more to do."""
    with installation.app.app_context():
        now = utc_now()
        mailed = db.session.execute(update(Pending).values(requested_on=utc_day(now)))
        tally.add(
            event="requested",
            petition_id=public_petition(SLUG).id,
            day=utc_day(now),
            people=mailed.rowcount,  # type: ignore[attr-defined]
        )
        db.session.commit()


def fill(installation: Installation, signatures: int) -> None:
    """Store signatures of the last two months, one in twenty with a name to show, and their cells, in SQL."""
    with installation.app.app_context():
        petition_id = public_petition(SLUG).id
        connection = db.session.connection()
        cells = _cells(petition_id, signatures)
        connection.execute(insert(TallyCell), cells)
        values = {"signatures": signatures, "cells": len(cells), "sealed": SEALED_BYTES}
        values["first"] = connection.scalar(select(func.min(TallyCell.id)))
        connection.execute(text(_FILL[connection.dialect.name].format(columns=_COLUMNS)), values)
        db.session.commit()
        snapshots.take(now=utc_now())
        db.session.execute(text("ANALYZE"))
        db.session.commit()
    found = count(installation)
    assert found.signatures == found.people == signatures, found


def fill_years(installation: Installation) -> int:
    """Add what a petition gathers in three years, nobody more counted; return how many cells there are."""
    with installation.app.app_context():
        petition_id = public_petition(SLUG).id
        before = statement(petition_id, now=utc_now()).people
        today, connection = utc_day(utc_now()), db.session.connection()
        places = list(product(COUNTRIES, ("ar", "en"), SOURCES, ("js", "nojs"), EVENTS_OF_A_DAY))
        for ago in range(DAYS, DAYS + YEARS):
            cells = [
                {
                    "petition_id": petition_id,
                    "day": today - timedelta(days=ago),
                    "event": event,
                    "country": country,
                    "language": language,
                    "source": source,
                    "path": path,
                    "people": 1,
                    "mailboxes": 0,
                }
                for country, language, source, path, event in places
            ]
            connection.execute(insert(TallyCell), cells)
        db.session.commit()
        db.session.execute(text("ANALYZE"))
        db.session.commit()
        installation.app.extensions.pop(SETTLED, None)
        assert statement(petition_id, now=utc_now()).people == before
        found = db.session.scalar(select(func.count()).select_from(TallyCell)) or 0
        db.session.rollback()
        return found


def _cells(petition_id: int, signatures: int) -> list[dict[str, object]]:
    """Return the cells of as many signatures, spread over places and days as evenly as they come."""
    today = utc_day(utc_now())
    slots = range(1) if db.engine.dialect.name == "sqlite" else range(SLOTS)
    places = list(product(range(DAYS), COUNTRIES, ("ar", "en"), SOURCES, ("js", "nojs"), slots))
    random.Random(1).shuffle(places)
    places = places[:signatures]
    cells = []
    for number, (ago, country, language, source, path, slot) in enumerate(places):
        people = (signatures - number - 1) // len(places) + 1
        cells.append(
            {
                "petition_id": petition_id,
                "day": today - timedelta(days=ago),
                "event": "confirmed",
                "country": country,
                "language": language,
                "source": source,
                "path": path,
                "slot": slot,
                "people": people,
                "mailboxes": people,
            }
        )
    return cells


_COLUMNS = """
INSERT INTO signature (id, petition_id, tag, nth, person_tag, state, sealed_contact, key_ids, tally_cell_id, signed_on,
    text_language, text_version, consent_version, wants_updates, domain_tag, path, public_name, link_hash)
"""
_FILL = {
    "sqlite": """
        {columns}
        WITH RECURSIVE number (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM number WHERE i + 1 < :signatures)
        SELECT randomblob(16), c.petition_id, randomblob(32), 0, randomblob(32), 'counted', zeroblob(:sealed), 'key',
            c.id, c.day, c.language, 1, 1, 0, zeroblob(16), c.path,
            CASE WHEN i % 20 = 0 THEN 'Test Signer ' || i END, randomblob(32)
        FROM number JOIN tally_cell c ON c.id = :first + i % :cells
        """,
    "postgresql": """
        {columns}
        SELECT substr(sha256(('id' || i)::bytea), 1, 16), c.petition_id, sha256(('tag' || i)::bytea), 0,
            sha256(('person' || i)::bytea), 'counted', convert_to(repeat(md5(i::text), :sealed / 32), 'UTF8'), 'key',
            c.id, c.day, c.language, 1, 1, false, decode(md5(i::text), 'hex'), c.path,
            CASE WHEN i % 20 = 0 THEN 'Test Signer ' || i END, sha256(('link' || i)::bytea)
        FROM generate_series(0, :signatures - 1) i JOIN tally_cell c ON c.id = :first + i % :cells
        """,
}
