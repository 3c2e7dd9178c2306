"""Roles in their order, and when a session is over: no fixtures."""

from datetime import UTC, datetime, timedelta

import pytest

from campaign_app.accounts import rules

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def test_roles_come_in_their_fixed_order():
    assert rules.sorted_roles({"viewer", "owner"}) == ["owner", "viewer"]


@pytest.mark.parametrize("names", [[], ["admin"], ["owner", "admin"]])
def test_nobody_has_no_role_or_one_that_does_not_exist(names):
    with pytest.raises(rules.NoRole):
        rules.sorted_roles(names)


@pytest.mark.parametrize(
    ("age", "rest", "is_over"),
    [
        (timedelta(hours=11, minutes=59), timedelta(minutes=59), False),
        (timedelta(hours=12), timedelta(minutes=1), True),
        (timedelta(hours=2), timedelta(minutes=60), True),
    ],
)
def test_a_session_lasts_twelve_hours_and_rests_for_one(age, rest, is_over):
    assert rules.session_is_over(created_at=NOON - age, last_seen_at=NOON - rest, now=NOON) is is_over


@pytest.mark.parametrize(
    ("password", "rest"),
    [("Nidaa2026nidaa", "2026"), ("test-owner owner", ""), ("four quiet words", "fourquietwords")],
)
def test_a_password_is_weighed_without_the_words_about_us(password, rest):
    assert rules.without_words(password, ["owner", "nidaa", "test"]) == rest
