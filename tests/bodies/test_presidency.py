"""Who presides over the Council: the order of domain.md §2, and any membership at all."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_app.bodies.content import shipped_bodies
from campaign_app.bodies.rules import Term, months_from, president_of, seated
from tests.bodies.situations import CONTENT

# domain.md §2, word for word: November 2026 to December 2027.
EXPECTED = [
    *("latvia", "liberia"),
    *("portugal", "russian-federation", "trinidad-and-tobago", "united-kingdom", "united-states", "zimbabwe"),
    *("austria", "bahrain", "china", "colombia", "dr-congo", "france"),
]
MONTHS = months_from(date(2026, 11, 1), len(EXPECTED))


@pytest.fixture(scope="module")
def members() -> list[Term]:
    """The terms that are shipped."""
    return [Term(each.key, **term) for each in shipped_bodies(CONTENT) for term in each.terms]


@pytest.mark.parametrize(("month", "state"), list(zip(MONTHS, EXPECTED, strict=True)), ids=str)
def test_the_presidency_is_that_of_the_domain(members, month, state):
    assert president_of(month.year, month.month, members) == f"mission-{state}"


def test_the_anchor_is_itself(members):
    assert president_of(2026, 1, members) == "mission-somalia"


def test_the_order_goes_backwards_too_over_two_turns_of_the_year(members):
    before = [president_of(year, month, members) for year in (2024, 2025) for month in range(1, 13)]

    assert before[-1] == "mission-slovenia"  # the last of 2025's members before Somalia
    assert before[11:13] == ["mission-united-states", "mission-algeria"]
    assert None not in before


def test_fifteen_sit_in_each_year_that_is_known(members):
    assert [len(seated(year, members)) for year in (2024, 2025, 2026, 2027)] == [15] * 4


@pytest.mark.parametrize(
    ("year", "month"), [(2028, 1), (2028, 12), (2029, 1), (2023, 12), (1900, 1), (9999, 1)]
)
def test_nobody_presides_in_a_year_whose_members_are_not_all_known(members, year, month):
    assert president_of(year, month, members) is None


def test_a_sixteenth_member_is_as_unclear_as_a_missing_one(members):
    assert president_of(2027, 1, [*members, Term("mission-atlantis", "Atlantis", 2027, 2028)]) is None


def test_a_state_that_is_entered_twice_sits_once(members):
    again = Term("mission-latvia", "Latvia", 2026, 2026)

    assert president_of(2026, 12, [*members, again]) == "mission-liberia"


def test_accents_and_capitals_do_not_order_states():
    order = [
        each.state
        for each in seated(2026, [Term(name, name, 2026) for name in ("Zambia", "Égypte", "Eire", "chad")])
    ]

    assert order == ["chad", "Égypte", "Eire", "Zambia"]


# -- Any membership ----------------------------------------------------------------------------------------

names = st.text("abcdefghij", min_size=1, max_size=4)
FIRST = 2026
# A busy machine is no defect.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def councils(draw) -> tuple[list[Term], int, tuple[int, int, str]]:
    """Draw five years of a Council: permanent members, and in each year's second half newcomers for two years."""
    pool = draw(st.lists(names, min_size=14, max_size=26, unique=True))
    permanent, rest = pool[:2], pool[2:]
    terms = [Term(name, name, 2020) for name in permanent]
    elected = draw(st.integers(1, len(rest) // 6))
    for nth, year in enumerate(range(FIRST - 3, FIRST + 3)):
        terms += [Term(name, name, year, year + 1) for name in rest[nth * elected : (nth + 1) * elected]]
    sitting = seated(FIRST, terms)
    anchor = draw(st.sampled_from(sitting)).state
    return terms, len(sitting), (FIRST, draw(st.integers(1, 12)), anchor)


def rotation(terms: Sequence[Term], seats: int, anchor: tuple[int, int, str]) -> list[tuple[int, str]]:
    """Return (year, president) of every month of the five years in which all seats are filled."""
    found = [
        (year, president_of(year, month, terms, seats=seats, anchor=anchor))
        for year in range(FIRST - 2, FIRST + 3)
        for month in range(1, 13)
    ]
    assert all(name for _year, name in found)
    return found


@UNHURRIED
@given(councils())
def test_in_any_council_whoever_presides_sits_and_the_next_is_the_next_in_the_alphabet(council):
    terms, _seats, anchor = council
    months = rotation(*council)

    for (year, before), (next_year, after) in pairwise(months):
        assert before in {term.state for term in seated(year, terms)}
        sitting = [term.state for term in seated(next_year, terms)]
        later = [state for state in sitting if state > before]
        expected = later[0] if later else sitting[0]
        if year == next_year or year >= anchor[0]:
            assert after == expected
        else:  # before the anchor, over a turn of the year: the nearest one before, of those who sat then
            sat = [term.state for term in seated(year, terms)]
            earlier = [state for state in sat if state < after]
            assert before == (earlier[-1] if earlier else sat[-1])


@UNHURRIED
@given(councils())
def test_in_any_council_nobody_presides_twice_before_all_others_of_one_year_had_their_turn(council):
    _terms, seats, _anchor = council
    months = rotation(*council)

    for year in range(FIRST - 2, FIRST + 3):
        presided = [name for of, name in months if of == year]
        turns = presided[: min(seats, 12)]
        assert len(set(turns)) == len(turns)


@UNHURRIED
@given(councils(), st.randoms())
def test_the_order_in_which_members_are_given_does_not_matter(council, chance):
    terms, seats, anchor = council
    shuffled = list(terms)
    chance.shuffle(shuffled)

    assert rotation(shuffled, seats, anchor) == rotation(terms, seats, anchor)


@UNHURRIED
@given(councils())
def test_walking_back_and_forth_meets_the_same_presidents_within_a_year(council):
    """Anchored on the June that was found of any year, the months of that year come out the same."""
    terms, seats, anchor = council

    for year in range(FIRST - 2, FIRST + 3):
        months = [president_of(year, month, terms, seats=seats, anchor=anchor) for month in range(1, 13)]
        june = (year, 6, str(months[5]))
        assert months == [
            president_of(year, month, terms, seats=seats, anchor=june) for month in range(1, 13)
        ]
