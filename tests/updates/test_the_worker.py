"""The worker and a mailing: at its pace, paused, stopped, killed; nobody twice, nobody who wants none."""

import io
import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from campaign_app.accounts.queries import organiser_by_email
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.lockdown import operations as lockdown
from campaign_app.lockdown import rules as lockdown_rules
from campaign_app.mail import operations as mail
from campaign_app.mail import rules as mail_rules
from campaign_app.mail.worker import run_batch
from campaign_app.petitions.queries import public_petitions
from campaign_app.sealing import mailing as sealing
from campaign_app.sealing.keys import keyring
from campaign_app.sealing.models import PetitionKey
from campaign_app.signing import private_page
from campaign_app.signing.models import Signature
from campaign_app.updates import keeping, operations, queries, rules, sending
from campaign_app.updates.mails import MailsOfMailings
from campaign_app.updates.models import Mailing, UpdateLink
from campaign_app.updates.recipients_file import kept_references, receive, recipients_path
from tests.supporters import mails

from .situations import (
    again,
    identity,
    released,
    resealed,
    sending_update,
    sheet_of,
    supporter,
    two_organisers,
)

WORKER = Path(__file__).with_name("killed_worker.py")


@pytest.fixture
def settings(context, mail_dir):
    return context.extensions["nidaa_settings"]


def signers(petition, how_many, **choice):
    for number in range(1, how_many + 1):
        supporter(petition, number, **choice)
    db.session.commit()


def rounds(how_many, now=None):
    """Let the worker look as often as that, each time when the next mails are due."""
    for number in range(how_many):
        moment = (now or utc_now()) + number * rules.PORTION
        sending.prepare(moment)
        run_batch(now=moment)
    db.session.rollback()


def sent_to(folder):
    return Counter(str(mail["To"]) for mail in mails(folder))


def organiser():
    found = organiser_by_email("one@example.org")
    assert found is not None
    return found


def leave_nothing_of(mailing):
    """Let no key or file of it lie here for the next test."""
    operations.stop(mailing=again(mailing), by=organiser(), now=utc_now())
    db.session.commit()
    rounds(1)


def test_a_mailing_goes_at_its_pace_and_never_fills_the_outbox(petition, settings, mail_dir):
    signers(petition, 12)
    mailing = sending_update(petition, settings, pace=60)
    now = utc_now()

    sending.prepare(now)
    sending.prepare(now + timedelta(seconds=1))
    assert queries.progress_of(again(mailing)).waiting == 5, (
        "five seconds' worth, and no more before they are over"
    )
    rounds(4, now + rules.PORTION)

    assert len(sent_to(mail_dir)) == 12
    assert again(mailing).state == rules.DONE


def test_whoever_left_or_stopped_or_was_taken_out_after_the_sheet_is_never_mailed_and_readers_get_their_language(
    petition, settings, mail_dir
):
    signers(petition, 3)
    supporter(petition, 4, language="ar")
    supporter(petition, 5, wants=False)
    supporter(petition, 6, email="SIGNER1+again@example.org", nth=1, mailbox=1)
    supporter(petition, 7)
    db.session.commit()
    mailing = sending_update(petition, settings)
    db.session.execute(update(Signature).filter_by(id=identity(7)).values(state="invalidated"))
    ids = {each.id: each for each in db.session.query(Signature)}
    private_page.withdraw(petition_id=petition.id, tag=ids[identity(2)].tag, nth=0, now=utc_now())
    private_page.stop_updates(petition_id=petition.id, tag=ids[identity(3)].tag, nth=0, now=utc_now())
    db.session.commit()
    rounds(3)

    found = sent_to(mail_dir)
    assert len(found) == 2
    assert found["signer4@example.org"] == 1
    by_address = {str(mail["To"]): mail for mail in mails(mail_dir)}
    assert by_address["signer4@example.org"]["Content-Language"] == "ar"
    assert 'dir="rtl"' in by_address["signer4@example.org"].get_body(("html",)).get_content()
    done = again(mailing)
    assert (done.recipients, done.sent, done.unwanted, done.undeliverable) == (5, 2, 3, 0)


def test_a_forged_file_reaches_nobody_who_did_not_ask_for_news_of_this_petition(petition, settings, mail_dir):
    signers(petition, 2)
    other = next(each for each in public_petitions() if each.id != petition.id)
    supporter(other, 7)
    db.session.commit()

    def forge(mailboxes):
        first, second = mailboxes
        mailboxes[first] = replace(mailboxes[first], to="somebody.else@example.org")
        mailboxes[second] = replace(mailboxes[second], signatures=(identity(2), identity(1)))
        mailboxes["other"] = rules.Recipient("signer7@example.org", "en", (identity(7),), "s" * 32)

    mailing = sending_update(petition, settings, forge=forge)
    rounds(3)

    assert sent_to(mail_dir) == {"signer2@example.org": 1}
    assert again(mailing).unwanted == 2
    assert db.session.scalars(select(UpdateLink.signature_id)).all() == [identity(2)]


def test_once_mailboxes_cannot_be_recognised_any_more_news_still_reach_them(petition, settings, mail_dir):
    signers(petition, 1)
    other = next(each for each in public_petitions() if each.id != petition.id)
    supporter(other, 7)
    db.session.commit()

    def forge(mailboxes):
        mailboxes["other"] = rules.Recipient("signer7@example.org", "en", (identity(7),), "s" * 32)

    mailing = sending_update(petition, settings, forge=forge)
    db.session.execute(update(PetitionKey).where(PetitionKey.petition_id == petition.id).values(wrapped=None))
    db.session.execute(update(Signature).values(tag=None, person_tag=None))
    db.session.commit()
    keyring().tag_keys.pop(petition.id, None)
    rounds(3)

    assert sent_to(mail_dir) == {"signer1@example.org": 1}
    assert again(mailing).sent == 1


def test_whoever_stops_while_their_mail_waits_gets_none(petition, settings, mail_dir):
    signers(petition, 2)
    mailing = sending_update(petition, settings)
    sending.prepare(utc_now())
    signature = db.session.query(Signature).first()
    private_page.stop_updates(petition_id=petition.id, tag=signature.tag, nth=0, now=utc_now())
    db.session.commit()
    rounds(2)

    assert len(sent_to(mail_dir)) == 1
    assert again(mailing).unwanted == 1


def test_a_paused_mailing_keeps_still_and_goes_on_where_it_was(petition, settings, mail_dir):
    signers(petition, 8)
    mailing = sending_update(petition, settings, pace=60)
    now = utc_now()
    rounds(1, now)
    sending.prepare(now + rules.PORTION)
    operations.pause(mailing=again(mailing), by=organiser(), now=now)
    db.session.commit()
    rounds(3, now + timedelta(minutes=1))
    assert len(sent_to(mail_dir)) == 5

    operations.resume(mailing=again(mailing), by=organiser(), now=now + timedelta(seconds=61))
    db.session.commit()
    rounds(3, now + timedelta(seconds=61))

    assert sent_to(mail_dir) == {f"signer{number}@example.org": 1 for number in range(1, 9)}
    assert again(mailing).state == rules.DONE


@pytest.mark.parametrize("still", ["paused", "locked down"])
def test_a_mailing_that_stands_still_for_weeks_loses_none_of_its_mails(petition, settings, mail_dir, still):
    signers(petition, 8)
    mailing = sending_update(petition, settings, pace=60)
    now = utc_now()
    sending.prepare(now)
    if still == "paused":
        operations.pause(mailing=again(mailing), by=organiser(), now=now)
    else:
        lockdown.order(part=lockdown_rules.SIGNING, by="command", now=now)
    db.session.commit()
    for day in range(1, 16):
        rounds(1, now + timedelta(days=day))
        mail.delete_expired(now=now + timedelta(days=day))
        db.session.commit()

    later = now + timedelta(days=15)
    if still == "paused":
        operations.resume(mailing=again(mailing), by=organiser(), now=later)
    else:
        lockdown.lift(part=lockdown_rules.SIGNING, by="command", now=later)
    db.session.commit()
    rounds(4, later + timedelta(hours=3))

    assert sent_to(mail_dir) == {f"signer{number}@example.org": 1 for number in range(1, 9)}
    assert (again(mailing).state, again(mailing).undeliverable) == (rules.DONE, 0)


def test_whoever_changes_the_pace_on_an_old_page_undoes_no_pause(petition, settings):
    signers(petition, 1)
    mailing = sending_update(petition, settings)
    assert mailing.state == rules.SENDING
    paused = update(Mailing).values(state=rules.PAUSED).execution_options(synchronize_session=False)
    db.session.execute(paused)

    operations.set_pace(mailing=mailing, pace=60, by=organiser(), now=utc_now())
    db.session.commit()

    assert (again(mailing).state, again(mailing).pace) == (rules.PAUSED, 60)
    leave_nothing_of(mailing)


def test_a_mail_that_another_worker_has_settled_meanwhile_is_not_counted_twice(
    petition, settings, mail_dir, monkeypatch
):
    signers(petition, 1)
    mailing = sending_update(petition, settings)
    mark = queries.mark_of(mailing.reference)
    sending.prepare(utc_now())

    def settled_elsewhere(_self, _parameters, _now):
        mail.delete_about(about=[mark])
        db.session.commit()

    monkeypatch.setattr(MailsOfMailings, "written", settled_elsewhere)
    run_batch(now=utc_now())

    assert (again(mailing).unwanted, again(mailing).undeliverable) == (0, 0)
    leave_nothing_of(mailing)


def test_a_stopped_mailing_sends_nothing_more_and_nothing_of_it_stays(petition, settings, mail_dir):
    signers(petition, 8)
    mailing = sending_update(petition, settings, pace=60)
    sending.prepare(utc_now())
    operations.stop(mailing=again(mailing), by=organiser(), now=utc_now())
    db.session.commit()
    rounds(2)

    assert sent_to(mail_dir) == {}
    assert queries.progress_of(again(mailing)).waiting == 0
    assert kept_references(settings.home) == []
    assert sealing.kept_mailing_keys(keys_dir=settings.keys_dir) == []


def test_a_file_that_comes_after_the_sending_began_leaves_the_one_that_is_sent(petition, settings, mail_dir):
    signers(petition, 2)
    mailing, one = released(petition)
    key, key_id = operations.expected_file(mailing)
    file = resealed(sheet_of(petition), mailing)
    supporter(petition, 3)
    db.session.commit()
    later = resealed(sheet_of(petition), again(mailing))
    with receive(io.BytesIO(later), expected=key, key_id=key_id, home=settings.home) as late:
        with receive(io.BytesIO(file), expected=key, key_id=key_id, home=settings.home) as received:
            operations.load(mailing=mailing, received=received, by=one, now=utc_now())
        operations.start(mailing=mailing, by=one, now=utc_now())
        db.session.commit()
        with pytest.raises(operations.NotInThisState):
            operations.load(mailing=again(mailing), received=late, by=one, now=utc_now())
        db.session.rollback()
    rounds(3)

    assert set(sent_to(mail_dir)) == {"signer1@example.org", "signer2@example.org"}
    assert again(mailing).state == rules.DONE


def test_a_locked_down_campaign_sends_no_news_and_goes_on_afterwards(petition, settings, mail_dir):
    signers(petition, 8)
    mailing = sending_update(petition, settings, pace=60)
    now = utc_now()
    sending.prepare(now)
    lockdown.order(part=lockdown_rules.SIGNING, by="command", now=now)
    db.session.commit()
    rounds(3, now + rules.PORTION)
    assert sent_to(mail_dir) == {}
    assert queries.progress_of(again(mailing)).waiting == 5  # and nothing was put beside them
    operations.pause(mailing=again(mailing), by=organiser(), now=now)
    with pytest.raises(operations.LockedDown):
        operations.resume(mailing=mailing, by=organiser(), now=now)

    db.session.rollback()
    lockdown.lift(part=lockdown_rules.SIGNING, by="command", now=now)
    db.session.commit()
    rounds(4, now + timedelta(minutes=20))

    assert len(sent_to(mail_dir)) == 8


def test_two_workers_who_read_the_same_rows_put_them_into_the_outbox_once(petition, settings, mail_dir):
    signers(petition, 3)
    mailing = sending_update(petition, settings)
    db.session.expunge(mailing)
    portion = sending._read(mailing, keeping.content_key(mailing), 2)
    sending._seal(portion, mailing, keyring().mail_public)

    for _worker in range(2):
        sending._put(portion, mailing, utc_now())

    assert queries.progress_of(again(mailing)).waiting == 2
    rounds(3)
    assert sum(sent_to(mail_dir).values()) == 3


def test_a_mailbox_that_comes_twice_in_a_file_is_mailed_once(petition, settings, mail_dir):
    signers(petition, 2)
    mailing = sending_update(petition, settings)
    first_row = mailing.place
    sending.prepare(utc_now())
    mailing = again(mailing)
    mailing.place, mailing.rows_read, mailing.next_at = first_row, 0, None  # the same rows come once more
    db.session.commit()
    rounds(3)

    assert sum(sent_to(mail_dir).values()) == 2
    assert again(mailing).unwanted == 2


def test_recipients_of_a_mailing_that_a_restored_database_does_not_know_are_deleted(
    petition, settings, mail_dir
):
    signers(petition, 1)
    mailing = sending_update(petition, settings)
    unknown = recipients_path(settings.home, "f" * 16)
    unknown.write_bytes(b"sealed")

    sending.prepare(utc_now())
    db.session.rollback()

    assert kept_references(settings.home) == [again(mailing).reference]
    rounds(3)


def test_a_mailing_without_its_recipients_says_so_and_other_mail_goes_on(petition, settings, mail_dir):
    signers(petition, 2)
    mailing = sending_update(petition, settings)
    for path in (settings.home / "mailings").iterdir():
        path.unlink()
    rounds(2)

    assert again(mailing).trouble == "FileNotFoundError"
    assert again(mailing).state == rules.SENDING
    operations.stop(mailing=again(mailing), by=organiser(), now=utc_now())
    db.session.commit()
    rounds(1)


def test_another_file_than_the_one_that_was_loaded_is_not_sent(petition, settings, mail_dir):
    signers(petition, 2)
    mailing = sending_update(petition, settings)
    supporter(petition, 3)
    db.session.commit()
    larger = resealed(sheet_of(petition), again(mailing))
    recipients_path(settings.home, again(mailing).reference).write_bytes(larger)
    rounds(2)

    assert again(mailing).trouble == "NotAMailing"
    assert sent_to(mail_dir) == {}
    leave_nothing_of(mailing)


def test_a_key_that_no_mailing_knows_is_destroyed_and_one_that_was_just_made_is_not(
    petition, settings, mail_dir
):
    signers(petition, 1)
    mailing = sending_update(petition, settings)
    now = utc_now()
    for ago in (0, 3):
        day = now.date() - timedelta(days=ago)
        sealing.make_mailing_secret(keys_dir=settings.keys_dir, today=day)
    assert len(sealing.kept_mailing_keys(keys_dir=settings.keys_dir)) == 3

    sending.prepare(now)
    assert len(sealing.kept_mailing_keys(keys_dir=settings.keys_dir)) == 2

    leave_nothing_of(mailing)
    rounds(1, now + timedelta(days=3))
    assert sealing.kept_mailing_keys(keys_dir=settings.keys_dir) == []


def test_nothing_at_rest_holds_an_address(petition, settings, mail_dir):
    signers(petition, 3)
    sending_update(petition, settings)
    sending.prepare(utc_now())
    db.session.rollback()

    kept = [path.read_bytes() for path in settings.home.rglob("*") if path.is_file()]
    rows = repr([row.__dict__ for row in db.session.query(UpdateLink)])
    assert kept
    assert all(b"signer1@" not in content for content in kept)
    assert "signer1@" not in rows
    rounds(2)


@pytest.mark.endurance
def test_each_kill_repeats_at_most_the_one_mail_that_was_on_its_way(petition, settings, mail_dir):
    signers(petition, 12)
    mailing = sending_update(petition, settings, pace=60)
    db.session.remove()
    told = json.dumps(asdict(settings), default=str)
    now = utc_now()
    kills = [
        subprocess.run(
            [sys.executable, str(WORKER), told, (now + number * mail_rules.CLAIM_FOR).isoformat(), "2"],
            check=False,
            timeout=60,
        ).returncode
        for number in range(2)
    ]

    rounds(6, now + 3 * mail_rules.CLAIM_FOR)

    found = sent_to(mail_dir)
    assert kills == [-9, -9]
    assert set(found) == {f"signer{number}@example.org" for number in range(1, 13)}
    assert sum(found.values()) - 12 <= len(kills)
    assert again(mailing).state == rules.DONE


def test_an_update_is_not_asked_for_while_a_language_lacks_or_nobody_wants_it(petition, settings):
    one, _two = two_organisers()
    half = {"en": {"subject": "News", "body": "Text"}, "ar": {"subject": "", "body": ""}}
    mailing = operations.write(petition_id=petition.id, texts=half, pace=60, by=one, now=utc_now())
    with pytest.raises(operations.LanguagesMissing) as missing:
        operations.ask(mailing=mailing, by=one, now=utc_now())
    assert missing.value.languages == ["ar"]

    whole = {lang: {"subject": "News", "body": "Text"} for lang in ("ar", "en")}
    operations.rewrite(mailing=mailing, texts=whole, pace=60, by=one, now=utc_now())
    with pytest.raises(operations.NobodyAsked):
        operations.ask(mailing=mailing, by=one, now=utc_now())
    db.session.rollback()
