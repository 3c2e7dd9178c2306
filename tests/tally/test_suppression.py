"""Small groups cannot be worked out of what is published: safety goal 23, against a reader who knows everything else.

The reader knows the exact total of every midnight, how many came and left each day, everything ever published,
and the algorithm; the secrets alone are unknown. A publication every midnight gives more away than ours do.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campaign_app.tally import suppression
from campaign_app.tally.suppression import LEAST_DOUBT, Group

Sizes = tuple[int, ...]
Secrets = tuple[int, ...]


class Day(NamedTuple):
    """Who came to each group and who left it, in one day."""

    came: Sizes
    left: Sizes


class Public(NamedTuple):
    """What everybody knows of one midnight. published: None where the breakdown is withheld."""

    total: int
    came: int
    left: int
    published: Hashable


def sizes_at_each_midnight(first: Sizes, days: Iterable[Day]) -> list[Sizes]:
    """Return the true sizes: of the first midnight, then after each day."""
    midnights = [first]
    for day in days:
        midnights.append(
            tuple(
                size + came - left for size, came, left in zip(midnights[-1], day.came, day.left, strict=True)
            )
        )
    return midnights


# -- the rule under test, and weaker ones for comparison ---------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """A way to publish. begin: state of the first midnight, or None where such secrets are never used."""

    begin: Callable[[Sizes, Secrets], Hashable]
    go_on: Callable[[Hashable, Sizes], Hashable]
    publish: Callable[[Hashable], Hashable]


def _begin(sizes: Sizes, secrets: Secrets) -> Hashable:
    groups = tuple(Group(size, size, secret) for size, secret in zip(sizes, secrets, strict=True))
    return groups if suppression.is_safe(dict(enumerate(groups))) else None


def _go_on(groups: Hashable, sizes: Sizes) -> Hashable:
    if groups == "withheld":
        return groups
    later = suppression.go_on(dict(enumerate(groups)), [dict(enumerate(sizes))])
    return tuple(later.values()) if suppression.is_safe(later) else "withheld"


def _publish(groups: Hashable) -> Hashable:
    if groups == "withheld":
        return None
    named = dict(enumerate(groups))
    return tuple(suppression.shown(named)), suppression.others(named)


OURS = Rule(_begin, _go_on, _publish)


def rounding(held_back: int) -> Rule:
    """Return the plain rule: rounded down to ten, after a number of people that everybody knows."""

    def publish(sizes: Hashable) -> Hashable:
        return _publish(tuple(Group(size, size, held_back) for size in sizes))

    return Rule(lambda sizes, secrets: sizes, lambda state, sizes: sizes, publish)


UNCHECKED = replace(
    OURS,
    begin=lambda sizes, secrets: tuple(Group(s, s, h) for s, h in zip(sizes, secrets, strict=True)),
    go_on=lambda groups, sizes: tuple(replace(g, people=size) for g, size in zip(groups, sizes, strict=True)),
)


# -- the reader: every world of two groups that fits what is public ----------------------------------------------


def made_public(rule: Rule, first: Sizes, days: Sequence[Day], secrets: Secrets) -> list[Public]:
    """Return what a true history shows to everybody."""
    midnights = sizes_at_each_midnight(first, days)
    state = rule.begin(first, secrets)
    shown = [Public(sum(first), 0, 0, rule.publish(state))]
    for day, sizes in zip(days, midnights[1:], strict=True):
        state = rule.go_on(state, sizes)
        shown.append(Public(sum(sizes), sum(day.came), sum(day.left), rule.publish(state)))
    return shown


def next_sizes(sizes: Sizes, seen: Public) -> set[Sizes]:
    """Return where two groups can have come to in a day of which only the totals are known."""
    reached = set()
    for came in range(seen.came + 1):
        there = (sizes[0] + came, sizes[1] + seen.came - came)
        fewest, most = max(0, seen.left - there[1]), min(seen.left, there[0])
        reached |= {(there[0] - left, there[1] - seen.left + left) for left in range(fewest, most + 1)}
    return reached


def worlds_with(secrets: Secrets, rule: Rule, public: Sequence[Public]) -> list[set[Sizes]]:
    """Return the sizes that are possible at each midnight, were these the secrets; exact, by trying them all."""
    starts = [(size, public[0].total - size) for size in range(public[0].total + 1)]
    states = [(sizes, rule.begin(sizes, secrets)) for sizes in starts]
    layers = [
        {world for world in states if world[1] is not None and rule.publish(world[1]) == public[0].published}
    ]
    ways: list[dict[Hashable, set[Hashable]]] = []
    for seen in public[1:]:
        came_from = defaultdict(set)
        for world in layers[-1]:
            for sizes in next_sizes(world[0], seen):
                state = rule.go_on(world[1], sizes)
                if rule.publish(state) == seen.published:
                    came_from[sizes, state].add(world)
        ways.append(came_from)
        layers.append(set(came_from))
    for position in range(len(ways) - 1, -1, -1):  # what leads to no possible present was not the past
        layers[position] = {world for later in layers[position + 1] for world in ways[position][later]}
    return [{sizes for sizes, _state in layer} for layer in layers]


def worked_out(rule: Rule, public: Sequence[Public], guesses: Iterable[Secrets]) -> list[Sizes | None]:
    """Return, for each midnight, the sizes of both groups if the reader is left with one possibility.

    guesses: secrets to try; none beyond them are, which only helps the reader. Stops when all is open.
    """
    possible: list[set[Sizes]] = [set() for _ in public]
    for secrets in guesses:
        for position, sizes in enumerate(worlds_with(secrets, rule, public)):
            possible[position] |= sizes
        if all(len(sizes) > 1 or not seen.total for sizes, seen in zip(possible, public, strict=True)):
            break
    # Two groups whose total is known: one size possible of the one is one size possible of the other. Where nobody
    # is left the public total says so itself.
    return [
        next(iter(sizes)) if len(sizes) == 1 and seen.total else None
        for sizes, seen in zip(possible, public, strict=True)
    ]


def guesses_around(secrets: Secrets) -> list[Secrets]:
    """Return secrets that a reader may suppose, the nearest to the true ones first."""
    near = [range(max(0, secret - 6), secret + 7) for secret in secrets]
    return sorted(
        product(*near), key=lambda guess: sum(abs(g - s) for g, s in zip(guess, secrets, strict=True))
    )


# -- histories ---------------------------------------------------------------------------------------------------


@st.composite
def histories(
    draw: st.DrawFn, *, groups: int, most_days: int, most_people: int = 24
) -> tuple[Sizes, list[Day]]:
    """Draw the first sizes and some days. On a day few come, and few, or at times nearly all, leave."""
    sizes = first = draw(
        st.tuples(*[st.integers(0, most_people)] * groups).filter(lambda them: sum(them) >= 10)
    )
    days = []
    for _ in range(draw(st.integers(1, most_days))):
        came = draw(st.tuples(*[st.integers(0, 2)] * groups))
        is_rush = draw(st.integers(0, 5)) == 0
        left = tuple(
            draw(st.integers(0, size + more if is_rush else min(1, size + more)))
            for size, more in zip(sizes, came, strict=True)
        )
        days.append(Day(came, left))
        sizes = sizes_at_each_midnight(sizes, days[-1:])[-1]
    return first, days


def secrets_of(groups: int) -> st.SearchStrategy[Secrets]:
    return st.tuples(*[st.integers(0, 12)] * groups)


# -- the promise -------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(history=histories(groups=2, most_days=4), secrets=secrets_of(2))
def test_no_group_can_be_worked_out_by_a_reader_who_tries_every_possible_past(history, secrets):
    first, days = history
    assume(OURS.begin(first, secrets) is not None)

    public = made_public(OURS, first, days, secrets)

    assert worked_out(OURS, public, guesses_around(secrets)) == [None] * len(public)


FIRST_SHOWN_WHEN_ONE_CAME = ((9, 20), [Day(came=(1, 0), left=(0, 0))], (0, 0))
ALL_BUT_FIVE_FALL_SHORT = ((14, 25), [Day(came=(1, 0), left=(0, 0))], (5, 5))
EVERYBODY_IS_SHOWN = ((0, 20), [Day(came=(0, 0), left=(0, 0))], (0, 0))


@pytest.mark.parametrize(
    ("rule", "history", "given_away"),
    [
        pytest.param(rounding(0), FIRST_SHOWN_WHEN_ONE_CAME, [(9, 20), (10, 20)], id="plain rounding"),
        pytest.param(
            rounding(5), ALL_BUT_FIVE_FALL_SHORT, [(14, 25), (15, 25)], id="a threshold that is known"
        ),
        pytest.param(
            UNCHECKED, EVERYBODY_IS_SHOWN, [(0, 20), (0, 20)], id="secrets without asking for doubt"
        ),
    ],
)
def test_the_same_reader_works_out_what_a_weaker_rule_gives_away(rule, history, given_away):
    first, days, secrets = history

    public = made_public(rule, first, days, secrets)

    assert worked_out(rule, public, guesses_around(secrets)) == given_away


def test_the_same_reader_learns_nothing_from_ours_where_plain_rounding_tells_all():
    first, days, _none = FIRST_SHOWN_WHEN_ONE_CAME

    public = made_public(OURS, first, days, (3, 2))

    assert worked_out(OURS, public, guesses_around((3, 2))) == [None, None]


def published_each_midnight(
    midnights: Sequence[Mapping[str, int]], secrets: Mapping[str, int]
) -> list[Hashable]:
    """Return what is published of a history of any number of groups, until it is withheld."""
    groups = {code: Group(size, size, secrets[code]) for code, size in midnights[0].items()}
    published: list[Hashable] = []
    for position, sizes in enumerate(midnights):
        if position:
            new = iter([secrets[code] for code in {**groups, **sizes} if code not in groups])
            groups = suppression.go_on(groups, [sizes], lambda new=new: next(new))
        if not suppression.is_safe(groups):
            break
        published.append((suppression.shown(groups), suppression.others(groups)))
    return published


@settings(max_examples=200, deadline=None)
@given(history=histories(groups=5, most_days=12), secrets=secrets_of(5))
def test_every_group_could_have_been_larger_or_smaller_and_the_same_would_have_been_published(
    history, secrets
):
    codes = "ABCDE"
    midnights = [dict(zip(codes, sizes, strict=True)) for sizes in sizes_at_each_midnight(*history)]
    midnights[0] = {
        code: size for code, size in midnights[0].items() if size
    }  # who comes later is not known yet
    held_back = dict(zip(codes, secrets, strict=True))
    published = published_each_midnight(midnights, held_back)
    assume(published)
    seen = midnights[: len(published)]

    for code in codes:
        others = [other for other in codes if other != code]
        twins = [
            twin
            for other in others
            for more, fewer in ((code, other), (other, code))
            if (twin := with_one_moved(seen, held_back, more=more, fewer=fewer))
        ]
        assert any(published_each_midnight(*twin)[: len(seen)] == published for twin in twins), code


def with_one_moved(
    midnights: Sequence[Mapping[str, int]], secrets: Mapping[str, int], *, more: str, fewer: str
) -> tuple[list[dict[str, int]], dict[str, int]] | None:
    """Return the world in which one person was in another group from the first midnight on; None if it cannot be."""
    change = {more: 1, fewer: -1}
    moved = [
        {code: sizes.get(code, 0) + change.get(code, 0) for code in {**sizes, **change}}
        for sizes in midnights
    ]
    held_back = {code: secret + change.get(code, 0) for code, secret in secrets.items()}
    if min(held_back.values()) < 0 or any(min(sizes.values()) < 0 for sizes in moved):
        return None
    return moved, held_back


# -- the pieces --------------------------------------------------------------------------------------------------


def test_secrets_are_drawn_anew_until_there_is_doubt_enough():
    draws = iter([0, 3, 2, 2])

    groups = suppression.begin({"DE": 60, "FR": 40}, lambda: next(draws))

    assert [group.held_back for group in groups.values()] == [2, 2]
    assert suppression.doubt(groups) == LEAST_DOUBT


def test_a_secret_is_as_many_people_as_draws_that_did_not_end(monkeypatch):
    drawn = iter([3, 1, 5, 0])
    monkeypatch.setattr(suppression.secrets, "randbelow", lambda below: next(drawn))

    assert suppression.draw_secret() == 3


@pytest.mark.parametrize(
    ("people", "newcomers", "is_due"), [(100, 10, True), (99, 50, False), (5000, 9, False)]
)
def test_breakdowns_begin_at_a_hundred_people_and_change_after_ten_newcomers(people, newcomers, is_due):
    assert suppression.is_due(people=people, newcomers=newcomers) is is_due


@given(
    st.dictionaries(st.sampled_from("ABCDEF"), st.tuples(st.integers(0, 300), st.integers(0, 40)), min_size=1)
)
def test_figures_are_tens_that_never_exceed_the_truth_and_name_no_small_group(numbers):
    groups = {code: Group(people, people, held_back) for code, (people, held_back) in numbers.items()}

    rows = suppression.shown(groups)

    assert all(people % 10 == 0 and 10 <= people <= groups[code].people for code, people in rows)
    assert [people for _code, people in rows] == sorted((people for _code, people in rows), reverse=True)
    everybody = sum(group.people for group in groups.values())
    assert 0 <= everybody - sum(people for _code, people in rows) - suppression.others(groups) < 10


def test_a_group_that_nobody_was_in_before_gets_a_secret_of_its_own():
    groups = {"DE": Group(90, 90, 7)}

    later = suppression.go_on(groups, [{"DE": 85, "FR": 20}, {"DE": 95, "FR": 30}], lambda: 3)

    assert later == {"DE": Group(95, 85, 7), "FR": Group(30, 0, 3)}


def test_a_dimension_is_withheld_once_too_few_of_those_held_back_may_still_be_there():
    groups = {"DE": Group(96, 96, 4), "FR": Group(4, 4, 0)}
    assert suppression.is_safe(groups)

    later = suppression.go_on(groups, [{"DE": 3, "FR": 4}, {"DE": 200, "FR": 4}])

    assert not suppression.is_safe(later)
