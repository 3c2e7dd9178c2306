"""Which figures of a breakdown may be published, so that no small group can be worked out: pure.

Rounding alone hides nothing: the exact total of every day is public, so a group that is first shown as 10 on a
day when the total rose by one had nine people the day before. Therefore each group has a secret number of people
who are held back from what is shown, the same for ever, and everything published is computed from
`people - held_back` and from totals that are public anyway. Imagine one person more in one group and one fewer
in another, from the first day on, and their secrets changed likewise: exactly the same is published every day,
so nobody can tell the two worlds apart. `doubt` says how far that can be carried.
The argument in full, and what it does not cover: docs/decisions/tally-suppression.md.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

STEP = 10  # figures are rounded down to a multiple of this
FEWEST_PEOPLE = 100  # confirmed and still counted, before a petition is broken down at all
FEWEST_NEWCOMERS = 10  # confirmed since the last publication: a change is never about a handful of people
LEAST_DOUBT = 4  # every group keeps at least this many possible sizes besides the true one
ODDS = 6  # one in so many draws ends: five people are held back on average, without an upper limit

Draw = Callable[[], int]


@dataclass(frozen=True)
class Group:
    """The people of one country, language, source or path.

    people: at the last midnight. lowest: fewest at any midnight since the first publication, that one included.
    held_back: the secret.
    """

    people: int
    lowest: int
    held_back: int


def draw_secret(odds: int = ODDS) -> int:
    """Return how many people of a group to hold back: `odds` less one on average.

    Each number is less likely than the one before by the same factor (a geometric distribution). So two sets of
    secrets with the same sum are equally likely, and no reader can say which is the likelier of two worlds; and
    without an upper limit no group ever stands at its limit.
    """
    held_back = 0
    while secrets.randbelow(odds):
        held_back += 1
    return held_back


def is_due(*, people: int, newcomers: int) -> bool:
    """Whether breakdowns are published anew. Decided by public totals only, so that it tells nothing itself."""
    return people >= FEWEST_PEOPLE and newcomers >= FEWEST_NEWCOMERS


def begin(people: Mapping[str, int], draw: Draw = draw_secret) -> dict[str, Group]:
    """Return the groups as they are first published, with secrets drawn until there is doubt enough.

    people: of each group, together at least LEAST_DOUBT.
    """
    while True:
        groups = {code: Group(count, count, draw()) for code, count in people.items()}
        if doubt(groups) >= LEAST_DOUBT:
            return groups


def go_on(
    groups: Mapping[str, Group], midnights: Sequence[Mapping[str, int]], draw: Draw = draw_secret
) -> dict[str, Group]:
    """Return the groups after some further midnights; whoever is new to them gets a secret of its own.

    midnights: the people of each group, oldest first. A group that is missing from one had nobody.
    """
    newest = midnights[-1]
    later = {}
    for code in {**groups, **newest}:
        # Nobody was in an unknown group when the others were first published.
        known = groups.get(code) or Group(people=0, lowest=0, held_back=draw())
        lowest = min(known.lowest, *(midnight.get(code, 0) for midnight in midnights))
        later[code] = Group(newest.get(code, 0), lowest, known.held_back)
    return later


def doubt(groups: Mapping[str, Group]) -> int:
    """Return how many people could have been in another group all along without any published figure changing.

    A group could have had fewer people on every day, with fewer held back, until either number reaches none.
    """
    return sum(min(group.held_back, group.lowest) for group in groups.values())


def is_safe(groups: Mapping[str, Group]) -> bool:
    """Whether the groups may be published. Once they may not, they never may again."""
    return doubt(groups) >= LEAST_DOUBT


def shown(groups: Mapping[str, Group]) -> list[tuple[str, int]]:
    """Return (code, people rounded down) of the groups that are named, the largest first.

    Never more than there are. A group of which nothing is left to show is not named.
    """
    rounded = {code: _rounded_down(group.people - group.held_back) for code, group in groups.items()}
    named = [(code, people) for code, people in rounded.items() if people >= STEP]
    return sorted(named, key=lambda row: (-row[1], row[0]))


def others(groups: Mapping[str, Group]) -> int:
    """Return everybody who is not in a figure of `shown`, rounded down: a difference of public numbers."""
    named = sum(people for _code, people in shown(groups))
    return _rounded_down(sum(group.people for group in groups.values()) - named)


def _rounded_down(people: int) -> int:
    return people // STEP * STEP
