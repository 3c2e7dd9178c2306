"""When a mail may go: never refused, never answered differently, sometimes later."""

from datetime import UTC, datetime, timedelta

import pytest

from campaign_app.shield import held

from .conftest import make_app

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _in_app(in_shielded):
    """Work inside an application of each test's own, with its own counts."""


def plan(nth: int = 0, domain: str = "gmail.com", now: datetime = NOW, has_script: bool = True):
    return held.plan_mail(tag=nth.to_bytes(32, "big"), domain=domain, has_script=has_script, now=now)


def test_a_first_mail_goes_at_once():
    assert plan() == held.MailPlan(not_before=NOW, is_held=False)


def test_a_mailbox_gets_three_mails_a_day_and_the_others_later():
    delays = [plan().not_before - NOW for _ in range(7)]

    assert delays == [0 * DAY] * 3 + [DAY] * 3 + [2 * DAY]


def test_a_mailbox_that_waited_a_day_gets_its_mail_at_once_again():
    for hours in (0, 5, 10):
        plan(now=NOW + hours * HOUR)

    assert plan(now=NOW + 24 * HOUR).not_before == NOW + 24 * HOUR
    assert plan(now=NOW + 24 * HOUR).not_before == NOW + 29 * HOUR


def test_a_mailbox_over_its_ceiling_is_not_held_for_review():
    assert not any(plan().is_held for _ in range(5))


def test_one_mailbox_does_not_delay_another():
    for _ in range(5):
        plan(1)

    assert plan(2).not_before == NOW


def test_a_form_sent_again_keeps_its_places():
    tag, domain = bytes(32), "example.org"

    again = [
        held.plan_mail(tag=tag, domain=domain, has_script=False, now=NOW + nth * SECOND, nonce=b"one post")
        for nth in range(200)
    ]

    assert [made.not_before - NOW for made in again] == [nth * SECOND for nth in range(200)]
    assert not any(made.is_held for made in again)
    assert plan(0, domain).not_before == plan(0, domain).not_before == NOW
    assert plan(0, domain).not_before == NOW + DAY


def test_an_unfamiliar_domain_gets_fifty_mails_an_hour_and_the_others_later_and_held():
    plans = [plan(nth, "example.org") for nth in range(101)]

    assert [(made.not_before - NOW, made.is_held) for made in plans] == (
        [(0 * HOUR, False)] * 50 + [(HOUR, True)] * 50 + [(2 * HOUR, True)]
    )


def test_subdomains_of_an_unfamiliar_domain_share_its_ceiling():
    for nth in range(50):
        plan(nth, f"host{nth}.example.org")

    assert plan(50, "example.org").is_held


def test_a_familiar_domain_has_no_ceiling():
    assert not any(plan(nth, "gmail.com").is_held for nth in range(200))


def test_one_domain_does_not_hold_another():
    for nth in range(60):
        plan(nth, "example.org")

    assert plan(60, "example.net") == held.MailPlan(not_before=NOW, is_held=False)


def test_without_script_ten_mails_a_second_go_at_once_and_the_others_soon():
    delays = [plan(nth, has_script=False).not_before - NOW for nth in range(25)]

    assert delays == [0 * SECOND] * 10 + [SECOND] * 10 + [2 * SECOND] * 5


def test_ten_thousand_mails_without_script_are_spread_over_a_thousand_seconds_and_none_is_dropped():
    places = [plan(nth, has_script=False).not_before - NOW for nth in range(10_000)]

    assert max(places) == 999 * SECOND
    assert all(places.count(second * SECOND) == 10 for second in (0, 500, 999))


def test_with_script_nobody_waits_behind_those_without():
    for nth in range(100):
        plan(nth, has_script=False)

    assert plan(101).not_before == NOW


def test_the_budget_is_shared_out_among_the_workers_that_count_for_themselves():
    with make_app(web_workers=2).app_context():
        delays = [plan(nth, has_script=False).not_before - NOW for nth in range(6)]

    assert delays == [0 * SECOND] * 5 + [SECOND]


def test_neither_mailbox_nor_domain_is_remembered_in_clear(in_shielded):
    tag = b"\x07" * 32
    held.plan_mail(tag=tag, domain="example.org", has_script=True, now=NOW)

    places = in_shielded.extensions["nidaa_shield"].store._places
    remembered = repr(places.__dict__)
    assert len(places) == 2
    assert "example" not in remembered
    assert tag.hex() not in remembered
    assert repr(tag) not in remembered
