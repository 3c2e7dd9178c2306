"""A batch sends what is due, exactly once, and loses nothing whatever the relay does."""

import logging
import threading
from datetime import timedelta

import pytest

from campaign_app.extensions import db
from campaign_app.mail import operations, queries, relay_pause, rules, worker
from campaign_app.mail.hooks import hooks
from campaign_app.mail.transport import DeliveryPostponed, RelayUnavailable
from campaign_app.mail.worker import run_batch
from campaign_app.sealing.keys import keyring

from .situations import NOW, Mailbag, queue_confirmation, queue_request, row, rows

PENDING = b"pending-000000-1"
HOUR = timedelta(hours=1)


def recipients(relay):
    return [mail.to for mail in relay.received]


# -- The ordinary course --


def test_a_due_mail_is_sent_over_one_connection_with_the_others(relayed_app, relay):
    for number in range(3):
        queue_confirmation(to=f"signer{number}@example.org")

    report = run_batch(now=NOW)

    assert report.sent == 3
    assert sorted(recipients(relay)) == [f"signer{number}@example.org" for number in range(3)]
    assert relay.connections == 1


def test_a_signer_gets_the_mail_one_reminder_and_nothing_more(relayed_app, relay):
    queue_confirmation()

    for hours in range(0, 24 * 9, 5):
        run_batch(now=NOW + hours * HOUR)
        operations.delete_expired(now=NOW + hours * HOUR)
        db.session.commit()

    subjects = [mail.message["Subject"] for mail in relay.received]
    assert subjects == ["Please confirm your e-mail address", "Reminder: please confirm your e-mail address"]
    assert rows() == []


def test_the_link_is_the_same_in_mail_and_reminder_and_so_is_its_last_day(relayed_app, relay):
    queue_confirmation(token="the-token")

    run_batch(now=NOW)
    run_batch(now=NOW + 25 * HOUR)

    texts = [mail.message.get_body(("plain",)).get_content() for mail in relay.received]
    assert all("https://sign.example.org/en/confirm/the-token" in text for text in texts)
    assert all("until the end of 12 March 2026" in text for text in texts)


def test_confirming_before_the_reminder_spares_it(relayed_app, relay):
    queue_confirmation()
    run_batch(now=NOW)

    operations.delete_about(about=[PENDING])
    db.session.commit()
    run_batch(now=NOW + 25 * HOUR)

    assert len(relay.received) == 1


def test_a_mail_erased_while_it_waits_in_a_claimed_batch_is_not_sent(mail_app):
    queue_confirmation(to="first@example.org", about=b"pending-000000-1")
    queue_confirmation(to="erased@example.org", about=b"pending-000000-2", not_before=NOW)
    bag = Mailbag()

    def erase(to):
        operations.delete_about(about=[b"pending-000000-2" if to == "first@example.org" else PENDING])
        db.session.commit()

    bag.after = erase
    run_batch(now=NOW, transport=bag)

    assert len(bag.sent) == 1


def test_nothing_due_connects_nowhere(relayed_app, relay):
    queue_confirmation(not_before=NOW + HOUR)

    report = run_batch(now=NOW)

    assert not report.did_anything
    assert relay.connections == 0


def test_no_transaction_is_open_while_the_relay_is_spoken_to(mail_app):
    queue_confirmation()
    bag = Mailbag()
    open_transactions = []
    bag.before = lambda to: open_transactions.append(db.session.registry().in_transaction())

    run_batch(now=NOW, transport=bag)

    assert open_transactions == [False]


# -- What other rooms are told --


def test_the_first_mail_is_told_once_and_the_reminder_not_at_all(mail_app):
    told = []
    hooks().on_first_sent.append(lambda about, now: told.extend(about))
    queue_confirmation(about=PENDING)
    bag = Mailbag()

    run_batch(now=NOW, transport=bag)
    run_batch(now=NOW + 25 * HOUR, transport=bag)

    assert (len(bag.sent), told) == (2, [PENDING])


def test_a_failure_of_those_who_are_told_does_not_send_the_mail_twice(mail_app, caplog):
    def fails(about, now):
        raise RuntimeError("signer@example.org")

    hooks().on_first_sent.append(fails)
    queue_confirmation()
    bag = Mailbag()

    run_batch(now=NOW, transport=bag)
    run_batch(now=NOW + HOUR, transport=bag)

    assert len(bag.sent) == 1
    assert "RuntimeError" in caplog.text
    assert "signer" not in caplog.text


# -- Requests that the worker settles --


def test_send_again_sends_what_waits_for_that_mailbox(mail_app):
    queue_confirmation(about=PENDING)
    hooks().pendings_of = lambda parameters, now: [PENDING] if parameters["tag"] == "aa" else []
    bag = Mailbag()
    run_batch(now=NOW, transport=bag)

    queue_request(kind="resend", parameters={"to": "signer@example.org", "language": "en", "tag": "aa"})
    reports = [run_batch(now=NOW + HOUR, transport=bag) for _ in range(2)]

    assert [(report.settled, report.sent) for report in reports] == [(1, 0), (0, 1)]
    assert bag.sent == ["signer@example.org"] * 2
    assert [mail.kind for mail in rows()] == ["remind"]


def test_send_again_for_a_mailbox_that_waits_for_nothing_sends_nothing(mail_app):
    queue_request(kind="resend", parameters={"to": "signer@example.org", "language": "en", "tag": "bb"})
    bag = Mailbag()

    report = run_batch(now=NOW, transport=bag)

    assert (report.settled, bag.sent, rows()) == (1, [], [])


def test_a_lost_link_is_sent_once_with_the_token_that_the_room_above_gives(relayed_app, relay):
    hooks().private_link = lambda parameters, now: {**parameters, "token": "new-token"}
    asked = {"to": "signer@example.org", "language": "en", "title": "Reveal the lists", "tag": "aa"}
    queue_request(kind="private-link", parameters=asked)

    run_batch(now=NOW)

    text = relay.received[0].message.get_body(("plain",)).get_content()
    assert "https://sign.example.org/en/confirm/new-token" in text
    assert rows() == []


def test_a_lost_link_of_nobody_sends_nothing(mail_app):
    queue_request(kind="private-link", parameters={"to": "signer@example.org", "language": "en", "tag": "aa"})
    bag = Mailbag()

    report = run_batch(now=NOW, transport=bag)

    assert (report.settled, bag.sent, rows()) == (1, [], [])


def test_a_request_that_cannot_be_settled_is_tried_later_and_stops_no_other_mail(mail_app, caplog):
    def fails(parameters, now):
        raise LookupError("signer@example.org")

    hooks().pendings_of = fails
    request = queue_request(
        kind="resend", parameters={"to": "signer@example.org"}, not_before=NOW - timedelta(minutes=1)
    )
    queue_confirmation()
    bag = Mailbag()

    run_batch(now=NOW, transport=bag)

    assert len(bag.sent) == 1
    assert row(request).last_error == "it could not be settled (LookupError)"
    assert row(request).not_before > NOW
    assert "signer" not in caplog.text


# -- Mails that cannot go --


def test_a_mail_sealed_to_a_key_that_is_gone_is_dead_and_seen(mail_app):
    operations.queue(kind="confirm", about=None, not_before=NOW, sealed=b"NDM\x01" + bytes(80))
    db.session.commit()

    report = run_batch(now=NOW, transport=Mailbag())

    assert report.refused == 1
    assert [mail.last_error for mail in queries.dead_mails()] == [
        "the mail could not be opened (SealedForOthers)"
    ]


def test_a_mail_that_cannot_be_written_is_dead_and_stops_no_other(mail_app, caplog):
    broken = queue_request(
        kind="confirm", parameters={"to": "signer@example.org"}, not_before=NOW - timedelta(minutes=1)
    )
    queue_confirmation()
    bag = Mailbag()

    run_batch(now=NOW, transport=bag)

    assert len(bag.sent) == 1
    assert (row(broken).state, row(broken).last_error) == ("dead", "it could not be written (KeyError)")
    assert "signer" not in caplog.text


def test_a_defect_in_sending_one_mail_puts_it_off_and_stops_no_other(mail_app):
    queue_confirmation(to="odd@example.org", not_before=NOW - timedelta(minutes=1))
    queue_confirmation(to="signer@example.org")
    bag = Mailbag()

    def odd(to):
        if to == "odd@example.org":
            raise UnicodeError(to)

    bag.before = odd
    report = run_batch(now=NOW, transport=bag)

    assert (report.sent, report.postponed, bag.sent) == (1, 1, ["signer@example.org"])


def test_without_the_workers_key_every_mail_waits_untouched(mail_app, monkeypatch):
    mail_id = queue_confirmation()
    monkeypatch.setitem(vars(keyring()), "mail_secret", None)

    report = run_batch(now=NOW, transport=Mailbag())

    assert report.trouble == "the key that opens waiting mails is not on this host"
    waiting = row(mail_id)
    assert (waiting.state, waiting.attempts, waiting.claimed_until) == ("waiting", 0, None)


# -- What the relay may say --


def test_later_puts_a_mail_off_for_longer_each_time_until_it_goes(relayed_app, relay):
    mail_id = queue_confirmation()
    relay.wishes.RCPT = "451 4.7.1 greylisted, signer@example.org"
    now, rests = NOW, []
    for _ in range(4):
        run_batch(now=now)
        rests.append(row(mail_id).not_before - now)
        now = row(mail_id).not_before
    relay.wishes.RCPT = ""
    run_batch(now=now)

    assert len(relay.received) == 1
    for rest, nominal in zip(rests, (1, 2, 4, 8), strict=True):
        assert 0.75 <= rest / timedelta(minutes=nominal) <= 1.26
    assert (row(mail_id).kind, row(mail_id).attempts, row(mail_id).last_error) == ("remind", 0, None)


def test_a_mail_that_is_put_off_is_not_asked_about_before_its_time(relayed_app, relay):
    mail_id = queue_confirmation()
    relay.wishes.RCPT = "451 later"
    run_batch(now=NOW)

    run_batch(now=row(mail_id).not_before - timedelta(seconds=1))

    assert len(relay.attempts) == 1


def test_never_is_dead_at_once_and_the_others_go(relayed_app, relay):
    relay.wishes.refuse_recipients["gone@example.org"] = "550 5.1.1 <gone@example.org> unknown"
    dead = queue_confirmation(to="gone@example.org", not_before=NOW - timedelta(minutes=1))
    queue_confirmation(to="signer@example.org")

    report = run_batch(now=NOW)
    run_batch(now=NOW + HOUR)

    assert (report.sent, report.refused) == (1, 1)
    assert relay.attempts.count("gone@example.org") == 1
    assert (row(dead).state, row(dead).last_error) == ("dead", "550 5.1.1: there is no such mailbox")


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "answer",
    ["550 5.1.1 signer@example.org is unknown", "451 4.2.2 signer@example.org is full", "421 bye", "drop"],
)
def test_no_address_reaches_the_log_or_the_database(relayed_app, relay, caplog, command, answer):
    mail_id = queue_confirmation(to="signer@example.org")
    setattr(relay.wishes, command, answer)
    caplog.set_level(logging.DEBUG)

    report = run_batch(now=NOW)

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("campaign_app")]
    kept = f"{row(mail_id).last_error} {queries.outbox_state(now=NOW).relay_trouble} {report}"
    assert "signer" not in kept + "".join(ours)
    assert "example.org" not in kept + "".join(ours)
    assert relay.received == []


def test_an_address_that_the_relay_cannot_carry_is_said_plainly(mail_app):
    from .relays import FakeRelay
    from campaign_app.mail.transport import Relay, SmtpTransport

    mail_id = queue_confirmation(to="موقّع@example.org")
    with FakeRelay(knows_utf8=False) as relay:
        run_batch(now=NOW, transport=SmtpTransport(Relay.from_url(relay.url), sender="post@example.org"))

    assert row(mail_id).state == "dead"
    assert "no SMTPUTF8" in row(mail_id).last_error


# -- A relay that is down --


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
    assert sorted(recipients(relay)) == sorted(f"signer{number}@example.org" for number in range(120))
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


# -- Several workers, crashes, stopping --


def test_several_workers_send_each_mail_once(mail_app):
    for number in range(60):
        queue_confirmation(to=f"signer{number}@example.org", about=number.to_bytes(16))
    bag = Mailbag()
    start = threading.Barrier(3)

    def work():
        with mail_app.app_context():
            start.wait()
            while run_batch(now=NOW, limit=8, transport=bag).sent:
                pass

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)

    assert not any(thread.is_alive() for thread in threads)
    assert sorted(bag.sent) == sorted(f"signer{number}@example.org" for number in range(60))


def test_a_slow_worker_keeps_its_claim_for_as_long_as_it_works(mail_app, monkeypatch):
    for number in range(6):
        queue_confirmation(to=f"signer{number}@example.org")
    elapsed = [0.0]
    monkeypatch.setattr(worker.time, "monotonic", lambda: elapsed[0])
    bag, others = Mailbag(), Mailbag()

    def slow(to):
        elapsed[0] += 150  # two and a half minutes each: a quarter of an hour in all
        db.session.rollback()
        claims = operations.claim(
            now=NOW + timedelta(seconds=elapsed[0]), until=NOW + timedelta(days=1), limit=50
        )
        others.sent.extend(claims)
        db.session.commit()

    bag.before = slow
    run_batch(now=NOW, transport=bag)

    assert (len(bag.sent), others.sent) == (6, [])


def test_asked_to_stop_the_mail_in_hand_is_finished_and_the_others_given_back(mail_app):
    for number in range(5):
        queue_confirmation(to=f"signer{number}@example.org")
    stop = threading.Event()
    bag = Mailbag()
    bag.before = lambda to: stop.set()

    report = run_batch(now=NOW, transport=bag, stop=stop)

    assert (report.sent, len(bag.sent)) == (1, 1)
    waiting = [mail for mail in rows() if mail.kind == "confirm"]
    assert [mail.claimed_until for mail in waiting] == [None] * 4


def test_the_pace_is_kept_between_mails(mail_app):
    for _ in range(3):
        queue_confirmation()
    waits = []

    class Patient(threading.Event):
        def wait(self, timeout=None):
            waits.append(timeout)
            return False

    run_batch(now=NOW, transport=Mailbag(pause_seconds=0.5), stop=Patient())

    assert waits == [0.5, 0.5]


def test_a_failure_of_the_database_after_sending_repeats_that_mail_only(mail_app, monkeypatch):
    for number in range(4):
        queue_confirmation(to=f"signer{number}@example.org", not_before=NOW - timedelta(minutes=9 - number))
    bag = Mailbag()
    real = operations.note_sent

    def breaks(*, claim, **details):
        if len(bag.sent) == 2:
            raise ConnectionError
        return real(claim=claim, **details)

    monkeypatch.setattr(operations, "note_sent", breaks)
    with pytest.raises(ConnectionError):
        run_batch(now=NOW, transport=bag)
    monkeypatch.setattr(operations, "note_sent", real)
    run_batch(now=NOW, transport=bag)

    assert [bag.sent.count(f"signer{number}@example.org") for number in range(4)] == [1, 2, 1, 1]


def test_a_postponement_keeps_the_reason_in_our_words(mail_app):
    mail_id = queue_confirmation()
    bag = Mailbag()

    def later(to):
        raise DeliveryPostponed("450: the relay asks to try later")

    bag.before = later
    run_batch(now=NOW, transport=bag)

    assert (row(mail_id).attempts, row(mail_id).last_error) == (1, "450: the relay asks to try later")
    assert row(mail_id).not_before - NOW < rules.FIRST_RETRY * 1.3
