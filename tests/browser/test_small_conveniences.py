"""The buttons and links of static/js/page.js in real Chromium: each works, and each is no more than a convenience."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, Response, request, send_from_directory
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

STATIC = Path(__file__).resolve().parents[2] / "static"
HEAD = '<!doctype html><html lang="en"><link rel="icon" href="data:,">'
START = HEAD + '<title>Start</title><input aria-label="Name"><a href="/page">On</a>'
ELSEWHERE = HEAD + "<title>Elsewhere</title>"
PAGE = (
    HEAD
    + """<title>A private page</title>
<style>[hidden] {{ display: none }}</style>
<button type="button" data-copy="https://petition.example.org/" data-copied="Copied" hidden>Copy the link</button>
<button type="button" data-share data-share-url="https://petition.example.org/" data-share-text="Sign" hidden>
Share</button>
<a data-exit href="{exit}">Exit this page</a> <span data-exit-hint hidden>Or press Shift three times.</span>
<script type="module" src="/static/js/page.js"></script>"""
)


class Site:
    """Two pages, and elsewhere: where a person leaves to, with a note of what it was told about us."""

    def __init__(self, serve: Callable[[Flask], str]) -> None:
        self.referrers: list[str | None] = []
        elsewhere, app = Flask("elsewhere"), Flask("pages_under_test", static_folder=None)
        elsewhere.add_url_rule("/", "leave", self._elsewhere)
        app.add_url_rule("/start", "start", lambda: START)
        app.add_url_rule("/page", "page", lambda: PAGE.format(exit=self.elsewhere))
        app.add_url_rule("/static/<path:name>", "static", lambda name: send_from_directory(STATIC, name))
        app.after_request(self._strict_origin)
        self.elsewhere = serve(elsewhere).replace("127.0.0.1", "elsewhere.test") + "/"
        self.url = serve(app)

    def _elsewhere(self) -> str:
        self.referrers.append(request.headers.get("Referer"))
        return ELSEWHERE

    def _strict_origin(self, response: Response) -> Response:
        """Send what pages send whose address is a secret: the origin alone may be told."""
        response.headers["Referrer-Policy"] = "strict-origin"
        return response


@pytest.fixture
def site(serve) -> Site:
    return Site(serve)


def visit(page: Page, site: Site) -> None:
    page.goto(site.url + "/start")
    page.get_by_label("Name").fill("Test Signer")
    page.get_by_role("link", name="On").click()
    expect(page.get_by_text("Or press Shift three times.")).to_be_visible()  # the script has run


def test_copy_copies_and_says_so(site, context, page):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit(page, site)

    page.get_by_role("button", name="Copy the link").click()

    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "https://petition.example.org/"


def test_share_opens_the_devices_own_sharing(site, page):
    page.add_init_script("navigator.share = async (what) => { window.shared = what }")
    visit(page, site)

    page.get_by_role("button", name="Share").click()

    assert page.evaluate("window.shared") == {"url": "https://petition.example.org/", "text": "Sign"}


def test_what_cannot_work_is_not_shown(site, page):
    page.add_init_script(
        "delete Navigator.prototype.share; Object.defineProperty(navigator, 'clipboard', { value: undefined })"
    )
    visit(page, site)

    expect(page.get_by_text("Or press Shift three times.")).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)


def leave_by_link(page: Page) -> None:
    page.get_by_role("link", name="Exit this page").click()


def leave_by_keyboard(page: Page) -> None:
    for _ in range(3):
        page.keyboard.press("Shift")


@pytest.mark.parametrize("leave", [leave_by_link, leave_by_keyboard])
def test_leaving_tells_nobody_and_leaves_no_way_back_to_the_page(site, page, leave):
    visit(page, site)

    leave(page)

    expect(page).to_have_title("Elsewhere")
    assert site.referrers == [None]
    page.go_back()
    expect(page).to_have_title("Start")


def test_two_shifts_or_shifts_between_letters_leave_nobody(site, page):
    visit(page, site)

    for key in ("Shift", "Shift", "a", "Shift", "b", "Shift", "Shift"):
        page.keyboard.press(key)
    page.wait_for_timeout(200)

    expect(page).to_have_title("A private page")
