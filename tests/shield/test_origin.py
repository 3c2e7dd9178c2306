"""Was a form sent from our own page? Every kind of browser and every kind of stranger."""

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from campaign_app.shield.origin import is_same_origin, origin_of

from .conftest import make_app

APP = make_app()  # BASE_URL is https://petition.example.org


def post(base_url: str = "http://petition.example.org", **headers: str) -> Request:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(EnvironBuilder("/", base_url, method="POST", headers=names).get_environ())


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        pytest.param({"Sec_Fetch_Site": "same-origin"}, True, id="our page, today's browser"),
        pytest.param({"Sec_Fetch_Site": "cross-site"}, False, id="a foreign page"),
        pytest.param({"Sec_Fetch_Site": "same-site"}, False, id="another host of our domain"),
        pytest.param({"Sec_Fetch_Site": "none"}, False, id="no page at all"),
        pytest.param({"Sec_Fetch_Site": ""}, False, id="an empty word"),
        pytest.param(
            {"Sec_Fetch_Site": "cross-site", "Origin": "https://petition.example.org"},
            False,
            id="Sec-Fetch-Site decides over Origin",
        ),
        pytest.param(
            {"Sec_Fetch_Site": "same-origin", "Origin": "null"}, True, id="and over a hidden Origin too"
        ),
        pytest.param({"Origin": "https://petition.example.org"}, True, id="our page, older browser"),
        pytest.param({"Origin": "http://petition.example.org"}, True, id="our page, TLS ends at a proxy"),
        pytest.param({"Origin": "https://elsewhere.example.org"}, False, id="a foreign page, older browser"),
        pytest.param({"Origin": "https://petition.example.org.evil.example"}, False, id="a longer host"),
        pytest.param({"Origin": "https://petition.example.org:8443"}, False, id="another port"),
        pytest.param({"Origin": "null"}, False, id="a sandboxed or hidden page"),
        pytest.param({"Origin": ""}, False, id="an empty Origin"),
        pytest.param({"Origin": "http://["}, False, id="an Origin that is no address"),
        pytest.param({}, True, id="neither header: the form token decides"),
        pytest.param({"Referer": "https://elsewhere.example.org/"}, True, id="Referer is never asked"),
    ],
)
def test_a_post_is_believed_as_the_browser_says(headers, is_ours):
    with APP.app_context():
        assert is_same_origin(post(**headers)) is is_ours


def test_a_request_without_a_readable_host_is_not_of_the_same_origin_as_nobody():
    with APP.app_context():
        assert not is_same_origin(post(Host="no host", Origin="null"))


def test_a_local_address_with_a_port_is_its_own_origin():
    with APP.app_context():
        assert is_same_origin(post("http://127.0.0.1:8000", Origin="http://127.0.0.1:8000"))
        assert not is_same_origin(post("http://127.0.0.1:8000", Origin="http://127.0.0.1:9000"))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Petition.example.org/path", "https://petition.example.org"),
        ("https://petition.example.org:443", "https://petition.example.org"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url, origin):
    assert origin_of(url) == origin
