"""Safety goal 21: whoever only reads changes nothing, be it a mail scanner that follows every link of every mail.

Everything that the installation holds is compared before and after: each row of each table, each file.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.languages import LANGUAGES
from campaign_app.letters import rules as rules_of_letters
from campaign_app.mail import rules
from campaign_app.mail.messages import compose, subject
from campaign_app.mail.models import OutboxMail
from campaign_app.updates.mail_text import compose_update
from tests.desk_client import EMAIL, first_link, new_client
from tests.every_page import OPEN, OTHER, PERSON, Visitor
from tests.letters.sent import code_of, send
from tests.supporters import mails, send_mail
from tests.updates.situations import fill_updates

UNKNOWN = "x" * 32
STOP = "s" * 32
LETTER = 7
READING = ("GET", "HEAD", "OPTIONS")
URL = re.compile(r"https?://[^\s<>\"]+")
# RESEND asks for one of the others once more; a letter to an office is opened by tests/letters.
SENT = [kind for kind in rules.KINDS if kind not in (rules.RESEND, rules.LETTER)]
# SQLite's own files, what is made of static files at start, and pictures that were drawn of public pages.
NOT_COMPARED = ("nidaa.sqlite3", "static/", "shared/")


class Links(HTMLParser):
    """Every address that an HTML page or mail leads to or loads from."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name in ("href", "src") and value}


def everything(app: Flask) -> dict[str, Any]:
    """Return all that the installation holds: the rows of each table, the content of each file."""
    with app.app_context():
        found: dict[str, Any] = {
            table.name: sorted(map(repr, db.session.execute(select(table)).all()))
            for table in db.metadata.sorted_tables
        }
        db.session.rollback()
    home: Path = app.extensions["nidaa_settings"].home
    for path in home.rglob("*"):
        name = path.relative_to(home).as_posix()
        if path.is_file() and not name.startswith(NOT_COMPARED):
            found[name] = path.read_bytes()
    return found


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of the tables and files that differ."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


@pytest.fixture(params=list(LANGUAGES))
def visitor(request, client, mail_dir, monkeypatch) -> Visitor:
    return Visitor(client, mail_dir, request.param, monkeypatch)


@pytest.fixture
def mailbox(visitor: Visitor) -> list[EmailMessage]:
    """One mail of every kind: a confirmation, its reminder, a link asked for, an operator's test, to owners."""
    app, now = visitor.client.application, utc_now()
    visitor.confirm(visitor.sign())
    visitor.ask_for_link()
    visitor.sign(email="waiting@example.org")
    send_mail(app, now + rules.REMIND_AFTER + timedelta(hours=1))
    to_operator = {"to": "operator@example.org", "language": visitor.lang, "token": UNKNOWN}
    with app.app_context():
        test = compose(kind=rules.OPERATOR_CHECK, parameters=to_operator, expires_on=utc_day(now), now=now)
    to_owner = {"to": EMAIL, "language": visitor.lang, "token": first_link(app)}
    with app.app_context():
        invitation = compose(kind=rules.INVITATION, parameters=to_owner, expires_on=utc_day(now), now=now)
        notice = compose(kind=rules.APPROVAL_NOTICE, parameters=to_owner, expires_on=utc_day(now), now=now)
        update = news_to_somebody(visitor.lang, now)
    return [*mails(visitor.mail_dir), test, invitation, notice, update]


def news_to_somebody(lang: str, now: datetime) -> EmailMessage:
    """Return an update whose link really stops news to somebody."""
    fill_updates(stop=STOP)
    db.session.commit()
    text = {"subject": subject(rules.UPDATE, lang), "body": "News."}
    told = {"lang": lang, "title": "A petition", "to": "signer@example.org", "reference": "0" * 16}
    return compose_update(text=text, stop=STOP, is_test=False, now=now, **told)


def links_of(mail: EmailMessage) -> set[str]:
    """Return every address in a mail, in its text and in its HTML."""
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    return set(URL.findall(text.get_content())) | Links(html.get_content()).found


def test_following_every_link_of_every_mail_changes_nothing(app, visitor, mailbox):
    before = everything(app)
    opened = []

    for mail in mailbox:
        for link in links_of(mail):
            for method in READING:
                address = urlsplit(link)
                assert address.netloc == "localhost", "a mail leads elsewhere"
                client = new_client(app) if address.path.startswith("/desk/") else visitor.client
                answer = client.open(address.path, method=method, follow_redirects=True)
                opened.append((mail["Subject"], method, answer.status_code))

    assert changed(before, everything(app)) == []
    assert {status for _, _, status in opened} == {200, 410}  # an operator's test opens nothing
    assert len({subject for subject, _, _ in opened}) == len(SENT)


def test_a_link_that_scanners_followed_still_confirms(visitor):
    token = visitor.sign()
    for method in READING * 2:
        visitor.client.open(f"/{visitor.lang}/confirm/{token}", method=method)

    visitor.confirm(token)

    page = visitor.get("counted", f"/my-signature/{token}/counted")
    assert page.answer.status_code == 200


def values_of(rule: Rule, visitor: Visitor, tokens: list[str]) -> Iterator[dict[str, str]]:
    """Yield plausible arguments of an address: each kind of token, each petition, days past and to come."""
    yesterday = utc_day(utc_now()) - timedelta(days=1)
    choices = {
        "lang": [visitor.lang],
        "slug": [OPEN, OTHER, "nothing"],
        "token": [*tokens, UNKNOWN],
        "day": [yesterday.isoformat(), "2100-01-01"],
        "reference": [rules_of_letters.reference(utc_now().year, LETTER), "nothing"],
        "file_name": [f"{rules_of_letters.reference(utc_now().year, LETTER)}-en.pdf", "x.pdf"],
        "page": ["1", "2"],
        "language": ["ar", "xx"],
        "name": ["x", *(path.name for path in visitor.mail_dir.glob("[!.]*.eml"))],
    }
    found: list[dict[str, str]] = [{}]
    for argument in rule.arguments:
        found = [{**chosen, argument: value} for chosen in found for value in choices[argument]]
    yield from found


# What a page is asked in its address: all that any view reads, and what a curious person may try.
ASKED = {
    "s": "wa",
    "shared": "1",
    "on": "2026-01-01",
    "petition": "1",
    "confirm": "1",
    "nth": "0",
    "_method": "POST",
}


def test_no_address_of_the_application_changes_anything_by_being_read(app, visitor):
    confirmed, waiting = visitor.sign(show_name="y"), ""
    visitor.confirm(confirmed)
    waiting = visitor.sign(email="waiting@example.org")
    asked_for = visitor.ask_for_link()
    visitor.change(lambda: send(LETTER, at=utc_now()))
    before = everything(app)
    answered: dict[str, set[int]] = {}

    for rule in app.url_map.iter_rules():
        for values in values_of(rule, visitor, [confirmed, waiting, asked_for, code_of(LETTER)]):
            with app.test_request_context():
                _, address = rule.build(values) or ("", "")
            for method in READING:
                answer = visitor.client.open(address, method=method, query_string=ASKED)
                answered.setdefault(rule.rule, set()).add(answer.status_code)

    assert changed(before, everything(app)) == []
    unseen = [rule for rule, statuses in answered.items() if not statuses & {200, 302, 303, 405}]
    assert unseen == [], "these were never really opened"


def test_a_post_would_have_been_noticed(app, visitor):
    before = everything(app)

    visitor.post("signed", f"/petitions/{OPEN}/sign", **PERSON, **visitor.tokens())

    assert {"pending", "outbox", "spent"} <= set(changed(before, everything(app)))
    with app.app_context():
        assert db.session.scalar(select(OutboxMail.kind)) == rules.CONFIRM
        db.session.rollback()
