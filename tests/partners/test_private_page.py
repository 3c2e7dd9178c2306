"""A partner's own page, and the card that everybody may pick: what they show, and what they never do."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.partners import operations
from campaign_app.partners.models import Partner
from campaign_app.petitions.operations import petition_by_slug
from campaign_app.tally import operations as tally
from campaign_app.tally import snapshots
from tests.partners.situations import BY, NOW, a_partner
from tests.supporters import SLUG, words

FRAME = re.compile(r'<iframe class="preview[^"]*" src="([^"]+)"')
SNIPPET = re.compile(r'<textarea id="snippet"[^>]*>\n(.*?)</textarea>', re.DOTALL)


@pytest.fixture
def link(app) -> str:
    """The path of a partner's private page, in English."""
    with app.app_context():
        token = operations.make_link(partner=a_partner(), by=BY, now=NOW)
        db.session.commit()
    return f"/en/partners/{token}"


def change(app, work) -> None:
    """Change something of the partner and commit it."""
    with app.app_context():
        work(db.session.scalars(select(Partner)).one())
        db.session.commit()
    app.extensions["nidaa_finished_pages"].forget()


def let_come(app, people: int, *, days_ago: int, source: str = "example") -> None:
    """Let people have signed on a day, and let the midnight after it have passed."""
    with app.app_context():
        now = utc_now() - timedelta(days=days_ago)
        tally.add(
            petition_id=petition_by_slug(SLUG).id,
            day=utc_day(now),
            event="confirmed",
            people=people,
            mailboxes=people,
            country="DE",
            language="en",
            source=source,
            path="embed",
        )
        snapshots.take(now=now + timedelta(days=1))
        db.session.commit()


def test_a_partner_picks_what_its_site_shows_and_copies_one_snippet(client, link):
    page = client.get(f"{link}?petition={SLUG}&size=full&language=ar&theme=dark&accent=ochre")

    snippet = unescape(SNIPPET.search(page.text)[1])
    frame = unescape(FRAME.search(page.text)[1])
    assert f"/embed/{SLUG}?s=example" in unescape(snippet)
    assert f"/ar/petitions/{SLUG}?s=example" in unescape(snippet)
    assert all(each in frame for each in ("s=example", "lang=ar", "theme=dark", "accent=ochre"))
    assert client.get(frame).headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "strict-origin"
    hostile = client.get(f"{link}?petition=%22%3E&size=x&language=xx&theme=%3Cb%3E&accent='").text
    assert unescape(SNIPPET.search(hostile)[1]) == unescape(SNIPPET.search(client.get(link).text)[1])


def test_a_partner_reads_only_what_was_published_of_those_who_came_through_it(app, client, link):
    let_come(app, 300, days_ago=4, source="direct")
    let_come(app, 7, days_ago=3)
    assert "Nothing to publish yet" in words(client.get(link))
    let_come(app, 345, days_ago=2)

    said = words(client.get(link))

    [shown] = re.findall(r"At least (\d+) people signed through you", said)
    assert int(shown) % 10 == 0
    assert 200 < int(shown) < 352  # held back and rounded down, never more than there are
    assert "352" not in said


def test_a_link_that_was_taken_back_or_never_made_opens_nothing(app, client, link):
    change(app, lambda partner: operations.revoke_link(partner=partner, by=BY, now=NOW))

    for path in (link, f"/en/partners/{'x' * 32}", "/en/partners/x"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "This link opens nothing" in words(answer)
        assert answer.headers["Cache-Control"] == "no-store"


def test_while_it_is_paused_a_partner_is_told_so_and_picks_nothing(app, client, link):
    change(app, lambda partner: operations.move(partner=partner, to="paused", by=BY, now=NOW))

    page = client.get(link)

    assert "The partnership is paused." in words(page)
    assert SNIPPET.search(page.text) is None


def test_everybody_picks_a_card_and_only_a_card(client):
    page = client.get(f"/en/embed-this/{SLUG}?size=full&theme=light")

    assert f"/embed/{SLUG}/card?" in unescape(unescape(SNIPPET.search(page.text)[1]))
    assert "?s=" not in unescape(SNIPPET.search(page.text)[1])
    assert FRAME.search(page.text)[1].startswith(f"/embed/{SLUG}/card?")
    assert client.get("/en/embed-this/nothing").status_code == 404
