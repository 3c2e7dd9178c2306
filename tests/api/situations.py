"""A campaign with something of everything that the API tells of, and of everything that it must not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from campaign_app import finished_pages
from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.letters import rules
from campaign_app.petitions import operations as petitions
from campaign_app.petitions.queries import forget_kept
from campaign_app.tally import operations as tally
from campaign_app.tally import snapshots
from campaign_app.tally.queries import SETTLED
from tests.letters.sent import send
from tests.letters.situations import load_directory

SLUG = "lists-and-graves"
OFFICE = "mission-latvia"
AGO = timedelta(days=20)
PUBLISHED, KEPT_BACK = "We thank you & will look into it.", "This stays between us."
# Letters by their number: what the public may find, and what it must not.
PUBLIC, WITH_NAMES, CORRECTION = 1, 2, 3
HIDDEN: dict[int, dict[str, Any]] = {
    11: {"visibility": rules.VERIFY_ONLY},
    12: {"visibility": rules.CONFIDENTIAL},
    13: {"embargo_until": utc_now() + timedelta(days=300)},
    14: {"state": rules.ISSUED},
    15: {"state": rules.WITHDRAWN},
    16: {"visibility": rules.VERIFY_ONLY, "corrects": PUBLIC},
}


def change(app: Flask, work: Callable[[], Any]) -> None:
    """Change rows in a transaction of their own, and let no process remember what was there before."""
    with app.app_context():
        work()
        db.session.commit()
        forget_kept()
        app.extensions.pop(SETTLED, None)
        app.extensions[finished_pages.STORE].forget()


def fill() -> None:
    """Let a petition have people, groups, news and letters."""
    now = utc_now()
    count_people(now)
    snapshots.take(now=now)
    petition = petitions.petition_by_slug(SLUG)
    words = {
        "en": {"title": "A letter & a list", "body": "It was **handed over** <today>."},
        "ar": {"title": "رسالة وقائمة", "body": "سُلّمت **اليوم**."},
    }
    petitions.publish_update(petition=petition, texts=words, now=now)
    send_letters(now)


def count_people(now: datetime) -> None:
    """Let people of three countries have been counted, some on a past day."""
    petition = petitions.petition_by_slug(SLUG)
    for back, country, people in ((9, "DE", 400), (9, "SY", 230), (3, "TR", 120), (0, "DE", 7)):
        day = utc_day(now) - timedelta(days=back)
        where = {"country": country, "language": "ar", "source": "wa", "path": "js"}
        tally.add(
            petition_id=petition.id, day=day, event="confirmed", people=people, mailboxes=people - 1, **where
        )
    for event, people in (("requested", 900), ("withdrawn", 5), ("paper", 60)):
        day = utc_day(now) - timedelta(days=2)
        tally.add(petition_id=petition.id, day=day, event=event, people=people, mailboxes=people)


def send_letters(now: datetime) -> None:
    """Let letters have been sent: public ones, and one of each kind that the public must not find."""
    at = now - AGO
    load_directory(today=utc_day(now))
    replies = [
        {
            "text": f"{PUBLISHED}\n\nInvented Office",
            "is_published": True,
            "consent_note": "Agreed by voice",
        },
        {"text": KEPT_BACK, "is_published": False, "kind": rules.ACKNOWLEDGEMENT},
    ]
    send(PUBLIC, at=at, body_key=OFFICE, state=rules.ANSWERED, replies=replies)
    send(WITH_NAMES, at=at + timedelta(days=1), has_names=True, slug=None)
    send(CORRECTION, at=at + timedelta(days=2), corrects=PUBLIC)
    for number, columns in HIDDEN.items():
        send(number, at=at, **columns)


def reference(number: int) -> str:
    """Return the reference of a letter of `send_letters`."""
    return rules.reference((utc_now() - AGO).year, number)
