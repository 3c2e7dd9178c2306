"""Letters that come back as mails: a report is noted on its delivery once, and one that is not ours changes nothing."""

import base64

import pytest
from sqlalchemy import select

from campaign_app.audit.models import AuditEntry
from campaign_app.extensions import db
from campaign_app.letters import delivering, returning, rules
from campaign_app.letters.returning import Outcome, report_of
from campaign_app.updates.bounce_mailbox import take_returned
from tests.integrity.campaigns import let_sign
from tests.letters.deliveries import issued, sent, worked
from tests.letters.situations import NOW, begin, ensure_office
from tests.mail.relays import FakeRelay
from tests.updates.imap_server import MailboxServer
from tests.updates.situations import settings_with

pytestmark = [pytest.mark.usefixtures("ready"), pytest.mark.enable_socket]

REPORT = """\
From: MAILER-DAEMON@relay.example.org
To: post@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_1"

--=_1
Content-Type: text/plain; charset=utf-8

This is the mail system. I could not deliver your message to mission@example.org.

--=_1
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org

Final-Recipient: rfc822; mission@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such <b>user</b> mission@example.org

--=_1
Content-Type: text/rfc822-headers

From: Campaign <post@example.org>
To: mission@example.org
Message-ID: {message_id}
Subject: Lists

--=_1--
"""


def report(message_id: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    text = REPORT.format(status=status, action=action, message_id=message_id)
    return text.replace("\n", "\r\n").encode()


@pytest.fixture
def left(app, people, petition):
    """The deliveries of one letter, each with the Message-ID under which a real relay took its mail."""
    let_sign(petition.id, 3, on=NOW.date())
    ensure_office("sc-secretariat", kind="secretariat", today=NOW.date())
    letter = issued(begin(), people)
    made = sent(letter, people[0])
    with FakeRelay() as relay:
        worked(app, relay)
        ids = {each.message["Message-ID"] for each in relay.received}
    assert len(made) == 2
    return [(each, f"<{returning.name_of(each)}@example.org>", ids) for each in made]


def noted(text: bytes) -> Outcome:
    found = report_of(text)
    assert found is not None
    outcome = returning.take(found, now=NOW)
    db.session.commit()
    return outcome


def test_the_mail_that_left_carries_the_id_by_which_it_is_found_again(left):
    for _delivery, message_id, ids in left:
        assert message_id in ids


def test_a_report_is_noted_on_its_delivery_in_our_own_words_and_on_no_other(left):
    (first, message_id, _), (second, _, _) = left

    assert noted(report(message_id)) == Outcome.NOTED

    assert (first.state, first.trouble) == (rules.BOUNCED, "5.1.1: there is no such mailbox")
    assert second.state == rules.LEFT
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.by) == ("letter.not-delivered", "system")
    assert "mission@" not in str(entry.details)


def test_a_code_without_words_of_ours_says_no_more_than_the_code(left):
    delivery, message_id, _ = left[0]

    assert noted(report(message_id, status="5.3.99")) == Outcome.NOTED

    assert delivery.trouble == "5.3.99: it could not be delivered"


def test_what_came_back_can_be_sent_once_more(left, people):
    delivery, message_id, _ = left[0]
    noted(report(message_id))
    letter = db.session.get(delivering.Letter, delivery.letter_id)

    again = next(each for each in delivering.outgoing(letter, now=NOW) if each.body_key == delivery.body_key)

    assert again.is_usual


def test_a_second_report_of_the_same_mail_changes_nothing(left):
    delivery, message_id, _ = left[0]
    noted(report(message_id))

    assert noted(report(message_id, status="5.2.2")) == Outcome.REPEATED

    assert delivery.trouble == "5.1.1: there is no such mailbox"


def test_what_was_received_stays_received(left, people):
    delivery, message_id, _ = left[0]
    delivering.note_receipt(delivery=delivery, note="Stamped", by=people[0], now=NOW)

    assert noted(report(message_id)) == Outcome.REPEATED

    assert delivery.state == rules.RECEIVED


@pytest.mark.parametrize(
    ("status", "action"), [("4.4.1", "delayed"), ("2.1.5", "delivered"), ("", "displayed")]
)
def test_a_delay_an_arrival_and_a_mail_without_status_change_nothing(left, status, action):
    delivery, message_id, _ = left[0]

    assert noted(report(message_id, status=status, action=action)) == Outcome.SOFT

    assert delivery.state == rules.LEFT


def test_a_forged_report_changes_nothing(left):
    (first, message_id, _), (second, _, _) = left
    mark = message_id.partition("@")[0].rpartition(".")[2]
    forged = [f"<letter.{first.id}.{'0' * 32}@example.org>", f"<letter.{second.id}.{mark}@example.org>"]
    forged.append(f"<letter.{'9' * 18}.{mark}@example.org>")

    assert {noted(report(each)) for each in forged} == {Outcome.UNKNOWN}

    assert {first.state, second.state} == {rules.LEFT}


def test_a_report_in_base_64_is_read_too(left):
    _, message_id, _ = left[0]
    inner = report(message_id).partition(b"\r\n\r\n")[2]
    head = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n"

    assert noted(head + base64.encodebytes(inner)) == Outcome.NOTED


@pytest.mark.parametrize("text", [b"", b"Message-ID: <letter.1.abc@example.org>", b"\xff\x00" * 50])
def test_any_other_text_is_none_of_ours(text):
    assert report_of(text) is None


def test_the_mailbox_is_read_what_is_ours_is_deleted_and_the_rest_is_left(app, left):
    (first, message_id, _), (second, _, _) = left
    stranger = b"Subject: A letter to you\r\n\r\nHello.\r\n"
    forged = report(f"<letter.{second.id}.{'0' * 32}@example.org>")
    with (
        MailboxServer([report(message_id), stranger, report(message_id), forged]) as mailbox,
        settings_with(app, bounces_url=mailbox.url),
    ):
        assert take_returned(NOW) == 3
        assert list(mailbox.mails.values()) == [stranger]

    assert (first.state, second.state) == (rules.BOUNCED, rules.LEFT)


def test_a_report_that_comes_before_our_own_note_is_read_once_more(app, left):
    delivery, message_id, _ = left[0]
    delivery.state = rules.QUEUED
    db.session.commit()
    with MailboxServer([report(message_id)]) as mailbox, settings_with(app, bounces_url=mailbox.url):
        assert take_returned(NOW) == 0
        assert mailbox.flags == {1: set()}

        delivering.note_left(delivery=delivery, now=NOW)
        db.session.commit()
        assert take_returned(NOW) == 1

    assert delivery.state == rules.BOUNCED
