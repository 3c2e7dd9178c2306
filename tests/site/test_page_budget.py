"""experience.md, "Page budget", as far as it needs no browser: how many bytes each page and what it loads may have.

What a real browser does on a slow line is in tests/browser/test_page_budget.py.
"""

import re
import zlib
from typing import Any

import pytest
from werkzeug.datastructures import Headers

from campaign_app.clock import utc_now
from campaign_app.config import ROOT
from campaign_app.signing.queries import RECENT_SIGNERS
from tests.every_page import GROUPS, OPEN, OTHER, Visitor
from tests.largest_petition import SHOWN, grow_fully

KB = 1024
PAGE_LIMIT = 10 * KB
WINDOW = 14 * KB  # what a server may send before it hears anything back
FIRST_VISIT_LIMIT = 60 * KB
SCRIPT_LIMIT = 6 * KB
STATIC = ROOT / "static"
LINKED = re.compile(r'<(script|link|img|source)\b[^>]*?\s(?:src|href)="(/static/[^"]*)"')
FONT = re.compile(r"url\((/static/fonts/[^)]*)\)")
# That it is a demonstration: never on the page of a campaign.
STRIP = re.compile(rb'<div class="strip">.*?</div>\n')


def packed(body: bytes) -> int:
    """Return the bytes of a body as the server packs it for gzip."""
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return len(packer.compress(body) + packer.flush())


def file_sent(client: Any, address: str, encoding: str) -> tuple[Headers, bytes]:
    """Return the headers and the bytes of a static file as a browser is sent them."""
    with client.get(address, headers={"Accept-Encoding": encoding}) as answer:
        return answer.headers, answer.data


@pytest.fixture(params=["ar", "en"])
def visitor(request, client, mail_dir, monkeypatch) -> Visitor:
    return Visitor(client, mail_dir, request.param, monkeypatch)


# -- Pages, with their critical style ---------------------------------------------------------------------


@pytest.mark.parametrize("group", GROUPS)
def test_a_page_is_small_and_comes_in_one_window(visitor, group):
    sizes = {page.name: packed(page.answer.data) for page in GROUPS[group](visitor)}

    assert len(sizes) > 5
    limits = {name: PAGE_LIMIT if name.startswith("petition") else WINDOW for name in sizes}
    assert {name: size for name, size in sizes.items() if size > limits[name]} == {}


@pytest.mark.parametrize("slug", [OPEN, OTHER])
def test_a_petition_with_everything_that_it_can_show_is_as_small(visitor, slug):
    visitor.change(lambda: grow_fully(slug, now=utc_now()))

    page = visitor.get("petition", f"/petitions/{slug}").answer

    assert [name for name in SHOWN if name not in page.text] == []
    assert len(SHOWN) == RECENT_SIGNERS
    assert packed(STRIP.sub(b"", page.data)) <= PAGE_LIMIT


@pytest.mark.parametrize("slug", [OPEN, OTHER])
def test_a_petition_whose_form_has_mistakes_is_as_small(visitor, slug):
    visitor.change(lambda: grow_fully(slug, now=utc_now()))
    mistakes = {"name": "www.example.org", "email": "signer@gmial.com", "country": "", "wants_updates": "y"}

    page = visitor.post("petition", f"/petitions/{slug}/sign", **mistakes).answer

    assert page.text.count('aria-invalid="true"') >= 2
    assert "موقّع تجريبي" not in page.text  # it is about the form; the names are on the page before
    assert packed(page.data) <= PAGE_LIMIT


@pytest.mark.parametrize("slug", [OPEN, OTHER])
@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_what_is_really_sent_is_as_small(visitor, slug, encoding):
    page = visitor.get("petition", f"/petitions/{slug}", headers={"Accept-Encoding": encoding}).answer

    assert page.headers["Content-Encoding"] == encoding
    assert len(page.data) <= PAGE_LIMIT


# -- What a page loads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", [OPEN, OTHER])
def test_a_first_visit_with_every_file_that_it_may_load_keeps_to_the_budget(visitor, slug):
    visitor.change(lambda: grow_fully(slug, now=utc_now()))
    page = visitor.client.get(f"/{visitor.lang}/petitions/{slug}")
    loaded = {address for _, address in LINKED.findall(page.text)}

    [style] = [address for address in loaded if address.endswith(".css")]
    loaded |= set(FONT.findall(file_sent(visitor.client, style, "identity")[1].decode()))
    sizes = {address: len(file_sent(visitor.client, address, "gzip")[1]) for address in loaded}

    assert {address.rpartition(".")[2] for address in sizes} == {"css", "js", "woff2"}
    assert packed(page.data) + sum(sizes.values()) <= FIRST_VISIT_LIMIT


def test_no_page_loads_more_script_than_it_may(visitor):
    sizes: dict[str, int] = {}
    for group in ("petition", "form", "private"):
        for page in GROUPS[group](visitor):
            scripts = [address for tag, address in LINKED.findall(page.answer.text) if tag == "script"]
            files = [STATIC / re.sub(r"^/static/(.*)\.\w{8}(\.js)$", r"\1\2", script) for script in scripts]
            sizes[page.name] = sum(packed(file.read_bytes()) for file in files)

    assert max(sizes.values()) > 0
    assert {name: size for name, size in sizes.items() if size > SCRIPT_LIMIT} == {}


@pytest.mark.parametrize("name", ["css/register.css", "js/sign.js", "js/page.js"])
@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_a_file_that_pages_load_is_sent_packed_and_may_be_kept_for_a_year(app, client, name, encoding):
    address = app.jinja_env.globals["static_url"](name)

    headers, content = file_sent(client, address, encoding)

    assert headers["Content-Encoding"] == encoding
    assert len(content) < (STATIC / name).stat().st_size / 2
    assert "immutable" in headers["Cache-Control"]
