"""Safety goal 17, in the whole house: two days without a relay, and a worker killed while the relay takes a mail.

That the mail room itself loses and repeats nothing is tested in tests/mail (relay outages, crashes).
"""

from datetime import timedelta
from itertools import islice

import pytest

from campaign_app.clock import utc_now
from campaign_app.mail.rules import CLAIM_FOR
from campaign_app.mail.schedule import run_due_jobs

from .people import INBOX, PAGE, SIGN, Forms, Inbox, Visitor, people
from .servers import Server, kill, wait_for
from .situations import published, send_mail

pytestmark = pytest.mark.endurance

SIGNERS = 120
HALF_AN_HOUR = timedelta(minutes=30)
CRASHES = (5, 40)  # mails taken so far


def test_two_days_without_a_relay_cost_nobody_their_mail_and_nobody_gets_two(install, relay):
    site = install(SMTP_URL=relay.url)
    forms, visitor = Forms(site), Visitor(site.port)
    everyone = list(islice(people(), SIGNERS))
    relay.stop()
    with Server(site) as server:
        answers = {visitor.post(SIGN, forms.with_work(person)).location for person in everyone}
        wait_for(lambda: "the relay refuses connections" in server.words(), "a worker that tried")
        ready = visitor.get("/readyz")
        page = visitor.get(PAGE)

    began = utc_now()
    for half_hours in range(2 * 48):
        live_at(site, began + half_hours * HALF_AN_HOUR)
    assert relay.received == []
    relay.start()
    for minutes in range(0, 60, 5):
        live_at(site, began + timedelta(days=2, minutes=minutes))
    links = Inbox(relay).look()
    with Server(site, sends_mail=False):
        for found in links.values():
            assert visitor.post(f"/en/confirm/{found[0]}", {}).status == 303

    assert answers == {INBOX}
    assert (ready.status, ready.json["ready"], ready.json["mail"]["is_going_out"]) == (200, True, False)
    assert page.status == 200
    assert {email: len(found) for email, found in links.items()} == {person.email: 1 for person in everyone}
    assert published(site) == SIGNERS
    assert site.recount()["lists-and-graves"]["agrees"]


def live_at(site, now):
    """Run one round of the worker at a time of the test's choice."""
    with site.inside():
        run_due_jobs(now=now)
    send_mail(site, now=now)


def test_a_worker_killed_while_the_relay_takes_a_mail_repeats_that_mail_and_no_other(install, relay):
    site = install(SMTP_URL=relay.url, WEB_WORKERS="1")
    forms, visitor = Forms(site), Visitor(site.port)
    everyone = list(islice(people(), SIGNERS))
    killed = []

    def kill_after_some():
        if len(relay.received) in CRASHES:
            killed.append(server.mail_worker)
            kill(killed[-1])

    relay.wishes.on_taken = kill_after_some
    with Server(site) as server:
        for person in everyone:
            assert visitor.post(SIGN, forms.with_work(person)).status == 303
        wait_for(lambda: len(killed) == len(CRASHES), "every crash")
        wait_for(server.is_whole, "a server that mended itself")
    # What a dead worker had in hand waits until its claim ends.
    wait_for(lambda: not send_mail(site, now=utc_now() + 2 * CLAIM_FOR).did_anything, "the last mail")

    links = Inbox(relay).look()
    copies = [len(found) - 1 for found in links.values()]
    assert len(set(killed)) == len(CRASHES)
    assert set(links) == {person.email for person in everyone}
    assert sum(copies) == len(CRASHES)
    assert set(copies) == {0, 1}
