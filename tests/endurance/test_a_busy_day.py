"""Safety goal 15 in miniature: 2,000 signatures a minute, with their mails and confirmations, for twenty seconds.

Only what must hold on any machine is asserted: no 5xx, and as many rows as were accepted. How long the posts
took is said with `pytest -rP`; `make bench` measures.
"""

import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest

from .people import PAGE, SIGN, Forms, Inbox, Visitor, people
from .servers import Server, wait_for
from .situations import (
    confirmed_by_cells,
    confirmed_by_mailbox,
    published,
    signatures_by_mailbox,
    tags_of,
)

pytestmark = pytest.mark.endurance

A_MINUTE, SECONDS = 2_000, 20
SIGNERS = A_MINUTE * SECONDS // 60
AT_ONCE = 6
READERS = 0.5  # of those who sign, open the page before


class Day:
    """What everyone was answered, and how long each post took."""

    def __init__(self, site):
        self.forms, self.port = Forms(site), site.port
        self.statuses, self.seconds = Counter(), []
        self.signed = []
        self.lock = threading.Lock()
        self.began = time.monotonic()

    def come(self, numbered):
        """Sign at one's own moment of the day, or as soon as there is a hand free."""
        number, person = numbered
        time.sleep(max(0.0, self.began + number * 60 / A_MINUTE - time.monotonic()))
        visitor = Visitor(self.port, person.network)
        if number % 2 < 2 * READERS:
            self.note(visitor.get(f"{PAGE}?s=wa"))
        form = self.forms.with_work(person)
        sent_at = time.monotonic()
        answer = visitor.post(SIGN, form)
        self.seconds.append(time.monotonic() - sent_at)
        self.note(answer)
        if answer.status == 303:
            self.signed.append(person.email)

    def confirm(self, link):
        """Press the button of a mail."""
        self.note(Visitor(self.port).post(f"/en/confirm/{link}", {}))

    def note(self, answer):
        """Count an answer."""
        with self.lock:
            self.statuses[answer.status] += 1


def test_two_thousand_signatures_a_minute_meet_no_5xx_and_leave_as_many_rows_as_were_accepted(install, relay):
    site = install(SMTP_URL=relay.url)
    inbox = Inbox(relay)
    with Server(site) as server:
        day = Day(site)
        with ThreadPoolExecutor(AT_ONCE) as hands:
            signing = hands.map(day.come, enumerate(islice(people(), SIGNERS)))
            confirmed = set()
            while len(confirmed) < SIGNERS // 3:
                for email in wait_for(lambda: set(inbox.look()) - confirmed, "another mail"):
                    day.confirm(inbox.links[email][0])
                    confirmed.add(email)
            list(signing)
        assert server.is_whole()
        words = server.words()

    p95_ms = 1000 * sorted(day.seconds)[int(len(day.seconds) * 0.95)]
    sys.stdout.write(f"a signature's post took {p95_ms:.0f} ms at the 95th percentile\n")
    assert set(day.statuses) <= {200, 303}
    assert "ERROR" not in words, words
    assert len(day.signed) == SIGNERS
    assert dict(signatures_by_mailbox(site)) == dict.fromkeys(tags_of(site, day.signed), 1)
    assert set(confirmed_by_mailbox(site)) == set(tags_of(site, sorted(confirmed)))
    assert published(site) == confirmed_by_cells(site) == len(confirmed)
    assert site.recount()["lists-and-graves"]["agrees"]
