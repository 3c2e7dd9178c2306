"""The sign form's script and its worker in real Chromium, against the shield itself behind a loopback port."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from flask import Flask, Response, request, send_from_directory
from playwright.sync_api import Page, Request, Route, expect

from campaign_app.clock import utc_now
from campaign_app.config import EXTENSION as SETTINGS
from campaign_app.config import Settings
from campaign_app.shield import form_token, rules, setup, views, work
from campaign_app.shield.state import current_shield
from tests.endurance.servers import wait_for

pytestmark = pytest.mark.browser

STATIC = Path(__file__).resolve().parents[2] / "static"
PETITION = 7
CAMP = "127.0.0.1"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; form-action 'self'"
)
PAGE = """<!doctype html><html lang="en"><title>Sign</title>
<form method="post" action="/sign" data-sign data-challenge-url="/shield/challenge?petition=7"
  data-worker-url="/static/js/sign.js" data-working="Preparing your signature.">
<label>Name <input name="name"></label>
<input type="hidden" name="form_token" value="{token}"><input type="hidden" name="altcha">
<button>Sign</button> <span role="status" data-status></span>
</form><script type="module" src="/static/js/sign.js"></script>"""
ANSWER = '<!doctype html><html lang="en"><title>{verdict}</title><p>{verdict}</p>'


@dataclass
class Site:
    """A running site of one form, and what was posted to it."""

    app: Flask
    url: str = ""
    posts: list[dict[str, str]] = field(default_factory=list)
    nonces: list[bytes] = field(default_factory=list)

    def crowd(self, people: int) -> None:
        """Let other people of the same network have asked for signatures."""
        with self.app.app_context():
            for _ in range(people):
                current_shield().networks.count(CAMP)


@pytest.fixture
def site(serve: Callable[[Flask], str]) -> Site:
    app = Flask("form_under_test", static_folder=None)
    app.secret_key = b"a secret that only these tests use"
    app.extensions[SETTINGS] = Settings(web_workers=1)
    setup.init_app(app)
    app.register_blueprint(views.blueprint)
    site = Site(app)

    @app.get("/")
    def page() -> str:
        return PAGE.format(token=form_token.issue(PETITION, utc_now()))

    @app.post("/sign")
    def sign() -> str:
        typed = request.form.to_dict()
        site.posts.append(typed)
        form_token.check(typed["form_token"], PETITION, utc_now())
        level = rules.work_level(current_shield().networks.count(CAMP))
        try:
            site.nonces.append(work.verify(typed["altcha"], PETITION, level, utc_now()))
        except work.WorkMissing:
            return ANSWER.format(verdict="Check your details")
        return ANSWER.format(verdict="Check your inbox")

    @app.get("/static/<path:name>")
    def static(name: str) -> Response:
        return send_from_directory(STATIC, name)

    @app.after_request
    def policy(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    site.url = serve(app)
    return site


def sign(page: Page, verdict: str) -> None:
    page.get_by_label("Name").fill("Test Signer")
    page.get_by_role("button", name="Sign").click()
    expect(page).to_have_title(verdict, timeout=30_000)


@pytest.mark.parametrize(("crowd", "level"), [(0, 0), (30, 1), (300, 2)])
def test_the_page_solves_what_its_network_is_asked_for(site, page, crowd, level):
    site.crowd(crowd)
    page.goto(site.url)

    with page.expect_response("**/shield/challenge?*") as challenge:
        page.get_by_label("Name").focus()
    about = challenge.value.json()["parameters"]["data"]
    sign(page, "Check your inbox")

    assert about["level"] == level
    assert [post["name"] for post in site.posts] == ["Test Signer"]
    assert len(site.nonces) == 1


@pytest.mark.parametrize("crowd", [0, 30, 300])
def test_a_page_on_a_machine_ten_times_slower_stays_usable_while_it_solves(site, context, page, crowd):
    # Chromium slows the page's own thread only; `test_a_cheap_phone…` slows the search itself.
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 10})
    site.crowd(crowd)

    # What else this machine does may hold any page up, and not three times in a row.
    assert any(
        longest_pause(page, site) < 500 for _ in range(3)
    )  # a search in the page would hold it for seconds
    sign(page, "Check your inbox")


def longest_pause(page: Page, site) -> float:
    """Return for how many milliseconds a page did nothing for a person, at most, from when they touched its form."""
    page.goto(site.url)
    page.get_by_label("Name").focus()
    found: float = page.evaluate(
        """() => new Promise(resolve => {
            let last = performance.now(), longest = 0;
            const timer = setInterval(() => {
                const now = performance.now();
                longest = Math.max(longest, now - last);
                last = now;
            }, 10);
            setTimeout(() => { clearInterval(timer); resolve(longest); }, 1000);
        })"""
    )
    return found


def test_a_cheap_phone_on_a_busy_network_signs_with_patience(site, page, monkeypatch):
    # A machine ten times slower is one with ten times the work, and the server's own share stays the same.
    first = rules.WORK[1]
    slow = (rules.WORK[0], rules.Work(first.iterations, first.counters * 10), rules.WORK[2])
    monkeypatch.setattr(work, "WORK", slow)
    site.crowd(30)
    page.goto(site.url)

    sign(page, "Check your inbox")

    assert len(site.nonces) == 1


def forever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make challenges that no machine solves while a person waits."""
    monkeypatch.setattr(work, "WORK", (rules.Work(50_000, 2**31),))
    monkeypatch.setattr(work, "randbelow", lambda counters: counters - 1)


def test_after_fifteen_seconds_the_page_offers_the_step_without_script(site, page, monkeypatch):
    forever(monkeypatch)
    opened_at = utc_now()
    page.clock.install(time=opened_at)
    page.goto(site.url)
    page.clock.pause_at(
        opened_at + timedelta(minutes=1)
    )  # a slow machine uses up none of the fifteen seconds
    page.get_by_label("Name").fill("Test Signer")
    page.get_by_role("button", name="Sign").click()

    page.clock.fast_forward(14_000)
    expect(page.get_by_role("status")).to_contain_text("Preparing your signature.")
    assert site.posts == []
    page.clock.fast_forward(1_500)

    expect(page).to_have_title("Check your details")
    assert site.posts[0]["altcha"] == ""


def test_while_a_person_waits_a_labelled_progress_says_so_and_a_second_press_does_nothing(
    site, page, monkeypatch
):
    forever(monkeypatch)
    page.goto(site.url)
    page.get_by_label("Name").fill("Test Signer")
    button = page.get_by_role("button", name="Sign")
    expect(page.get_by_role("progressbar")).to_have_count(0)

    button.click()
    button.click(force=True)

    expect(page.get_by_role("progressbar", name="Preparing your signature.")).to_be_visible()
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_label("Name")).to_have_value("Test Signer")
    assert site.posts == []


def test_a_form_pressed_three_times_is_sent_once(site, page, staying):
    page.add_init_script(
        "const submit = HTMLFormElement.prototype.submit; window.sent = 0;"
        "HTMLFormElement.prototype.submit = function () { window.sent++; submit.call(this) }"
    )
    site.crowd(30)
    page.goto(site.url)
    page.get_by_label("Name").fill("Test Signer")

    with page.expect_request("**/sign"):
        for _ in range(3):
            page.get_by_role("button", name="Sign").click(force=True)
    page.wait_for_timeout(300)

    assert page.evaluate("window.sent") == 1
    assert len(staying) == 1


def test_the_progress_moves(site, page, monkeypatch):
    monkeypatch.setattr(work, "WORK", (rules.Work(2_000, 30_000),))
    monkeypatch.setattr(work, "randbelow", lambda counters: counters - 1)
    page.goto(site.url)
    page.get_by_label("Name").fill("Test Signer")
    page.get_by_role("button", name="Sign").click()

    bar = page.get_by_role("progressbar")
    seen = 0.0
    for _ in range(4):
        wait_for(lambda before=seen: bar.evaluate("bar => bar.value") > before, "the bar to move")
        seen = bar.evaluate("bar => bar.value")

    assert seen < 1


# The page's patience: without it a failure that nobody noticed would look like a page that gave up in time.
ENDLESS_PATIENCE = "window.setTimeout = () => 0"


def test_without_a_secure_context_the_form_is_sent_as_it_is(site, page):
    page.add_init_script(ENDLESS_PATIENCE)
    page.goto(site.url.replace("127.0.0.1", "plain.test"))
    assert page.evaluate("isSecureContext") is False

    sign(page, "Check your details")

    assert site.posts[0]["altcha"] == ""


@pytest.mark.parametrize("broken", ["**/shield/challenge?*", "**/js/sign.js"])
def test_when_something_is_missing_the_form_is_sent_as_it_is(site, context, broken):
    page = context.new_page()
    page.add_init_script(ENDLESS_PATIENCE)
    page.goto(site.url)
    page.route(
        broken, lambda route: route.abort()
    )  # the page has its script; what comes after does not arrive

    sign(page, "Check your details")


def test_a_challenge_that_cannot_be_solved_is_given_up(site, context, monkeypatch):
    page = context.new_page()
    page.add_init_script(ENDLESS_PATIENCE)
    monkeypatch.setattr(work, "WORK", (rules.Work(1, 3),))
    monkeypatch.setattr(work, "randbelow", lambda counters: counters + 1)  # beyond what is searched
    page.goto(site.url)

    sign(page, "Check your details")


def test_a_network_over_its_ceiling_gets_the_step_without_script(site, context):
    page = context.new_page()
    page.add_init_script(ENDLESS_PATIENCE)
    page.route("**/shield/challenge?*", lambda route: route.fulfill(status=429, body="{}"))
    page.goto(site.url)

    sign(page, "Check your details")


def test_without_javascript_the_form_is_an_ordinary_form(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url)

    sign(page, "Check your details")
    context.close()


def test_nothing_is_fetched_before_a_person_touches_the_form(site, page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(site.url)))

    page.goto(site.url)
    page.wait_for_timeout(300)
    assert asked == ["/", "/static/js/sign.js"]

    with page.expect_request("**/js/sign.js"):
        page.get_by_label("Name").focus()
    assert [url.partition("?")[0] for url in asked[2:]] == ["/shield/challenge", "/static/js/sign.js"]


def test_one_challenge_is_fetched_however_often_the_form_is_touched(site, page):
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "/shield/" in request.url else None)
    page.goto(site.url)
    for _ in range(3):
        page.get_by_label("Name").focus()
        page.get_by_role("button", name="Sign").focus()

    sign(page, "Check your inbox")

    assert len(asked) == 1


def test_a_form_left_open_for_an_hour_is_fresh_when_it_is_sent(site, page):
    page.clock.install()
    page.goto(site.url)
    with page.expect_response("**/shield/challenge?*") as first:
        page.get_by_label("Name").fill("Test Signer")
    stale = first.value.json()["parameters"]["nonce"]

    page.clock.fast_forward("01:00:00")
    sign(page, "Check your inbox")

    assert site.nonces[0].hex() != stale


def test_the_form_token_is_renewed_with_the_challenge(site, page):
    page.goto(site.url)
    page.evaluate("document.querySelector('[name=form_token]').value = 'long expired'")

    sign(page, "Check your inbox")

    assert len(site.posts[0]["form_token"]) == form_token.TOKEN_LENGTH


def back_to_the_form(page: Page) -> None:
    """Go back as to a page the browser kept whole.

    Headless Chromium does not keep pages for a driver, so the page is kept here by answering
    the form with 204, which leaves it in place, and told that it is shown again.
    """
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")


@pytest.fixture
def staying(page: Page) -> list[str | None]:
    """Let posts arrive while the page stays as it is, and note what they carried."""
    posts: list[str | None] = []

    def answer(route: Route) -> None:
        posts.append(route.request.post_data)
        route.fulfill(status=204)

    page.route("**/sign", answer)
    return posts


def test_after_going_back_the_same_form_sends_the_same_nonce_and_a_changed_one_a_new_one(site, page, staying):
    page.goto(site.url)
    name, button = page.get_by_label("Name"), page.get_by_role("button", name="Sign")
    name.fill("Test Signer")

    for nth, text in enumerate(["Test Signer", "Test Signer", "Another Signer"]):
        if text != name.input_value():
            name.fill(text)
        with page.expect_request("**/sign"):
            button.click()
        back_to_the_form(page)
        expect(button).to_have_attribute("aria-disabled", "false")
        expect(page.get_by_role("progressbar")).to_have_count(0)
        assert len(staying) == nth + 1

    first, again, changed = (parse_qs(post or "") for post in staying)
    assert first == again
    assert changed["name"] == ["Another Signer"]
    assert changed["altcha"] != first["altcha"]


@pytest.mark.parametrize(("name", "kilobytes"), [("sign.js", 4), ("page.js", 2)])
def test_scripts_stay_small(name, kilobytes):
    assert len(gzip.compress((STATIC / "js" / name).read_bytes())) <= kilobytes * 1024
