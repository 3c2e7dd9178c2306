"""Answers kept as finished bytes: what tells them apart, and what a reader who holds one already is sent."""

from itertools import count
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from campaign_app import finished_pages
from campaign_app.finished_pages import (
    RELEVANT_BELOW,
    RELEVANT_PARAMETERS,
    WORTH_COMPRESSING,
    Key,
    key_of,
    relevant_query,
)


@pytest.fixture
def site() -> FlaskClient:
    """An application of two addresses that tell how often they were asked; one says what it says without that."""
    app = Flask(__name__)
    finished_pages.register(app)
    asked = count(1)

    @app.get("/api/number")
    @app.get("/page")
    def number() -> dict[str, Any]:
        finished_pages.keep(60, says=f"page {request.args.get('page')}")
        return {"page": request.args.getlist("page"), "asked": next(asked), "more": "x" * WORTH_COMPRESSING}

    return app.test_client()


def test_whoever_holds_what_an_answer_says_is_sent_no_body(site):
    first = site.get("/api/number")
    site.application.extensions[finished_pages.STORE].forget()

    made_again = site.get("/api/number", headers={"If-None-Match": first.headers["ETag"]})
    kept = site.get("/api/number", headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})

    assert first.headers["ETag"].startswith('W/"')
    for answer in (made_again, kept):
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == first.headers["ETag"]
        assert "max-age=60" in answer.headers["Cache-Control"]
        assert {"Content-Type", "Content-Length", "Content-Encoding"} & set(answer.headers.keys()) == set()


@pytest.mark.parametrize("held", ['"other"', 'W/"', "nothing", ""])
def test_whoever_holds_something_else_is_sent_all_of_it(site, held):
    for _once_made_once_kept in range(2):
        answer = site.get("/api/number", headers={"If-None-Match": held})

        assert (answer.status_code, answer.json["asked"]) == (200, 1)


def test_another_answer_has_another_tag_and_another_packing_the_same(site):
    first = site.get("/api/number?page=1").headers["ETag"]

    assert site.get("/api/number?page=2").headers["ETag"] != first
    packed = site.get("/api/number?page=1", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] == first


def test_the_headers_alone_are_the_same_whether_the_answer_is_kept_or_not(site):
    before = site.head("/api/number")
    whole = site.get("/api/number")
    after = site.head("/api/number")

    for answer in (before, after):
        assert answer.data == b""
        for name in ("ETag", "Cache-Control", "Vary", "Content-Type"):
            assert answer.headers[name] == whole.headers[name]


def test_a_parameter_of_the_api_changes_no_page(site):
    site.get("/page?page=1")

    assert site.get("/page?page=2").json["page"] == ["1"]
    assert site.get("/api/number?page=2").json["page"] == ["2"]


@pytest.mark.parametrize("place", sorted(RELEVANT_BELOW))
def test_a_parameter_given_twice_has_an_answer_of_its_own_in_each_order(place):
    name = RELEVANT_BELOW[place][0]
    written = (f"{name}=1", f"{name}=2", f"{name}=1&{name}=2", f"{name}=2&{name}=1", f"{name}=1%26{name}=2")

    assert len({relevant_query(query, f"{place}x") for query in written}) == len(written)


def test_the_order_of_different_parameters_and_what_is_not_ours_change_nothing():
    kept = relevant_query("by=country&page=2", "/api/x")

    assert relevant_query("fbclid=1&page=2&x=&by=country", "/api/x") == kept
    assert relevant_query("s=wa&shared=1", "/api/x") == ()
    assert [name for name, _ in relevant_query("page=2&on=a&s=wa&by=x", "/en/x")] == ["s", "on"]
    assert {"s", "on"} <= set(RELEVANT_PARAMETERS)


def test_a_reader_who_saves_data_has_answers_of_their_own_and_any_other_word_has_none():
    def key(said: str) -> Key:
        return key_of({"PATH_INFO": "/en/", "HTTP_SAVE_DATA": said})

    assert key("on") == key("ON") != key("")
    assert {key(f"x{nth}") for nth in range(9)} == {key("")}
