"""A campaign whose keys are not for demonstration, and what its organisers do with a letter, in real Chromium."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import Page, expect

from campaign_app.clock import utc_now
from campaign_app.config import ROOT
from campaign_app.sealing.campaign_secret import backup_check, new_secret
from campaign_app.sealing.key_files import CAMPAIGN_PUBLIC, CAMPAIGN_SECRET, key_file_text, new_key_file
from tests.browser.organisers import OrganiserAtDesk
from tests.endurance.servers import Installation

SLUG = "lists-and-graves"
DROP = """([name, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name));
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}"""
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
    assert paper.evaluate("sheet => sheet.scrollHeight <= sheet.clientHeight"), (
        "the words run out of their sheet"
    )
    page.fill("#body-en", words)
    page.fill("#signatory-name", "A. Signatory")
    page.fill("#signatory-role", "Coordinator")
    page.locator("main button[value='leave']").click()
    page.wait_for_url(re.compile(r"/letters/[0-9a-f]+$"))


def agree_and_issue(owner: OrganiserAtDesk, approver: OrganiserAtDesk, place: str) -> str:
    """Let a second person agree to a letter, and issue it; return the path of its page once its documents are there."""
    owner.sends("/ask")
    expect(owner.form("/approve")).to_have_count(0)
    approver.opens("/approvals/")
    approver.page.locator(f"main a[href$='{place}']").click()
    expect(approver.page.locator("main .paper").first).to_be_visible()
    approver.sends("/approve")
    owner.opens(place)
    owner.page.locator("main a[href$='/issue']").click()
    owner.sends("/issue")
    owner.page.wait_for_url(re.compile(r"/letters/NID-\d{4}-\d{4}$"))
    issued = owner.page.url.partition("/desk")[2]

    def _is_made() -> bool:
        owner.opens(issued)
        return owner.page.locator("main a[href*='/files/']").count() > 0

    owner.waits_until(_is_made)
    return issued


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file on a page."""
    page.evaluate(DROP, [name, list(content)])
