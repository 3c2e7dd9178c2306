"""The states of a petition, when it accepts signatures, and which goal is shown."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from campaign_app.petitions import rules

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ALLOWED = {
    ("draft", "open"),
    ("draft", "withdrawn"),
    ("open", "closed"),
    ("open", "withdrawn"),
    ("closed", "open"),
    ("closed", "delivered"),
    ("closed", "withdrawn"),
    ("delivered", "answered"),
}
THRESHOLDS = some.lists(some.integers(1, 2_000_000), min_size=1, max_size=8, unique=True).map(sorted)


@pytest.mark.parametrize("current", rules.STATES)
@pytest.mark.parametrize("wanted", rules.STATES)
def test_a_petition_takes_only_the_steps_of_its_life(current, wanted):
    if (current, wanted) in ALLOWED:
        rules.check_transition(current, wanted)
        return

    with pytest.raises(rules.TransitionRefused, match=f"{current} can become"):
        rules.check_transition(current, wanted)


def test_the_public_sees_every_state_but_drafts():
    assert set(rules.STATES) - rules.PUBLIC_STATES == {"draft"}


@pytest.mark.parametrize(
    ("state", "opens_at", "closes_at", "is_accepting"),
    [
        ("open", None, None, True),
        ("open", NOON, NOON + SECOND, True),
        ("open", NOON + SECOND, None, False),
        ("open", None, NOON, False),
        ("open", None, NOON - SECOND, False),
        *((state, None, None, False) for state in rules.STATES if state != "open"),
    ],
)
def test_signatures_are_accepted_from_the_opening_until_just_before_the_close(
    state, opens_at, closes_at, is_accepting
):
    found = rules.is_accepting(state=state, opens_at=opens_at, closes_at=closes_at, now=NOON)

    assert found is is_accepting


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        (0, 1_000),
        (899, 1_000),
        (900, 5_000),
        (1_000, 5_000),
        (4_499, 5_000),
        (4_500, 10_000),
        (9_000, 10_000),
    ],
)
def test_the_next_goal_appears_at_nine_tenths_and_the_last_one_stays(people, shown):
    assert rules.goal_in_view([1_000, 5_000, 10_000], people) == shown


@settings(deadline=None)
@given(THRESHOLDS, some.integers(0, 3_000_000))
def test_a_shown_goal_is_never_one_that_is_nearly_reached_unless_it_is_the_last(thresholds, people):
    shown = rules.goal_in_view(thresholds, people)

    assert shown == thresholds[-1] or people * 10 < shown * 9
    assert all(people * 10 >= lower * 9 for lower in thresholds if lower < shown)


@settings(deadline=None)
@given(THRESHOLDS)
def test_a_goal_never_falls_back_as_people_come(thresholds):
    shown = [
        rules.goal_in_view(thresholds, people)
        for people in range(0, thresholds[-1] + 2, thresholds[-1] // 50 + 1)
    ]

    assert all(earlier <= later for earlier, later in pairwise(shown))


def test_without_goals_none_is_shown():
    assert rules.goal_in_view([], 5) is None
    assert rules.goals_reached([], 5) == []


def test_goals_reached_are_those_with_all_their_people():
    assert rules.goals_reached([10, 20, 30], 20) == [10, 20]


@pytest.mark.parametrize(("people", "percent"), [(0, 0), (1, 0), (999, 99), (1_000, 100), (5_000, 100)])
def test_a_goal_never_looks_reached_early(people, percent):
    assert rules.percent_of(1_000, people) == percent


@pytest.mark.parametrize("slug", ["Names", "names--twice", "-names", "names-", "new", "x" * 65, "أسماء", ""])
def test_an_address_that_could_not_last_is_refused(slug):
    with pytest.raises(rules.SlugRefused):
        rules.check_slug(slug)


def test_a_goal_is_reached_on_the_first_day_that_ends_with_so_many():
    days = [(date(2027, 3, day), change) for day, change in ((1, 6), (2, 3), (2, -1), (4, 40), (5, -45))]

    assert rules.first_days([50, 5, 40], days) == {5: date(2027, 3, 1), 40: date(2027, 3, 4)}
