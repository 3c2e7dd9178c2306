"""Safety goal 7: whatever is killed, a signature that was acknowledged is stored, and counts once.

Also safety goal 17's last part, with the real worker: one more copy of a mail per crash at most.
"""

import random
import threading
import time

import pytest

from campaign_app.clock import utc_now
from campaign_app.mail.rules import CLAIM_FOR

from .people import SIGN, UNANSWERED, Crowd, Forms, Inbox, Visitor, people, until_taken
from .servers import Server, kill, wait_for
from .situations import (
    confirmed_by_cells,
    confirmed_by_mailbox,
    published,
    send_mail,
    signatures_by_mailbox,
    tags_of,
)

pytestmark = pytest.mark.endurance

STRIKES = ("web", "mail", "web", "database", "web", "mail", "web", "web", "database", "mail", "web")
MORE_STRIKES = 10
SIGNERS_AT_ONCE = 4
SIGNATURES_BETWEEN, MAILS_BETWEEN = 10, 5
OUTAGE_SECONDS = 0.5
READS_SECONDS = 0.1  # the mails keep up with the signatures
PRESSES_TWICE, GIVES_UP = 0.3, 0.1  # shares of the people


class Acknowledged:
    """What people did and were told, kept in the test's own memory."""

    def __init__(self, site, inbox, seed):
        self.site, self.inbox = site, inbox
        self.forms = Forms(site)
        self.everyone = people()
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.tried, self.signed, self.confirmed = [], [], []
        self.tries_in_vain = 0
        self.answers = set()

    def sign(self):
        """Have one person sign, trying again until answered; some press twice, a few give up at once."""
        time.sleep(READS_SECONDS)
        with self.lock:
            person, dice = next(self.everyone), self.random.random()
            self.tried.append(person.email)
        form, visitor = self.forms.with_work(person), Visitor(self.site.port, person.network)
        if dice < GIVES_UP:
            try:
                is_taken = visitor.post(SIGN, form).status == 303
            except UNANSWERED:
                is_taken = False
            with self.lock:
                self.signed += [person.email] * is_taken
                self.tries_in_vain += not is_taken
            return
        self.until_303(lambda: visitor.post(SIGN, form))
        with self.lock:
            self.signed.append(person.email)
        if dice > 1 - PRESSES_TWICE:
            self.until_303(lambda: visitor.post(SIGN, form))

    def confirm(self):
        """Have one person whose mail came press its button, trying again until answered; some press twice."""
        with self.lock:
            links = self.inbox.look()
            email = next((email for email in links if email not in self.confirmed), None)
            if email is not None:
                self.confirmed.append(email)
        if email is None:
            time.sleep(0.05)
            return
        for _ in range(1 + (self.random.random() < PRESSES_TWICE)):
            self.until_303(lambda: Visitor(self.site.port).post(f"/en/confirm/{links[email][0]}", {}))

    def until_303(self, send):
        """Try until taken, and remember how often that was in vain."""
        answer, in_vain = until_taken(send)
        with self.lock:
            self.tries_in_vain += in_vain
            self.answers.add(answer.status)
        assert answer.status == 303, answer.main


def strike(kind, server, told, relay):
    """Take something away in the middle of its work."""
    signed, sent = len(told.signed), len(relay.received)
    if kind == "mail":
        wait_for(lambda: len(relay.received) > sent + MAILS_BETWEEN, "mails to go out")
        kill(wait_for(lambda: server.mail_worker, "a mail worker"))
        return
    wait_for(lambda: len(told.signed) > signed + SIGNATURES_BETWEEN, "people to sign")
    if kind == "web":
        kill(told.random.choice(wait_for(lambda: server.web_workers, "a web worker")))
        return
    database = server.installation.database
    database.take_away(server.installation.home)
    time.sleep(OUTAGE_SECONDS)
    database.give_back()


def test_nothing_that_was_acknowledged_is_lost_whatever_is_killed(install, database, relay):
    site = install(SMTP_URL=relay.url)
    told = Acknowledged(site, Inbox(relay), seed=7)
    with Server(site) as server:
        crowd = Crowd([told.sign] * SIGNERS_AT_ONCE + [told.confirm])
        crowd.start()
        try:
            for kind in STRIKES:
                strike(kind, server, told, relay)
            for _ in range(MORE_STRIKES):
                if not told.tries_in_vain:  # each hit a moment when nobody was waiting
                    strike("web", server, told, relay)
            confirmed = len(told.confirmed)
            wait_for(lambda: len(told.confirmed) > confirmed, "somebody to confirm after the last strike")
        finally:
            crowd.stop()
        wait_for(server.is_whole, "a server that mended itself")
    # What a killed worker had in hand waits until its claim ends.
    wait_for(lambda: not send_mail(site, now=utc_now() + 2 * CLAIM_FOR).did_anything, "the last mail")

    by_mailbox, confirmed = signatures_by_mailbox(site), confirmed_by_mailbox(site)
    assert told.tries_in_vain > 0, "nobody noticed a strike"
    assert told.confirmed, "nobody confirmed"
    assert set(tags_of(site, told.signed)) <= set(by_mailbox) <= set(tags_of(site, told.tried))
    assert set(by_mailbox.values()) == {1}
    assert set(tags_of(site, told.confirmed)) == set(confirmed)
    assert len(confirmed) == confirmed_by_cells(site) == published(site)
    assert site.recount()["lists-and-graves"]["agrees"]
    mailed = told.inbox.look()
    assert set(told.signed) <= set(mailed)
    copies = sum(map(len, mailed.values())) - len(mailed)
    assert copies <= len(STRIKES) - STRIKES.count("web")
