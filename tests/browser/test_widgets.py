"""What a partner pastes, in real Chromium on sites of other hosts and ports, with third-party cookies blocked.

`localhost` is another site than ours and a secure context; `*.test` is no secure context, and so neither is our frame
in it. What needs no browser is in tests/widgets.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Frame,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)
from sqlalchemy import select

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.finished_pages import KEPT_SECONDS
from campaign_app.partners import operations as partners
from campaign_app.shield.rules import CHECK_LEAST_AGE
from campaign_app.tally.models import TallyCell
from campaign_app.widgets.snippets import Wish, plain_frame, snippet
from tests.endurance.servers import Installation, wait_for
from tests.supporters import mails

from .conftest import ARGUMENTS, installed_browser, needed
from .hosts import Site, site_of_somebody
from .people import SLUG, link_in

pytestmark = pytest.mark.browser

CODE = "solidarity"
SECURE, INSECURE, UNLISTED = "localhost", "partner.test", "elsewhere.test"
TITLE = "The lists and the graves"
PHONE, WIDE = {"width": 360, "height": 740}, {"width": 900, "height": 900}
KB = 1024
FRAME_LIMIT, REQUEST_LIMIT, SHIFT_LIMIT = 45 * KB, 5, 0.05
OBSERVE = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# What WordPress does with an answer of a provider that it does not know: the quotation and the frame alone, the frame
# in a sandbox and out of sight, and a listener of three messages. Told from its documentation in our own words.
WORDPRESS = """<script>
addEventListener("message", ({ source, data }) => {
  const frame = document.querySelector(`iframe[data-secret="${data.secret}"]`);
  if (!data.secret || !frame || source !== frame.contentWindow) return;
  document.querySelector("blockquote").style.display = "none";
  frame.removeAttribute("style");
  if (data.message === "height") frame.height = Math.min(Math.max(parseInt(data.value), 200), 1000);
  if (data.message === "link" && new URL(data.value).host === new URL(frame.src).host
      && document.activeElement === frame) top.location.href = data.value;
});
</script>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run Chromium as it is without third-party cookies."""
    program = needed(installed_browser())
    with sync_playwright() as playwright:
        arguments = [*ARGUMENTS, "--test-third-party-cookie-phaseout"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(installation: Installation) -> Iterator[Site]:
    """The partner's site: its origins on two hosts are listed, a third host shows the same pages and is not."""
    with site_of_somebody() as found:
        with installation.inside():
            described = partners.Described(
                name="Solidarity Society",
                origins=[found.origin(SECURE), found.origin(INSECURE)],
                contact="",
                language="en",
                consent_lines={"en": "We stand with the families."},
            )
            partners.add(code=CODE, described=described, by="command", now=utc_now())
            db.session.commit()
            with installation.app.test_request_context():
                for size in ("card", "full"):
                    wish = Wish(slug=SLUG, words=TITLE, lang="en", size=size, source=CODE)
                    found.put(f"/{size}", snippet(wish))
                    found.put(f"/{size}-frame", plain_frame(wish))
        yield found


@dataclass
class Visit:
    """Somebody who looks at a page of the partner's site."""

    page: Page
    requests: list[Request]

    @property
    def element(self) -> Locator:
        return self.page.locator("iframe")

    @property
    def frame(self) -> Frame:
        """Return our page inside theirs."""
        found = self.element.element_handle().content_frame()
        assert found is not None
        return found

    def height(self) -> float:
        box = self.element.bounding_box()
        assert box is not None
        return box["height"]

    def shows_all_of_the_frame(self) -> bool:
        """Whether the frame is as high as its page, so that nothing in it scrolls."""
        needed: float = self.frame.evaluate("document.documentElement.getBoundingClientRect().height")
        return self.height() - needed >= 0 and self.frame.evaluate(
            "document.documentElement.scrollHeight <= innerHeight"
        )


@pytest.fixture
def visits(browser: Browser, site: Site) -> Iterator[Callable[..., Visit]]:
    """Open pages of the partner's site; whatever happened, nothing was left on the device."""
    contexts: list[BrowserContext] = []

    def _visit(host: str, path: str, **device: object) -> Visit:
        context = browser.new_context(**{"viewport": WIDE, "locale": "en", **device})
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(OBSERVE)
        requests: list[Request] = []
        context.on("request", lambda request: requests.append(request))
        page.goto(site.origin(host) + path)
        return Visit(page, requests)

    yield _visit
    for context in contexts:
        assert context.cookies() == []
        assert context.storage_state()["origins"] == []
        context.close()


def counted(installation: Installation) -> int:
    """Return how many confirmed through the partner's frame."""
    with installation.inside():
        rows = select(TallyCell.people).filter_by(event="confirmed", source=CODE, path="embed")
        return sum(db.session.scalars(rows))


@pytest.mark.parametrize("host", [SECURE, INSECURE])
def test_a_person_signs_inside_a_partners_frame_and_is_counted_as_from_there(visits, installation, host):
    email, before = f"embedded-{host.replace('.', '-')}@example.org", counted(installation)
    visit = visits(host, "/full")
    frame = visit.frame
    expect(frame.locator("h1")).to_be_visible()
    expect(visit.page.get_by_role("link", name=TITLE)).to_be_hidden()
    expect(frame.locator("main")).to_contain_text("Solidarity Society: We stand with the families.")
    assert frame.evaluate("isSecureContext") is (host == SECURE)
    _keeps_to_its_budget(visit, installation)
    _follows_its_height(visit)
    shown = int(re.sub(r"\D", "", frame.locator(".count").inner_text()))

    frame.get_by_label("Full name").fill("Test Signer")
    frame.get_by_label("E-mail", exact=True).fill(email)
    frame.get_by_label("Country where you live").select_option("Germany")
    frame.get_by_role("button", name="Sign", exact=True).click()
    if host == INSECURE:  # no cryptography there: the step without JavaScript comes by itself
        expect(frame.locator("h1")).to_have_text("Check your details")
        visit.page.wait_for_timeout(CHECK_LEAST_AGE.total_seconds() * 1000 + 100)
        frame.get_by_role("button", name="All correct: sign").click()
    expect(frame.locator("h1")).to_have_text("Check your inbox")
    wait_for(visit.shows_all_of_the_frame, "the frame to follow its page")
    assert visit.page.url.endswith("/full")

    mail = _mail_to(installation, email)
    visit.page.goto(link_in(mail))
    visit.page.get_by_role("button", name="Confirm my signature").click()
    expect(visit.page.locator("h1")).to_have_text("Thank you, your signature is counted")
    assert counted(installation) == before + 1
    again = visits(host, "/full")
    wait_for(lambda: _count_after_reload(again) == shown + 1, "the count to rise", seconds=3 * KEPT_SECONDS)


def _keeps_to_its_budget(visit: Visit, installation: Installation) -> None:
    """Hold the frame to what it may load, and all of it from us alone; and the page around it to standing still."""
    visit.page.wait_for_load_state("networkidle")
    ours = f"http://127.0.0.1:{installation.port}/"
    from_us = [request for request in visit.requests if request.url.startswith(ours)]
    of_frame = [request for request in from_us if "/widget/loader-" not in request.url]
    assert len(from_us) == len(of_frame) + 1
    assert len(of_frame) <= REQUEST_LIMIT
    sizes = [request.sizes() for request in of_frame]
    assert sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) <= FRAME_LIMIT
    assert {request.resource_type for request in of_frame} == {"document", "stylesheet", "script"}
    assert visit.page.evaluate("window.shifted") <= SHIFT_LIMIT


def _follows_its_height(visit: Visit) -> None:
    """Hold the page around a frame to its height as it changes, and to believing nobody else about it."""
    wait_for(visit.shows_all_of_the_frame, "the frame to be as high as its page")
    wide = visit.height()
    visit.page.set_viewport_size(PHONE)
    wait_for(lambda: visit.height() > wide and visit.shows_all_of_the_frame(), "the frame to grow")
    tall = visit.height()
    # From the page around it; from another frame of ours, which tells its own height; and out of range, or no number.
    visit.page.evaluate("postMessage({ type: 'nidaa-height', height: 5000 }, '*')")
    visit.page.evaluate(
        """(src) => new Promise((done) => {
          const other = Object.assign(document.createElement("iframe"), { src });
          addEventListener("message", ({ source }) => source === other.contentWindow && (other.remove(), done()));
          document.body.append(other);
        })""",
        visit.frame.url.replace("?", "/card?"),
    )
    for height in ("0", "-1", "6000", "1e9", "NaN", "'3000'", "null"):
        visit.frame.evaluate(f"parent.postMessage({{ type: 'nidaa-height', height: {height} }}, '*')")
    visit.frame.evaluate("parent.postMessage(null, '*')")
    visit.page.wait_for_timeout(200)
    assert visit.height() == tall
    visit.frame.evaluate("parent.postMessage({ type: 'nidaa-height', height: 5999 }, '*')")
    wait_for(lambda: visit.height() == 5999, "a height that is in range")


def _mail_to(installation: Installation, email: str):
    def _found():
        return [mail for mail in mails(installation.home / "mail") if mail["To"] == email]

    return wait_for(_found, "the mail")[0]


def _count_after_reload(visit: Visit) -> int:
    visit.page.reload()
    return int(re.sub(r"\D", "", visit.frame.locator(".count").inner_text()))


def test_a_site_that_is_not_listed_keeps_the_link_and_the_link_works(visits, installation):
    visit = visits(UNLISTED, "/full")

    expect(visit.element).to_have_count(0)
    link = visit.page.get_by_role("link", name=TITLE)
    expect(link).to_be_visible()
    assert (
        visit.page.locator("#after").bounding_box()["y"] < WIDE["height"] / 2
    )  # no room is kept for nothing
    link.click()
    expect(visit.page).to_have_url(f"http://127.0.0.1:{installation.port}/en/petitions/{SLUG}?s={CODE}")

    # The card is for everybody, also without the loader.
    for path in ("/card", "/card-frame"):
        visit = visits(UNLISTED, path)
        expect(visit.page.frame_locator("iframe").locator(".count")).to_be_visible()
    with visit.page.context.expect_page() as opened:
        visit.page.frame_locator("iframe").get_by_role("link", name="Read and sign").click()
    expect(opened.value).to_have_url(f"http://127.0.0.1:{installation.port}/en/petitions/{SLUG}?s={CODE}")


def test_without_javascript_the_link_leads_to_the_petition(visits, installation):
    visit = visits(SECURE, "/full", java_script_enabled=False)

    expect(visit.element).to_have_count(0)
    visit.page.get_by_role("link", name=TITLE).click()

    expect(visit.page).to_have_url(f"http://127.0.0.1:{installation.port}/en/petitions/{SLUG}?s={CODE}")


def test_the_way_out_of_a_frame_leads_out_of_the_page_around_it(visits):
    visit = visits(SECURE, "/full")
    visit.page.context.route("https://en.wikipedia.org/**", lambda route: route.fulfill(body="elsewhere"))

    visit.frame.get_by_role("link", name="Exit this page").click()

    expect(visit.page).to_have_url("https://en.wikipedia.org/")


def test_a_page_that_shows_our_oembed_answer_as_wordpress_does_opens_the_petition(visits, site, installation):
    ours = f"http://127.0.0.1:{installation.port}"
    page = f"{ours}/en/petitions/{SLUG}"
    with urlopen(f"{ours}/oembed?format=json&maxwidth=500&url={quote(page)}") as answer:  # noqa: S310 - our own
        html = json.load(answer)["html"]
    # Its own words for what it keeps of an answer: the quotation and the frame, without other attributes.
    quotation, frame = re.fullmatch(r"(<blockquote>.*?</blockquote>)(<iframe.*?></iframe>)", html).groups()
    kept = " ".join(re.findall(r'(?:title|width|height)="[^"]*"', frame))
    address = re.search(r'src="([^"]*)"', frame)[1]
    boxed = (
        f'<iframe sandbox="allow-scripts" security="restricted" style="position:absolute;visibility:hidden" {kept}'
        f' src="{address}#?secret=a1B2c3D4e5" data-secret="a1B2c3D4e5"></iframe>'
    )
    site.put("/wordpress", quotation + boxed + WORDPRESS)
    site.put("/wordpress-without-script", quotation + boxed)

    visit = visits(SECURE, "/wordpress")
    expect(visit.page.locator("blockquote")).to_be_hidden()
    expect(visit.frame.locator(".count")).to_be_visible()
    assert visit.frame.evaluate("origin") == "null"
    assert "rgb(20, 80, 92)" in visit.frame.locator(".button").evaluate(
        "e => getComputedStyle(e).backgroundColor"
    )
    wait_for(visit.shows_all_of_the_frame, "the frame to be as high as its card")
    visit.frame.get_by_role("link", name="Read and sign").click()
    expect(visit.page).to_have_url(page)

    visit = visits(SECURE, "/wordpress-without-script")
    link = visit.page.locator("blockquote a")
    expect(link).to_be_visible()
    link.click()
    expect(visit.page).to_have_url(page)
