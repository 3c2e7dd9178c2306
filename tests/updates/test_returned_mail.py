"""Updates that come back: found by what our Message-ID carries, counted, and stopped when it happens again."""

import base64
from datetime import timedelta
from time import process_time

import pytest
from sqlalchemy import select

from campaign_app.clock import utc_now
from campaign_app.errors import ConfigurationError
from campaign_app.extensions import db
from campaign_app.updates import bounces, rules, sending
from campaign_app.updates.bounce_mailbox import Mailbox, MailboxTrouble, take_returned
from campaign_app.updates.bounces import Outcome, returned_of
from campaign_app.updates.models import Mailing, UpdateLink
from tests.updates.imap_server import MailboxServer

from .situations import TEXTS, settings_with, supporter, wants

STOP = "s" * 32
FIRST, SECOND, THIRD = "a" * 16, "b" * 16, "c" * 16
REPORT = """\
From: MAILER-DAEMON@relay.example.org
To: post@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_1"

--=_1
Content-Type: text/plain; charset=utf-8

This is the mail system. I could not deliver your message.

--=_1
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org

Final-Recipient: rfc822; somebody@example.org
Action: failed
Status: {status}
Diagnostic-Code: smtp; {code}

--=_1
Content-Type: text/rfc822-headers

From: News <post@example.org>
To: somebody@example.org
Message-ID: <{mailing}.{reference}@example.org>
Subject: The news you asked for

--=_1--
"""


def report(mailing: str = FIRST, status: str = "5.1.1", reference: str = "") -> bytes:
    reference = reference or rules.bounce_reference(STOP)
    text = REPORT.format(status=status, code="550 no", mailing=mailing, reference=reference)
    return text.replace("\n", "\r\n").encode()


@pytest.fixture
def signature_id(petition) -> bytes:
    """Somebody whom updates were sent to."""
    signature = supporter(petition, 1)
    for reference in (FIRST, SECOND, THIRD):
        db.session.add(
            Mailing(
                reference=reference,
                petition_id=petition.id,
                texts=TEXTS,
                state="done",
                written_by="organiser:1",
                written_at=utc_now(),
            )
        )
    db.session.flush()
    db.session.commit()
    send(FIRST, signature.id)
    return signature.id


def send(reference: str, signature_id: bytes) -> None:
    """Let an update go to that mailbox."""
    mailing_id = db.session.scalar(select(Mailing.id).where(Mailing.reference == reference))
    recipient = rules.Recipient("signer1@example.org", "en", (signature_id,), STOP)
    sending._keep_links([recipient], mailing_id)
    db.session.commit()


def take(text: bytes, *, by_hand: bool = False) -> Outcome:
    found = returned_of(text)
    assert found is not None
    outcome = bounces.take(returned=found, by_hand=by_hand, now=utc_now())
    db.session.commit()
    return outcome


@pytest.mark.parametrize(
    ("text", "is_hard"),
    [
        (report(), True),
        (report(status="5.2.1"), True),
        (report(status="4.2.2"), False),
        (report(status="5.7.26"), False),  # they refuse us, not the mailbox
        (f"{FIRST}.{rules.bounce_reference(STOP)}@example.org".encode(), None),
    ],
)
def test_a_report_says_which_update_came_back_and_whether_for_good(text, is_hard):
    found = returned_of(text)

    assert found is not None
    assert (found.mailing, found.reference, found.is_hard) == (FIRST, rules.bounce_reference(STOP), is_hard)


def test_a_report_in_base_64_is_read_too():
    inner = report().partition(b"\r\n\r\n")[2]
    text = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(
        inner
    )

    assert returned_of(text).is_hard is True


@pytest.mark.parametrize("text", [b"", b"Hello", b"Message-ID: <abc@example.org>", b"\xff\x00" * 50])
def test_any_other_text_is_none_of_ours(text):
    assert returned_of(text) is None


def test_the_second_update_in_a_row_that_comes_back_stops_the_news(signature_id):
    assert take(report(FIRST)) == Outcome.COUNTED
    assert take(report(FIRST)) == Outcome.REPEATED
    assert wants(signature_id)
    assert take(report(SECOND)) == Outcome.UNKNOWN  # a forged one: it never went there

    send(SECOND, signature_id)
    assert take(report(SECOND)) == Outcome.STOPPED
    assert not wants(signature_id)


def test_an_update_that_arrived_in_between_makes_the_row_begin_anew(signature_id):
    assert take(report(FIRST)) == Outcome.COUNTED
    send(SECOND, signature_id)
    send(THIRD, signature_id)

    assert take(report(THIRD)) == Outcome.COUNTED
    assert wants(signature_id)


def test_a_passing_trouble_and_a_stranger_s_report_change_nothing(signature_id):
    assert take(report(status="4.2.2")) == Outcome.SOFT
    assert take(report(mailing="f" * 16)) == Outcome.UNKNOWN
    assert take(report(reference="0" * 32)) == Outcome.UNKNOWN
    assert db.session.query(UpdateLink).one().bounces == 0


def test_an_id_alone_counts_when_an_organiser_enters_it(signature_id):
    alone = f"<{FIRST}.{rules.bounce_reference(STOP)}@example.org>".encode()

    assert take(alone, by_hand=True) == Outcome.COUNTED


@pytest.mark.parametrize(
    ("reason", "is_hard"),
    [
        ("550 5.1.1: there is no such mailbox", True),
        ("550: refused for good", True),
        ("554: refused for good", False),
        ("550 5.7.1: the receiving side refuses our mail", False),
        ("the relay carries no addresses with letters outside ASCII (no SMTPUTF8)", False),
    ],
)
def test_our_own_relay_s_no_counts_only_where_it_is_about_the_mailbox(reason, is_hard):
    assert bounces.is_hard(reason) is is_hard


@pytest.mark.enable_socket
def test_the_mailbox_is_read_what_is_ours_is_deleted_and_the_rest_is_left(context, signature_id):
    assert take(report(FIRST)) == Outcome.COUNTED
    send(SECOND, signature_id)
    stranger = b"Subject: A letter to you\r\n\r\nHello.\r\n"
    with (
        MailboxServer([report(FIRST), stranger, report(SECOND)]) as mailbox,
        settings_with(context, bounces_url=mailbox.url),
    ):
        assert take_returned(utc_now()) == 2
        assert list(mailbox.mails.values()) == [stranger]
        assert mailbox.flags == {2: {"\\Seen"}}
        assert take_returned(utc_now() + timedelta(minutes=5)) == 0

    assert not wants(signature_id)


@pytest.mark.enable_socket
def test_mails_within_mails_without_end_do_not_keep_the_next_one_from_being_read(context, signature_id):
    bottomless = b"Content-Type: message/rfc822\r\n\r\n" * 5_000
    with MailboxServer([bottomless, report()]) as mailbox, settings_with(context, bounces_url=mailbox.url):
        assert take_returned(utc_now()) == 1

    assert mailbox.flags[1] == {r"\Seen"}


def test_a_report_of_empty_lines_is_read_in_a_moment():
    begun = process_time()
    assert returned_of(report(status="") + b"\r\n" * 20_000).is_hard is None

    assert (
        process_time() - begun < 2
    )  # each empty line once: from each all that follow would be seven seconds


@pytest.mark.enable_socket
def test_a_mailbox_that_does_not_open_is_a_trouble_that_says_no_password(context, caplog):
    with (
        MailboxServer([], accepts="another") as mailbox,
        settings_with(context, bounces_url=mailbox.url),
        pytest.raises(MailboxTrouble) as trouble,
    ):
        take_returned(utc_now())

    assert "secret" not in str(trouble.value) + caplog.text


@pytest.mark.parametrize(
    "url", ["imap://user:p@mail.example.org", "imaps://mail.example.org", "https://user:p@example.org"]
)
def test_a_mailbox_over_the_network_is_read_in_secret_only(url):
    with pytest.raises(ConfigurationError) as refusal:
        Mailbox.from_url(url)
    assert url not in str(refusal.value)


def test_without_a_mailbox_nothing_is_read(context):
    assert take_returned(utc_now()) == 0
