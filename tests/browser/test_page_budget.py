"""experience.md, "Page budget", in a browser: the Arabic petition at its largest, on slow lines, with an empty cache.

The line is emulated by Chromium (bits a second and latency), so the figures are those of the line and of this
browser, hardly of the machine. What needs no browser is in tests/site/test_page_budget.py.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from tests.endurance.servers import HOST, PATIENCE_SECONDS, Installation, Server, SqliteFile, wait_for
from tests.largest_petition import SHOWN, grow_fully

from .people import OTHER_SLUG, Person, hosts_of

pytestmark = pytest.mark.browser

KB = 1024
TOTAL_LIMIT, FONT_LIMIT, SCRIPT_LIMIT, REQUEST_LIMIT = 60 * KB, 44 * KB, 6 * KB, 6
PAINTED_LIMIT, USABLE_LIMIT = 2_100, 8_000  # milliseconds
SHIFT_LIMIT = 0.05
MOST_VISITS = 3
KBIT = 1000 / 8  # bytes
PHONE = {"width": 360, "height": 740}
LAB = (400 * KBIT, 400)  # bytes a second, milliseconds
WORST = (50 * KBIT, 1000)
PAGE, STYLE, SCRIPT, FONT, CHALLENGE = "Document", "Stylesheet", "Script", "Font", "Fetch"
OBSERVE = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
  window.painted = list.getEntries().at(-1).startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
"""
PAINTED = 'performance.getEntriesByName("first-contentful-paint").length > 0'


@dataclass
class Sent:
    """One request of the browser. size: of its answer, with headers, as it came over the line."""

    url: str
    kind: str
    is_from_cache: bool = False
    size: float = 0


class Line:
    """What goes over somebody's line before they send the form."""

    def __init__(self, person: Person, speed: float, latency: float) -> None:
        """Slow a line down. speed: bytes a second; latency: milliseconds."""
        self._all: dict[str, Sent] = {}
        self._is_over = False
        reader = person.context.new_cdp_session(person.page)
        reader.on("Network.requestWillBeSent", self._sent)
        reader.on("Network.requestServedFromCache", self._from_cache)
        reader.on("Network.responseReceived", self._answered)
        reader.on("Network.loadingFinished", self._finished)
        reader.send("Network.enable")
        limits = {"latency": latency, "downloadThroughput": speed, "uploadThroughput": speed}
        reader.send("Network.emulateNetworkConditions", {"offline": False, **limits})

    def _sent(self, told: dict[str, Any]) -> None:
        url = told["request"]["url"]
        self._is_over |= told["request"]["method"] == "POST"
        # The worker runs the page's own script, which may be kept for a year; its answer is told to the worker alone.
        is_again = url in {each.url for each in self._all.values()}
        if not self._is_over and not is_again:
            self._all[told["requestId"]] = Sent(url, told["type"])

    def _from_cache(self, told: dict[str, Any]) -> None:
        if request := self._all.get(told["requestId"]):
            request.is_from_cache = True

    def _answered(self, told: dict[str, Any]) -> None:
        if told["response"]["fromDiskCache"]:
            self._from_cache(told)

    def _finished(self, told: dict[str, Any]) -> None:
        if request := self._all.get(told["requestId"]):
            request.size = told["encodedDataLength"]

    @property
    def requests(self) -> list[Sent]:
        """Return what left the device."""
        schemes = ("http", "https")
        return [
            each
            for each in self._all.values()
            if not each.is_from_cache and urlsplit(each.url).scheme in schemes
        ]

    def size(self, kind: str | None = None) -> float:
        """Return the bytes of everything, or of one kind."""
        return sum(each.size for each in self.requests if kind in (None, each.kind))


@dataclass
class Visit:
    """A first visit, up to the inbox page. shifted: by how much in all; painted: when the largest part was there."""

    person: Person
    line: Line
    shifted: float
    painted: float


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Run an installation of its own: its petition has a past that no server saw happen."""
    found = Installation(tmp_path_factory.mktemp("largest"), SqliteFile())
    with Server(found):
        yield found


@pytest.fixture(scope="module")
def petition(installation: Installation) -> str:
    """The address of the petition at its largest, as every web process shows it."""
    with installation.inside():
        grow_fully(OTHER_SLUG, now=utc_now())
        db.session.commit()
    path = f"/ar/petitions/{OTHER_SLUG}"

    def _is_shown() -> bool:
        line = HTTPConnection(HOST, installation.port, timeout=PATIENCE_SECONDS)
        line.request("GET", f"{path}?s=t{time.monotonic_ns()}")
        page = line.getresponse().read().decode()
        line.close()
        return all(name in page for name in SHOWN)

    wait_for(lambda: all(_is_shown() for _ in range(6)), "the names to be shown")
    return f"http://{HOST}:{installation.port}{path}?s=wa"


@contextmanager
def somebody(browser: Browser, installation: Installation, **device: Any) -> Iterator[Person]:
    """Let somebody have a phone that was never here: no history, an empty cache."""
    has_script = device.setdefault("java_script_enabled", True)
    context = browser.new_context(viewport=PHONE, locale="ar", **device)
    context.set_default_timeout(30_000)
    found = Person(context, installation, "ar", has_script)
    yield found
    context.close()
    assert found.complaints == []


@pytest.fixture(scope="module")
def visit(browser: Browser, installation: Installation, petition: str) -> Visit:
    """Visit on the line of the lab; once more where this machine had so much else to do that the page came late."""
    for number in range(MOST_VISITS):
        with somebody(browser, installation) as person:
            found = visited(person, petition, f"budget{number}@example.org")
        if found.painted <= PAINTED_LIMIT:
            break
    return found


def visited(person: Person, petition: str, email: str) -> Visit:
    """Let somebody read until the last font is there, fill in, and send."""
    line = Line(person, *LAB)
    person.page.add_init_script(OBSERVE)
    person.page.goto(petition, wait_until="networkidle")
    person.page.evaluate("document.fonts.ready")
    shifted, painted = person.page.evaluate("[window.shifted, window.painted]")
    with person.page.expect_response("**/shield/challenge*"):
        person.fills_in(email)
    person.presses("Sign")
    person.page.wait_for_url("**/check-your-inbox")
    return Visit(person, line, shifted, painted)


def test_a_first_visit_up_to_the_button_keeps_to_its_bytes(visit):
    assert {each.kind for each in visit.line.requests} == {PAGE, STYLE, SCRIPT, FONT, CHALLENGE}
    assert visit.line.size() <= TOTAL_LIMIT
    assert 0 < visit.line.size(FONT) <= FONT_LIMIT
    assert 0 < visit.line.size(SCRIPT) <= SCRIPT_LIMIT


def test_a_first_visit_asks_six_times_and_nobody_else(visit, installation):
    assert len(visit.line.requests) <= REQUEST_LIMIT
    assert hosts_of(visit.person.requests) == {f"{HOST}:{installation.port}"}


def test_the_first_view_is_there_soon_and_nothing_moves_when_the_fonts_come(visit):
    assert LAB[1] < visit.painted <= PAINTED_LIMIT
    assert visit.shifted <= SHIFT_LIMIT


def test_on_the_worst_line_the_form_can_be_filled_in_before_the_fonts_are_there(
    browser, installation, petition
):
    with somebody(browser, installation) as person:
        line = Line(person, *WORST)

        person.page.goto(petition, wait_until="commit")
        person.fills_in("slow@example.org")
        expect(person.button("Sign")).to_be_enabled()

        person.page.wait_for_function(PAINTED)
        assert WORST[1] < person.page.evaluate("performance.now()") <= USABLE_LIMIT
        assert line.size(FONT) == 0


def test_who_saves_data_gets_no_font_and_signs_without_javascript_too(browser, installation, petition):
    frugal = {"java_script_enabled": False, "extra_http_headers": {"Save-Data": "on"}}
    with somebody(browser, installation, **frugal) as person:
        line = Line(person, *LAB)

        person.page.goto(petition, wait_until="networkidle")
        person.fills_in("frugal@example.org")
        person.presses("Sign")
        person.is_at("Check your details")

        assert {each.kind for each in line.requests} == {PAGE, STYLE}
