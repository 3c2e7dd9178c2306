"""The shield's promises through the site itself: a replay is refused, a busy network works more, bots pay.

A thousand signers behind one address and ten thousand bots: tests/signing/test_crowds_and_bots.py.
"""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import altcha
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.mail.models import OutboxMail
from campaign_app.petitions.queries import public_petition
from campaign_app.shield import rules, work
from campaign_app.signing.models import Pending, Signature
from tests.supporters import SIGN, SLUG, ready_form, typed

INBOX = f"/en/petitions/{SLUG}/check-your-inbox"


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A client that does not read the pages: there are thousands of them."""
    return FlaskClient(app, app.response_class, use_cookies=False)


@pytest.fixture
def easy_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the levels and take away their cost, which a browser pays and a test need not."""
    monkeypatch.setattr(work, "WORK", [rules.Work(1, 2) for _ in rules.WORK])


def rows(model: Any) -> int:
    found = db.session.scalar(select(func.count()).select_from(model))
    db.session.rollback()
    assert isinstance(found, int)
    return found


def number() -> int:
    """Return the petition's number, and leave no transaction of this test's own behind."""
    found = public_petition(SLUG).id
    db.session.rollback()
    return found


def solved_form(browser: FlaskClient, petition_id: int, network: str, **changes: Any) -> dict[str, Any]:
    """Fetch a challenge and solve it, as the page's script does."""
    answer = browser.get(f"/shield/challenge?petition={petition_id}", environ_base={"REMOTE_ADDR": network})
    challenge = dict(answer.get_json())
    token = challenge.pop("formToken")
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    assert solution
    sent = {"challenge": challenge, "solution": solution.to_dict()}
    payload = base64.b64encode(json.dumps(sent).encode()).decode()
    return {**typed(**changes), "form_token": token, "altcha": payload}


def test_a_replayed_nonce_is_refused_whatever_else_the_form_says(context, browser):
    form = solved_form(browser, number(), "192.0.2.1")
    forms = [{**form, "email": f"signer{nth}@example.org"} for nth in range(6)]

    with ThreadPoolExecutor(len(forms)) as people:
        statuses = list(people.map(lambda filled: browser.post(SIGN, data=filled).status_code, forms))

    assert sorted(statuses) == [303] + [422] * 5
    assert (rows(Pending), rows(OutboxMail)) == (1, 1)


def test_the_same_form_again_meets_the_same_page_and_asks_for_no_second_mail(context, browser):
    form = solved_form(browser, number(), "192.0.2.1")

    answers = [browser.post(SIGN, data=form) for _ in range(3)]

    assert [(answer.status_code, answer.location) for answer in answers] == [(303, INBOX)] * 3
    assert (rows(Pending), rows(OutboxMail)) == (1, 1)


@pytest.mark.usefixtures("easy_levels")
def test_a_network_that_became_busy_gets_the_form_again_and_then_signs(context, browser):
    petition_id = number()
    camp = {"REMOTE_ADDR": "192.0.2.1"}
    early = solved_form(browser, petition_id, "192.0.2.1")
    for _ in range(rules.MANY_SIGNATURES):
        browser.get(f"/shield/challenge?petition={petition_id}", environ_base=camp)

    again = browser.post(SIGN, data=early, environ_base=camp)
    assert again.status_code == 422
    assert "Test Signer" in again.text
    assert rows(Pending) == 0

    late = solved_form(browser, petition_id, "192.0.2.1")
    assert browser.post(SIGN, data=late, environ_base=camp).status_code == 303


def test_bots_that_take_the_step_without_script_send_their_mails_within_the_budget(context, browser):
    workers = context.extensions["nidaa_settings"].web_workers
    began = utc_now()
    for nth in range(60):
        form = ready_form(browser, email=f"bot{nth}@gmail.com")
        db.session.rollback()
        assert browser.post(SIGN, data=form).status_code == 303
    took = utc_now() - began

    due = sorted(db.session.scalars(select(OutboxMail.not_before)))
    db.session.rollback()
    budget = rules.MAILS_WITHOUT_SCRIPT // workers
    assert len(due) == 60
    assert rows(Signature) == 0
    for nth in range(budget, 60):
        assert due[nth] - due[nth - budget] >= timedelta(seconds=1) - timedelta(milliseconds=1)
    assert due[-1] - began >= timedelta(seconds=60 // budget - 1) - took
