"""Fetching a challenge, as the page's script does."""

import base64
import json

import altcha
import pytest

from campaign_app.clock import utc_now
from campaign_app.shield import form_token, work
from campaign_app.shield.state import current_shield

CAMP = {"REMOTE_ADDR": "192.0.2.1"}


@pytest.fixture
def visitor(shielded):
    return shielded.test_client()


def fetch(visitor, petition: object = 7):
    return visitor.get(f"/shield/challenge?petition={petition}", environ_base=CAMP)


def test_a_challenge_fetched_and_solved_is_accepted_for_its_petition(shielded, visitor):
    answer = fetch(visitor)
    made = altcha.Challenge.from_dict(answer.json)
    solved = altcha.solve_challenge(made)
    assert solved
    sent = {"challenge": made.to_dict(), "solution": solved.to_dict()}
    payload = base64.b64encode(json.dumps(sent).encode()).decode()

    with shielded.app_context():
        assert work.verify(payload, 7, 0, utc_now()).hex() == answer.json["parameters"]["nonce"]


def test_a_fresh_form_token_comes_with_the_challenge(shielded, visitor):
    token = fetch(visitor).json["formToken"]

    with shielded.app_context():
        form_token.check(token, 7, utc_now())


def test_a_challenge_is_never_kept_by_anyone_and_sets_no_cookie(visitor):
    answer = fetch(visitor)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.content_type == "application/json"
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_busy_network_gets_harder_challenges(visitor):
    levels = [fetch(visitor).json["parameters"]["data"]["level"] for _ in range(202)]

    assert levels == [0] * 20 + [1] * 180 + [2] * 2


def test_a_person_who_fetches_a_challenge_is_counted_once_with_their_post(shielded, visitor):
    for _ in range(3):
        fetch(visitor)

    with shielded.app_context():
        assert [current_shield().networks.count("192.0.2.1") for _ in range(4)] == [3, 3, 3, 4]


@pytest.mark.parametrize("petition", ["", "fate", "0", "-1", "1.5", "99999999999999999999", "٧%00"])
def test_a_petition_that_is_no_number_is_a_bad_request(visitor, petition):
    assert fetch(visitor, petition).status_code == 400


def test_other_words_in_the_address_are_ignored_and_never_echoed(visitor):
    answer = visitor.get("/shield/challenge?petition=7&fbclid=somebody", environ_base=CAMP)

    assert answer.status_code == 200
    assert b"somebody" not in answer.data


def test_a_challenge_is_only_fetched(visitor):
    assert visitor.post("/shield/challenge?petition=7", environ_base=CAMP).status_code == 405
