"""A supporter's own letter in real Chromium: copied whole, printed alone, and made without a script as well."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from campaign_app.extensions import db
from tests.letters.situations import load_directory

pytestmark = pytest.mark.browser

PATH = "/en/petitions/lists-and-graves/your-letter"


@pytest.fixture
def site(app, serve) -> str:
    """A running application with the directory."""
    with app.app_context():
        load_directory(today=datetime.now(UTC).date())
        db.session.commit()
    return serve(app)


def write(page: Page, site: str) -> str:
    """Make a letter; return what its paragraphs say."""
    page.goto(site + PATH)
    page.get_by_label("To whom").select_option(label="Latvia")
    page.get_by_label("Many families are still without an answer").check()
    page.get_by_label("Your own words").fill("First line,\nsecond line.\n\nAnother paragraph.")
    page.get_by_role("button", name="Show me the letter").click()
    return "\n\n".join(page.locator("article p").evaluate_all("all => all.map((each) => each.textContent)"))


def test_the_letter_is_copied_whole_and_printed_alone(context, page, site):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.add_init_script("window.print = () => { window.printed = true }")
    said = write(page, site)

    page.get_by_role("button", name="Copy the letter").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.get_by_role("button", name="Print it").click()

    assert page.evaluate("navigator.clipboard.readText()") == said
    assert page.evaluate("window.printed") is True
    assert page.url == site + PATH
    page.emulate_media(media="print")
    expect(page.get_by_text("First line,")).to_be_visible()
    shown = page.evaluate("document.body.innerText").split()
    assert shown == said.split()


def test_without_a_script_it_is_made_changed_and_can_be_marked(browser, site):
    reader = browser.new_context(java_script_enabled=False)
    page = reader.new_page()

    write(page, site)

    expect(page.get_by_text("First line,")).to_be_visible()
    expect(page.get_by_role("button", name="Copy the letter")).to_be_hidden()
    page.get_by_role("button", name="Change the letter").click()
    expect(page.get_by_label("Your own words")).to_have_value(
        "First line,\nsecond line.\n\nAnother paragraph."
    )
    reader.close()
