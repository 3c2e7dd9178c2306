"""A relay that is down: nothing is lost, nobody is at fault, and it is not asked once per mail."""

from datetime import timedelta

from campaign_app.extensions import db
from campaign_app.mail import queries, relay_pause
from campaign_app.mail.troubles import RelayUnavailable
from campaign_app.mail.worker import run_batch

from .situations import NOW, Mailbag, queue_confirmation, rows

HOUR = timedelta(hours=1)


def test_two_days_without_a_relay_lose_nothing_and_everything_goes_when_it_is_back(relayed_app, relay):
    relay.stop()
    for number in range(120):
        queue_confirmation(to=f"signer{number}@example.org", about=number.to_bytes(16))
    now, attempts = NOW, 0
    while now < NOW + timedelta(days=2):
        attempts += run_batch(now=now).trouble is not None
        now += timedelta(minutes=30)
    while_down = {(mail.state, mail.attempts, mail.claimed_until) for mail in rows()}

    relay.start()
    while len(relay.received) < 120 and now < NOW + timedelta(days=2, hours=1):
        run_batch(now=now)
        now += timedelta(minutes=1)

    assert while_down == {("waiting", 0, None)}
    assert sorted([mail.to for mail in relay.received]) == sorted(
        f"signer{number}@example.org" for number in range(120)
    )
    assert attempts == 2 * 48  # longer than any pause, so each round was one attempt and not 120


def test_a_relay_that_is_down_is_tried_once_per_pause_and_not_once_per_mail(mail_app):
    for _ in range(30):
        queue_confirmation()
    bag = Mailbag()

    def down(to):
        raise RelayUnavailable("the relay refuses connections")

    bag.before = down
    for seconds in range(0, 10):
        run_batch(now=NOW + timedelta(seconds=seconds), transport=bag)

    assert bag.asked == 1
    assert queries.outbox_state(now=NOW).relay_trouble == "the relay refuses connections"


def test_another_worker_keeps_the_same_pause(mail_app):
    queue_confirmation()
    relay_pause.begin(now=NOW, reason="the relay refuses connections", spread=0.5)
    db.session.commit()
    bag = Mailbag()

    reports = [run_batch(now=NOW + timedelta(seconds=seconds), transport=bag).sent for seconds in (1, 14, 15)]

    assert reports == [0, 0, 1]


def test_the_pause_is_forgotten_once_the_relay_takes_a_mail(mail_app):
    queue_confirmation()
    relay_pause.begin(now=NOW - HOUR, reason="the relay refuses connections", spread=0.5)
    db.session.commit()

    run_batch(now=NOW, transport=Mailbag())

    assert relay_pause.current() is None
    assert queries.outbox_state(now=NOW).relay_trouble is None


def test_a_relay_that_breaks_every_connection_is_left_alone_after_three_mails(relayed_app, relay):
    relay.wishes.DATA = "drop"
    for _ in range(10):
        queue_confirmation()

    report = run_batch(now=NOW)

    assert report.postponed == 3
    assert relay.connections == 3
    assert "breaks connections" in report.trouble
    assert [mail.attempts for mail in rows()].count(0) == 7
