"""Whoever holds a letter drops it on the page that its code leads to: a browser tells whether it is the true one."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.letters import rules
from campaign_app.letters.documents import making
from tests.browser.letters_at_desk import drop
from tests.letters import sent
from tests.letters.samples import frozen_letter

pytestmark = pytest.mark.browser

YES, NO = "Yes. This is the file that we issued: PDF, English.", "No. This is not a file that we issued"


@pytest.fixture
def true_pdf(app) -> bytes:
    """A real document, as it was sent."""
    with app.app_context():
        return making.pdf(frozen_letter("en"), "en").content


@pytest.fixture
def printed(app, serve, true_pdf) -> str:
    """The address that the letter prints, of a running application."""
    with app.app_context():
        sent.send(7, at=utc_now(), languages=("en",), contents={"en.pdf": true_pdf})
        db.session.commit()
    return f"{serve(app)}/en/letters/{rules.reference(utc_now().year, 7)}/{sent.code_of(7)}"


@pytest.mark.parametrize("way", ["choose", "drop"])
def test_the_true_file_is_told_from_one_with_a_byte_changed_and_nothing_is_sent(
    page, printed, true_pdf, way, tmp_path: Path
):
    page.goto(printed)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    changed = bytearray(true_pdf)
    changed[len(changed) // 2] ^= 1

    for nth, (content, said) in enumerate(((true_pdf, YES), (bytes(changed), NO), (true_pdf, YES))):
        path = tmp_path / f"in-hand-{nth}.pdf"
        path.write_bytes(content)
        if way == "choose":
            page.set_input_files("#file", path)
        else:
            drop(page, "in-hand.pdf", content)
        expect(page.locator("[data-check] [role=status]")).to_contain_text(said)

    assert asked == []


def test_without_a_script_the_sum_is_there_with_how_to_compare(browser, printed, true_pdf):
    reader = browser.new_context(java_script_enabled=False)
    page = reader.new_page()

    page.goto(printed)

    expect(page.locator("[data-check]")).to_be_hidden()
    expect(page.get_by_text("sha256sum file.pdf")).to_be_visible()
    assert page.locator("[data-sum]").get_attribute("data-sum") in page.inner_text("main")
    reader.close()
