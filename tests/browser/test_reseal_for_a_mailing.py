"""opener.html seals the recipients of an update, from disk, with the network cut; the server takes its file."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from campaign_app.sealing.mailing import mailing_key_id
from campaign_app.updates.recipients_file import receive
from tests.updates.golden import GOLDEN, KEY, MAILING, RECIPIENTS, opened

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

OPENER = (GOLDEN.parents[2] / "static" / "opener" / "opener.html").as_uri()
WORDS = json.loads((GOLDEN / "secrets.json").read_text())[0]["words"]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """The page in a browser without a network; it must not log an error."""
    context = browser.new_context(offline=True, locale="en-GB", accept_downloads=True)
    complaints: list[str] = []
    context.on(
        "console", lambda message: complaints.append(message.text) if message.type == "error" else None
    )
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    found = context.new_page()
    found.goto(f"{OPENER}#seal")
    yield found
    context.close()
    assert complaints == []


def seal(page: Page) -> None:
    page.get_by_role("button", name="Seal the recipients", exact=True).click()


def test_a_sheet_is_sealed_for_one_mailing_as_the_command_seals_it(page, tmp_path):
    page.set_input_files("#sheet", GOLDEN / "mailing-sheet-v1.nidaa-sheet")
    page.fill("#mailing-text", KEY.text)
    expect(page.locator("#mailing-fingerprint")).to_have_text(MAILING["fingerprint"])
    page.fill("#word-1", WORDS)
    seal(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("The recipients are sealed")
    expect(page.locator("#sealed")).to_contain_text(f"{len(RECIPIENTS)} mailboxes")
    expect(page.locator("#without")).to_contain_text(f"{MAILING['without_news']} people")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the sealed recipients").click()
    file = Path(download.value.path()).read_bytes()

    assert download.value.suggested_filename == f"{KEY.mailing}.nidaa-mailing"
    assert opened(file) == RECIPIENTS
    key_id = mailing_key_id(KEY.point)
    with receive(io.BytesIO(file), expected=KEY, key_id=key_id, home=tmp_path) as received:
        assert received.recipients == len(RECIPIENTS)


def test_what_does_not_fit_together_is_refused_before_any_secret_is_needed(page):
    page.set_input_files("#sheet", GOLDEN / "mailing-sheet-v1.nidaa-sheet")
    seal(page)
    expect(page.locator("#errors")).to_contain_text("Choose the key of the mailing first")

    page.fill("#mailing-text", '{"format": "other"}')
    expect(page.locator("#errors")).to_contain_text("This is not the key of a mailing")

    page.fill("#mailing-text", KEY.text.replace("lists-and-graves", "another"))
    seal(page)
    expect(page.locator("#errors")).to_contain_text("belong to different petitions")
