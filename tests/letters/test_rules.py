"""Through which states a letter goes, and when silence is told."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from campaign_app.letters import rules

SENT_AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
SHOWN = {"state": rules.SENT, "visibility": rules.PUBLIC, "embargo_until": None, "now": SENT_AT}


def test_a_letter_goes_from_draft_to_closed_by_steps_that_are_declared_once():
    path = [
        rules.DRAFT,
        rules.ASKED,
        rules.APPROVED,
        rules.ISSUED,
        rules.SENT,
        rules.ACKNOWLEDGED,
        rules.ANSWERED,
        rules.CLOSED,
    ]

    for before, after in itertools.pairwise(path):
        rules.require_transition(before, after)


@pytest.mark.parametrize("before", rules.STATES)
def test_nothing_that_was_frozen_becomes_a_draft_again(before):
    frozen = {rules.ISSUED, *rules.HAS_LEFT, rules.WITHDRAWN}

    for after in (rules.DRAFT, rules.ASKED, rules.APPROVED):
        if before in frozen:
            with pytest.raises(rules.TransitionRefused):
                rules.require_transition(before, after)


def test_what_has_left_is_never_withdrawn():
    assert [state for state in rules.HAS_LEFT if rules.WITHDRAWN in rules.TRANSITIONS[state]] == []


def test_every_state_has_its_transitions_and_they_lead_to_states():
    assert set(rules.TRANSITIONS) == set(rules.STATES)
    assert set().union(*rules.TRANSITIONS.values()) <= set(rules.STATES)


@pytest.mark.parametrize(("number", "written"), [(1, "NID-2026-0001"), (12_345, "NID-2026-12345")])
def test_a_reference_tells_year_and_number(number, written):
    assert rules.reference(2026, number) == written
    assert rules.REFERENCE.fullmatch(written)
    assert len(written) <= rules.LONGEST_REFERENCE


def test_silence_is_counted_in_days_and_is_overdue_after_six_weeks():
    def waited(days):
        return rules.silence(
            rules.SENT, sent_at=SENT_AT, now=SENT_AT + timedelta(days=days), is_reply_customary=True
        )

    assert waited(41) == rules.Silence(41, is_overdue=False)
    assert waited(42) == rules.Silence(42, is_overdue=True)


@pytest.mark.parametrize("state", [rules.ISSUED, rules.ANSWERED, rules.DECLINED, rules.CLOSED])
def test_there_is_no_silence_before_it_left_nor_after_an_answer(state):
    found = rules.silence(state, sent_at=SENT_AT, now=SENT_AT + timedelta(days=50), is_reply_customary=True)

    assert found is None


def test_there_is_no_silence_where_no_reply_is_customary():
    later = SENT_AT + timedelta(days=50)

    assert rules.silence(rules.SENT, sent_at=SENT_AT, now=later, is_reply_customary=False) is None


@pytest.mark.parametrize(("days", "due"), [(13, 0), (14, 1), (27, 1), (28, 2), (400, 2)])
def test_follow_ups_are_due_after_two_and_four_weeks(days, due):
    assert rules.reminders_due(sent_at=SENT_AT, now=SENT_AT + timedelta(days=days)) == due


def test_a_letter_that_left_shows_and_one_under_embargo_does_not():
    assert rules.is_shown(**SHOWN)
    assert not rules.is_shown(**{**SHOWN, "embargo_until": SENT_AT + timedelta(seconds=1)})
    assert rules.is_shown(**{**SHOWN, "embargo_until": SENT_AT})


@pytest.mark.parametrize("state", sorted(set(rules.STORED_STATES) - rules.HAS_LEFT))
def test_nothing_shows_before_it_is_sent(state):
    assert not rules.is_shown(**{**SHOWN, "state": state})


@pytest.mark.parametrize("state", rules.STORED_STATES)
def test_a_confidential_letter_never_shows(state):
    assert not rules.is_shown(**{**SHOWN, "state": state, "visibility": rules.CONFIDENTIAL})


def test_a_month_is_named_by_its_first_day():
    assert rules.first_of_month(date(2026, 12, 31)) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("at least 13,197 people", ("13,197",)),
        ("43 women", ("43",)),
        ("نحو ١٣٬١٩٧ شخصاً", ("١٣٬١٩٧",)),
        ("آلاف العائلات", ("آلاف",)),
        ("thousands of families", ("thousands",)),
        ("177 057 personnes", ("177 057",)),
        ("数千人", ("千",)),
    ],
)
def test_a_number_without_a_mark_is_found(text, found):
    assert rules.bare_numbers(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "{{fact:still-missing-2024}} and {{plain:30}} days",
        "1. first\n2. second",
        "since 2011",
        "https://example.org/2024/12345",
        "ألفة",
    ],
)
def test_what_needs_no_source_is_left_alone(text):
    assert rules.bare_numbers(text) == ()
