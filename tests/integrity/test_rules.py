"""When a group stands out, and when it is left alone: figures in, findings out."""

from datetime import date, timedelta

import pytest

from campaign_app.integrity.rules import Rule, bursts, label_of, standing_out, unconfirmed

DAY = date(2026, 5, 3)


def days(usual: dict[str, int], **of_the_day: int) -> dict[date, dict[str, int]]:
    """Return twenty usual days and one that is different."""
    found = {DAY - timedelta(days=back): dict(usual) for back in range(1, 21)}
    return found | {DAY: of_the_day}


def test_a_group_with_a_sudden_share_is_found_with_its_figures():
    [found] = standing_out("domain", days({"aa": 2, "bb": 98}, aa=412, bb=118))

    assert (found.kind, found.code, found.first_on, found.last_on) == ("domain", "aa", DAY, DAY)
    assert (found.people, found.of_people) == (412, 530)
    assert (found.other_people, found.other_of) == (40, 2_000)


@pytest.mark.parametrize(
    ("usual", "of_the_day"),
    [
        pytest.param({"aa": 60, "bb": 60}, {"aa": 300, "bb": 300}, id="a large group that is always large"),
        pytest.param({"aa": 0, "bb": 40}, {"aa": 49, "bb": 1}, id="few people"),
        pytest.param({"aa": 0, "bb": 4_000}, {"aa": 60, "bb": 4_000}, id="a small part of a large day"),
        pytest.param({"aa": 20, "bb": 80}, {"aa": 79, "bb": 21}, id="less than four times its usual share"),
    ],
)
def test_what_is_usual_small_or_few_stays_quiet(usual, of_the_day):
    assert [
        found.code for found in standing_out("domain", days(usual, **of_the_day)) if found.code == "aa"
    ] == []


def test_a_petition_s_first_day_has_nothing_to_be_compared_with():
    assert standing_out("source", {DAY: {"wa": 900, "direct": 100}}) == []


def test_all_smaller_domains_together_stand_out_and_no_rule_is_filled_in_with_them():
    [found] = standing_out("domain", days({"aa": 90, "": 10}, **{"aa": 90, "": 300}))

    assert (found.code, found.people, found.asked) == ("", 300, {})


def test_days_next_to_each_other_are_one_finding():
    counts = days({"aa": 0, "bb": 100}, aa=100, bb=100)
    counts[DAY + timedelta(days=1)] = {"aa": 80, "bb": 100}
    counts[DAY + timedelta(days=5)] = {"aa": 70, "bb": 100}

    found = standing_out("domain", counts)

    assert [(each.first_on, each.last_on, each.people) for each in found if each.code == "aa"] == [
        (DAY, DAY + timedelta(days=1), 180),
        (DAY + timedelta(days=5), DAY + timedelta(days=5), 70),
    ]


@pytest.mark.parametrize(("people", "count"), [(199, 0), (200, 1), (1_000, 1)])
def test_a_day_with_far_more_than_the_days_around_is_a_burst(people, count):
    totals = {DAY + timedelta(days=step): 40 for step in range(-9, 10)} | {DAY: people}

    assert len(bursts(totals)) == count


def test_a_burst_is_held_against_quiet_days_too_and_never_against_none():
    quiet = {DAY - timedelta(days=9): 1, DAY: 300}

    [found] = bursts(quiet)
    assert (found.people, found.other_people) == (300, 0)
    assert bursts({DAY: 900}) == bursts({}) == []


def test_a_group_whose_mails_stay_unanswered_is_found_only_where_others_answer():
    asked = {"fb": 200, "wa": 300}
    when = (DAY, DAY)

    [found] = unconfirmed("source", asked, {"fb": 20, "wa": 240}, when)
    assert (found.code, found.people, found.of_people) == ("fb", 20, 200)
    assert (found.other_people, found.other_of) == (240, 300)
    assert unconfirmed("source", asked, {"fb": 20, "wa": 30}, when) == []
    assert unconfirmed("source", {"fb": 99, "wa": 300}, {"wa": 240}, when) == []


def test_a_rule_says_something_once_anything_is_stated():
    assert not Rule().says_something
    assert Rule(country="DE").says_something
    assert Rule(domain_tag=b"\1" * 16, first_on=DAY).told == {"first_on": "2026-05-03", "domain": "0101-0101"}


def test_a_label_is_short_and_the_same_for_the_same_domain():
    assert label_of(b"\xab\xcd\xef\x01" + bytes(12)) == "ABCD-EF01"
