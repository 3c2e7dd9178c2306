"""Organisers with a browser of their own at the desk of a whole installation, in real Chromium.

What they press is found by where it leads, so that the same steps go in every language.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from passlib.totp import TOTP
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.desk_client import PASSWORD
from tests.endurance.servers import Installation, wait_for
from tests.supporters import mails

Mailed = Callable[[], Sequence[Any]]
INVITATION = re.compile(r"https?://\S+/desk/invitation/[A-Za-z0-9_-]{43}")
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@dataclass
class OrganiserAtDesk:
    """One person at the desk: their language, a device that holds passkeys, a phone that shows codes."""

    site: Installation
    context: BrowserContext
    name: str
    email: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.set_default_timeout(30_000)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on(
            "console", lambda line: self.complaints.append(line.text) if line.type == "error" else None
        )
        device = self.context.new_cdp_session(self.page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    @property
    def desk(self) -> str:
        """Return the desk's address, by the name that passkeys belong to."""
        return f"http://localhost:{self.site.port}/desk"

    def opens(self, path: str) -> None:
        """Open a page of the desk."""
        answer = self.page.goto(self.desk + path)
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        # A desk that asks for a sign-in or a second factor answers 200 as well, elsewhere.
        assert urlsplit(self.page.url).path == urlsplit(self.desk + path).path, (path, self.page.url)

    def form(self, action: str) -> Locator:
        """Return the form of the main part that goes to an address ending like this."""
        return self.page.locator(f"main form[action$='{action}']").first

    def sends(self, action: str, **fields: str) -> None:
        """Fill in fields by their ids (with _ for -) and press the first button of the form that goes somewhere."""
        for name, value in fields.items():
            self.page.fill(f"#{name.replace('_', '-')}", value)
        self.form(action).locator("button").first.click()
        self.page.wait_for_load_state()

    def is_at(self, path: str) -> None:
        """Hold the browser to being at a page of the desk."""
        # From the beginning: a page on the way there says in its address where it leads to.
        expect(self.page).to_have_url(
            re.compile(r"https?://[^/?]+" + re.escape(f"/desk{path}") + r"(\?.*)?$")
        )

    def sees(self, text: str) -> None:
        """Hold the page to showing something."""
        expect(self.page.locator("main")).to_contain_text(text)

    def waits_for_a_form(self, action: str) -> None:
        """Look again at this page until the worker has done its part and a form is there."""
        here = self.page.url

        def _looks() -> bool:
            self.page.goto(here)
            return bool(self.form(action).count())

        wait_for(_looks, f"the form that goes to {action}")

    def waits_until(self, condition: Callable[[], bool]) -> None:
        """Look until something is so."""
        wait_for(condition, "what the worker does")

    # -- Joining ------------------------------------------------------------------------------------------

    def joins(self, link: str) -> None:
        """Open an invitation, choose a password, and register a passkey."""
        self.page.goto(link.replace("//127.0.0.1", "//localhost"))
        for name, value in (("name", self.name), ("password", PASSWORD), ("password_again", PASSWORD)):
            self.page.fill(f"#{name}", value)
        self.page.locator("main form[action*='/desk/invitation/'] button").click()
        self.is_at("/sign-in")

    def registers_a_passkey(self) -> None:
        """Set up a passkey on this device."""
        self.opens("/wan-register")
        self.page.fill("#name", "My device")
        self.page.locator("main form[action*='/desk/wan-register'] button").first.click()
        self.is_at("/sign-in")

    def sets_up_codes(self) -> None:
        """Set up one-time codes on a phone."""
        self.opens("/tf-setup")
        self.page.locator("main form[action*='/desk/tf-setup'] button").first.click()
        self.phone = TOTP(key=self.page.locator(".key").inner_text().replace("-", "").replace(" ", ""))
        self.page.fill("#code", self.phone.generate().token)
        self.page.locator("main form[action*='/desk/tf-setup/'] button").first.click()
        self.is_at("/sign-in")

    def signs_out(self) -> None:
        """Sign out, and be told so."""
        self.page.locator("form[action='/desk/sign-out'] button").click()
        self.is_at("/login")

    def signs_in_with_the_passkey(self) -> None:
        """Sign in with password and passkey."""
        self.page.goto(self.desk + "/login")
        self.page.fill("#email", self.email)
        self.page.fill("#password", PASSWORD)
        self.page.locator("main form[action*='/desk/login'] button").first.click()
        if (choice := self.page.locator("button[value=webauthn]")).count():
            choice.click()
        self.page.locator("main form[action*='/desk/wan-signin'] button").first.click()
        self.is_at("/")

    def downloads(self, press: Locator, path: Path) -> Path:
        """Press what saves a file, keep it at a path, and return that."""
        with self.page.expect_download() as download:
            press.click()
        download.value.save_as(path)
        return path


def organiser(browser: Browser, site: Installation, name: str, email: str, lang: str) -> OrganiserAtDesk:
    """Return somebody who was never here."""
    context = browser.new_context(locale=lang, accept_downloads=True, viewport={"width": 1280, "height": 900})
    return OrganiserAtDesk(site, context, name, email)


@contextmanager
def first_owner(
    browser: Browser, site: Installation, *, has_passkey: bool = False
) -> Iterator[OrganiserAtDesk]:
    """Let the first owner in, who reads Arabic. No page of theirs may have complained at the end."""
    found = organiser(browser, site, "Test Owner", "owner@example.org", "ar")
    found.joins(site.run("owner", "invite", found.email).stdout.strip())
    if has_passkey:
        found.registers_a_passkey()
    found.sets_up_codes()
    yield found
    found.context.close()
    assert found.complaints == []


@contextmanager
def colleague(
    owner: OrganiserAtDesk, role: str, *, mailed: Mailed | None = None
) -> Iterator[OrganiserAtDesk]:
    """Let somebody in whom the owner invites to a role, who reads English. mailed: see `invitation_to`."""
    browser = owner.context.browser
    assert browser is not None
    found = organiser(browser, owner.site, f"Test {role}", f"{role}@example.org", "en")
    owner.opens("/team/")
    owner.page.fill("#email", found.email)
    owner.page.check(f"main form[action$='/team/invite'] input[value='{role}']")
    owner.sends("/team/invite")
    found.joins(invitation_to(owner.site, found.email, mailed=mailed))
    found.sets_up_codes()
    yield found
    found.context.close()
    assert found.complaints == []


def invitation_to(site: Installation, email: str, *, mailed: Mailed | None = None) -> str:
    """Return the link that somebody was mailed, as soon as it was.

    mailed: gives the mails that left, where they go to a relay; None where they become files.
    """
    left = mailed or (lambda: mails(site.home / "mail"))

    def _found() -> str | None:
        for mail in reversed(left()):
            if mail["To"] == email:
                body = mail.get_body(preferencelist=("plain",)).get_content()
                if link := INVITATION.search(body):
                    return link[0]
        return None

    found: str = wait_for(_found, "the mail with the invitation")
    return found
