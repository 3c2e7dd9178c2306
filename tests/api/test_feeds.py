"""The feeds: the same entries as Atom and as JSON Feed, in each language, held to what their formats ask for."""

import xml.etree.ElementTree as ET
from datetime import date, datetime
from typing import Any

import html5lib
import pytest
from markupsafe import Markup, escape

from campaign_app.api import feeds
from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.petitions.models import PetitionUpdate
from campaign_app.petitions.operations import petition_by_slug
from tests.api.situations import KEPT_BACK, PUBLIC, PUBLISHED, SLUG, change, reference

LANGUAGES = {"ar": "rtl", "en": "ltr"}
ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
# RFC 4287, 4.1.1 and 4.1.2: what there must be exactly one of.
OF_A_FEED, OF_AN_ENTRY = ("id", "title", "updated"), ("id", "title", "updated", "content", "published")


def atom(client: Any, lang: str) -> ET.Element:
    """Return the Atom feed of a language."""
    answer = client.get(f"/{lang}/updates.atom")
    assert (answer.status_code, answer.mimetype) == (200, "application/atom+xml")
    return ET.fromstring(answer.data)  # noqa: S314 - our own answer


def texts(element: ET.Element, *names: str) -> list[str]:
    """Return the text of the one child of each name."""
    children = [element.findall(ATOM + name) for name in names]
    assert [len(each) for each in children] == [1] * len(names)
    return [each[0].text or "" for each in children]


def links(element: ET.Element) -> dict[str, str]:
    """Return the addresses of a feed's or an entry's links, by what they are."""
    return {each.get("rel", ""): each.get("href", "") for each in element.findall(f"{ATOM}link")}


def test_atom_has_what_the_standard_asks_for_in_each_language(reader):
    seen = {}
    for lang in LANGUAGES:
        feed = atom(reader, lang)
        assert feed.tag == f"{ATOM}feed"
        assert feed.get(XML_LANG) == lang
        name, _title, updated = texts(feed, *OF_A_FEED)
        assert links(feed)["self"].endswith(f"/{lang}/updates.atom")
        assert feed.find(f"{ATOM}author/{ATOM}name").text
        entries = feed.findall(f"{ATOM}entry")
        said = [texts(each, *OF_AN_ENTRY) for each in entries]
        assert [datetime.fromisoformat(each[2]).tzinfo is not None for each in said] == [True] * 2
        assert updated == max(each[2] for each in said)
        assert len({name, *(each[0] for each in said)}) == 3
        assert all(each[0].startswith("tag:localhost,2026-01-01:") for each in said)
        for entry in entries:
            assert reader.get(links(entry)["alternate"]).status_code == 200
        seen[lang] = [each[0] for each in said]

    assert seen["ar"] == seen["en"]  # what was read in one language is known in the other


def test_an_entry_says_what_happened_as_clean_html_with_its_direction(reader):
    for lang, direction in LANGUAGES.items():
        for entry in atom(reader, lang).findall(f"{ATOM}entry"):
            content = entry.find(f"{ATOM}content")
            assert content.get("type") == "html"
            html = html5lib.parseFragment(content.text, namespaceHTMLElements=False)
            assert html.find("div").attrib == {"lang": lang, "dir": direction}
            assert not [each for each in html.iter() if each.tag in ("script", "style", "img", "iframe")]

    news = texts(atom(reader, "en").findall(f"{ATOM}entry")[0], "title", "content")
    assert news[0] == "A letter & a list"
    assert "<strong>handed over</strong> &lt;today&gt;" in news[1]


def test_both_formats_have_the_same_entries(reader):
    for lang in LANGUAGES:
        there = [texts(each, *OF_AN_ENTRY) for each in atom(reader, lang).findall(f"{ATOM}entry")]

        here = reader.get(f"/{lang}/updates.json").json

        names = ("id", "title", "date_published", "content_html", "date_published")
        assert [[each[name] for name in names] for each in here["items"]] == there


def test_json_feed_has_what_version_1_1_asks_for(reader):
    answer = reader.get("/ar/updates.json")

    assert answer.mimetype == "application/feed+json"
    feed = answer.json
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    assert feed["language"] == "ar"
    assert feed["feed_url"].endswith("/ar/updates.json")
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert item["content_html"]
        assert datetime.fromisoformat(item["date_published"]).tzinfo is not None
        assert isinstance(item["tags"], list)


def test_a_published_reply_is_told_and_one_that_was_kept_back_is_not(reader):
    items = reader.get("/en/updates.json").json["items"]

    news, reply = items
    assert news["date_published"].startswith(utc_day(utc_now()).isoformat())
    assert reference(PUBLIC) in reply["title"]
    assert f"<p>{escape(PUBLISHED)}</p><p>Invented Office</p>" in reply["content_html"]
    assert reply["url"].endswith(f"/en/letters/{reference(PUBLIC)}")
    assert KEPT_BACK not in str(items)
    assert news["tags"] == [SLUG]


def test_what_xml_cannot_hold_breaks_no_feed(app):
    entry = feeds.Entry(
        "tag:x", date(2026, 5, 1), "A\x02B\x1b", "en", Markup("<p>\x0bC\ufffe</p>"), "https://x.example/", "x"
    )

    with app.test_request_context("/en/"):
        [found] = ET.fromstring(feeds.atom([entry], "en")).findall(f"{ATOM}entry")  # noqa: S314 - our own
        item = feeds.json_feed([entry], "en")["items"][0]

    assert texts(found, "title", "content") == ["AB", '<div lang="en" dir="ltr"><p>C</p></div>']
    assert item["content_html"] == '<div lang="en" dir="ltr"><p>C</p></div>'


@pytest.mark.parametrize("half", [{"title": "Half", "body": " "}, {"title": "", "body": "Half"}])
def test_news_with_half_a_translation_is_told_in_the_petitions_own_language(client, half):
    def publish() -> None:
        whole = {"title": "خبر", "body": "نصّ الخبر."}
        petition = petition_by_slug(SLUG)
        published_on = utc_day(utc_now())
        db.session.add(
            PetitionUpdate(
                petition_id=petition.id, texts={"ar": whole, "en": half}, published_on=published_on
            )
        )

    change(client.application, publish)

    [entry] = atom(client, "en").findall(f"{ATOM}entry")
    assert (texts(entry, "title"), entry.get(XML_LANG)) == (["خبر"], "ar")
    assert client.get(f"/api/v1/petitions/{SLUG}").json["news"][0]["titles"] == {"ar": "خبر"}
    assert "Half" not in client.get(f"/en/petitions/{SLUG}").text


def test_a_feed_without_news_is_a_feed(client):
    for lang in LANGUAGES:
        assert atom(client, lang).findall(f"{ATOM}entry") == []
        assert client.get(f"/{lang}/updates.json").json["items"] == []
    assert client.get("/fr/updates.atom").status_code == 404


def test_whoever_read_a_feed_is_told_when_there_is_nothing_new(reader):
    for address in ("/en/updates.atom", "/en/updates.json"):
        first = reader.get(address)
        assert first.headers["Access-Control-Allow-Origin"] == "*"

        assert reader.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_the_home_page_tells_readers_of_news_where_the_feeds_are(client):
    for lang in LANGUAGES:
        page = html5lib.parse(client.get(f"/{lang}/").data, namespaceHTMLElements=False)

        found = {
            each.attrib["type"]: each.attrib["href"]
            for each in page.iter("link")
            if each.attrib.get("rel") == "alternate" and "type" in each.attrib
        }
        assert found == {
            "application/atom+xml": f"/{lang}/updates.atom",
            "application/feed+json": f"/{lang}/updates.json",
        }
