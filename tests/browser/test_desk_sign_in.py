"""The first owner's way to the desk in real Chromium, with a virtual authenticator, against a whole installation."""

import re
from collections.abc import Iterator

import pytest
from passlib.totp import TOTP
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import update

from campaign_app.accounts.models import Organiser
from campaign_app.accounts.queries import organiser_by_email
from campaign_app.extensions import db
from tests.browser.test_accessibility import faults, show
from tests.desk_client import EMAIL, PASSWORD, first_link, new_client, token_of
from tests.every_page import Page as Answered

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(params=["ar", "en"])
def page(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A phone that holds passkeys. Whatever happens, no page logs an error, and nobody else is contacted."""
    context = browser.new_context(viewport=PHONE, locale=request.param)
    context.set_default_timeout(15_000)
    page = context.new_page()
    problems: list[str] = []
    hosts: set[str] = set()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("request", lambda asked: hosts.add(asked.url.split("/")[2]))
    phone = context.new_cdp_session(page)
    phone.send("WebAuthn.enable")
    phone.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield page
    assert hosts_are_ours(hosts)
    assert only_the_desks_cookie(context)
    context.close()
    assert problems == []


def hosts_are_ours(hosts: set[str]) -> bool:
    return {host.partition(":")[0] for host in hosts} == {"localhost"}


def only_the_desks_cookie(context: BrowserContext) -> bool:
    return {(cookie["name"], cookie["path"]) for cookie in context.cookies()} == {("nidaa-desk", "/desk")}


def press(page: Page, action: str) -> None:
    """Press the button of the form that goes to an address."""
    page.locator(f"main form[action*='{action}'] button").first.click()


def at(page: Page, path: str) -> None:
    expect(page).to_have_url(re.compile(re.escape(path) + "$"))


def test_the_first_owner_sets_up_a_passkey_and_a_code_and_signs_in_with_each(page, installation):
    with installation.inside():  # as if nobody had joined: the other language's owner is still there
        db.session.execute(update(Organiser).values(active=False))
        db.session.commit()
    email = f"{page.evaluate('navigator.language')}@example.org"
    link = installation.run("owner", "invite", email).stdout.strip()

    page.goto(link)
    page.fill("#name", "Test Owner")
    page.fill("#password", PASSWORD)
    page.fill("#password_again", PASSWORD)
    press(page, "/desk/invitation/")
    at(page, "/desk/sign-in")
    page.goto(link.partition("/desk")[0] + "/desk/")
    at(page, "/desk/sign-in")

    page.locator("a[href='/desk/wan-register']").click()
    page.fill("#name", "My phone")
    press(page, "/desk/wan-register")
    at(page, "/desk/sign-in")
    expect(page.get_by_text("My phone", exact=True)).to_be_visible()

    page.locator("a[href='/desk/tf-setup']").click()
    press(page, "/desk/tf-setup")
    phone = TOTP(key=page.locator(".key").inner_text().replace("-", "").replace(" ", ""))
    page.fill("#code", phone.generate().token)
    press(page, "/desk/tf-setup/")
    at(page, "/desk/sign-in")

    sign_out(page)
    give_password(page, email)
    page.locator("button[value=webauthn]").click()
    press(page, "/desk/wan-signin")
    at(page, "/desk/")

    sign_out(page)
    give_password(page, email)
    page.locator("button[value=authenticator]").click()
    page.fill("#code", phone.generate(time=phone.now() + 30).token)
    press(page, "/desk/tf-validate")
    at(page, "/desk/")
    expect(page.get_by_text("Test Owner")).to_be_visible()


def sign_out(page: Page) -> None:
    page.locator("form[action='/desk/sign-out'] button").click()
    at(page, "/desk/login")


def give_password(page: Page, email: str) -> None:
    page.fill("#email", email)
    page.fill("#password", PASSWORD)
    press(page, "/desk/login")
    at(page, "/desk/tf-select?next=/desk/")


def pages(app, lang: str) -> Iterator[Answered]:
    """Yield every page of the desk, as an owner who has everything meets it."""

    def got(name, client, path, **sent):
        return Answered(name, path.partition("?")[0], client.get(path, **sent))

    owner = new_client(app)
    link = f"/desk/invitation/{first_link(app)}"
    owner.send("/desk/language", language=lang)
    yield got("sign in", owner, "/desk/login")
    yield Answered("sign in, wrong", "/desk/login", owner.give_password(EMAIL, "not the password"))
    yield got("invitation over", owner, "/desk/invitation/unknown")
    yield got("join", owner, link)
    yield Answered("join, with mistakes", link, owner.send(link, page=link, name=""))
    owner.join(link.rpartition("/")[2])
    yield got("my sign-in, one step left", owner, "/desk/sign-in")
    owner.set_up_codes()
    for name, path in (
        ("today", "/desk/"),
        ("team", "/desk/team/"),
        ("my sign-in", "/desk/sign-in"),
        ("passkeys", "/desk/wan-register"),
        ("codes", "/desk/tf-setup"),
        ("recovery codes", "/desk/mf-recovery-codes"),
        ("change password", "/desk/change"),
        ("prove", "/desk/prove"),
        ("no such page", "/desk/nowhere"),
    ):
        yield got(name, owner, path)
    with app.app_context():
        number = organiser_by_email(EMAIL).id
    yield got("close an account", owner, f"/desk/team/{number}/deactivate")
    token = token_of(owner.get("/desk/team/"))
    wrong = owner.post("/desk/team/invite", data={"csrf_token": token, "email": "x"})
    yield Answered("invite, with mistakes", "/desk/team/invite", wrong)
    owner.post("/desk/team/invite", data={"csrf_token": token, "email": "v@example.org", "roles": "viewer"})
    yield got("team, somebody invited", owner, "/desk/team/")
    codes = owner.send("/desk/mf-recovery-codes", page="/desk/sign-in", generate_new_codes="1")
    yield Answered("recovery codes, shown", "/desk/mf-recovery-codes", codes)
    key = owner.send("/desk/tf-setup", page="/desk/sign-in", setup="authenticator")
    yield Answered("codes, key shown", "/desk/tf-setup", key)
    owner.sign_out()
    owner.give_password()
    yield got("one-time code", owner, "/desk/tf-validate")
    yield got("recovery code", owner, "/desk/mf-recovery")


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_no_page_of_the_desk_keeps_anybody_out(browser, serve, app, lang):
    site = serve(app)
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce")
    shown = context.new_page()
    found = {}

    for answered in pages(app, lang):
        show(shown, site, answered)
        found[answered.name] = faults(shown)

    context.close()
    assert len(found) == 22
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
