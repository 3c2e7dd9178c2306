"""What goes into the outbox, who may take it out, and what is forgotten."""

import threading
from datetime import timedelta

import pytest

from campaign_app.extensions import db
from campaign_app.mail import operations, queries, rules
from campaign_app.sealing.keys import keyring
from campaign_app.sealing.mail import open_mail

from .situations import NOW, queue_confirmation, row, rows

LATER = NOW + rules.CLAIM_FOR


def claim_all(now=NOW, until=LATER, limit=50):
    claims = operations.claim(now=now, until=until, limit=limit)
    db.session.commit()
    return claims


# -- Queueing --


def test_a_queued_mail_can_be_read_only_with_the_workers_key(mail_app):
    mail_id = queue_confirmation(to="signer@example.org")

    sealed = row(mail_id).sealed
    assert b"signer" not in sealed
    assert open_mail(sealed, secret=keyring().mail_secret)["to"] == "signer@example.org"


def test_a_mail_sealed_before_the_transaction_is_stored_as_it_is(mail_app):
    mail_id = operations.queue(kind="confirm", about=None, not_before=NOW, sealed=b"sealed before")
    db.session.commit()

    assert row(mail_id).sealed == b"sealed before"


def test_queueing_belongs_to_the_callers_transaction(mail_app):
    operations.queue(kind="confirm", about=None, not_before=NOW, sealed=b"sealed")
    db.session.rollback()

    assert rows() == []


def test_parameters_without_a_key_are_not_stored(mail_app):
    with pytest.raises(TypeError):
        operations.queue(kind="confirm", about=None, not_before=NOW, parameters={"to": "signer@example.org"})


def test_a_held_mail_still_ends_with_the_signature_it_belongs_to(mail_app):
    last_day = NOW.date() + timedelta(days=7)
    mail_id = operations.queue(
        kind="confirm", about=None, not_before=NOW + timedelta(days=2), sealed=b"sealed", expires_on=last_day
    )
    db.session.commit()

    assert row(mail_id).expires_on == last_day


# -- Claiming --


def test_due_mails_are_claimed_in_their_order_and_others_left(mail_app):
    second = queue_confirmation(not_before=NOW)
    first = queue_confirmation(not_before=NOW - timedelta(minutes=5))
    queue_confirmation(not_before=NOW + timedelta(seconds=1))

    assert [claim.id for claim in claim_all()] == [first, second]


def test_a_claimed_mail_is_not_claimed_again_until_the_claim_ends(mail_app):
    queue_confirmation()
    claim_all()

    assert claim_all(now=LATER - timedelta(microseconds=1)) == []
    assert len(claim_all(now=LATER, until=LATER + rules.CLAIM_FOR)) == 1


def test_no_more_are_claimed_than_asked_for(mail_app):
    for _ in range(5):
        queue_confirmation()

    assert [len(claim_all(limit=3)), len(claim_all(limit=3))] == [3, 2]


def test_a_mail_whose_link_no_longer_works_is_not_claimed(mail_app):
    queue_confirmation(not_before=NOW)

    assert claim_all(now=NOW + timedelta(days=8), until=NOW + timedelta(days=9)) == []
    assert len(claim_all(now=NOW + timedelta(days=7), until=NOW + timedelta(days=8))) == 1


def test_several_workers_never_claim_the_same_mail(mail_app):
    for _ in range(120):
        queue_confirmation()
    taken = []
    start = threading.Barrier(4)

    def worker(number):
        with mail_app.app_context():
            start.wait()
            while claims := claim_all(limit=7, until=LATER + timedelta(seconds=number)):
                taken.extend(claim.id for claim in claims)

    threads = [threading.Thread(target=worker, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert not any(thread.is_alive() for thread in threads)
    assert (len(taken), len(set(taken))) == (120, 120)


def test_a_claim_that_another_worker_took_over_changes_nothing_any_more(mail_app):
    mail_id = queue_confirmation()
    [slow] = claim_all()
    claim_all(now=LATER, until=LATER + rules.CLAIM_FOR)

    was_ours = operations.note_sent(claim=slow, held_until=LATER, now=LATER)
    operations.note_dead(claim=slow, held_until=LATER, reason="late")
    db.session.commit()

    assert not was_ours
    assert (row(mail_id).kind, row(mail_id).state, row(mail_id).last_error) == ("confirm", "waiting", None)


# -- After sending --


def sent(mail_id, now=NOW):
    until = now + rules.CLAIM_FOR
    [claim] = [claim for claim in claim_all(now=now, until=until) if claim.id == mail_id]
    assert operations.note_sent(claim=claim, held_until=until, now=now)
    db.session.commit()


def test_a_confirmation_becomes_its_own_reminder_a_day_later(mail_app):
    mail_id = queue_confirmation()

    sent(mail_id)

    after = row(mail_id)
    assert (after.kind, after.state, after.attempts, after.claimed_until) == ("remind", "waiting", 0, None)
    assert after.not_before == rules.reminder_due_at(NOW)


def test_a_sent_reminder_is_kept_without_a_time_of_day_until_its_last_day(mail_app):
    mail_id = queue_confirmation()
    sent(mail_id)

    sent(mail_id, now=NOW + timedelta(hours=25))

    kept = row(mail_id)
    assert (kept.state, kept.not_before) == ("kept", rules.midnight(kept.expires_on))
    assert claim_all(now=NOW + timedelta(days=7), until=NOW + timedelta(days=8)) == []


def test_confirming_or_erasing_forgets_every_mail_about_it(mail_app):
    queue_confirmation(about=b"pending-000000-1")
    other = queue_confirmation(about=b"pending-000000-2")

    assert operations.delete_about(about=[b"pending-000000-1"]) == 1
    db.session.commit()

    assert [mail.id for mail in rows()] == [other]


def test_expired_mails_of_every_state_are_deleted(mail_app):
    for _ in range(3):
        queue_confirmation()
    [dead, kept, _waiting] = claim_all()
    operations.note_dead(claim=dead, held_until=LATER, reason="550")
    operations.note_sent(claim=kept, held_until=LATER, now=NOW)
    db.session.commit()

    on_its_last_day = operations.delete_expired(now=NOW + timedelta(days=7))
    a_day_later = operations.delete_expired(now=NOW + timedelta(days=8))
    db.session.commit()

    assert (on_its_last_day, a_day_later, rows()) == (0, 3, [])


# -- Sending again --


def test_sending_again_brings_the_reminder_forward_and_keeps_it_for_the_next_request(mail_app):
    mail_id = queue_confirmation()
    sent(mail_id)
    an_hour_later = NOW + timedelta(hours=1)

    assert operations.send_again(about=[b"pending-000000-1"], now=an_hour_later) == 1
    db.session.commit()
    sent(mail_id, now=an_hour_later)

    assert row(mail_id).state == "kept"
    assert operations.send_again(about=[b"pending-000000-1"], now=an_hour_later) == 1
    assert [claim.kind for claim in claim_all(now=an_hour_later)] == ["remind"]


def test_sending_again_does_not_free_a_held_mail(mail_app):
    mail_id = queue_confirmation(not_before=NOW + timedelta(hours=5))

    assert operations.send_again(about=[b"pending-000000-1"], now=NOW) == 0
    assert row(mail_id).not_before == NOW + timedelta(hours=5)


def test_a_released_mail_goes_now_and_one_that_the_relay_put_off_keeps_its_turn(mail_app):
    held = queue_confirmation(about=b"pending-000000-1", not_before=NOW + timedelta(hours=5))
    put_off = queue_confirmation(about=b"pending-000000-2")
    [claim] = claim_all()
    retry_at = NOW + timedelta(hours=2)
    operations.note_postponed(claim=claim, held_until=LATER, retry_at=retry_at, reason="450")

    released = operations.release(about=[b"pending-000000-1", b"pending-000000-2"], now=NOW)
    db.session.commit()

    assert released == 1
    assert (row(held).not_before, row(put_off).not_before) == (NOW, retry_at)


# -- Dead letters --


def test_dead_mails_are_seen_and_can_be_tried_once_more(mail_app):
    mail_id = queue_confirmation()
    [claim] = claim_all()
    operations.note_dead(claim=claim, held_until=LATER, reason="550 5.1.1: there is no such mailbox")
    db.session.commit()

    assert [mail.last_error for mail in queries.dead_mails()] == ["550 5.1.1: there is no such mailbox"]
    assert claim_all() == []
    assert operations.requeue_dead(now=NOW) == 1
    assert [claim.id for claim in claim_all()] == [mail_id]
    assert queries.dead_mails() == []


def test_only_the_chosen_dead_mails_are_tried_once_more(mail_app):
    for _ in range(2):
        queue_confirmation()
    first, second = claim_all()
    for claim in (first, second):
        operations.note_dead(claim=claim, held_until=LATER, reason="550")

    assert operations.requeue_dead(now=NOW, ids=[second.id]) == 1
    assert [mail.id for mail in queries.dead_mails()] == [first.id]


def test_the_state_of_the_outbox_is_told_in_numbers(mail_app):
    queue_confirmation(not_before=NOW - timedelta(minutes=3))
    queue_confirmation(not_before=NOW - timedelta(minutes=9))
    queue_confirmation(not_before=NOW + timedelta(hours=1))
    [dead, *_others] = claim_all()
    operations.note_dead(claim=dead, held_until=LATER, reason="550")
    db.session.commit()

    state = queries.outbox_state(now=NOW)

    assert (state.waiting, state.due, state.dead) == (2, 1, 1)
    assert state.due_since == NOW - timedelta(minutes=3)
    assert state.relay_trouble is None
