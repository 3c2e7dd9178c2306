"""A test client that audits every page: valid HTML5, one heading, a title that begins with it, language and
direction, no cookie, and nothing left uncommitted.
"""

import re
from functools import cache
from typing import Any

import html5lib
import pytest
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from campaign_app.extensions import db
from campaign_app.prepared import AnyConnection, Direct
from tests.statements import listen_to_prepared

WRITES = ("INSERT", "UPDATE", "DELETE")
OPTIONS = re.compile(r"<option[^>]*>[^<]*(?:</option>)?")
# What a form token may consist of: nothing that could end its attribute.
SIGNED = re.compile(r'value="[\w.-]{40,}"')
DIRECTIONS = {"ar": "rtl", "en": "ltr"}


class AuditingClient(FlaskClient):
    """Flask's client, but a page that breaks a promise of the house fails the test that asked for it."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request and audit the answer."""
        end_the_tests_own_transaction()
        response = super().open(*args, **kwargs)
        # Inside a test's own context Flask ends no session after a request: a post would keep the write turn.
        end_the_tests_own_transaction()
        assert "Set-Cookie" not in response.headers
        assert "Cookie" not in response.headers.get("Vary", "")
        is_page = response.status_code not in (301, 302, 303, 308) and response.mimetype == "text/html"
        if is_page and response.data and "Content-Encoding" not in response.headers:
            audit(response.get_data(as_text=True))
        return response


def end_the_tests_own_transaction() -> None:
    """Let go of what the test itself read or wrote: a request is another process's work."""
    if has_app_context():
        db.session.rollback()


def audit(page: str) -> None:
    """Hold one page to the promises of the house; a page of which only the signed tokens are new, only once."""
    if "<html" in page[:200]:
        _audit(SIGNED.sub('value="x"', OPTIONS.sub("", page)))


@cache
def _audit(page: str) -> None:
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    headings = document.findall(".//h1")
    assert len(headings) == 1, "a page has one <h1>"
    heading = _text(headings[0])
    title = _text(document.find(".//title"))
    assert title.startswith(heading) or title.partition(":")[2].strip().startswith(heading), (title, heading)
    lang = document.attrib["lang"]
    assert document.attrib["dir"] == DIRECTIONS[lang]
    ids = [element.attrib["id"] for element in document.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids)), "an id is used twice"
    # What is not run needs no permission to run: a block of data.
    scripts = [each for each in document.iter("script") if each.attrib.get("type") != "application/ld+json"]
    assert not [element for element in scripts if "src" not in element.attrib]
    assert not [element for element in document.iter() if "style" in element.attrib]


def watch_for_uncommitted_writes(app: Flask) -> None:
    """Fail a request that ends well with a write that was never committed."""
    with app.app_context():
        engine = db.engine

    def _note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            connection.info["has_written"] = True

    event.listen(engine, "before_cursor_execute", _note)

    def _note_prepared(connection: AnyConnection, statement: str, rowcount: int) -> None:
        if not isinstance(connection, Direct):  # which commits as it ends
            _note(connection, None, statement)

    listen_to_prepared(pytest.MonkeyPatch(), _note_prepared)

    @event.listens_for(engine, "commit")
    @event.listens_for(engine, "rollback")
    def _settle(connection: Any) -> None:
        if not connection.invalidated:
            connection.info.pop("has_written", None)

    @app.after_request
    def _refuse(response: Any) -> Any:
        if db.session().in_transaction() and response.status_code < 400 and "unaudited" not in g:
            assert "has_written" not in db.session.connection().info, "a write was not committed"
        return response


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())
