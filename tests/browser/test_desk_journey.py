"""The organisers' whole way in real Chromium: from two invitations to a petition, its numbers, what leaves, and back.

Against an installation of its own, with its worker: two web processes, a real database, mails that become files.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.organisers import OrganiserAtDesk, invitation_to, organiser
from tests.browser.people import Person
from tests.endurance.servers import Installation, Server, SqliteFile, wait_for

pytestmark = pytest.mark.browser

SLUG = "names-of-the-living"
PLACE = f"/petitions/{SLUG}"
WORDS = {
    "ar": {
        "title": "سلّموا قوائم الأحياء",
        "summary": "نطلب قوائم بأسماء المحتجزين.",
        "demand": "**سلّموا** القوائم إلى الأسر.",
        "background": "الأسر تنتظر منذ سنوات.",
        "next_steps": "نكتب إلى من يحتجزون.",
    },
    "en": {
        "title": "Hand over the lists of those alive",
        "summary": "We ask for the lists of those held.",
        "demand": "**Hand over** the lists to the families.",
        "background": "Families have waited for years.",
        "next_steps": "We write to those who hold people.",
    },
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Installation]:
    found = Installation(tmp_path, SqliteFile())
    with Server(found):
        yield found


@pytest.fixture
def owner(browser: Browser, site: Installation) -> Iterator[OrganiserAtDesk]:
    """The first owner, who reads Arabic, with a passkey and codes."""
    found = organiser(browser, site, "Test Owner", "owner@example.org", "ar")
    found.joins(site.run("owner", "invite", found.email).stdout.strip())
    found.registers_a_passkey()
    found.sets_up_codes()
    yield found
    found.context.close()
    assert found.complaints == []


@pytest.fixture
def second(browser: Browser, site: Installation, owner: OrganiserAtDesk) -> Iterator[OrganiserAtDesk]:
    """A second organiser, who reads English, invited by the first."""
    found = organiser(browser, site, "Test Organiser", "organiser@example.org", "en")
    owner.opens("/team/")
    owner.page.fill("#email", found.email)
    owner.page.check("main form[action$='/team/invite'] input[value='organiser']")
    owner.sends("/team/invite")
    found.joins(invitation_to(site, found.email))
    found.sets_up_codes()
    yield found
    found.context.close()
    assert found.complaints == []


def write_petition(owner: OrganiserAtDesk) -> None:
    """Begin a petition in two languages, be refused, complete it and open it."""
    owner.opens("/petitions/new")
    owner.page.check("#home-ar")
    owner.page.check("#required-ar")
    owner.page.check("#required-en")
    owner.sends("/petitions/new", slug=SLUG)
    owner.is_at(f"{PLACE}/")

    owner.opens(f"{PLACE}/steps/open")
    expect(owner.page.locator(".notice.error")).to_be_visible()
    expect(owner.form("/steps/open")).to_have_count(0)

    owner.opens(f"{PLACE}/texts?show=ar&show=en")
    for language, words in WORDS.items():
        for name, text in words.items():
            owner.page.fill(f"#{language}-{name}", text)
    owner.page.locator("main button[name='act'][value='save']").first.click()
    expect(owner.page.locator("main .notice.good")).to_be_visible()
    owner.opens(f"{PLACE}/addressees")
    owner.sends("/addressees", row0_ar="من يحتجزون أشخاصاً", row0_en="Those who hold people")
    owner.opens(f"{PLACE}/goals")
    owner.sends("/goals", row0_threshold="1000", row0_ar="نكتب رسالة", row0_en="we write a letter")

    owner.opens(f"{PLACE}/steps/open")
    owner.sends("/steps/open")
    owner.is_at(f"{PLACE}/")


def people_in_the_chart(owner: OrganiserAtDesk) -> int:
    """Return how many the table under the chart of days says were confirmed, all days together."""
    owner.opens(f"/numbers/{SLUG}")
    expect(owner.page.locator("main svg").first).to_be_visible()
    owner.page.locator("main details").first.evaluate("each => each.open = true")
    cells = owner.page.locator("main dl.numbers dd").all_inner_texts()
    return int(cells[0])


def invalidate_and_undo(owner: OrganiserAtDesk, before: int) -> None:
    """Take out whoever came from a country, see the number fall, put them back."""
    owner.opens(f"/integrity/petitions/{SLUG}/rule?country=DE")
    owner.page.locator("main form[action$='/preview'] button").click()
    owner.page.select_option("#reason", index=1)
    owner.sends("/runs", note="Tried by the team")
    run = owner.page.url
    owner.waits_for_a_form("/undo")
    assert people_in_the_chart(owner) == 0

    owner.page.goto(run)
    owner.sends("/undo")
    owner.waits_until(lambda: people_in_the_chart(owner) == before)


def lock_down_and_recover(owner: OrganiserAtDesk, second: OrganiserAtDesk, supporter: Person) -> None:
    """Shut signing and sign everybody else out; then let people sign again."""
    owner.opens("/lockdown/")
    for part in ("signing", "names", "sessions"):
        owner.page.check(f"#part-{part}")
    owner.form("/lockdown/").locator("button.grave").click()
    expect(owner.form("/lockdown/signing/lift")).to_be_visible()

    second.page.goto(second.desk + "/")
    second.is_at("/login")
    waits_for_the_form(supporter, is_there=False)

    for part in ("signing", "names"):
        owner.sends(f"/lockdown/{part}/lift")
    waits_for_the_form(supporter, is_there=True)


def waits_for_the_form(supporter: Person, *, is_there: bool) -> None:
    """Wait until the petition can be signed, or not: each process remembers a page for a few seconds."""

    def _looks() -> bool:
        supporter.opens_petition(SLUG)
        return bool(supporter.page.locator("form[action$='/sign']").count()) is is_there

    wait_for(_looks, "the form to be there" if is_there else "the form to be gone")


def supporter_signs(supporter: Person, email: str) -> None:
    """Sign the new petition, ask for news, and confirm."""
    waits_for_the_form(supporter, is_there=True)
    supporter.fills_in(email)
    supporter.page.check("#wants_updates")
    supporter.presses("Sign")
    supporter.confirms(email)
    supporter.is_at("Thank you, your signature is counted")


def test_two_organisers_run_a_petition_from_its_first_word_to_a_lockdown(browser, site, owner, second):
    owner.page.locator("form[action='/desk/sign-out'] button").click()
    owner.signs_in_with_the_passkey()
    write_petition(owner)
    supporter = Person(browser.new_context(locale="ar"), site, "ar", has_script=True)
    supporter_signs(supporter, "signer@example.org")
    assert people_in_the_chart(owner) == 1
    supporter_signs(supporter, "another@example.org")
    assert people_in_the_chart(owner) == 2

    invalidate_and_undo(owner, 2)
    lock_down_and_recover(owner, second, supporter)
    supporter.context.close()
    assert supporter.complaints == []
