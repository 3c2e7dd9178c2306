"""Supporters as tests need them: what they type and read, and the steps they take through the pages."""

import re
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

import html5lib
from flask import current_app
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.mail.models import OutboxMail
from campaign_app.mail.worker import run_batch
from campaign_app.petitions.queries import public_petition
from campaign_app.shield import check_token, form_token
from campaign_app.signing import confirming
from campaign_app.signing.models import Pending, Signature

from .pages import end_the_tests_own_transaction

SLUG = "lists-and-graves"
SIGN = f"/en/petitions/{SLUG}/sign"
PAGE = f"/en/petitions/{SLUG}"
LINK = re.compile(r"/(?:en|ar)/confirm/([A-Za-z0-9_-]{32})")
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
ROSA = {"name": "Test Signer", "email": "signer@example.org", "country": "DE"}


def typed(**changes: Any) -> dict[str, Any]:
    """Return what a supporter types, with changes."""
    return {**ROSA, **changes}


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden inputs of a page's first form that has a form token."""
    found = {}
    for tag in HIDDEN.findall(page):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = unescape(value[1]) if value else ""
    return found


def ready_form(client: Any, *, waited: timedelta = timedelta(seconds=5), **changes: Any) -> dict[str, Any]:
    """Return a complete post of the path without JavaScript: typed fields and tokens old enough to pass."""
    end_the_tests_own_transaction()
    with client.application.app_context():
        petition = public_petition(SLUG)
        now = utc_now()
        tokens = {
            "form_token": form_token.issue(petition.id, now),
            "check_token": check_token.issue(petition.id, now - waited),
        }
    return {**typed(**changes), **tokens}


def sign(client: Any, **changes: Any) -> TestResponse:
    """Sign once, through a fresh form of its own."""
    return client.post(SIGN, data=ready_form(client, **changes))


def send_mail(app: Any, now: datetime | None = None) -> Any:
    """Let the worker send what is due."""
    end_the_tests_own_transaction()
    with app.app_context():
        return run_batch(now=now or utc_now())


def mails(folder: Path) -> list[Any]:
    """Return the mails that became files, oldest first, without one that is just being written."""
    paths = sorted(folder.glob("[!.]*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]


def link_in(message: Any) -> str:
    """Return the token in a mail's text part."""
    body = message.get_body(preferencelist=("plain",)).get_content()
    found = LINK.search(body)
    assert found is not None, "the mail holds no link"
    return found[1]


def newest_token(folder: Path) -> str:
    """Return the token of the latest mail."""
    return link_in(mails(folder)[-1])


def confirm(client: Any, token: str) -> TestResponse:
    """Press the one button behind a mailed link."""
    return client.post(f"/en/confirm/{token}")


def sign_and_confirm(client: Any, folder: Path, **changes: Any) -> str:
    """Sign, let the mail be sent, press the button; return the token of the private page."""
    answer = sign(client, **changes)
    assert answer.status_code == 303, answer.status
    send_mail(client.application)
    token = newest_token(folder)
    assert confirm(client, token).status_code == 303
    return token


def confirm_directly(token: str, now: datetime) -> confirming.Confirmation:
    """Confirm without HTTP, in the current application context."""
    result = confirming.confirm(token=token, now=now)
    db.session.commit()
    return result


def people(slug: str = SLUG) -> int:
    """Return the published count, fresh."""
    from campaign_app.tally.queries import statement

    current_app.extensions.pop("nidaa_petitions", None)
    found = statement(public_petition(slug).id, now=utc_now()).people
    db.session.rollback()
    return found


def stored() -> int:
    """Return how many requests, mails and signatures there are."""
    found = sum(
        db.session.scalar(select(func.count()).select_from(m)) for m in (Pending, OutboxMail, Signature)
    )
    db.session.rollback()
    return found


def document(answer: TestResponse) -> Any:
    """Return a page as a tree."""
    return html5lib.parse(answer.text, namespaceHTMLElements=False)


def words(answer: TestResponse) -> str:
    """Return what a supporter reads in a page's main part, in one line."""
    return " ".join("".join(document(answer).find(".//main").itertext()).split())


def typed_again(answer: TestResponse) -> dict[str, str]:
    """Return what the fields of a page hold, hidden or not."""
    return {
        field.attrib["name"]: field.attrib.get("value", "")
        for field in document(answer).iter("input")
        if "name" in field.attrib
    }
