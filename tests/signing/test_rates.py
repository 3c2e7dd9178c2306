"""Confirmation rates stay near the truth, name no small group, and let no small number be worked out."""

import itertools
import secrets
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from flask_babel import force_locale
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campaign_app.extensions import db
from campaign_app.sealing import tags
from campaign_app.signing import rates, retention
from campaign_app.signing.models import Pending, Signature
from campaign_app.signing.rates import Requests, confirmation_rates, leave_some_out, rates_of
from campaign_app.tally import operations as tally

SUNDAY = date(2026, 3, 8)
MONDAY_MORNING = datetime(2026, 3, 9, 0, 10, tzinfo=UTC)


def test_each_large_provider_has_its_rate_and_the_small_ones_share_one():
    groups = {
        "gmail": Requests(301, 99),
        "yahoo": Requests(99, 101),
        "icloud": Requests(120, 0),
        "other": Requests(60, 120),
    }

    assert rates_of(groups) == [("gmail", 75), ("yahoo", 50), ("other", 60)]


def test_the_small_ones_together_may_be_too_few_to_have_a_rate():
    assert rates_of({"gmail": Requests(300, 100), "yahoo": Requests(1, 198), "other": Requests(0, 0)}) == [
        ("gmail", 75)
    ]


@pytest.mark.parametrize(
    "week",
    [
        {"gmail": Requests(140, 100)},
        {"gmail": Requests(1_400, 100)},
        {"gmail": Requests(195, 10), "other": Requests(5, 90)},
        {"gmail": Requests(195, 10), "yahoo": Requests(50, 50), "other": Requests(50, 50)},
        {"gmail": Requests(10, 195), "other": Requests(90, 5)},
        {"gmail": Requests(100, 105), "other": Requests(500, 500)},
        {"gmail": Requests(205, 3), "other": Requests(1, 100)},
    ],
)
def test_a_published_rate_is_about_one_step_from_the_truth(week):
    truth = 100 * week["gmail"].confirmed / sum(week["gmail"])

    drawn = [dict(rates_of(leave_some_out(week, rates.draw_few))) for _ in range(2_000)]
    off = sorted(abs(found["gmail"] - truth) for found in drawn if "gmail" in found)

    assert len(off) > 500
    assert off[len(off) * 99 // 100] <= rates.STEP
    assert off[-1] <= 2 * rates.STEP


def test_of_a_small_week_there_is_no_rate_that_could_be_far_from_the_truth():
    week = {"gmail": Requests(140, 10)}

    assert {tuple(leave_some_out(week, rates.draw_few)) for _ in range(100)} == {()}


def test_a_few_of_each_kind_are_left_out():
    draws = iter([3, 1, 2, 90])
    groups = {"gmail": Requests(300, 100), "other": Requests(20, 30)}

    assert leave_some_out(groups, lambda: next(draws)) == {
        "gmail": Requests(297, 98),
        "other": Requests(19, 0),
    }


@pytest.mark.parametrize("small", [Requests(99, 500), Requests(500, 99)])
def test_there_are_no_rates_where_nearly_everybody_or_nearly_nobody_confirmed(small):
    assert leave_some_out({"gmail": small}) == {}


@st.composite
def weeks(draw):
    """Draw the requests of a week in four groups, often with something small in them."""

    def requests():
        large, small = st.integers(90, 500), st.integers(0, 12)
        return Requests(draw(st.one_of(small, large)), draw(st.one_of(small, large)))

    return {code: requests() for code in ("gmail", "yahoo", "icloud", "other")}


def published(groups, secrets):
    """Return the rates of a week with given secrets, first of the confirmed, then of the unanswered; None if unsafe."""
    draws = iter(secrets)
    try:
        return rates_of(leave_some_out(groups, lambda: next(draws)))
    except StopIteration:  # they would have been drawn anew
        return None


@settings(max_examples=300, deadline=None)
@given(groups=weeks(), secrets=st.lists(st.integers(0, 6), min_size=8, max_size=8))
def test_every_number_could_have_been_another_and_the_same_rates_and_sums_would_be_published(groups, secrets):
    rates = published(groups, secrets)
    assume(rates)
    codes = list(groups)

    for kind, position in product((0, 1), range(len(codes))):
        twins = [
            moved(groups, secrets, kind, more, fewer)
            for other in range(len(codes))
            if other != position
            for more, fewer in ((position, other), (other, position))
        ]
        assert any(published(*twin) == rates for twin in twins if twin), (kind, codes[position])


def moved(groups, secrets, kind, more, fewer):
    """Return the week in which one of a kind (0 confirmed, 1 waiting) was at another provider; None if it cannot be."""
    numbers = [list(asked) for asked in groups.values()]
    held_back = list(secrets)
    for position, change in ((more, 1), (fewer, -1)):
        numbers[position][kind] += change
        held_back[kind * len(numbers) + position] += change
    if min(held_back) < 0 or min(map(min, numbers)) < 0:
        return None
    return dict(zip(groups, itertools.starmap(Requests, numbers), strict=True)), held_back


def test_with_nobody_left_out_the_sums_would_give_small_numbers_away():
    week = {"gmail": Requests(195, 5), "other": Requests(0, 200)}
    confirmed, waiting = 195, 205

    possible = [
        (there, unanswered)
        for there, unanswered in product(range(confirmed + 1), range(waiting + 1))
        if rates_of(
            {"gmail": Requests(there, unanswered), "other": Requests(confirmed - there, waiting - unanswered)}
        )
        == rates_of(week)
    ]

    assert possible == [(195, 5)]


# -- with rows ---------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def four_left_out(monkeypatch):
    """Leave four confirmed and four unanswered people out of each group, unless a test draws otherwise."""
    monkeypatch.setattr(leave_some_out, "__defaults__", (lambda: 4,))


@pytest.fixture
def mailed(petition):
    """Return a way to have people of a mail domain asked, of whom some confirm."""
    key = tags.petition_tag_key(petition.id, session=db.session)

    def ask(domain, *, waiting, confirmed, day=SUNDAY, path="js"):
        common = {
            "petition_id": petition.id,
            "domain_tag": tags.domain_tag(key, domain),
            "path": path,
            "text_version": 1,
            "text_language": "en",
            "consent_version": 1,
        }
        cell = tally.add(petition_id=petition.id, day=day, event="confirmed", people=confirmed)
        for _ in range(waiting):
            db.session.add(
                Pending(
                    tag=secrets.token_bytes(32),
                    token_hash=secrets.token_bytes(32),
                    language="en",
                    requested_on=day,
                    expires_on=day + timedelta(days=7),
                    **common,
                )
            )
        for _ in range(confirmed):
            db.session.add(
                Signature(
                    tag=secrets.token_bytes(32),
                    nth=0,
                    person_tag=secrets.token_bytes(32),
                    tally_cell_id=cell,
                    signed_on=day,
                    link_hash=secrets.token_bytes(32),
                    **common,
                )
            )
        db.session.flush()

    return ask


def rows(petition, now=MONDAY_MORNING):
    with force_locale("en"):
        return [(rate.code, rate.label, rate.percent) for rate in confirmation_rates(petition.id, now=now)]


def test_a_week_is_published_on_the_day_after_it(petition, mailed):
    mailed("gmail.com", waiting=44, confirmed=94)
    mailed("googlemail.com", waiting=10, confirmed=60, day=SUNDAY - timedelta(days=6))
    mailed("example.org", waiting=104, confirmed=104)

    assert rates.take(now=MONDAY_MORNING) == 1

    assert rows(petition) == [("gmail", "Gmail", 75), ("other", "Other providers", 50)]
    (rate, _other) = confirmation_rates(petition.id, now=MONDAY_MORNING)
    assert (rate.first_on, rate.last_on) == (date(2026, 3, 2), SUNDAY)


def test_other_weeks_and_people_who_were_sent_no_mail_are_not_in_it(petition, mailed):
    mailed("gmail.com", waiting=110, confirmed=110)
    mailed("gmail.com", waiting=0, confirmed=90, day=SUNDAY - timedelta(days=7))
    mailed("gmail.com", waiting=0, confirmed=90, day=SUNDAY + timedelta(days=1))
    mailed("gmail.com", waiting=0, confirmed=90, path="added")

    rates.take(now=MONDAY_MORNING)

    assert rows(petition) == [("gmail", "Gmail", 50)]


def test_it_is_taken_once_and_never_changed(petition, mailed):
    mailed("gmail.com", waiting=110, confirmed=110)
    rates.take(now=MONDAY_MORNING)
    mailed("gmail.com", waiting=500, confirmed=0)

    assert rates.take(now=MONDAY_MORNING + timedelta(hours=1)) == 0
    assert rows(petition) == [("gmail", "Gmail", 50)]


def test_on_other_days_nothing_is_taken_and_the_last_week_stays(petition, mailed):
    mailed("gmail.com", waiting=110, confirmed=110)
    rates.take(now=MONDAY_MORNING)
    mailed("gmail.com", waiting=300, confirmed=0, day=SUNDAY + timedelta(days=1))

    assert rates.take(now=MONDAY_MORNING + timedelta(days=1)) == 0
    assert rows(petition, now=MONDAY_MORNING + timedelta(days=9)) == [("gmail", "Gmail", 50)]


def test_a_rate_that_stands_alone_is_of_all_providers(petition, mailed):
    for domain in ("gmail.com", "yahoo.com", "example.org"):
        mailed(domain, waiting=60, confirmed=60)

    rates.take(now=MONDAY_MORNING)

    assert rows(petition) == [("other", "All providers", 50)]


def test_a_week_with_few_requests_has_no_rates(petition, mailed):
    mailed("gmail.com", waiting=40, confirmed=60)

    rates.take(now=MONDAY_MORNING)

    assert rows(petition) == []


def test_a_week_in_which_nearly_nobody_confirmed_is_not_taken(petition, mailed):
    mailed("gmail.com", waiting=200, confirmed=99)

    assert rates.take(now=MONDAY_MORNING) == 0


def test_a_petition_whose_key_was_destroyed_has_no_rates_and_stops_nobody_else(petition, mailed):
    mailed("gmail.com", waiting=110, confirmed=110)
    retention.shred(petition_id=petition.id, now=MONDAY_MORNING)

    rates.take(now=MONDAY_MORNING)

    assert rows(petition) == []
