"""The development mailbox shows mails as readers see them, safely, and only in development."""

from dataclasses import replace
from datetime import UTC, date, datetime

import html5lib
import pytest

from campaign_app.app import create_app
from campaign_app.mail.messages import compose
from campaign_app.mail.transport import FileTransport


@pytest.fixture
def mail_name(context, mail_dir):
    """Return the file name of one mail in the mailbox."""
    message = compose(
        kind="confirm",
        parameters={
            "to": "signer@example.org",
            "language": "ar",
            "token": "token-1",
            "title": "Reveal the lists",
            "name": "<script>alert(1)</script>",
        },
        expires_on=date(2026, 3, 12),
        now=datetime(2026, 3, 5, tzinfo=UTC),
    )
    with FileTransport(mail_dir) as transport:
        transport.send(message)
    [path] = mail_dir.glob("*.eml")
    return path.name


def document(response):
    return html5lib.parse(response.text, namespaceHTMLElements=False)


def test_an_empty_mailbox_says_so(client, mail_dir):
    response = client.get("/dev/mail")

    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"


def test_mails_are_listed_the_newest_first_and_lead_to_themselves(client, mail_dir, mail_name):
    old = mail_dir / "20260101T000000-1-aa.eml"
    old.write_bytes((mail_dir / mail_name).read_bytes())

    links = [a.attrib["href"] for a in document(client.get("/dev/mail")).iter("a")]

    assert [link for link in links if link.endswith(".eml")] == [
        f"/dev/mail/{mail_name}",
        f"/dev/mail/{old.name}",
    ]


def test_both_parts_are_shown_and_their_links_can_be_followed(client, mail_name):
    page = document(client.get(f"/dev/mail/{mail_name}"))

    link = "http://localhost/ar/confirm/token-1"
    [frame] = page.iter("iframe")
    inner = html5lib.parse(frame.attrib["srcdoc"], namespaceHTMLElements=False)
    assert link in [a.attrib["href"] for a in page.iter("a")]
    assert link in [a.attrib["href"] for a in inner.iter("a")]
    assert [base.attrib for base in inner.iter("base")] == [{"target": "_blank"}]


def test_a_mail_can_run_nothing_and_load_nothing(client, mail_name):
    response = client.get(f"/dev/mail/{mail_name}")

    [frame] = document(response).iter("iframe")
    assert frame.attrib["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "script-src" not in response.headers["Content-Security-Policy"]
    assert "<script>alert" not in response.text
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["..%2fkeys%2fsecret-key", "x.eml", "20260101T000000-1-aa.eml", "%2e%2e"])
def test_nothing_but_mails_is_shown(client, mail_dir, name):
    (mail_dir / "x.eml").write_text("not a name of ours")

    assert client.get(f"/dev/mail/{name}").status_code == 404


def test_production_has_no_mailbox(context, base_settings):
    production = replace(
        base_settings,
        environment="production",
        base_url="https://sign.example.org",
        mail_from="post@example.org",
        smtp_url="smtps://relay.example.org",
    )

    rules = {str(rule) for rule in create_app(production).url_map.iter_rules()}

    assert not [rule for rule in rules if rule.startswith("/dev")]
