"""The first owner's way to the desk in real Chromium, with a virtual authenticator, against a whole installation."""

import re
from collections.abc import Iterator

import pytest
from passlib.totp import TOTP
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import update

from campaign_app.accounts.models import Organiser
from campaign_app.extensions import db
from tests.desk_client import PASSWORD

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
