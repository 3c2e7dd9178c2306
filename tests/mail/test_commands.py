"""What an operator sees of mail: counts, reasons and findings, and never an address."""

import json
import re

import pytest

from campaign_app.extensions import db
from campaign_app.mail import commands, operations, rules
from campaign_app.mail.commands import check_mail, mail
from campaign_app.mail.findings import Finding

from .situations import NOW, queue_confirmation, row


@pytest.fixture
def no_dns(monkeypatch):
    """Let the sender's domain publish nothing, without asking anyone."""
    asked = []

    def check(domain, *, selectors):
        asked.append((domain, tuple(selectors)))
        yield Finding("good", "SPF", "published")

    monkeypatch.setattr(commands, "check_domain", check)
    return asked


def dead_mail(to="signer@example.org"):
    mail_id = queue_confirmation(to=to)
    until = NOW + rules.CLAIM_FOR
    [claim] = operations.claim(now=NOW, until=until, limit=1)
    operations.note_dead(claim=claim, held_until=until, reason="550 5.1.1: there is no such mailbox")
    db.session.commit()
    return mail_id


# -- campaign mail --


def test_dead_mails_are_listed_with_their_reason_and_without_their_address(mail_app):
    mail_id = dead_mail()

    shown = mail_app.test_cli_runner().invoke(mail, ["dead"])

    assert shown.stdout == f"{mail_id.hex()}\tconfirm\t1\t2026-03-12\t550 5.1.1: there is no such mailbox\n"


def test_dead_mails_can_be_read_by_a_script(mail_app):
    dead_mail()

    shown = mail_app.test_cli_runner().invoke(mail, ["dead", "--json"])

    assert [entry["reason"] for entry in json.loads(shown.stdout)] == ["550 5.1.1: there is no such mailbox"]


def test_a_dead_mail_is_tried_again_when_it_is_named(mail_app):
    mail_id = dead_mail()

    result = mail_app.test_cli_runner().invoke(mail, ["requeue", mail_id.hex()])

    assert (result.exit_code, row(mail_id).state) == (0, "waiting")


@pytest.mark.parametrize("arguments", [[], ["--all", "00"], ["not-hex"]])
def test_requeueing_needs_ids_or_all(mail_app, arguments):
    mail_id = dead_mail()

    result = mail_app.test_cli_runner().invoke(mail, ["requeue", *arguments])

    assert (result.exit_code, row(mail_id).state) == (2, "dead")


def test_the_state_of_mail_is_told(mail_app):
    dead_mail()
    queue_confirmation()

    told = mail_app.test_cli_runner().invoke(mail, ["status", "--json"])

    state = json.loads(told.stdout)
    assert (state["waiting"], state["dead"], state["relay_trouble"]) == (1, 1, None)


# -- campaign check mail --


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_test_mail_goes_through_the_relay_and_the_domain_is_looked_at(relayed_app, relay, no_dns, lang):
    arguments = ["--to", "operator@example.net", "--lang", lang, "--dkim-selector", "one"]

    result = relayed_app.test_cli_runner().invoke(check_mail, arguments)

    assert result.exit_code == 0
    assert [received.to for received in relay.received] == ["operator@example.net"]
    assert no_dns == [("example.org", ("one",))]
    assert result.stdout == "ok        SPF: published\n"
    assert "operator" not in result.output


def test_the_test_mail_as_it_arrives_passes_its_own_check(relayed_app, relay, no_dns, tmp_path):
    runner = relayed_app.test_cli_runner()
    runner.invoke(check_mail, ["--to", "operator@example.net"])
    copy = tmp_path / "copy.eml"
    copy.write_bytes(relay.received[0].content)

    from_file = runner.invoke(check_mail, ["--raw", str(copy)])
    pasted = runner.invoke(check_mail, ["--raw", "-"], input=copy.read_bytes())

    assert (from_file.exit_code, pasted.exit_code) == (0, 0)
    assert from_file.stdout == pasted.stdout
    assert "every word of the test mail arrived as we sent it" in pasted.stdout
    assert "operator" not in pasted.output
    assert len(no_dns) == 1


def test_a_relay_that_tampers_is_reported_with_its_own_exit_code(relayed_app, relay, no_dns):
    runner = relayed_app.test_cli_runner()
    runner.invoke(check_mail, ["--to", "operator@example.net", "--lang", "en"])
    tampered = re.sub(rb"Subject: [^\r]*", b"Subject: *** Test message", relay.received[0].content)

    result = runner.invoke(check_mail, ["--raw", "-", "--json"], input=tampered)

    findings = json.loads(result.stdout)
    assert result.exit_code == 3
    assert {
        "level": "bad",
        "about": "subject",
        "says": "was changed on the way: it reads '*** Test message'",
    } in findings


def test_a_relay_that_refuses_is_said_in_one_sentence_without_the_address(relayed_app, relay, no_dns):
    relay.wishes.RCPT = "550 5.1.1 <operator@example.net> unknown"

    result = relayed_app.test_cli_runner().invoke(check_mail, ["--to", "operator@example.net"])

    assert result.exit_code == 1
    assert "550 5.1.1: there is no such mailbox" in result.output
    assert "operator" not in result.output
    assert no_dns == []


def test_without_a_relay_the_operator_is_told_where_the_mail_lies(mail_app, mail_settings, no_dns):
    result = mail_app.test_cli_runner().invoke(check_mail, ["--to", "operator@example.net"])

    assert str(mail_settings.home / "mail") in result.stderr
    assert len(list((mail_settings.home / "mail").glob("*.eml"))) == 1
