"""When mails go, rest and end."""

from datetime import UTC, date, datetime, timedelta

import pytest

from campaign_app.mail import rules


def test_a_mail_may_be_sent_for_seven_days():
    assert rules.expiry_day(date(2026, 2, 26)) == date(2026, 3, 5)


@pytest.mark.parametrize(
    ("sent_at", "due_at"),
    [
        (datetime(2026, 3, 5, 12, 20, 31, 7, tzinfo=UTC), datetime(2026, 3, 6, 13, tzinfo=UTC)),
        (datetime(2026, 3, 5, 12, tzinfo=UTC), datetime(2026, 3, 6, 12, tzinfo=UTC)),
        (datetime(2026, 3, 5, 23, 59, tzinfo=UTC), datetime(2026, 3, 7, 0, tzinfo=UTC)),
    ],
)
def test_a_reminder_is_due_a_day_later_on_a_full_hour(sent_at, due_at):
    assert rules.reminder_due_at(sent_at) == due_at


def test_a_mail_rests_twice_as_long_after_each_failure_up_to_two_hours():
    rests = [rules.retry_after(attempts, spread=0.5) for attempts in range(1, 9)]

    minutes = [rest / timedelta(minutes=1) for rest in rests]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 120]


def test_a_mail_that_failed_for_days_still_rests_two_hours():
    assert rules.retry_after(10_000, spread=0.5) == timedelta(hours=2)


def test_mails_that_failed_together_return_within_a_quarter_of_each_other():
    earliest, latest = rules.retry_after(3, spread=0.0), rules.retry_after(3, spread=1.0)

    assert (earliest, latest) == (timedelta(minutes=3), timedelta(minutes=5))


def test_a_relay_that_stays_away_is_asked_less_and_less_but_within_minutes_of_its_return():
    pauses = [rules.next_pause(None, spread=0.5)]
    for _ in range(7):
        pauses.append(rules.next_pause(pauses[-1], spread=0.5))

    seconds = [pause.total_seconds() for pause in pauses]
    assert seconds == [15, 30, 60, 120, 240, 480, 600, 600]


def test_no_mail_can_take_longer_than_what_is_left_of_its_claim():
    assert rules.SEND_WITHIN < rules.RENEW_BELOW < rules.CLAIM_FOR
