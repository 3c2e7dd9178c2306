"""Safety goal 24: what every answer says to the browser, held by a file that a person can read.

headers.txt is written by `UPDATE_HEADERS=1 pytest tests/site/test_headers.py`; a change in it is a change of a
promise, so read it before it is committed.
"""

import dataclasses
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from campaign_app.app import create_app
from campaign_app.clock import utc_day, utc_now
from campaign_app.config import Settings
from campaign_app.extensions import db
from campaign_app.letters import rules
from tests.every_page import OPEN, Visitor, error_pages
from tests.letters.sent import code_of, send
from tests.pages import AuditingClient
from tests.widgets.frames import CODE, ORIGINS, add_partner, private_link

WRITTEN = Path(__file__).resolve().parent / "headers.txt"
HELD = (
    "Access-Control-Allow-Origin",
    "Cache-Control",
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Location",
    "Permissions-Policy",
    "Referrer-Policy",
    "Retry-After",
    "Set-Cookie",
    "Strict-Transport-Security",
    "Vary",
    "X-Content-Type-Options",
)
POLICY, FRAMED_BY = "Content-Security-Policy", "Content-Security-Policy, frame-ancestors"
SHOWS_FRAMES = "Content-Security-Policy, frame-src"
ONLY_IN_PRODUCTION = "Strict-Transport-Security"
STATIC = (
    "css/register.css",
    "js/sign.js",
    "widget/loader-1.js",
    "fonts/vazirmatn-arabic-33.003.woff2",
    "opener/opener.html",
)
FRAMES = "/embed/"
FILE = "/static/"
UNLISTED = ("HEAD", "OPTIONS")  # they say what GET says, or less; the other tests ask for them too
UNKNOWN = "x" * 32
LETTER = 7

Said = tuple[tuple[str, str], ...]


@dataclasses.dataclass(frozen=True)
class Place:
    """Something to ask for. name: as the map of addresses has it. has_token: whether the address is a secret."""

    name: str
    method: str
    address: str
    has_token: bool = False


@pytest.fixture
def production(app: Flask, base_settings: Settings) -> Iterator[AuditingClient]:
    """The same installation in production; its demonstration keys let nobody sign there."""
    settings = dataclasses.replace(
        base_settings,
        environment="production",
        base_url="https://petition.example.org",
        mail_from="post@example.org",
        smtp_url="smtp://127.0.0.1:9",
    )
    found = create_app(settings)
    found.testing = True
    found.test_client_class = AuditingClient
    client = found.test_client()
    assert isinstance(client, AuditingClient)
    yield client
    with found.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def tokens(client, mail_dir, monkeypatch) -> dict[str, str]:
    """The token of a mail that was not yet opened, that of a private page, and that of a letter that was sent."""
    visitor = Visitor(client, mail_dir, "ar", monkeypatch)
    private = visitor.sign()
    visitor.confirm(private)
    visitor.change(lambda: send(LETTER, at=utc_now()))
    visitor.change(add_partner)
    waiting = visitor.sign(email="waiting@example.org")
    return {
        "confirm": waiting,
        "private": private,
        "letter": code_of(LETTER),
        "/partners/": private_link(client.application),
    }


def places(app: Flask, tokens: dict[str, str]) -> Iterator[Place]:
    """Yield every address of the application with every method: with what is there, and with what is not."""
    yesterday = utc_day(utc_now()) - timedelta(days=1)
    reference = rules.reference(utc_now().year, LETTER)
    for rule in app.url_map.iter_rules():
        kind = next((each for each in tokens if each in rule.rule), "private")
        there = {"lang": "ar", "slug": OPEN, "token": tokens[kind], "day": yesterday.isoformat(), "name": "x"}
        there |= {"reference": reference, "file_name": f"{reference}-en.pdf", "page": "1", "language": "ar"}
        missing = {"lang": "ar", "slug": "nothing", "token": UNKNOWN, "day": "2100-01-01", "name": "x"}
        missing |= {"reference": "nothing", "file_name": "x.pdf", "page": "2", "language": "xx"}
        for method in sorted(rule.methods or ()):
            yield place(app, rule, method, there)
            if rule.arguments - {"lang"}:
                yield place(app, rule, method, missing, ", missing")
            if rule.rule.startswith(FRAMES):
                yield place(app, rule, method, there, ", of a partner", query=f"?s={CODE}")


def place(
    app: Flask, rule: Rule, method: str, values: dict[str, str], remark: str = "", *, query: str = ""
) -> Place:
    """Return one address of a rule."""
    given = {name: values[name] for name in rule.arguments}
    with app.test_request_context():
        _, address = rule.build(given) or ("", "")
    return Place(f"{rule.rule}{remark}", method, address + query, has_token="token" in rule.arguments)


def said(answer: TestResponse) -> Said:
    """Return the headers of an answer that this file holds, without what each start or change of style makes new."""
    found = []
    for name, value in answer.headers.items():
        if name in HELD:
            value = re.sub(r"'sha256-[^']+'", "'sha256-(the inline style)'", value)
            if name == POLICY:
                value, _, framed_by = value.rpartition("frame-ancestors ")
                found.append((FRAMED_BY, framed_by))
                value, _, shows = value.removesuffix("; ").partition("; frame-src ")
                if shows:
                    found.append((SHOWS_FRAMES, shows))
                value = value or "(nothing else)"
            found.append((name, re.sub(r"[A-Za-z0-9_-]{32}", "(token)", value)))
    return tuple(sorted(found))


def everything_said(client: AuditingClient, tokens: dict[str, str]) -> dict[str, Said]:
    """Return what each place says, by "METHOD status place"."""
    found = {}
    for each in places(client.application, tokens):
        answer = client.open(each.address, method=each.method)
        found[f"{each.method:7} {answer.status_code} {each.name}"] = said(answer)
    for name in STATIC:
        answer = client.head(client.application.jinja_env.globals["static_url"](name))
        found[f"GET     {answer.status_code} {FILE}{name}"] = said(answer)
    return found


def errors_said(client: AuditingClient, mail_dir: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Said]:
    """Return what each error page says."""
    pages = error_pages(Visitor(client, mail_dir, "ar", monkeypatch))
    return {page.name.replace(OPEN, "<slug>"): said(page.answer) for page in pages}


def readable(found: dict[str, Said]) -> str:
    """Write what is said: first what all pages say, then each further set of headers with who says it."""
    common = set.intersection(*(set(headers) for name, headers in found.items() if FILE not in name))
    blocks: dict[Said, list[str]] = defaultdict(list)
    for name, headers in found.items():
        blocks[headers].append(name)
    lines = ["What every answer says in production; see test_headers.py.", "", "EVERY PAGE", *_lines(common)]
    for headers, names in sorted(blocks.items(), key=lambda block: (-len(block[1]), block[0])):
        is_page = common <= set(headers)
        lines += ["", "EVERY PAGE, and" if is_page else "NO PAGE"]
        lines += _lines(set(headers) - common if is_page else set(headers))
        lines += [f"        {name}" for name in sorted(names)]
    return "\n".join(lines) + "\n"


def _lines(headers: set[tuple[str, str]]) -> list[str]:
    return [f"    {name}: " + value.replace("; ", ";\n        ") for name, value in sorted(headers)]


def test_every_answer_says_what_was_agreed(production, mail_dir, tokens, monkeypatch):
    all_said = everything_said(production, tokens) | errors_said(production, mail_dir, monkeypatch)
    found = readable({name: headers for name, headers in all_said.items() if not name.startswith(UNLISTED)})

    if os.environ.get("UPDATE_HEADERS"):
        WRITTEN.write_text(found, encoding="utf-8")
    assert found == WRITTEN.read_text(encoding="utf-8")


def test_asking_for_the_headers_alone_gets_the_same_headers(production, tokens):
    found = everything_said(production, tokens)

    assert {
        name
        for name, headers in found.items()
        if name.startswith("HEAD") and headers != found[name.replace("HEAD", "GET ")]
    } == set()


def test_development_says_the_same_but_for_the_promise_of_encryption(
    production, client, mail_dir, tokens, monkeypatch
):
    there = everything_said(production, tokens)
    unopened = Visitor(client, mail_dir, "ar", monkeypatch).sign(email="another@example.org")

    here = everything_said(client, tokens | {"confirm": unopened})

    assert [
        name
        for name, headers in there.items()
        if not name.endswith(" /readyz")  # in production nobody can sign with demonstration keys
        and tuple((kind, value.replace("https: http:", "https:")) for kind, value in here[name])
        != tuple(pair for pair in headers if pair[0] != ONLY_IN_PRODUCTION)
    ] == []


def test_an_address_that_is_a_secret_leaves_in_no_referrer_and_no_copy_of_its_page_is_kept(client, tokens):
    for each in places(client.application, tokens):
        headers = client.open(each.address, method=each.method).headers

        expected = "strict-origin" if each.has_token else "same-origin"
        assert headers["Referrer-Policy"] == expected, each
        if each.has_token:
            assert headers["Cache-Control"] == "no-store", each


def test_only_its_partner_frames_a_form_and_any_https_site_the_card_and_nobody_anything_else(
    production, mail_dir, tokens, monkeypatch
):
    """Safety goal 13, exactly: every route, with and without what is there, every method, every error."""
    found = everything_said(production, tokens) | errors_said(production, mail_dir, monkeypatch)

    framed = {name: dict(headers)[FRAMED_BY] for name, headers in found.items()}
    others = {name: sources for name, sources in framed.items() if sources != "'none'"}
    assert len(framed) > 100
    for name, sources in others.items():
        _, _, route = name.split(None, 2)
        if route.startswith(f"{FRAMES}<slug>/card"):
            assert sources == "https:", name
        elif route.startswith(f"{FRAMES}<slug>/preview"):
            assert sources == "'self'", name
        else:
            assert route.endswith(", of a partner"), name
            assert sources == " ".join(ORIGINS), name
    assert {"https:", "'self'", " ".join(ORIGINS)} == set(others.values())
    shows = {name.split()[2] for name, headers in found.items() if dict(headers).get(SHOWS_FRAMES)}
    assert shows == {"/<lang:lang>/partners/<token>", "/<lang:lang>/embed-this/<slug>"}


def test_nothing_can_be_guessed_and_nothing_sets_a_cookie(production, mail_dir, tokens, monkeypatch):
    found = everything_said(production, tokens) | errors_said(production, mail_dir, monkeypatch)

    for name, headers in found.items():
        spoken = dict(headers)
        assert spoken["X-Content-Type-Options"] == "nosniff", name
        assert spoken[ONLY_IN_PRODUCTION].startswith("max-age=63072000"), name
        assert "Set-Cookie" not in spoken, name
        assert "Cookie" not in spoken.get("Vary", ""), name
