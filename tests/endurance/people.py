"""Many different people, what their browsers send, and how they try again until they are answered."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from http.client import HTTPConnection, HTTPException
from itertools import count
from typing import Any
from urllib.parse import urlencode

import altcha

from campaign_app.clock import utc_now
from campaign_app.petitions.queries import public_petition
from campaign_app.shield import check_token, form_token, work

from ..mail.relays import FakeRelay
from ..supporters import LINK, hidden_fields
from .servers import HOST, PATIENCE_SECONDS, Installation

SLUG = "lists-and-graves"
PAGE = f"/en/petitions/{SLUG}"
SIGN = f"{PAGE}/sign"
INBOX = f"{PAGE}/check-your-inbox"
READ_FOR = timedelta(seconds=5)
FORM = "application/x-www-form-urlencoded"
RETRY_SECONDS = 0.1
UNANSWERED = (OSError, HTTPException)


@dataclass(frozen=True)
class Person:
    """Someone who signs. network: the address that the proxy in front says they come from."""

    name: str
    email: str
    network: str
    country: str = "DE"
    choices: tuple[str, ...] = ()

    @property
    def typed(self) -> dict[str, str]:
        """Return the fields that the person fills in."""
        chosen = dict.fromkeys(self.choices, "y")
        return {"name": self.name, "email": self.email, "country": self.country, **chosen}


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """Return the answer read as JSON."""
        return json.loads(self.text)

    @property
    def main(self) -> str:
        """Return the main part of a page, to be read when a test fails."""
        return self.text.partition("<main")[2].partition("</main")[0]

    @property
    def location(self) -> str:
        """Return where the answer points to; "" for a page."""
        return self.headers.get("Location", "")


@dataclass
class Visitor:
    """A browser without a memory: each request on a connection of its own."""

    port: int
    network: str = "192.0.2.1"

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self._ask("GET", path, b"", {})

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a form."""
        return self._ask("POST", path, urlencode(fields).encode(), {"Content-Type": FORM})

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = HTTPConnection(HOST, self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(
                method,
                path,
                body or None,
                {"X-Forwarded-For": self.network, "Connection": "close", **headers},
            )
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
        finally:
            connection.close()


class Forms:
    """Fills in the petition's form as a page of the installation would have, a moment ago."""

    def __init__(self, installation: Installation) -> None:
        self._app = installation.app
        with installation.inside():
            self.petition_id = public_petition(SLUG).id

    def with_work(self, person: Person) -> dict[str, str]:
        """Return a complete form with a solved proof of work."""
        with self._app.app_context():
            now = utc_now()
            read = altcha.Challenge.from_dict(work.challenge(self.petition_id, 0, now))
            solution = altcha.solve_challenge(read)
            assert solution is not None
            return {
                **person.typed,
                "form_token": form_token.issue(self.petition_id, now),
                "altcha": altcha.Payload(read, solution).to_base64(),
            }

    def without_script(self, person: Person) -> dict[str, str]:
        """Return a complete form of the step without JavaScript."""
        return {**person.typed, **self.checked()}

    def checked(self) -> dict[str, str]:
        """Return the two tokens of a "check your details" page that was read for a while."""
        with self._app.app_context():
            now = utc_now()
            return {
                "form_token": form_token.issue(self.petition_id, now),
                "check_token": check_token.issue(self.petition_id, now - READ_FOR),
            }


def people(letters: str = "signer") -> Iterator[Person]:
    """Return people without end: few of one network, few of one mail domain, no two alike."""
    for number in count(1):
        yield Person(
            name=f"Test Signer {in_letters(number)}",
            email=f"{letters}-{number}@{in_letters(number // 20)}.nidaa-{in_letters(number // 20)}.test",
            network=f"2001:db8:{number >> 8:x}:{(number & 0xFF) << 8:x}::1",
            country=("DE", "TR", "LB", "SE")[number % 4],
        )


def in_letters(number: int) -> str:
    """Return a number as letters, since a name has no digits."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


def until_taken(send: Callable[[], Answer], *, tries_for: float = PATIENCE_SECONDS) -> tuple[Answer, int]:
    """Try again and again, as a person does whom nobody answered or who read "try again".

    Returns the first answer that is neither silence nor a 5xx, and how many tries were in vain.
    """
    ends_at = time.monotonic() + tries_for
    in_vain = 0
    while True:
        with suppress(*UNANSWERED):
            answer = send()
            if answer.status < 500:
                return answer, in_vain
        in_vain += 1
        assert time.monotonic() < ends_at, "nobody answered this person"
        time.sleep(RETRY_SECONDS)


def typed_again(page: str) -> dict[str, str]:
    """Return what the hidden fields of a page would send."""
    return hidden_fields(page)


class Inbox:
    """The mails that a relay took, read once each: whom each was for, and the link in it."""

    def __init__(self, relay: FakeRelay) -> None:
        self._relay = relay
        self._read = 0
        self.links: dict[str, list[str]] = {}

    def look(self) -> dict[str, list[str]]:
        """Return every link so far, by the address that it was mailed to."""
        for mail in self._relay.received[self._read :]:
            self._read += 1
            # As plainly as it can be read: there are thousands, and their headers are looked at elsewhere.
            parts = message_from_bytes(mail.content).walk()
            text = next(part for part in parts if part.get_content_type() == "text/plain")
            found = LINK.search(text.get_payload(decode=True).decode())
            assert found is not None, "a mail without a link"
            self.links.setdefault(mail.to, []).append(found[1])
        return self.links


@dataclass
class Crowd:
    """People who act at the same time, each thread one after the other, until told to stop.

    A failure in a thread is raised by `stop`.
    """

    acts: Sequence[Callable[[], None]]
    _stopping: threading.Event = field(default_factory=threading.Event)
    _failures: list[BaseException] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin; each act is repeated in a thread of its own."""
        for act in self.acts:
            thread = threading.Thread(target=self._repeat, args=(act,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Let each finish what it is doing. Raises what went wrong in any of them."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE_SECONDS)
        if self._failures:
            raise self._failures[0]

    def _repeat(self, act: Callable[[], None]) -> None:
        try:
            while not self._stopping.is_set():
                act()
        except BaseException as failure:
            self._failures.append(failure)


def token_in(path: str) -> str:
    """Return the token that an address ends in or holds."""
    found = re.search(r"/([A-Za-z0-9_-]{32})(?:/|$)", path)
    assert found is not None
    return found[1]
