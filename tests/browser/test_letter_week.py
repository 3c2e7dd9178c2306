"""A team of two in the week of a delivery, in real Chromium: recipients, a month's letters, numbers, the papers.

Against an installation of its own whose keys are not for demonstration, with its worker, which makes the documents.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from campaign_app.bodies import queries as directory
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.petitions.operations import petition_by_slug
from tests.browser.letters_at_desk import SLUG, content_of_a_campaign, use_real_keys
from tests.browser.organisers import OrganiserAtDesk, colleague, first_owner
from tests.endurance.servers import Installation, Server, SqliteFile
from tests.integrity.campaigns import let_sign
from tests.letters.documents.reading import pages_of
from tests.letters.situations import load_directory

pytestmark = pytest.mark.browser

PEOPLE = 12
MEMBERS = 15
MONTHS = "/letters/batches/"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Installation]:
    """A campaign whose missions have an address each that nobody compared with anything yet."""
    found = Installation(tmp_path, SqliteFile(), CONTENT_DIR=str(content_of_a_campaign(tmp_path)))
    use_real_keys(found, tmp_path)
    with found.inside():
        load_directory(today=utc_now().date())
        for body in directory.bodies(kind="mission"):
            for channel in directory.channels_of(body):
                channel.verified_on, channel.verified_by = None, ""
        let_sign(petition_by_slug(SLUG).id, PEOPLE, on=utc_now().date())
        db.session.commit()
    with Server(found):
        yield found


@pytest.fixture
def owner(browser: Browser, site: Installation) -> Iterator[OrganiserAtDesk]:
    with first_owner(browser, site) as found:
        yield found


@pytest.fixture
def approver(owner: OrganiserAtDesk) -> Iterator[OrganiserAtDesk]:
    with colleague(owner, "approver") as found:
        yield found


def begin_the_months_letters(owner: OrganiserAtDesk) -> str:
    """Draft a letter for each member, to be brought by hand; return the path of their page."""
    owner.opens("/letters/")
    owner.page.locator(f"main a[href$='{MONTHS}']").click()
    owner.page.locator(f"main a[href$='{MONTHS}new']").click()
    owner.page.select_option("#petition", SLUG)
    owner.page.select_option("#way", "hand")
    owner.sends(f"{MONTHS}new", signatory_name="A. Signatory", signatory_role="Coordinator")
    owner.page.wait_for_url(re.compile(rf"{MONTHS}[0-9a-f]+$"))
    return owner.page.url.partition("/desk")[2]


def check_the_recipients(owner: OrganiserAtDesk, batch: str) -> None:
    """Find that no address was compared, compare each, and find nothing to mend any more."""
    owner.opens(batch)
    expect(owner.form("/ask")).to_have_count(0)
    expect(owner.page.locator("main .rows a[href*='/desk/bodies/']")).to_have_count(MEMBERS)
    owner.page.locator("main a[href*='/bodies/council?month=']").click()
    page = owner.page
    for number in range(MEMBERS):
        page.locator("main form[action*='/check'] button").nth(number).click()
        page.wait_for_load_state()
    owner.opens(batch)
    expect(owner.page.locator("main .rows a[href*='/desk/bodies/']")).to_have_count(0)


def agree_and_issue_all(owner: OrganiserAtDesk, approver: OrganiserAtDesk, batch: str) -> None:
    """Ask for all, let a second person who saw one of them approve all, issue all, and wait for the documents."""
    owner.sends("/ask")
    expect(owner.form("/approve")).to_have_count(0)
    approver.opens(batch)
    approver.page.locator("main .rows a").nth(3).click()
    expect(approver.page.locator("main .paper").first).to_be_visible()
    approver.opens(batch)
    approver.sends("/approve")
    owner.opens(batch)
    owner.sends("/issue")
    # Nobody presses anything: the page looks again by itself until the worker has made the last document.
    expect(owner.form("/download")).to_have_count(1, timeout=60_000)


def give_numbers_to_the_press(
    owner: OrganiserAtDesk, approver: OrganiserAtDesk, batch: str, to: Path
) -> Path:
    """Begin the numbers sheet from the page of the letters, have it agreed to and issued; return its PDF."""
    owner.opens(batch)
    owner.page.locator("main a[href*='template=numbers-sheet']").click()
    owner.page.check("#in-en")
    owner.sends("/letters/new")
    owner.page.wait_for_url(re.compile(r"/edit$"))
    place = owner.page.url.partition("/desk")[2].removesuffix("/edit")
    owner.opens(place)
    owner.sends("/ask")
    approver.opens(place)
    approver.sends("/approve")
    owner.opens(f"{place}/issue")
    owner.sends("/issue")
    owner.page.wait_for_url(re.compile(r"/letters/NID-\d{4}-\d{4}$"))
    issued = owner.page.url
    made = owner.page.locator("main a[href$='-en.pdf']")

    def _is_made() -> bool:
        owner.page.goto(issued)
        return made.count() > 0

    owner.waits_until(_is_made)
    return owner.downloads(made, to)


def opened(path: Path) -> dict[str, bytes]:
    """Return the files of a ZIP, held to its manifest."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert {each["name"] for each in manifest["files"]} == set(files)
    assert all(
        each["sha256"] == hashlib.sha256(files[each["name"]]).hexdigest() for each in manifest["files"]
    )
    return files


def words_of(pdf: bytes) -> str:
    return " ".join(" ".join(pages_of(pdf)).split())


def test_two_people_prepare_a_delivery(owner: OrganiserAtDesk, approver: OrganiserAtDesk, tmp_path: Path):
    batch = begin_the_months_letters(owner)
    check_the_recipients(owner, batch)
    agree_and_issue_all(owner, approver, batch)
    letters = opened(owner.downloads(owner.form("/download").locator("button"), tmp_path / "letters.zip"))
    sheet = give_numbers_to_the_press(owner, approver, batch, tmp_path / "numbers.pdf")

    owner.opens(batch)
    owner.page.locator("main a[href$='/pack']").click()
    owner.page.fill("#day", utc_now().date().isoformat())
    owner.page.fill("#hour", "23:30")
    owner.page.fill("#zone", "Pacific/Honolulu")  # where today ends last
    pack = opened(owner.downloads(owner.form("/pack").locator("button"), tmp_path / "pack.zip"))

    assert len([name for name in letters if name.endswith(".pdf")]) == MEMBERS
    assert {
        f"letters/{name}": letters[name] for name in letters if not name.endswith(".txt")
    }.items() <= pack.items()
    assert sheet.read_bytes() in [
        content for name, content in pack.items() if name.startswith("numbers-sheet/")
    ]
    assert f"{PEOPLE} persons" in words_of(sheet.read_bytes())
    checklist = words_of(pack["papers/checklist-en.pdf"])
    assert "23:30 (" in checklist
    assert "UTC): hand over" in checklist
    said = words_of(pack["papers/talking-points-en.pdf"])
    assert f"{PEOPLE} persons" in said
    receipts = [words_of(content) for name, content in pack.items() if "receipt" in name and "-en" in name]
    assert len(receipts) == MEMBERS
    assert sum("President of the Security Council" in each for each in receipts) == 1
