"""What is an exact site, and what only looks like one."""

from datetime import UTC, datetime, timedelta

import pytest

from campaign_app.partners.rules import CHECK_WAIT, NotAnOrigin, checkable_at, may_move, origin_of

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://Example.ORG", "https://example.org"),
        (" https://example.org/ ", "https://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("https://مثال.example", "https://xn--mgbh0fb.example"),
        ("https://xn--mgbh0fb.example", "https://xn--mgbh0fb.example"),
    ],
)
def test_a_site_is_written_as_a_browser_writes_it(typed, origin):
    assert origin_of(typed, may_be_http=False) == origin


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("example.org", "form"),
        ("https://", "form"),
        ("https://*.example.org", "form"),
        ("https://example.org; script-src *", "form"),
        ("https://example.org\r\nSet-Cookie: a=b", "form"),
        ("https://example.org https://other.example", "form"),
        ("https://user@example.org", "form"),
        ("https://example.org?page", "form"),
        ("https://example.org:99999", "form"),
        ("https://example.org:0", "form"),
        ("ftp://example.org", "form"),
        ("javascript://example.org", "form"),
        ("data:text/html,x", "form"),
        ("https://example.org/page", "path"),
        ("http://example.org", "https"),
        ("https://localhost", "host"),
        ("https://192.0.2.1", "host"),
        ("https://[2001:db8::1]", "host"),
        ("https://example..org", "host"),
        ("https://-example.org", "host"),
        ("https://example.org.", "host"),
        ("https://straße.example", "spelling"),
    ],
)
def test_what_is_not_exactly_one_public_site_is_refused_with_the_reason(typed, why):
    with pytest.raises(NotAnOrigin) as refusal:
        origin_of(typed, may_be_http=False)

    assert refusal.value.why == why


def test_in_development_a_page_on_this_machine_may_frame_the_form():
    assert origin_of("http://127.0.0.1:8123", may_be_http=True) == "http://127.0.0.1:8123"
    assert origin_of("http://host.test:80/", may_be_http=True) == "http://host.test"


def test_an_ended_partner_goes_nowhere():
    assert [may_move("active", "paused"), may_move("paused", "active"), may_move("paused", "ended")] == [
        True
    ] * 3
    assert not any(may_move("ended", to) for to in ("active", "paused", "ended"))


def test_whoever_is_alone_waits_from_when_they_became_so():
    assert checkable_at(recorded_at=NOON, alone_since=None) is None
    assert checkable_at(recorded_at=NOON, alone_since=NOON - timedelta(days=9)) == NOON + CHECK_WAIT
    later = NOON + timedelta(hours=3)
    assert checkable_at(recorded_at=NOON, alone_since=later) == later + CHECK_WAIT
