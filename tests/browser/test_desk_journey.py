"""The organisers' whole way in real Chromium: from two invitations to a petition, its numbers, what leaves, and back.

Against an installation of its own, with its worker: two web processes, a real database, mails that become files.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from campaign_app.accounts.models import RoleSpan
from campaign_app.accounts.queries import organiser_by_email
from campaign_app.approvals.models import Approval
from campaign_app.approvals.rules import PERSONAL_DATA, WAITS
from campaign_app.extensions import db
from tests.browser.organisers import OrganiserAtDesk, colleague, first_owner
from tests.browser.people import Person
from tests.endurance.servers import Installation, Server, SqliteFile, wait_for
from tests.supporters import mails

pytestmark = pytest.mark.browser

OPENER = (Path(__file__).resolve().parents[2] / "static" / "opener" / "opener.html").as_uri()
STOP = re.compile(r"https?://\S+/stop-updates/\S+")
UPDATE_SUBJECTS = {"الأخبار التي طلبتها", "The news you asked for"}
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
    with first_owner(browser, site, has_passkey=True) as found:
        yield found


@pytest.fixture
def second(owner: OrganiserAtDesk) -> Iterator[OrganiserAtDesk]:
    """A second organiser, who reads English, invited by the first."""
    with colleague(owner, "organiser") as found:
        yield found


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


def ask_for_a_sheet(owner: OrganiserAtDesk, kind: str) -> str:
    """Ask for a sealed sheet with its purpose; return the path of its page at the desk."""
    owner.opens("/exports/")
    owner.page.select_option("#petition", SLUG)
    owner.page.check(f"#kind-{kind}")
    owner.page.fill("#purpose", "Handing over on 10 December")
    owner.page.locator("main form:has(#purpose) button").click()
    owner.page.wait_for_url(re.compile(r"/exports/[0-9a-f]+$"))
    return owner.page.url.partition("/desk")[2]


def approve(second: OrganiserAtDesk) -> None:
    """Approve the one thing that waits."""
    second.opens("/approvals/")
    expect(second.form("/approve")).to_have_count(1)
    second.sends("/approve")


def make_and_download(owner: OrganiserAtDesk, place: str, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """Let the worker make the sheet; return it and its manifest, whose sum is the file's and the page's."""
    owner.opens(place)
    owner.sends("/make")
    owner.waits_for_a_form("/download")
    sheet = owner.downloads(owner.form("/download").locator("button"), tmp_path / "sheet.nidaa-sheet")
    manifest = owner.downloads(owner.page.locator("main a[href$='/manifest']"), tmp_path / "manifest.json")
    said = json.loads(manifest.read_text(encoding="utf-8"))
    assert said["sha256"] == hashlib.sha256(sheet.read_bytes()).hexdigest()
    owner.sees(said["sha256"])
    return sheet, said


def in_the_opener(browser: Browser) -> tuple[BrowserContext, Page]:
    """Open the opener from disk, in a browser without a network."""
    context = browser.new_context(offline=True, locale="en-GB", accept_downloads=True)
    page = context.new_page()
    page.goto(OPENER)
    return context, page


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def give_secret(page: Page, site: Installation) -> None:
    """Give the opener the demonstration key that `make run` made."""
    secret = next((site.home / "keys").glob("*campaign*secret*"))
    page.locator("summary").first.click()
    page.set_input_files("#secret-file", secret)
    expect(page.locator(".notice.good")).to_be_visible()


def open_offline(browser: Browser, site: Installation, sheet: Path) -> str:
    """Open a sheet where no network is; return the table."""
    context, page = in_the_opener(browser)
    page.locator(".tasks button").nth(2).click()
    page.set_input_files("#sheet", sheet)
    give_secret(page, site)
    press(page, "Open the sheet")
    with page.expect_download() as download:
        press(page, "Save the table (CSV)")
    table = Path(download.value.path()).read_text(encoding="utf-8-sig")
    context.close()
    return table


def export_with_two_people(
    browser: Browser, site: Installation, owner: OrganiserAtDesk, second: OrganiserAtDesk, tmp_path: Path
) -> None:
    """Ask, be approved by the other, make, download, check the sum, open it without a network."""
    place = ask_for_a_sheet(owner, "delivery")
    expect(owner.form("/approve")).to_have_count(0)
    expect(owner.form("/make")).to_have_count(0)
    approve(second)

    sheet, said = make_and_download(owner, place, tmp_path)

    assert (said["rows"], said["statement"]["people"]) == (2, 2)
    table = open_offline(browser, site, sheet)
    assert table.count("@example.org") == 2


def send_an_update(
    browser: Browser, site: Installation, owner: OrganiserAtDesk, second: OrganiserAtDesk, tmp_path: Path
) -> None:
    """Write it in both languages, be approved, seal the recipients offline, send; one of them stops the news."""
    owner.opens("/updates/write")
    owner.page.locator("#petition_id").select_option(label=WORDS["ar"]["title"])
    for language, words in (("ar", "الأخبار التي طلبتها"), ("en", "The news you asked for")):
        owner.page.fill(f"#subject-{language}", words)
        owner.page.fill(f"#body-{language}", words)
    owner.page.locator("main form:has(#petition_id) button").last.click()
    owner.page.wait_for_load_state()
    mailing = owner.page.url.partition("/desk")[2]
    owner.opens(mailing)
    owner.sends("/ask")
    approve(second)
    owner.opens(mailing)
    owner.sends("/release")
    owner.waits_for_a_form("/recipients")
    key = owner.downloads(owner.page.locator("main a[href$='/key']").first, tmp_path / "mailing.json")

    place = ask_for_a_sheet(second, "contacts")
    approve(owner)
    sheet, said = make_and_download(second, place, tmp_path)
    assert said["rows"] == 2
    context, page = in_the_opener(browser)
    page.locator(".tasks button").nth(3).click()
    page.set_input_files("#sheet", sheet)
    page.set_input_files("#mailing-key", key)
    give_secret(page, site)
    press(page, "Seal the recipients")
    with page.expect_download() as download:
        press(page, "Save the sealed recipients")
    recipients = tmp_path / "recipients.nidaa-mailing"
    download.value.save_as(recipients)
    context.close()

    owner.opens(mailing)
    owner.page.set_input_files("#recipients", recipients)
    owner.sends("/recipients")
    owner.sends("/start")
    mails = wait_for(lambda: updates_sent(site, 2), "both mails of the update")
    assert {mail["To"] for mail in mails} == {"signer@example.org", "another@example.org"}
    stop_the_news(browser, mails[0])


def updates_sent(site: Installation, count: int) -> list[Any]:
    """Return the mails of the update once all are there."""
    sent = [mail for mail in mails(site.home / "mail") if mail["Subject"] in UPDATE_SUBJECTS]
    return sent if len(sent) == count else []


def stop_the_news(browser: Browser, mail: Any) -> None:
    """Follow the link of a mail and press its one button."""
    body = mail.get_body(preferencelist=("plain",)).get_content()
    found = STOP.search(body)
    assert found, "the mail holds no link that stops the news"
    context = browser.new_context()
    page = context.new_page()
    page.goto(found[0])
    page.locator("main form button").click()
    expect(page.locator("main form button")).to_have_count(0)
    assert context.cookies() == []
    context.close()


def release_alone_after_the_wait(
    site: Installation, owner: OrganiserAtDesk, second: OrganiserAtDesk, tmp_path: Path
) -> None:
    """Close the second account: a sheet then waits three days, and says so for ever."""
    with site.inside():
        number = organiser_by_email(second.email).id
    owner.opens(f"/team/{number}/deactivate")
    owner.sends("/deactivate")
    place = ask_for_a_sheet(owner, "delivery")
    expect(owner.form("/make")).to_have_count(0)
    wait_for(lambda: notices_to(site, owner.email), "the owner to be told by mail")

    three_days_pass(site)

    _, said = make_and_download(owner, place, tmp_path)
    assert said["release"] == "one-person"


def notices_to(site: Installation, email: str) -> list[Any]:
    """Return the notices of a release that waits."""
    return [
        mail
        for mail in mails(site.home / "mail")
        if mail["To"] == email and "/desk/approvals" in mail.get_body(preferencelist=("plain",)).get_content()
    ]


def three_days_pass(site: Installation) -> None:
    """Let all that was noted of people and of what they asked lie three days further back."""
    with site.inside():
        for span in db.session.scalars(select(RoleSpan)):
            span.began_at -= WAITS[PERSONAL_DATA]
            span.ended_at = span.ended_at and span.ended_at - WAITS[PERSONAL_DATA]
        for approval in db.session.scalars(select(Approval)):
            approval.asked_at -= WAITS[PERSONAL_DATA]
        db.session.commit()


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


def test_two_organisers_run_a_petition_from_its_first_word_to_a_lockdown(
    browser, site, owner, second, tmp_path
):
    owner.signs_out()
    owner.signs_in_with_the_passkey()
    write_petition(owner)
    supporter = Person(browser.new_context(locale="ar"), site, "ar", has_script=True)
    supporter_signs(supporter, "signer@example.org")
    assert people_in_the_chart(owner) == 1
    supporter_signs(supporter, "another@example.org")
    assert people_in_the_chart(owner) == 2

    export_with_two_people(browser, site, owner, second, tmp_path)
    send_an_update(browser, site, owner, second, tmp_path)
    invalidate_and_undo(owner, 2)
    lock_down_and_recover(owner, second, supporter)
    release_alone_after_the_wait(site, owner, second, tmp_path)
    supporter.context.close()
    assert supporter.complaints == []
