"""A letter to the President of the Council in real Chromium: drafted, agreed to by a second person, issued, downloaded.

Against an installation of its own whose keys are not for demonstration, with its worker, which makes the documents.
"""

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from campaign_app.clock import utc_now
from campaign_app.config import ROOT
from campaign_app.extensions import db
from campaign_app.petitions.operations import petition_by_slug
from campaign_app.sealing.campaign_secret import backup_check, new_secret
from campaign_app.sealing.key_files import CAMPAIGN_PUBLIC, CAMPAIGN_SECRET, key_file_text, new_key_file
from tests.browser.organisers import OrganiserAtDesk, invitation_to, organiser
from tests.endurance.servers import Installation, Server, SqliteFile
from tests.integrity.campaigns import let_sign
from tests.letters.situations import load_directory

pytestmark = pytest.mark.browser

SLUG = "lists-and-graves"
PEOPLE = 12
ANSWERABLE = {
    "responsible_body": "An invented association",
    "responsible_address": "1 Invented Street, Nowhere",
    "contact_email": "answers@example.org",
}


def content_of_a_campaign(folder: Path) -> Path:
    """Copy the shipped campaign, with somebody whom a reply reaches."""
    found = shutil.copytree(ROOT / "content", folder / "content")
    about = found / "campaign.toml"
    text = about.read_text(encoding="utf-8")
    for name, value in ANSWERABLE.items():
        text = text.replace(f'{name} = ""', f'{name} = "{value}"')
    about.write_text(text, encoding="utf-8")
    return found


def use_real_keys(site: Installation, folder: Path) -> None:
    """Put a campaign key that is not for demonstration in the place of those that are."""
    keys = site.home / "keys"
    secret = new_secret()
    public = new_key_file(
        CAMPAIGN_PUBLIC,
        secret.point,
        created_on=utc_now().date(),
        backup_check=backup_check(secret.backup_code),
    )
    file = folder / "campaign.public.json"
    file.write_text(key_file_text(public), encoding="utf-8")
    for path in (*keys.glob(f"*{CAMPAIGN_PUBLIC}*"), *keys.glob(f"*{CAMPAIGN_SECRET}*")):
        path.unlink()
    site.run("keys", "add", str(file))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Installation]:
    found = Installation(tmp_path, SqliteFile(), CONTENT_DIR=str(content_of_a_campaign(tmp_path)))
    use_real_keys(found, tmp_path)
    with found.inside():
        load_directory(today=utc_now().date())
        let_sign(petition_by_slug(SLUG).id, PEOPLE, on=utc_now().date())
        db.session.commit()
    with Server(found):
        yield found


@pytest.fixture
def owner(browser: Browser, site: Installation) -> Iterator[OrganiserAtDesk]:
    """The first owner, who reads Arabic."""
    found = organiser(browser, site, "Test Owner", "owner@example.org", "ar")
    found.joins(site.run("owner", "invite", found.email).stdout.strip())
    found.sets_up_codes()
    yield found
    found.context.close()
    assert found.complaints == []


@pytest.fixture
def approver(browser: Browser, site: Installation, owner: OrganiserAtDesk) -> Iterator[OrganiserAtDesk]:
    """Somebody who may approve letters and do nothing else, who reads English."""
    found = organiser(browser, site, "Test Approver", "approver@example.org", "en")
    owner.opens("/team/")
    owner.page.fill("#email", found.email)
    owner.page.check("main form[action$='/team/invite'] input[value='approver']")
    owner.sends("/team/invite")
    found.joins(invitation_to(site, found.email))
    found.sets_up_codes()
    yield found
    found.context.close()
    assert found.complaints == []


def draft(owner: OrganiserAtDesk) -> str:
    """Begin a letter to whoever presides this month, in Arabic and English; return the path of its page."""
    owner.opens("/letters/")
    owner.page.locator("main a[href$='/letters/new']").click()
    owner.page.locator("main a[href*='template=council-president']").click()
    owner.page.locator("main a[href*='month=']").first.click()
    owner.page.check("#in-ar")
    owner.page.check("#in-en")
    owner.page.select_option("#petition", SLUG)
    owner.page.select_option("#way", "mail")
    owner.sends("/letters/new")
    owner.page.wait_for_url(re.compile(r"/letters/[0-9a-f]+/edit$"))
    return owner.page.url.partition("/desk")[2].removesuffix("/edit")


def write(owner: OrganiserAtDesk) -> None:
    """See the preview follow what is typed, mend what stands against the letter, and keep it."""
    page = owner.page
    paper = page.locator("[data-live='en'] .paper")
    words = page.locator("#body-en").input_value()
    page.fill("#body-en", words + "\n\nWe wait for <b>your</b> answer. {{fact:no-such-figure}}")
    expect(paper).to_contain_text("We wait for <b>your</b> answer.")
    expect(page.locator("[data-live='mendings']")).to_contain_text("{{fact:no-such-figure}}")
    expect(page.locator("[data-live='ar'] .paper")).to_have_css("direction", "rtl")
    page.fill("#body-en", words)
    page.fill("#signatory-name", "A. Signatory")
    page.fill("#signatory-role", "Coordinator")
    page.locator("main button[value='leave']").click()
    page.wait_for_url(re.compile(r"/letters/[0-9a-f]+$"))


def test_a_letter_is_drafted_agreed_to_issued_and_downloaded(
    owner: OrganiserAtDesk, approver: OrganiserAtDesk, tmp_path: Path
):
    place = draft(owner)
    write(owner)
    specimen = owner.downloads(
        owner.page.locator("main a[href$='/specimen/ar.pdf']"), tmp_path / "specimen.pdf"
    )
    owner.sends("/ask")
    expect(owner.form("/approve")).to_have_count(0)

    approver.opens("/approvals/")
    approver.page.locator(f"main a[href$='{place}']").click()
    expect(approver.page.locator("main .paper").first).to_be_visible()
    approver.sends("/approve")

    owner.opens(place)
    owner.page.locator("main a[href$='/issue']").click()
    owner.sees(str(PEOPLE))
    owner.sends("/issue")
    owner.page.wait_for_url(re.compile(r"/letters/NID-\d{4}-0001$"))
    issued = owner.page.url
    links = owner.page.locator("main a[href*='/files/']")

    def _is_made() -> bool:
        owner.page.goto(issued)
        return links.count() > 0

    owner.waits_until(_is_made)
    assert specimen.read_bytes().startswith(b"%PDF")
    sums = owner.page.locator("main .key").all_inner_texts()
    assert links.count() == len(sums) == 6
    for number in range(links.count()):
        file = owner.downloads(links.nth(number), tmp_path / f"document-{number}")
        assert hashlib.sha256(file.read_bytes()).hexdigest() == sums[number]
    expect(owner.page.locator("main a[href$='/edit']")).to_have_count(0)
