"""People with a browser of their own, against a whole installation: `campaign serve`, with its worker and mail files.

A test says in English what somebody reads and presses; each word is looked for in the language that they read, by
the name that assistive technology reads out. So a journey also shows that every control has its visible label.
"""

import re
import time
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from functools import cache
from urllib.parse import urlsplit

from babel.support import Translations
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

from campaign_app.clock import utc_now
from campaign_app.config import ROOT
from campaign_app.content_files import SHIPPED
from campaign_app.finished_pages import ASKED_AGAIN_SECONDS
from campaign_app.languages import country_names
from campaign_app.petitions.queries import public_petition
from campaign_app.shield import check_token, form_token
from campaign_app.shield.rules import CHECK_LEAST_AGE, FORM_LIFETIME
from tests.endurance.servers import Installation, wait_for
from tests.supporters import mails

SLUG = "lists-and-graves"
OTHER_SLUG = "fate-of-the-disappeared"
LINK = re.compile(r"https?://\S+/confirm/[A-Za-z0-9_-]{32}")
COUNTRY = "DE"
REMEMBERED_SECONDS = 3 * ASKED_AGAIN_SECONDS  # twice the time for a machine that is busy with other tests
# What Chromium logs of an answer that it shows all the same, such as a form that came back with 422.
SHOWN_ANYWAY = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


@cache
def catalogue(lang: str) -> Translations:
    """Return what the pages say in a language."""
    return Translations.load(str(ROOT / "translations"), [lang])


@dataclass
class Person:
    """Somebody who reads one language on one device; everything that the browser asks for is noted."""

    context: BrowserContext
    site: Installation
    lang: str
    has_script: bool
    requests: list[Request] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("request", lambda request: self.requests.append(request))
        self.context.on("response", lambda response: self.answers.append(response))
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.context.on("console", self._listen)
        self.page: Page = self.context.new_page()

    def _listen(self, line: ConsoleMessage) -> None:
        if line.type == "error" and not SHOWN_ANYWAY.match(line.text):
            self.complaints.append(line.text)

    # -- Words --------------------------------------------------------------------------------------------

    def word(self, english: str, **values: object) -> str:
        """Return a sentence of the pages in the person's language."""
        found: str = catalogue(self.lang).ugettext(english)
        return found % values if values else found

    def sees(self, english: str, **values: object) -> None:
        """Hold the page to saying something."""
        expect(self.page.locator("main")).to_contain_text(self.word(english, **values))

    def sees_counted(self, people: int) -> None:
        """Hold the page to saying how many have signed, in the plural that the number has."""
        expect(self.page.locator(".count")).to_have_text(self._counted(people))

    def finds_counted_on_the_petition(self, people: int, slug: str = SLUG) -> None:
        """Hold the petition to a count, as soon as what each process remembers is too old."""

        def _looks() -> bool:
            self.opens_petition(slug)
            return self.page.locator(".count").inner_text() == self._counted(people)

        wait_for(_looks, "the petition to show the count", seconds=REMEMBERED_SECONDS)

    def _counted(self, people: int) -> str:
        one, many = "<b>%(people)s</b> person has signed", "<b>%(people)s</b> people have signed"
        said: str = catalogue(self.lang).ungettext(one, many, people) % {"people": f"{people:,}"}
        return re.sub("<.?b>", "", said)

    def is_at(self, heading: str) -> None:
        """Hold the page to having a heading, and a title that says the same."""
        words = self.word(heading)
        expect(self.page.get_by_role("heading", level=1)).to_have_text(words)
        expect(self.page).to_have_title(re.compile(re.escape(words)))

    # -- What a person does -------------------------------------------------------------------------------

    def opens(self, address: str) -> None:
        """Open a page; a path goes after the language."""
        self.page.goto(address if "://" in address else f"{self.site_url}/{self.lang}{address}")

    def opens_petition(self, slug: str = SLUG) -> None:
        """Open a petition as it is now: the kept page of a few seconds ago has another address."""
        self.opens(f"/petitions/{slug}?s=t{time.monotonic_ns()}")

    def finds_on_the_petition(self, name: str, *, is_there: bool = True) -> None:
        """Hold the petition to showing a signer, or not, as soon as what each process remembers is too old."""

        def _looks() -> bool:
            self.opens_petition()
            return (name in self.page.locator("main").inner_text()) is is_there

        wait_for(
            _looks, "a name to be shown" if is_there else "a name to be hidden", seconds=REMEMBERED_SECONDS
        )

    def control(self, label: str) -> Locator:
        """Return the field of a label; where several have it, the one that is unfolded."""
        return self.page.get_by_label(self.word(label), exact=True).and_(
            self.page.locator("input:visible, select:visible")
        )

    def types(self, label: str, text: str) -> None:
        """Type into the field of a label."""
        self.control(label).fill(text)

    def chooses(self, label: str, country: str) -> None:
        """Choose a country, given by its code."""
        self.control(label).select_option(label=country_names(SHIPPED, self.lang)[country])

    def ticks(self, label: str) -> None:
        """Tick a box by its label."""
        self.page.get_by_text(self.word(label), exact=True).and_(self.page.locator("label:visible")).click()

    def button(self, name: str) -> Locator:
        """Return a button that can be seen."""
        return self.page.get_by_role("button", name=self.word(name), exact=True)

    def presses(self, name: str) -> None:
        """Press a button."""
        self.button(name).click()

    def follows(self, name: str) -> None:
        """Follow a link of the page's main part."""
        self.page.locator("main").get_by_role("link", name=self.word(name), exact=True).click()

    def unfolds(self, summary: str) -> None:
        """Open what is folded away under a summary; of several people, of the first that has it."""
        self.page.locator("summary", has_text=self.word(summary)).first.click()

    def fills_in(self, email: str, name: str = "Test Signer") -> None:
        """Fill in the sign form."""
        self.types("Full name", name)
        self.types("E-mail", email)
        self.chooses("Country where you live", COUNTRY)

    def signs(self, email: str, name: str = "Test Signer") -> None:
        """Fill in the form and go all the way to the inbox page."""
        self.opens_petition()
        self.fills_in(email, name)
        self.presses("Sign")
        self.checks("Check your details", "All correct: sign")
        self.is_at("Check your inbox")

    def checks(self, heading: str, button: str) -> None:
        """Read what was typed and press; with JavaScript the sign form does without this step."""
        if self.has_script and heading == "Check your details":
            return
        self.is_at(heading)
        self.reads()
        self.presses(button)

    def reads(self) -> None:
        """Take as long as the one-use token of a page needs to be believed."""
        self.page.wait_for_timeout(CHECK_LEAST_AGE.total_seconds() * 1000 + 100)

    def opens_mail(self, email: str, nth: int = 1) -> None:
        """Follow the link of the nth mail to an address."""
        self.opens(link_in(self.mails_to(email, nth)[nth - 1]))

    def confirms(self, email: str, nth: int = 1) -> None:
        """Follow the mailed link and press its one button."""
        self.opens_mail(email, nth)
        self.is_at("Confirm your signature")
        self.presses("Confirm my signature")

    # -- What happened before ---------------------------------------------------------------------------------

    def has_asked_to_sign(self, email: str, name: str = "Test Signer") -> str:
        """Let somebody have sent the form; return the link of their mail. For tests of what comes after."""
        with self.site.inside():
            petition, now = public_petition(SLUG), utc_now()
            tokens = {
                "form_token": form_token.issue(petition.id, now),
                "check_token": check_token.issue(petition.id, now - CHECK_LEAST_AGE),
            }
        typed = {"name": name, "email": email, "country": COUNTRY, **tokens}
        self._sends(f"{self.site_url}/{self.lang}/petitions/{SLUG}/sign", typed)
        return link_in(self.mails_to(email, 1)[0])

    def has_signed(self, email: str, name: str = "Test Signer") -> None:
        """Let somebody have signed and confirmed, and be on their private page."""
        link = self.has_asked_to_sign(email, name)
        self._sends(link, {})
        self.opens(link)
        self.is_at("My signature")

    def _sends(self, url: str, fields: dict[str, str]) -> None:
        answer = self.context.request.post(url, form=fields, max_redirects=0)
        assert answer.status == 303, answer.text()

    # -- What became of it --------------------------------------------------------------------------------

    @property
    def site_url(self) -> str:
        """Return the address of the site."""
        return f"http://127.0.0.1:{self.site.port}"

    def mails_to(self, email: str, at_least: int = 0) -> list[EmailMessage]:
        """Return the mails to an address, oldest first, once there are so many."""

        def found() -> list[EmailMessage]:
            return [mail for mail in mails(self.site.home / "mail") if mail["To"] == email]

        wait_for(lambda: len(found()) >= at_least, f"mail number {at_least}")
        return found()

    def people(self, slug: str = SLUG) -> int:
        """Return the published count."""
        answer = self.context.request.get(
            f"{self.site_url}/{self.lang}/petitions/{slug}/numbers.json?s={time.monotonic_ns()}"
        )
        count: int = answer.json()["people"]
        return count

    def old_form_token(self, slug: str = SLUG) -> str:
        """Return the token of a form that was opened too long ago."""
        with self.site.inside():
            return form_token.issue(
                public_petition(slug).id, utc_now() - FORM_LIFETIME - timedelta(minutes=1)
            )


def link_in(mail: EmailMessage) -> str:
    """Return the link of a mail's text part."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = LINK.search(body.get_content())
    assert found is not None, "the mail holds no link"
    return found[0]


def hosts_of(requests: list[Request]) -> set[str]:
    """Return the hosts that requests went to; what is in the page itself goes nowhere."""
    addresses = (urlsplit(request.url) for request in requests)
    return {address.netloc for address in addresses if address.scheme not in ("data", "blob")}
