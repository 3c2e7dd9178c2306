"""Requests that the worker settles: who asks learns nothing, and the right mails go."""

from datetime import timedelta

from campaign_app.mail.hooks import hooks
from campaign_app.mail.worker import run_batch

from .situations import NOW, Mailbag, queue_confirmation, queue_request, row, rows

PENDING = b"pending-000000-1"
HOUR = timedelta(hours=1)


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
