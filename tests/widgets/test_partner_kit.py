"""The partner kit: what it tells to paste works, and what it tells to allow is what that needs and no more."""

from typing import Any

import html5lib
import pytest

from campaign_app.petitions.operations import petition_by_slug
from campaign_app.widgets.snippets import Wish, badge, plain_frame, plain_link, snippet
from tests.api.situations import change
from tests.every_page import OPEN, OTHER

KIT = "/{}/partner-kit"
SOURCES = {"script": "script-src", "iframe": "frame-src", "img": "img-src"}


@pytest.fixture(params=["ar", "en"])
def lang(request: pytest.FixtureRequest) -> str:
    return request.param


def read(client: Any, lang: str) -> Any:
    """Return the page."""
    return html5lib.parse(client.get(KIT.format(lang)).data, namespaceHTMLElements=False)


def lines(page: Any) -> list[str]:
    """Return what is there to be copied."""
    return ["".join(each.itertext()) for each in page.iter("textarea")]


def loaded(pasted: str) -> list[tuple[str, str]]:
    """Return what lines load when they stand on a page: by what policy calls it, and from where."""
    found = html5lib.parseFragment(pasted, namespaceHTMLElements=False)
    return [(SOURCES[each.tag], each.attrib["src"]) for each in found.iter() if each.tag in SOURCES]


def policies(page: Any) -> list[dict[str, str]]:
    """Return the policies that the page gives: directive → source."""
    told = ["".join(each.itertext()) for each in page.iter("dd")]
    return [dict(part.strip().split(" ") for part in each.split(";")) for each in told]


def test_it_gives_the_lines_of_each_open_petition_as_they_are_written_in_one_place(client, lang):
    page = read(client, lang)
    titles = client.get("/api/v1/petitions").json["items"]

    given = lines(page)

    with client.application.test_request_context(KIT.format(lang)):
        wishes = [Wish(slug=each["slug"], words=each["titles"][lang], lang=lang) for each in titles]
        address = wishes[0].page
        expected = [make(wish) for wish in wishes for make in (snippet, plain_frame, badge, plain_link)]
    assert given == expected
    copied = [each.attrib["data-copy"] for each in page.iter("button") if "data-copy" in each.attrib]
    assert copied == expected
    assert address in ["".join(each.itertext()) for each in page.iter("code")]


def test_all_that_the_lines_load_is_there_and_any_site_may_load_it(client, lang):
    for pasted in lines(read(client, lang)):
        for directive, address in loaded(pasted):
            answer = client.get(address.removeprefix("http://localhost"))
            assert answer.status_code == 200, address
            if directive == "frame-src":
                assert "frame-ancestors https:" in answer.headers["Content-Security-Policy"]
            else:
                assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin", address
            answer.close()


def test_the_policies_allow_exactly_what_the_lines_load(client, lang):
    page = read(client, lang)

    card, frame, picture, numbers = policies(page)

    allowed = [card, frame, picture, {}]
    for nth, pasted in enumerate(lines(page)[:8]):
        policy = allowed[nth % 4]
        assert {directive for directive, _ in loaded(pasted)} <= set(policy)
        for directive, address in loaded(pasted):
            source = policy[directive]
            assert address.startswith(source if source.endswith("/") else f"{source}/"), address
    assert set(card) == {"script-src", "frame-src"}
    assert numbers == {"connect-src": "http://localhost"}


def test_a_script_that_could_not_be_one_of_ours_is_not_allowed(client, lang):
    [source] = {policy["script-src"] for policy in policies(read(client, lang)) if "script-src" in policy}

    assert source == "http://localhost/static/widget/"


def test_while_nothing_is_open_it_says_so_and_gives_no_lines(client, lang):
    def close() -> None:
        for slug in (OPEN, OTHER):
            petition_by_slug(slug).state = "withdrawn"

    change(client.application, close)

    assert lines(read(client, lang)) == []


def test_every_page_but_a_petitions_own_leads_to_it(client, lang):
    address = f'href="{KIT.format(lang)}"'

    assert address in client.get(f"/{lang}/").text
    assert address in client.get(f"/{lang}/privacy").text
