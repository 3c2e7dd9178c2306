"""SMTP_URL is read strictly, and its password is never repeated."""

import traceback

import pytest

from campaign_app.errors import ConfigurationError
from campaign_app.mail.relay_url import Relay


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://localhost", Relay("localhost", 25, "none")),
        ("smtp+starttls://relay.example.org", Relay("relay.example.org", 587, "starttls")),
        ("smtps://relay.example.org:4465/", Relay("relay.example.org", 4465, "tls")),
        ("smtps://a%40b:p%2Fw%3A@[::1]", Relay("::1", 465, "tls", user="a@b", password="p/w:")),
        (
            "smtp://localhost?mails_per_minute=30&timeout_seconds=5",
            Relay("localhost", 25, "none", timeout_seconds=5, mails_per_minute=30),
        ),
    ],
)
def test_the_address_of_the_relay_is_read(url, relay):
    assert Relay.from_url(url) == relay


@pytest.mark.parametrize(
    "url",
    [
        "relay.example.org:587",
        "http://u:hush-hush@relay.example.org",
        "smtp://u:hush-hush@relay.example.org",
        "smtps://u:hush-hush@relay.example.org:abc",
        "smtps://u:hush-hush@relay.example.org/inbox",
        "smtps://u:hush-hush@relay.example.org?speed=9",
        "smtps://u:hush-hush@relay.example.org?mails_per_minute=0",
        "smtps://u:hush-hush@",
    ],
)
def test_a_wrong_address_of_the_relay_is_refused_without_repeating_its_password(url):
    with pytest.raises(ConfigurationError, match="SMTP_URL") as caught:
        Relay.from_url(url)

    assert "hush" not in "".join(traceback.format_exception(caught.value))


def test_the_password_is_not_shown_where_a_relay_is_printed():
    relay = Relay.from_url("smtps://user:hush-hush@relay.example.org")

    assert "hush" not in repr(relay)


@pytest.mark.parametrize("login", ["user:password@", ""])
def test_no_password_and_no_mail_crosses_a_network_unprotected(login):
    with pytest.raises(ConfigurationError, match="unprotected"):
        Relay.from_url(f"smtp://{login}relay.example.org:25")

    assert Relay.from_url("smtp://user:password@127.0.0.1").user == "user"
