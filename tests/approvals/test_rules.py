"""Who is alone since when, and when a wait is over: pure, held to a model that people and a clock move about."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from campaign_app.approvals import rules
from campaign_app.approvals.rules import Ability, alone_since, standing_of

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
ASKER, SECOND, THIRD = 1, 2, 3
HOUR = timedelta(hours=1)


def test_nobody_is_alone_while_another_may_approve_or_while_they_may_not_themselves():
    for able in ({ASKER, SECOND}, {SECOND}, set()):
        assert alone_since(ASKER, able=able, abilities=[], now=NOW) is None


def test_who_was_always_alone_is_alone_since_ever_and_else_since_the_last_one_left():
    left = [Ability(SECOND, NOW - 9 * HOUR), Ability(THIRD, NOW - 5 * HOUR), Ability(ASKER, NOW - HOUR)]

    assert alone_since(ASKER, able={ASKER}, abilities=[], now=NOW) == rules.EVER
    assert alone_since(ASKER, able={ASKER}, abilities=left, now=NOW) == NOW - 5 * HOUR


def test_who_is_gone_without_an_end_that_was_noted_is_taken_to_leave_now():
    assert alone_since(ASKER, able={ASKER}, abilities=[Ability(SECOND, None)], now=NOW) == NOW


@pytest.mark.parametrize("state", [rules.APPROVED, rules.RELEASED, rules.DECLINED, rules.CANCELLED])
def test_what_was_settled_waits_for_no_time(state):
    found = standing_of(
        state=state, kind=rules.LETTER, asked_at=NOW, alone_since=rules.EVER, now=NOW + 999 * HOUR
    )

    assert (found.state, found.releasable_at) == (state, None)


class Team(RuleBasedStateMachine):
    """People join and leave, the clock goes on and is set back; what one may release is reckoned beside, hour by hour.

    real: hours that truly passed. clock: what the machine says. noted: the latest time that was written down; the
    worker does so every minute. lost: how far that was behind when it was last of weight, which nobody can know.
    """

    def __init__(self):
        super().__init__()
        self.real, self.skew, self.noted = 0, 0, NOW
        self.able, self.ended, self.lost = {ASKER}, [], 0
        self.kind, self.asked_at, self.alone_hours = rules.PERSONAL_DATA, NOW, 0

    @property
    def clock(self):
        return NOW + (self.real + self.skew) * HOUR

    def note(self):
        self.noted = max(self.noted, self.clock)
        self.lost = self.real - (self.noted - NOW) / HOUR
        return self.noted

    @property
    def standing(self):
        abilities = [Ability(who, None) for who in self.able] + self.ended
        alone = alone_since(ASKER, able=self.able, abilities=abilities, now=self.clock)
        return standing_of(
            state=rules.ASKED, kind=self.kind, asked_at=self.asked_at, alone_since=alone, now=self.clock
        )

    @rule(hours=some.integers(1, 40))
    def time_passes(self, hours):
        self.real += hours
        self.noted = max(self.noted, self.clock)
        self.alone_hours = self.alone_hours + hours if self.able == {ASKER} else 0

    @rule(hours=some.integers(1, 200))
    def the_clock_is_set_back(self, hours):
        self.skew -= hours

    @precondition(lambda self: self.skew < 0)
    @rule()
    def the_clock_is_right_again(self):
        self.skew = 0
        self.noted = max(self.noted, self.clock)

    @rule(who=some.sampled_from([SECOND, THIRD]))
    def somebody_joins(self, who):
        self.note()
        self.able.add(who)
        self.alone_hours = 0

    @rule(who=some.sampled_from([SECOND, THIRD]))
    def somebody_leaves(self, who):
        if who in self.able:
            self.able.discard(who)
            self.ended.append(Ability(who, self.note()))

    @rule(kind=some.sampled_from(rules.KINDS))
    def it_is_asked_anew(self, kind):
        self.kind, self.asked_at = kind, self.note()
        self.alone_hours = 0

    @invariant()
    def one_person_releases_only_after_the_whole_wait_in_which_they_were_alone(self):
        if self.standing.state == rules.RELEASABLE:
            assert (self.alone_hours + self.lost) * HOUR >= rules.WAITS[self.kind]

    @invariant()
    def nobody_releases_alone_while_another_could_approve(self):
        if self.able != {ASKER}:
            assert (self.standing.state, self.standing.releasable_at) == (rules.ASKED, None)

    @invariant()
    def the_wait_is_reckoned_from_the_last_thing_that_was_noted(self):
        found = self.standing
        if found.releasable_at is not None:
            since = max([self.asked_at, *(each.ended_at for each in self.ended)])
            assert found.releasable_at == since + rules.WAITS[self.kind]


TestTeam = Team.TestCase
TestTeam.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
