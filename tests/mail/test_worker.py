"""A batch sends what is due, exactly once, and loses nothing whatever the relay does."""

import logging
import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from campaign_app.extensions import db
from campaign_app.mail import operations, queries, rules, worker
from campaign_app.mail.hooks import hooks
from campaign_app.mail.models import JobLease, OutboxMail
from campaign_app.mail.relay_url import Relay
from campaign_app.mail.transport import SmtpTransport
from campaign_app.mail.troubles import DeliveryPostponed
from campaign_app.mail.worker import run_batch
from campaign_app.sealing.keys import keyring

from .relays import FakeRelay
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
    queue_confirmation(link_ends_in="the-token")

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
        db.session.add(JobLease(name="half done"))
        db.session.flush()
        raise RuntimeError("signer@example.org")

    hooks().on_first_sent.append(fails)
    queue_confirmation()
    bag = Mailbag()

    run_batch(now=NOW, transport=bag)
    run_batch(now=NOW + HOUR, transport=bag)

    assert len(bag.sent) == 1
    assert db.session.get(JobLease, "half done") is None
    assert "RuntimeError" in caplog.text
    assert "signer" not in caplog.text


def test_a_record_that_met_a_confirmation_in_its_way_is_made_again_and_the_mail_does_not_leave_twice(
    mail_app, monkeypatch
):
    class Deadlock(Exception):
        sqlstate = "40P01"

    def note_sent(**told):
        if not tries:
            tries.append("in vain")
            raise OperationalError("UPDATE", None, Deadlock())
        return note_it(**told)

    tries, note_it = [], operations.note_sent
    monkeypatch.setattr(operations, "note_sent", note_sent)
    queue_confirmation()
    bag = Mailbag()

    reports = [run_batch(now=NOW + hours * HOUR, transport=bag).sent for hours in (0, 1)]

    assert (reports, len(bag.sent), tries) == ([1, 0], 1, ["in vain"])


def test_the_rooms_above_are_told_before_the_mails_own_row_is_touched(mail_app):
    """In the order of a confirmation, whose transaction would otherwise wait for this one and this one for it."""
    queue_confirmation()
    kinds = []
    hooks().on_first_sent.append(lambda about, now: kinds.append(db.session.scalar(select(OutboxMail.kind))))

    run_batch(now=NOW, transport=Mailbag())

    assert kinds == ["confirm"]
    assert rows()[0].kind == "remind"


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
    mail_id = queue_confirmation(to="موقّع@example.org")
    with FakeRelay(knows_utf8=False) as relay:
        run_batch(now=NOW, transport=SmtpTransport(Relay.from_url(relay.url), sender="post@example.org"))

    assert row(mail_id).state == "dead"
    assert "no SMTPUTF8" in row(mail_id).last_error


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
