"""What is recognised as the same mailbox and person, which characters a name may have, what counts as a source."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from campaign_app.signing import rules

UNHURRIED = settings(deadline=None)  # a busy machine is no defect

MAILBOXES = {
    "Signer@Example.ORG": "signer@example.org",
    "signer+tag@example.org": "signer@example.org",
    "signer+a+b@example.org": "signer@example.org",
    "+tag@example.org": "+tag@example.org",  # nothing would be left
    "si.gner@example.org": "si.gner@example.org",  # only some providers ignore dots
    "ＳＩＧＮＥＲ@example.org": "signer@example.org",
    "signer@مثال.example": "signer@xn--mgbh0fb.example",
    "توقيع@example.org": "توقيع@example.org",
}


@pytest.mark.parametrize(("typed", "canonical"), MAILBOXES.items())
def test_a_mailbox_is_recognised_however_it_is_written(typed, canonical):
    assert rules.canonical_email(typed) == canonical
    assert rules.canonical_email(canonical) == canonical


SAME_PEOPLE = [
    ("Test Signer", "TEST  SIGNER."),
    ("أحمد علي", "احمد علی"),
    ("فَاطِمَة", "فاطمه"),
    ("عـــمر", "عمر"),
    ("O’Brien", "OBrien"),
    ("Ｔｅｓｔ", "test"),
    ("José", "Jose\u0301"),
]
DIFFERENT_PEOPLE = [("Test Signer", "Test Signor"), ("أحمد", "محمد"), ("José", "Jose"), ("علي", "عالي")]


@pytest.mark.parametrize(("one", "other"), SAME_PEOPLE)
def test_a_person_is_recognised_however_the_name_is_written(one, other):
    assert rules.folded_name(one) == rules.folded_name(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT_PEOPLE)
def test_different_people_of_one_mailbox_stay_different(one, other):
    assert rules.folded_name(one) != rules.folded_name(other)


@UNHURRIED
@given(some.text(min_size=1, max_size=60))
def test_folding_again_changes_nothing_and_leaves_something(name):
    folded = rules.folded_name(name)

    assert folded or name.isascii()
    assert rules.folded_name(folded) == folded or not folded


@UNHURRIED
@given(some.text(max_size=60))
def test_what_is_offered_again_is_supported(text):
    offered = rules.without_unsupported_characters(text)

    assert not rules.has_unsupported_characters(offered)
    assert rules.without_unsupported_characters(offered) == offered
    assert rules.one_line(offered) == offered


@UNHURRIED
@given(some.text(alphabet=some.characters(categories=["L", "Nd"]), min_size=1, max_size=60))
def test_letters_of_any_script_are_supported(text):
    visible = "".join(letter for letter in text if letter not in "\u115f\u1160\u3164\uffa0")

    assert not rules.has_unsupported_characters(visible)
    assert rules.without_unsupported_characters(visible) == visible


@pytest.mark.parametrize(
    "name", ["Dr. Test", "A.B. Signer", "J. de Test", "Test St. James", "د. أحمد", "M.Test"]
)
def test_a_dot_in_a_name_is_no_web_address(name):
    assert not rules.has_link(name)


@pytest.mark.parametrize(
    ("typed", "counted"),
    [
        ("", "direct"),
        ("wa", "wa"),
        ("qr", "qr"),
        ("partner-1", "partner-1"),
        ("partner-2", "other"),
        ("x" * 32, "other"),
    ],
)
def test_a_source_is_counted_if_it_is_listed(typed, counted):
    assert rules.known_source(typed, frozenset({"partner-1"})) == counted


def test_a_request_can_be_confirmed_on_the_seventh_day_after_it():
    assert rules.expires_on(date(2026, 2, 25)) == date(2026, 3, 4)


@pytest.mark.parametrize(
    ("taken", "places", "free"),
    [(set(), 1, 0), ({0}, 1, None), ({0, 1}, 4, 2), ({1, 2}, 4, 0), ({0, 1, 2, 3}, 4, None), ({5}, 1, 0)],
)
def test_the_lowest_free_place_of_a_mailbox_is_taken(taken, places, free):
    assert rules.free_place(taken, places) == free
