"""Safety goal 6: after a whole life of a signature the device has no cookie, no storage and no copy of a personal page.

And nobody but the site is ever asked for anything. What stays is the browser's own history of addresses, which no
site can prevent; the pages say so.
"""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Response, expect

from .conftest import ARGUMENTS, installed_browser
from .people import OTHER_SLUG, SLUG, Person, hosts_of

pytestmark = pytest.mark.browser

EVERY_STORE = """async () => ({
  cookie: document.cookie,
  localStorage: Object.keys(localStorage),
  sessionStorage: Object.keys(sessionStorage),
  indexedDB: (await indexedDB.databases()).map((database) => database.name),
  caches: self.caches ? await caches.keys() : [],
  serviceWorkers: (await navigator.serviceWorker.getRegistrations()).map((one) => one.scope),
})"""
NOTHING = {
    "cookie": "",
    "localStorage": [],
    "sessionStorage": [],
    "indexedDB": [],
    "caches": [],
    "serviceWorkers": [],
}
NAME = "Careful Test Signer"
RELATIVE = "Careful Test Relative"
EMAIL = "careful.signer@example.org"
SECRETS = (NAME, RELATIVE, EMAIL)
SECRET_ADDRESSES = ("/confirm/", "/my-signature/")
PHONE = {"width": 360, "height": 740}


@dataclass
class Left:
    """What a whole life of a signature left behind. files: every byte of the browser's profile, by name."""

    stores: dict[str, object]
    cookies: list[object]
    hosts: set[str]
    complaints: list[str]
    answers: list[Response] = field(repr=False)
    files: dict[str, bytes] = field(repr=False)


@pytest.fixture(scope="module")
def left(browser: Browser, installation, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Live a whole life in a browser that writes to a disk, close it, and look at what is there."""
    profile = tmp_path_factory.mktemp("profile")
    context = browser.browser_type.launch_persistent_context(
        profile, executable_path=installed_browser(), args=list(ARGUMENTS), viewport=PHONE, locale="ar"
    )
    context.set_default_timeout(15_000)
    person = Person(context, installation, "ar", has_script=True)
    live_a_whole_life(person, EMAIL)
    stores, cookies = person.page.evaluate(EVERY_STORE), context.cookies()
    context.close()
    return Left(
        stores=stores,
        cookies=list(cookies),
        hosts=hosts_of(person.requests),
        complaints=person.complaints,
        answers=[answer for answer in person.answers if is_about_somebody(answer)],
        files={
            path.relative_to(profile).as_posix(): path.read_bytes()
            for path in profile.rglob("*")
            if path.is_file()
        },
    )


def live_a_whole_life(person: Person, email: str) -> None:
    """Do everything that a supporter can do, as on somebody else's phone."""
    person.opens("/")
    person.opens("/privacy")
    person.opens(f"/petitions/{OTHER_SLUG}/numbers")
    person.opens(f"/petitions/{SLUG}")
    person.follows("This phone is not mine")
    person.presses("Sign")  # with nothing typed
    expect(person.page.get_by_role("alert")).to_be_visible()
    person.fills_in(email, NAME)
    person.presses("Sign")
    person.is_at("Check your inbox")
    person.types("E-mail", email)
    person.presses("Send the e-mail again")
    person.checks("Check the address", "The address is right: send the e-mail again")
    person.confirms(email)
    person.page.locator("main a[href*='/my-signature/']").click()
    person.unfolds("Add a person")
    person.types("Full name of the person", RELATIVE)
    person.types("Your e-mail, the one of this mailbox", email)
    person.chooses("Country where the person lives", "SY")
    person.ticks("The person asked me to add them, and agrees")
    person.presses("Add this person")
    expect(person.page.locator("main section")).to_have_count(2)
    person.unfolds("Withdraw the signature")
    person.presses("Yes, withdraw this signature")
    for _ in range(2):
        person.unfolds("Erase everything")
        person.presses("Yes, erase everything")
    person.is_at("Everything is erased")


def is_about_somebody(answer: Response) -> bool:
    """Whether an answer came of a form or has a secret address."""
    return answer.request.method == "POST" or any(part in answer.url for part in SECRET_ADDRESSES)


def test_neither_cookie_nor_storage_is_left(left):
    assert left.stores == NOTHING
    assert left.cookies == []


def test_nobody_but_the_site_was_asked_for_anything(left, installation):
    assert left.hosts == {f"127.0.0.1:{installation.port}"}
    assert left.complaints == []


def test_no_copy_may_be_kept_of_a_page_that_is_about_somebody(left):
    may_be_kept = [
        urlsplit(answer.url).path
        for answer in left.answers
        if answer.headers.get("cache-control") != "no-store"
    ]

    assert len(left.answers) > 12
    assert may_be_kept == []


def test_on_a_phone_that_is_not_theirs_the_browser_wrote_down_neither_name_nor_address(left):
    """Not for filling in next time, not for opening the tabs again, not as a copy of a page."""
    found = {
        name: secret
        for name, content in left.files.items()
        for secret in SECRETS
        for written in (secret.encode(), secret.encode("utf-16-le"))
        if written in content
    }

    assert "Default/Web Data" in left.files
    assert found == {}


def test_what_stays_is_the_history_of_addresses_as_the_pages_say(left):
    """No site can prevent it; here it shows that the search above finds what is there."""
    assert any(SECRET_ADDRESSES[0].encode() in content for content in left.files.values())
