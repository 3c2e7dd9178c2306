"""Mails leave over real SMTP, secured or not at all, and no failure repeats an address."""

import logging
import ssl
import traceback
from email.message import EmailMessage
from pathlib import Path

import pytest

from campaign_app.mail.relay_url import Relay
from campaign_app.mail.transport import FileTransport, SmtpTransport
from campaign_app.mail.troubles import (
    ConnectionBroke,
    DeliveryPostponed,
    DeliveryRefused,
    MailTrouble,
    RelayUnavailable,
)
from campaign_app.mail.wire import MESSAGE_POLICY, carried_address

from .relays import FakeRelay
from .situations import NOW

SENDER = "post@example.org"


def message_to(address: str) -> EmailMessage:
    message = EmailMessage(policy=MESSAGE_POLICY)
    message["From"] = SENDER
    message["To"] = carried_address(address)
    message["Subject"] = "Hello"
    message["Date"] = NOW
    message.set_content("One line.\n.a line that begins with a dot\n")
    return message


def transport_to(relay: FakeRelay, *, tls: ssl.SSLContext | None = None, login: str = "") -> SmtpTransport:
    return SmtpTransport(Relay.from_url(relay.url.replace("://", f"://{login}")), sender=SENDER, tls=tls)


def trouble_of(transport: SmtpTransport, address: str = "signer@example.org") -> MailTrouble:
    with pytest.raises(MailTrouble) as caught, transport:
        transport.send(message_to(address))
    return caught.value


def test_the_pace_becomes_a_pause_between_mails():
    relay = Relay.from_url("smtp://localhost?mails_per_minute=120")

    assert SmtpTransport(relay, sender=SENDER).pause_seconds == 0.5


# -- Sending --


def test_one_connection_carries_many_mails(relay):
    with transport_to(relay) as transport:
        for number in range(3):
            transport.send(message_to(f"signer{number}@example.org"))

    assert [mail.to for mail in relay.received] == [f"signer{number}@example.org" for number in range(3)]
    assert relay.connections == 1


def test_a_line_that_begins_with_a_dot_arrives_whole(relay):
    with transport_to(relay) as transport:
        transport.send(message_to("signer@example.org"))

    assert relay.received[0].message.get_content().splitlines()[1] == ".a line that begins with a dot"


def test_starttls_secures_the_connection_before_the_password_is_said(server_tls, trusting):
    with FakeRelay(security="starttls", tls=server_tls, login=("user", "p@ss/word")) as relay:
        with transport_to(relay, tls=trusting, login="user:p%40ss%2Fword@") as transport:
            transport.send(message_to("signer@example.org"))

        assert relay.received[0].is_secure


def test_a_relay_may_speak_tls_from_the_first_byte(server_tls, trusting):
    with FakeRelay(security="tls", tls=server_tls) as relay:
        with transport_to(relay, tls=trusting) as transport:
            transport.send(message_to("signer@example.org"))

        assert relay.received[0].to == "signer@example.org"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_gets_no_mail(server_tls, security):
    with FakeRelay(security=security, tls=server_tls) as relay:
        trouble = trouble_of(transport_to(relay))

        assert isinstance(trouble, RelayUnavailable)
        assert trouble.reason == "the relay's certificate could not be verified"
        assert relay.received == []


def test_a_certificate_for_another_host_gets_no_mail(server_tls, trusting):
    with FakeRelay(security="tls", tls=server_tls) as relay:
        other = Relay("localhost", relay.port, "tls")
        trouble = trouble_of(SmtpTransport(other, sender=SENDER, tls=trusting))

        assert trouble.reason == "the relay's certificate could not be verified"


def test_a_relay_without_starttls_gets_no_mail_where_it_is_required(relay, trusting):
    stripped = Relay("127.0.0.1", relay.port, "starttls")

    trouble = trouble_of(SmtpTransport(stripped, sender=SENDER, tls=trusting))

    assert isinstance(trouble, RelayUnavailable)
    assert "no STARTTLS" in trouble.reason
    assert relay.received == []


def test_the_system_trusts_what_ssl_cert_file_names(server_tls, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))

    with FakeRelay(security="tls", tls=server_tls) as relay, transport_to(relay) as transport:
        transport.send(message_to("signer@example.org"))

        assert len(relay.received) == 1


# -- What a relay may answer --


def test_a_wrong_password_is_the_relays_trouble_and_no_mails(server_tls, trusting):
    with FakeRelay(security="starttls", tls=server_tls, login=("user", "right")) as relay:
        trouble = trouble_of(transport_to(relay, tls=trusting, login="user:wrong@"))

        assert isinstance(trouble, RelayUnavailable)
        assert trouble.reason == "535: the relay does not accept our user name and password"


def test_nobody_listening_is_the_relays_trouble(relay):
    relay.stop()

    trouble = trouble_of(transport_to(relay))

    assert isinstance(trouble, RelayUnavailable)
    assert trouble.reason == "the relay refuses connections"


def test_a_relay_that_wants_nothing_from_our_sender_is_in_trouble_itself(relay):
    relay.wishes.MAIL = "550 5.7.1 post@example.org may not send here"

    trouble = trouble_of(transport_to(relay))

    assert isinstance(trouble, RelayUnavailable)
    assert trouble.reason == "550 5.7.1: the relay does not accept our sender address now"


def test_later_postpones_one_mail_and_the_next_goes_over_the_same_connection(relay):
    relay.wishes.refuse_recipients["full@example.org"] = "452 4.2.2 <full@example.org> is over quota"

    with transport_to(relay) as transport:
        with pytest.raises(DeliveryPostponed) as caught:
            transport.send(message_to("full@example.org"))
        transport.send(message_to("signer@example.org"))

    assert caught.value.reason == "452 4.2.2: the mailbox is full"
    assert [mail.to for mail in relay.received] == ["signer@example.org"]
    assert relay.connections == 1


@pytest.mark.parametrize(
    ("command", "answer", "reason"),
    [
        ("RCPT", "550 5.1.1 <signer@example.org>: no such user", "550 5.1.1: there is no such mailbox"),
        ("RCPT", "553 what is signer@example.org?", "553: refused for good"),
        (
            "DATA",
            "554 5.7.1 mail to signer@example.org looks like spam",
            "554 5.7.1: the receiving side refuses our mail",
        ),
    ],
)
def test_never_refuses_one_mail_with_a_code_and_our_own_words(relay, command, answer, reason):
    setattr(relay.wishes, command, answer)

    trouble = trouble_of(transport_to(relay))

    assert isinstance(trouble, DeliveryRefused)
    assert trouble.reason == reason


@pytest.mark.parametrize(
    "answer",
    ["550 5.1.1 no signer@example.org", "450 signer@example.org", "421 bye signer@example.org", "drop"],
)
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_no_failure_repeats_an_address_anywhere(relay, caplog, command, answer):
    caplog.set_level(logging.DEBUG)
    setattr(relay.wishes, command, answer)

    trouble = trouble_of(transport_to(relay))

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("campaign_app")]
    said = "".join(traceback.format_exception(trouble)) + repr(trouble) + "".join(ours)
    assert "signer" not in said
    assert trouble.__context__ is None or "signer" not in repr(trouble.__context__)


def test_a_connection_that_breaks_under_the_text_leaves_the_mail_for_later(relay):
    relay.wishes.DATA = "drop"

    assert isinstance(trouble_of(transport_to(relay)), ConnectionBroke)


def test_a_connection_closed_between_two_mails_is_opened_again(relay):
    with transport_to(relay) as transport:
        transport.send(message_to("first@example.org"))
        relay.stop()
        relay.start()
        transport.send(message_to("second@example.org"))

    assert [mail.to for mail in relay.received] == ["first@example.org", "second@example.org"]
    assert relay.connections == 2


def test_a_relay_that_keeps_closing_is_tried_again_only_once(relay):
    with transport_to(relay) as transport:
        transport.send(message_to("first@example.org"))
        relay.wishes.MAIL = "421 4.3.2 too busy"
        with pytest.raises(RelayUnavailable):
            transport.send(message_to("second@example.org"))

    assert relay.connections == 2


# -- Addresses outside ASCII --


def test_an_arabic_domain_is_carried_in_ascii_by_any_relay():
    with FakeRelay(knows_utf8=False) as relay, transport_to(relay) as transport:
        transport.send(message_to("signer@مثال.إختبار"))

        assert relay.received[0].to == "signer@xn--mgbh0fb.xn--kgbechtv"
        assert relay.received[0].message["To"] == "signer@xn--mgbh0fb.xn--kgbechtv"


def test_a_local_part_outside_ascii_is_carried_by_a_relay_that_knows_how():
    with FakeRelay(knows_utf8=True) as relay, transport_to(relay) as transport:
        transport.send(message_to("موقّع@example.org"))

        assert relay.received[0].to == "موقّع@example.org"
        assert "To: موقّع@example.org" in relay.received[0].content.decode()


def test_a_local_part_outside_ascii_is_refused_plainly_where_the_relay_cannot_carry_it():
    with FakeRelay(knows_utf8=False) as relay:
        trouble = trouble_of(transport_to(relay), "موقّع@example.org")

        assert isinstance(trouble, DeliveryRefused)
        assert "no SMTPUTF8" in trouble.reason
        assert relay.received == []


# -- Files --


def test_without_a_relay_mails_become_files_that_only_their_owner_reads(tmp_path: Path):
    folder = tmp_path / "mail"

    with FileTransport(folder) as transport:
        transport.send(message_to("signer@example.org"))
        transport.send(message_to("another@example.org"))

    files = sorted(folder.iterdir())
    assert [b"signer@" in files[0].read_bytes(), b"another@" in files[1].read_bytes()] == [True, True]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]


def test_a_folder_that_cannot_be_written_is_the_relays_trouble(tmp_path: Path):
    with FileTransport(tmp_path / "mail") as transport:
        (tmp_path / "mail").rmdir()
        with pytest.raises(RelayUnavailable, match="cannot be written"):
            transport.send(message_to("signer@example.org"))
