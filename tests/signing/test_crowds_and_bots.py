"""What stops a bot does not stop a crowd: work is used once, a shared address is welcome, floods gain nothing.

Safety goals 9 (replay), 10 (a thousand signers behind one address) and 11 (ten thousand posts without work).
"""

import base64
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import altcha
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from campaign_app.app import create_app
from campaign_app.clock import utc_now
from campaign_app.config import EXTENSION as SETTINGS
from campaign_app.extensions import db
from campaign_app.mail.models import OutboxMail
from campaign_app.shield import check_token, form_token, work
from campaign_app.shield.rules import (
    DOMAIN_WINDOW,
    MAILBOX_WINDOW,
    MAILS_PER_MAILBOX,
    MAILS_PER_UNFAMILIAR_DOMAIN,
    WITHOUT_SCRIPT_WINDOW,
)
from campaign_app.shield.state import current_shield
from campaign_app.signing import views
from campaign_app.signing.models import Pending, Signature
from tests.supporters import SIGN, stored, typed

CAMP = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture
def browser(app, petition) -> FlaskClient:
    """Return a client that does not audit pages: thousands of answers are looked at here."""
    db.session.rollback()
    return FlaskClient(app, app.response_class)


def challenge_of(browser, petition) -> dict:
    """Fetch a challenge and a fresh form token as the page's script does."""
    return browser.get(f"/shield/challenge?petition={petition.id}", environ_overrides=CAMP).get_json()


def solved(challenge: dict) -> str:
    """Solve a challenge and return it as the form carries it."""
    made = altcha.Challenge.from_dict(challenge)
    return altcha.Payload(made, altcha.solve_challenge(made)).to_base64()


def signed_with(browser, payload: str, fresh: str, **changes: str) -> int:
    """Sign with a solved challenge; return the status of the answer."""
    form = {**typed(**changes), "altcha": payload, "form_token": fresh}
    return browser.post(SIGN, data=form, environ_overrides=CAMP).status_code


def without_script(petition, **changes: str) -> dict:
    """Return a post of the path without JavaScript, its token of age."""
    now = utc_now()
    tokens = {
        "form_token": form_token.issue(petition.id, now),
        "check_token": check_token.issue(petition.id, now - timedelta(seconds=5)),
    }
    return {**typed(**changes), **tokens}


def requests() -> int:
    found = db.session.scalar(select(func.count()).select_from(Pending))
    db.session.rollback()
    return found


# -- Goal 9 ---------------------------------------------------------------------------------------------


def rewritten(payload: str, how) -> str:
    """Return a payload with the same nonce, written otherwise."""
    content = json.loads(base64.b64decode(payload))
    how(content)
    return base64.b64encode(json.dumps(content, indent=2, sort_keys=True).encode()).decode()


def nothing(content: dict) -> None:
    """Change nothing but the way it is written."""


def another_time(content: dict) -> None:
    content["solution"]["time"] = 1234


def more_fields(content: dict) -> None:
    content["extra"] = content["solution"]["extra"] = content["challenge"]["extra"] = "x"


def capital_nonce(content: dict) -> None:
    parameters = content["challenge"]["parameters"]
    parameters["nonce"] = parameters["nonce"].upper()


def another_nonce(content: dict) -> None:
    parameters = content["challenge"]["parameters"]
    parameters["nonce"] = parameters["nonce"][::-1]


def later_expiry(content: dict) -> None:
    content["challenge"]["parameters"]["expiresAt"] = (
        content["challenge"]["parameters"].get("expiresAt", 0) + 3600
    )


REWRITINGS = [nothing, another_time, more_fields, capital_nonce, another_nonce, later_expiry]


@pytest.mark.parametrize("how", REWRITINGS, ids=lambda how: how.__name__)
def test_work_that_was_used_serves_nobody_else_however_it_is_written(browser, petition, how):
    challenge = challenge_of(browser, petition)
    payload, fresh = solved(challenge), challenge["formToken"]
    assert signed_with(browser, payload, fresh) == 303

    again = signed_with(browser, rewritten(payload, how), fresh, email="another@example.org")

    assert again == 422
    assert requests() == 1


def test_one_proof_sent_to_two_workers_with_many_bodies_is_accepted_once(app, browser, petition):
    challenge = challenge_of(browser, petition)
    payload, fresh = solved(challenge), challenge["formToken"]
    neighbour = create_app(app.extensions[SETTINGS])
    workers = [FlaskClient(app, app.response_class), FlaskClient(neighbour, neighbour.response_class)]

    def post(number: int) -> int:
        return signed_with(workers[number % 2], payload, fresh, email=f"signer{number}@example.org")

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(post, range(16)))
    with neighbour.app_context():
        db.engine.dispose()

    assert answers == {303: 1, 422: 15}
    assert requests() == 1
    with neighbour.app_context():
        db.engine.dispose()


def test_the_same_form_with_the_same_proof_is_a_double_press_and_no_replay(browser, petition):
    challenge = challenge_of(browser, petition)
    payload, fresh = solved(challenge), challenge["formToken"]

    answers = [signed_with(browser, payload, fresh) for _ in range(3)]

    assert answers == [303] * 3
    assert requests() == 1


# -- Goal 10 --------------------------------------------------------------------------------------------


def test_a_thousand_signers_behind_one_address_are_all_taken(browser, petition, monkeypatch):
    """Each fetches a challenge of the level then asked for and solves it; every fourth has no JavaScript.

    The wanted counter is always the first, so that a thousand solutions take seconds and not half an hour: the
    verification is the same.
    """
    monkeypatch.setattr(work, "randbelow", lambda counters: 0)
    levels: Counter[int] = Counter()
    answers: Counter[int] = Counter()

    for number in range(1_000):
        who = {"name": "Test Signer", "email": f"signer{number}@gmail.com"}
        if number % 4 == 3:
            post = without_script(petition, **who)
            answers[browser.post(SIGN, data=post, environ_overrides=CAMP).status_code] += 1
            continue
        challenge = challenge_of(browser, petition)
        levels[challenge["parameters"]["data"]["level"]] += 1
        answers[signed_with(browser, solved(challenge), challenge["formToken"], **who)] += 1

    assert answers == {303: 1_000}
    assert requests() == 1_000
    assert set(levels) == {0, 1, 2}  # more work, and no refusal


# -- Goal 11 --------------------------------------------------------------------------------------------


@pytest.fixture
def pages_unwritten(monkeypatch):
    """Leave the pages of refusals unwritten: thousands would be, and what they say is tested elsewhere."""
    monkeypatch.setattr(views, "_petition_page", lambda *_, **__: "the form again")
    monkeypatch.setattr(views, "_check_details", lambda *_, **__: "check your details")


def test_ten_thousand_posts_without_work_store_nothing(browser, petition, pages_unwritten):
    fresh = form_token.issue(petition.id, utc_now())
    forged = base64.b64encode(b'{"challenge": {}, "solution": {}}').decode()
    bots = [
        {},
        {"form_token": fresh},
        {"form_token": fresh, "altcha": forged},
        {"form_token": fresh, "check_token": "A" * 52},
    ]
    answers: Counter[int] = Counter()

    for number in range(10_000):
        post = {**typed(email=f"bot{number}@example.org"), **bots[number % len(bots)]}
        origin = {"REMOTE_ADDR": f"198.51.100.{number % 2}"}
        answers[browser.post(SIGN, data=post, environ_overrides=origin).status_code] += 1

    assert set(answers) == {200, 422}
    assert stored() == 0


def test_bots_that_read_the_check_step_are_mailed_within_the_budget_and_count_nothing(browser, petition):
    for number in range(200):
        post = without_script(petition, email=f"bot{number}@gmail.com")
        assert browser.post(SIGN, data=post, environ_overrides=CAMP).status_code == 303

    assert db.session.scalar(select(func.count()).select_from(Signature)) == 0
    assert_spaced(WITHOUT_SCRIPT_WINDOW, current_shield().mails_without_script)


def test_one_mailbox_is_mailed_three_times_a_day_however_often_it_is_typed(browser, petition):
    for number in range(12):
        browser.post(SIGN, data=without_script(petition, email=f"victim+{number}@gmail.com"))

    assert requests() == 12
    assert_spaced(MAILBOX_WINDOW, MAILS_PER_MAILBOX)


def test_an_unfamiliar_domain_is_mailed_fifty_times_an_hour(browser, petition):
    for number in range(120):
        browser.post(SIGN, data=without_script(petition, email=f"bot{number}@b{number}.example.org"))

    assert requests() == 120
    assert_spaced(DOMAIN_WINDOW, MAILS_PER_UNFAMILIAR_DOMAIN)


def assert_spaced(window: timedelta, ceiling: int) -> None:
    """Hold the outbox to: in no window more mails than the ceiling. Queues that delay one another blur it a little."""
    times = db.session.scalars(select(OutboxMail.not_before).order_by(OutboxMail.not_before)).all()
    db.session.rollback()
    assert len(times) > 2 * ceiling
    for first, last in zip(times, times[ceiling:], strict=False):
        assert last - first >= window * 0.98
