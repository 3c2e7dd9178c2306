"""What a partner pastes works for years: the loader is small, never changes under its name, and browsers check it."""

import base64
import hashlib
import re

import pytest

from campaign_app.config import ROOT
from campaign_app.widgets.snippets import LOADER, Wish, plain_frame, plain_link, snippet
from tests.site.test_page_budget import KB, file_sent, packed

LOADER_LIMIT = 1.5 * KB
# A loader that sites have pasted is never edited: a change is a new file with the next number, and a line here.
RELEASED = {"widget/loader-1.js": "3b3cfe608e91b7818870afb2b06be6179ed02bd31f4f1cdbb03ab7f0836c33df"}
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def wish(app):
    with app.test_request_context():
        yield Wish(
            slug="lists-and-graves", words='Lists & "graves" <b>', lang="ar", size="full", source="solidarity"
        )


def test_a_released_loader_is_never_changed():
    found = {
        f"widget/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (ROOT / "static" / "widget").glob("loader-*.js")
    }

    assert found == RELEASED
    assert LOADER in RELEASED


@pytest.mark.parametrize("name", RELEASED)
def test_a_loader_is_small(name):
    assert packed((ROOT / "static" / name).read_bytes()) <= LOADER_LIMIT


def test_a_snippet_is_a_link_and_a_script_that_the_browser_can_check(client, wish):
    text = snippet(wish)

    address, integrity = re.search(r'src="http://localhost([^"]*)" integrity="([^"]*)"', text).groups()
    headers, content = file_sent(client, address, "identity")
    assert integrity == "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
    assert "immutable" in headers["Cache-Control"]
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert 'href="http://localhost/ar/petitions/lists-and-graves?s=solidarity"' in text
    assert 'data-nidaa="/embed/lists-and-graves?s=solidarity&amp;lang=ar"' in text
    assert 'dir="rtl"' in text
    assert "Lists &amp; &#34;graves&#34; &lt;b&gt;</a>" in text


def test_the_name_that_never_changes_gives_the_newest_loader(client):
    answer = client.get("/widget.js")

    assert answer.data == (ROOT / "static" / LOADER).read_bytes()
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.mimetype == "text/javascript"
    assert "max-age=3600" in answer.headers["Cache-Control"]


def test_only_what_other_sites_load_may_be_loaded_by_them(client, app):
    url = app.jinja_env.globals["static_url"]

    for name, policy in (("widget/frame.css", "cross-origin"), ("css/register.css", "same-origin")):
        headers, _ = file_sent(client, url(name), "gzip")
        assert headers["Cross-Origin-Resource-Policy"] == policy
        assert ("Access-Control-Allow-Origin" in headers) is (policy == "cross-origin")


def test_whatever_somebody_chose_nothing_gets_out_of_the_snippet(app):
    with app.test_request_context():
        wish = Wish(
            slug="lists-and-graves",
            words=HOSTILE,
            lang="en",
            size=HOSTILE,
            source=HOSTILE,
            theme=HOSTILE,
            accent=HOSTILE,
        )
        for text in (snippet(wish), plain_frame(wish), plain_link(wish)):
            assert "<script>" not in text
            assert "alert" not in text.replace("&lt;script&gt;alert(1)&lt;/script&gt;", "")
        assert wish.frame == "/embed/lists-and-graves/card?lang=en"


def test_a_frame_alone_stands_behind_its_link(wish):
    text = plain_frame(wish)

    assert text.startswith(plain_link(wish))
    assert '<iframe src="http://localhost/embed/lists-and-graves?s=solidarity&amp;lang=ar"' in text
    assert 'height="1400"' in text
