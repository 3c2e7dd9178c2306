"""Safety goal 18: while the database is away a signer is told so, keeps what they typed, and is never thanked.

SQLite is taken away by somebody else's transaction, PostgreSQL by a lock and by a stop without warning.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from campaign_app.clock import utc_now

from .people import INBOX, PAGE, SIGN, Forms, Inbox, Person, Visitor, typed_again, until_taken
from .servers import Server
from .situations import (
    confirmed_by_cells,
    confirmed_by_mailbox,
    published,
    send_mail,
    signatures_by_mailbox,
    tags_of,
)

pytestmark = pytest.mark.endurance

OUTAGES = ["lock"] if os.environ.get("TEST_DATABASE", "sqlite") == "sqlite" else ["lock", "take_away"]
ROSA = Person(name="Test Signer", email="rosa@example.org", network="192.0.2.7")
SAMIR = Person(
    name="Test 'Signer' <b>& Sons</b>",
    email="samir@example.org",
    network="192.0.2.8",
    choices=("show_name", "wants_updates"),
)


@pytest.mark.parametrize("outage", OUTAGES)
def test_who_meets_no_database_is_told_keeps_the_form_and_is_counted_once_when_it_is_back(
    install, database, relay, outage
):
    site = install(WEB_WORKERS="1", SMTP_URL=relay.url)
    forms, visitor = Forms(site), Visitor(site.port)
    form = forms.with_work(SAMIR)
    with Server(site, sends_mail=False):
        assert visitor.post(SIGN, forms.with_work(ROSA)).status == 303
        send_mail(site, now=utc_now())
        (link,) = Inbox(relay).look()[ROSA.email]
        confirm = f"/en/confirm/{link}"
        assert visitor.get(PAGE).status == 200  # kept from now on

        getattr(database, outage)(site.home)
        kept_page = visitor.get(PAGE)
        visitor.get(
            f"{PAGE}/lost-link"
        )  # where reading works, the petition is known for a second from now on
        with ThreadPoolExecutor() as at_once:
            posts = [(SIGN, form), (confirm, {})]
            signing, confirming = at_once.map(lambda post: visitor.post(*post), posts)
        health = visitor.get("/healthz")
        database.give_back()

        again = typed_again(signing.text)
        taken, _ = until_taken(lambda: visitor.post(SIGN, again))
        pressed_twice = visitor.post(SIGN, again)
        counted, _ = until_taken(lambda: visitor.post(confirm, {}))

    assert (kept_page.status, health.status) == (200, 200)
    for answer in (signing, confirming):
        assert answer.status == 503
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert "thank you" not in answer.text.lower().replace("we do not say “thank you” before it is", "")
    assert form.items() <= again.items()
    assert f'action="{SIGN}"' in signing.text
    assert [(answer.status, answer.location) for answer in (taken, pressed_twice)] == [(303, INBOX)] * 2
    assert counted.location == f"/en/my-signature/{link}/counted"
    rosa, samir = tags_of(site, [ROSA.email, SAMIR.email])
    assert signatures_by_mailbox(site) == {rosa: 1, samir: 1}
    assert confirmed_by_mailbox(site) == {rosa: 1}
    assert published(site) == confirmed_by_cells(site) == 1
    assert site.recount()["lists-and-graves"]["agrees"]
