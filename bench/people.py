"""Unique people who sign, as raw requests: what a browser sends, and the tokens that time has made valid.

Nothing is skipped on the server's side: every token is verified, spent and stored there. They are made
here, with the installation's own keys, because a person waits three seconds before the button serves.
No address here is a mailbox: familiar domains have their share of the load, but the part before @ is longer
than those providers allow. No mail is ever sent: no worker runs.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count
from urllib.parse import urlencode

import altcha
from flask import Flask

from campaign_app.clock import utc_now
from campaign_app.petitions.queries import public_petition
from campaign_app.shield import check_token, form_token, work

SLUG = "lists-and-graves"
READ_FOR = timedelta(seconds=5)
SIGNERS_A_NETWORK = 10
DOMAINS = (
    "gmail.com",
    "hotmail.com",
    "yahoo.com",
    "gmail.com",
    "outlook.com",
    "gmx.de",
    "icloud.com",
    "example.org",
)
COUNTRIES = ("SY", "DE", "TR", "LB", "JO", "SE", "NL", "GB", "FR", "EG")
NAMES = ("Test Signer", "موقّع تجريبي", "Second Tester", "موقّعة تجريبية")  # half of them in Arabic
_numbers = count(1)


def sign_requests(
    app: Flask, host: str, number: int, *, with_work: bool = False, path: str = ""
) -> list[bytes]:
    """Return posts of as many people who have never signed.

    with_work: they come with proof of work, else through the "check your details" step.
    path: where to, instead of the petition's own address in two languages by turns.
    """
    with app.app_context():
        petition = public_petition(SLUG)
        now = utc_now()
        shared = form_token.issue(petition.id, now)
        forms = []
        for person in range(number):
            fields = {**next(_people), "form_token": shared}
            if with_work:
                fields["altcha"] = solved(work.challenge(petition.id, 0, now))
            else:
                fields["check_token"] = check_token.issue(petition.id, now - READ_FOR)
            lang = "ar" if person % 2 else "en"
            forms.append(_post(host, path or f"/{lang}/petitions/{SLUG}/sign", fields))
    return forms


def confirm_requests(host: str, tokens: Sequence[str]) -> list[bytes]:
    """Return presses of the one button behind mailed links."""
    return [
        _post(host, f"/{'ar' if number % 2 else 'en'}/confirm/{token}", {})
        for number, token in enumerate(tokens)
    ]


def page_request(host: str, path: str) -> bytes:
    """Return a request for a page, as a browser makes it."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{_BROWSER}"
        "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\nSec-Fetch-Site: none\r\n\r\n"
    ).encode()


def solved(challenge: dict[str, object]) -> str:
    """Solve a challenge as the page's script does, and return what it puts into the form."""
    read = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(read)
    assert solution is not None
    return altcha.Payload(read, solution).to_base64()


def _unique_people() -> Iterator[dict[str, str]]:
    for number in _numbers:
        person = {
            "name": f"{NAMES[number % len(NAMES)]} {_in_letters(number)}",
            "email": f"nobody-this-is-the-bench-of-nidaa-{number:08}@{DOMAINS[number % len(DOMAINS)]}",
            "country": COUNTRIES[number % len(COUNTRIES)],
            "website": "",
            "altcha": "",
            "check_token": "",
            "source": "wa" if number % 3 else "",
            "shared": "",
        }
        if number % 4 == 0:
            person["show_name"] = "y"
        if number % 3 == 0:
            person["wants_updates"] = "y"
        yield person


def _in_letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def _addresses() -> Iterator[str]:
    """Return client addresses of the ranges for documentation, a few signers to each network."""
    for number in count():
        network = number // SIGNERS_A_NETWORK
        if network % 2:
            yield f"2001:db8:{network >> 8 & 0xFFFF:x}:{(network & 0xFF) << 8:x}::{number % SIGNERS_A_NETWORK + 1:x}"
        else:
            block = ("192.0.2", "198.51.100", "203.0.113")[network // 2 // 254 % 3]
            yield f"{block}.{network // 2 % 254 + 1}"


_people = _unique_people()
_clients = _addresses()
_BROWSER = (
    "User-Agent: Mozilla/5.0 (Linux; Android 13; Mobile) Gecko/140.0 Firefox/140.0\r\n"
    "Accept-Language: ar,en;q=0.7\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n"
)


def _post(host: str, path: str, fields: dict[str, str]) -> bytes:
    body = urlencode(fields).encode()
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{_BROWSER}"
        f"Origin: http://{host}\r\nSec-Fetch-Site: same-origin\r\nX-Forwarded-For: {next(_clients)}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
