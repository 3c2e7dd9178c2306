"""The counter and the badge: the one count, in words, small, and told to every site."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from sqlalchemy import update

from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.petitions import operations as petitions
from campaign_app.petitions.models import PetitionText
from campaign_app.tally import operations as tally
from tests.every_page import OPEN, Visitor
from tests.supporters import SLUG, sign_and_confirm

COUNTER, BADGE = f"/en/petitions/{SLUG}/counter.json", f"/badge/{SLUG}.svg"
KB = 1024


@pytest.fixture
def visitor(client, mail_dir, monkeypatch) -> Visitor:
    return Visitor(client, mail_dir, "en", monkeypatch)


def _many(people: int) -> None:
    petition = petitions.petition_by_slug(OPEN)
    day = utc_day(utc_now()) - timedelta(days=1)
    cell = {"country": "DE", "language": "ar", "source": "direct", "path": "js"}
    tally.add(petition_id=petition.id, day=day, event="confirmed", people=people, mailboxes=people, **cell)


def test_the_counter_says_the_count_in_words_and_to_every_site(client, visitor):
    visitor.change(lambda: _many(12_345))

    answer = client.get(COUNTER)

    assert answer.json["people"] == 12_345
    assert (answer.json["number"], answer.json["text"]) == ("12,345", "12,345 people have signed")
    assert answer.json["people"] == client.get(f"/en/petitions/{SLUG}/numbers.json").json["people"]
    assert answer.json["page"] == f"http://localhost/en/petitions/{SLUG}"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert client.get(f"/ar/petitions/{SLUG}/counter.json").json["text"] == "وقّع 12,345 شخصاً"


def test_a_site_that_holds_the_count_is_told_so_until_it_changes(client, visitor, mail_dir):
    held = client.get(COUNTER).headers["ETag"]

    for _ in range(2):  # made afresh, and as it was kept
        again = client.get(COUNTER, headers={"If-None-Match": held})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Access-Control-Allow-Origin"] == "*"
    sign_and_confirm(client, mail_dir)
    visitor.change(lambda: None)

    changed = client.get(COUNTER, headers={"If-None-Match": held})
    assert (changed.status_code, changed.json["people"]) == (200, 1)


@pytest.mark.parametrize(
    ("people", "words"),
    [(0, "لم يوقّع أحد بعد"), (1, "وقّع شخص واحد"), (2, "وقّع شخصان"), (7, "وقّع 7 أشخاص"), (100, "وقّع 100 شخص")],
)
def test_the_badge_counts_as_arabic_does(client, visitor, people, words):
    visitor.change(lambda: people and _many(people))

    drawing = ElementTree.fromstring(client.get(f"{BADGE}?lang=ar").data)  # noqa: S314 - our own

    assert drawing.findtext("{*}text") == words
    assert drawing.find("{*}text").get("direction") == "rtl"


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_the_largest_badge_is_small_and_may_stand_anywhere(client, visitor, lang):
    visitor.change(lambda: _many(987_654_321))

    answer = client.get(f"{BADGE}?lang={lang}")

    assert len(answer.data) <= KB
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert "987,654,321" in answer.text
    assert "style=" not in answer.text


def test_a_title_that_looks_like_markup_is_text_in_the_badge(client, visitor):
    hostile = "</title><script>alert(1)</script>" * 9
    visitor.change(lambda: _title(hostile))

    answer = client.get(f"{BADGE}?lang=en")

    assert len(answer.data) <= KB
    assert "<script>" not in answer.text
    drawing = ElementTree.fromstring(answer.data)  # noqa: S314 - our own
    assert hostile[:40] in drawing.findtext("{*}title")


def test_what_xml_cannot_hold_breaks_neither_the_badge_nor_oembed(client, visitor):
    visitor.change(lambda: _title("Lists\ufffe & \x0bgraves\uffff"))

    badge = ElementTree.fromstring(client.get(f"{BADGE}?lang=en").data)  # noqa: S314 - our own
    asked = {"url": f"http://localhost/en/petitions/{OPEN}", "format": "xml"}
    card = ElementTree.fromstring(client.get("/oembed", query_string=asked).data)  # noqa: S314 - our own

    assert badge.findtext("{*}title").endswith("Lists & graves")
    assert card.findtext("title") == "Lists & graves"


def _title(words: str) -> None:
    db.session.execute(update(PetitionText).values(title=words))


def test_a_badge_in_no_language_of_ours_speaks_the_first(client):
    for asked in ["", "?lang=xx", "?lang=", "?lang[]=en", "?lang=en%00", "?lang=" + "e" * 2_000]:
        assert "لم يوقّع أحد بعد" in client.get(BADGE + asked).text


def test_of_a_petition_that_is_not_there_nothing_is_counted(client):
    for address in ["/badge/nothing.svg", "/en/petitions/nothing/counter.json", "/badge/.svg"]:
        assert client.get(address).status_code == 404
