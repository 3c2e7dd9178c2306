"""The token of the page, and the single-use token of the "check your details" step."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from campaign_app.shield import check_token, form_token

from .conftest import make_app

PETITION = 7
NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
APP = make_app()


@pytest.fixture(autouse=True)
def _in_app():
    with APP.app_context():
        yield


@pytest.mark.parametrize("age", [-60 * SECOND, 0 * SECOND, 20 * 60 * SECOND])
def test_a_form_is_accepted_for_twenty_minutes_and_from_a_host_whose_clock_is_ahead(age):
    form_token.check(form_token.issue(PETITION, NOW), PETITION, NOW + age)


def test_one_form_token_serves_everyone_who_sees_a_cached_page():
    token = form_token.issue(PETITION, NOW)

    assert token == form_token.issue(PETITION, NOW)
    form_token.check(token, PETITION, NOW)
    form_token.check(token, PETITION, NOW)


def test_a_form_older_than_twenty_minutes_has_expired():
    token = form_token.issue(PETITION, NOW)

    with pytest.raises(form_token.FormExpired):
        form_token.check(token, PETITION, NOW + 20 * 60 * SECOND + SECOND)


def test_a_form_token_of_another_petition_is_refused():
    token = form_token.issue(PETITION, NOW)

    with pytest.raises(form_token.FormForged):
        form_token.check(token, PETITION + 1, NOW)


def test_a_form_token_from_the_future_is_refused():
    token = form_token.issue(PETITION, NOW + 61 * SECOND)

    with pytest.raises(form_token.FormForged):
        form_token.check(token, PETITION, NOW)


def test_a_form_token_of_an_application_with_another_secret_is_refused():
    token = form_token.issue(PETITION, NOW)
    other = make_app(secret=b"the secret of somebody else altogether")

    with other.app_context(), pytest.raises(form_token.FormForged):
        form_token.check(token, PETITION, NOW)


def test_no_character_of_a_form_token_can_be_changed():
    token = form_token.issue(PETITION, NOW)

    for place in range(len(token)):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        with pytest.raises(form_token.FormRefused):
            form_token.check(changed, PETITION, NOW)


@given(some.text(max_size=60) | some.text(min_size=28, max_size=28))
def test_no_typed_text_is_a_form_token_and_none_breaks_the_check(text):
    with APP.app_context(), pytest.raises(form_token.FormForged):
        form_token.check(text, PETITION, NOW)


@given(some.text(max_size=60) | some.text(min_size=52, max_size=52))
def test_no_typed_text_is_a_check_token_and_none_breaks_the_check(text):
    with APP.app_context(), pytest.raises(check_token.CheckExpired):
        check_token.check(text, PETITION, NOW)


def test_a_check_token_is_worth_nothing_for_three_seconds():
    token = check_token.issue(PETITION, NOW)

    with pytest.raises(check_token.CheckTooSoon):
        check_token.check(token, PETITION, NOW + timedelta(milliseconds=2_990))
    check_token.check(token, PETITION, NOW + 3 * SECOND)


def test_a_check_token_expires_after_twenty_minutes():
    token = check_token.issue(PETITION, NOW)

    with pytest.raises(check_token.CheckExpired):
        check_token.check(token, PETITION, NOW + 20 * 60 * SECOND + SECOND)


def test_every_check_token_is_somebody_elses_and_keeps_its_nonce():
    ours, theirs = check_token.issue(PETITION, NOW), check_token.issue(PETITION, NOW)
    later = NOW + 5 * SECOND

    assert check_token.check(ours, PETITION, later) == check_token.check(ours, PETITION, later + SECOND)
    assert check_token.check(ours, PETITION, later) != check_token.check(theirs, PETITION, later)


def test_a_check_token_of_another_petition_is_refused():
    token = check_token.issue(PETITION, NOW)

    with pytest.raises(check_token.CheckExpired):
        check_token.check(token, PETITION + 1, NOW + 5 * SECOND)


def test_a_form_token_does_not_pass_for_a_check_token():
    with pytest.raises(check_token.CheckExpired):
        check_token.check(form_token.issue(PETITION, NOW), PETITION, NOW + 5 * SECOND)
