"""What public pages say of themselves to messengers and search engines: whole, true to the page, and only data."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import update

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.languages import LANGUAGES
from campaign_app.letters.rules import VERIFY_ONLY, reference
from campaign_app.petitions.models import PetitionText
from tests.every_page import OPEN, Visitor
from tests.letters.sent import code_of, send

SITE = "http://localhost"
META = re.compile(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">')
ALTERNATE = re.compile(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">')
LINKED_DATA = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
LETTER, CHECKED_ONLY = 2, 6
KINDS = {
    "/": "WebSite",
    f"/petitions/{OPEN}": "WebPage",
    f"/petitions/{OPEN}/share": "WebPage",
    f"/petitions/{OPEN}/numbers": "Dataset",
    f"/petitions/{OPEN}/letters": "CollectionPage",
    "/letters/": "CollectionPage",
    "letter": "Message",
}


def head(page: str) -> dict[str, str]:
    """Return what the <meta> elements of a page say."""
    return {name: unescape(content) for name, content in META.findall(page.partition("</head>")[0])}


def linked(page: str) -> dict[str, object]:
    """Return the JSON-LD of a page."""
    [found] = LINKED_DATA.findall(page)
    return json.loads(found)


@pytest.fixture(params=["ar", "en"])
def visitor(request, client, mail_dir, monkeypatch) -> Visitor:
    return Visitor(client, mail_dir, request.param, monkeypatch)


def test_each_public_page_says_in_its_language_what_it_is_and_where_its_translations_are(visitor):
    visitor.change(lambda: send(LETTER, at=utc_now()))
    other = next(code for code in LANGUAGES if code != visitor.lang)

    for path, kind in KINDS.items():
        path = f"/letters/{reference(utc_now().year, LETTER)}" if path == "letter" else path
        page = visitor.get(path, path).answer.text
        said, data, url = head(page), linked(page), f"{SITE}/{visitor.lang}{path}"

        title = unescape(re.search(r"<title>(.*?) – ", page)[1])
        assert said["og:title"] == data["name"] == title, path
        assert said["description"] == said["og:description"] == data["description"], path
        assert said["og:url"] == data["url"] == url, path
        assert said["og:locale"] == {"ar": "ar_SY", "en": "en_GB"}[visitor.lang]
        assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
        assert said["og:image:alt"]
        assert said["twitter:card"] == "summary_large_image"
        assert "robots" not in said, path
        assert (data["@context"], data["@type"]) == ("https://schema.org", kind)
        assert dict(ALTERNATE.findall(page)) == {
            visitor.lang: url,
            other: f"{SITE}/{other}{path}",
            "x-default": f"{SITE}/ar{path}",
        }
        picture = visitor.client.get(said["og:image"].removeprefix(SITE))
        assert (picture.status_code, picture.mimetype) == (200, "image/png"), path


def test_a_page_of_one_person_or_one_whose_address_is_a_secret_says_nothing(visitor):
    visitor.change(lambda: send(LETTER, at=utc_now()))
    visitor.change(lambda: send(CHECKED_ONLY, at=utc_now(), visibility=VERIFY_ONLY))
    with_code = [
        f"/letters/{reference(utc_now().year, each)}/{code_of(each)}" for each in (LETTER, CHECKED_ONLY)
    ]
    addresses = [f"/confirm/{visitor.sign()}", f"/petitions/{OPEN}/check-your-inbox", *with_code]

    for page in [visitor.get(path, path).answer for path in addresses]:
        assert page.status_code == 200
        assert head(page.text)["robots"] == "noindex"
        assert not [name for name in head(page.text) if name.startswith("og:")]
        assert not ALTERNATE.findall(page.text)
        assert not LINKED_DATA.findall(page.text)


def test_a_form_that_came_back_with_errors_describes_no_page(visitor):
    page = visitor.post("mistakes", f"/petitions/{OPEN}/sign").answer.text

    assert "og:title" not in head(page)


def test_what_a_title_holds_can_end_no_element(visitor):
    hostile = '</script><script>alert("1")</script> & <!-- "\' \\u003c'
    changed = update(PetitionText).where(PetitionText.language == visitor.lang).values(title=hostile)
    visitor.change(lambda: db.session.execute(changed))

    page = visitor.get("petition", f"/petitions/{OPEN}").answer.text

    assert head(page)["og:title"] == head(page)["og:image:alt"] == linked(page)["name"] == hostile
    assert "<script>alert" not in page
    assert "<" not in LINKED_DATA.findall(page)[0]


def test_the_count_in_the_data_is_the_count_on_the_page(visitor):
    visitor.confirm(visitor.sign())

    page = visitor.get("petition", f"/petitions/{OPEN}").answer.text

    counted = linked(page)["interactionStatistic"]
    assert counted["userInteractionCount"] == 1
    assert counted["interactionType"] == "EndorseAction"
