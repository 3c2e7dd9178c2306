"""A letter to the President of the Council in real Chromium, from its first word to a reader who checks it.

Drafted, agreed to by a second person, issued, downloaded, sent through a real SMTP server, answered; then whoever got
the mail opens the address that its PDF prints, and drops the PDF there. Against an installation of its own whose keys
are not for demonstration, with its worker, which makes the documents and sends the mail.
"""

import hashlib
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.petitions.operations import petition_by_slug
from tests.browser.letters_at_desk import (
    SLUG,
    agree_and_issue,
    content_of_a_campaign,
    draft,
    drop,
    use_real_keys,
    write,
)
from tests.browser.organisers import OrganiserAtDesk, colleague, first_owner
from tests.endurance.servers import Installation, Server, SqliteFile, wait_for
from tests.integrity.campaigns import let_sign
from tests.letters.documents.reading import pages_of
from tests.letters.situations import CHANNELS, load_directory
from tests.mail.relays import FakeRelay

pytestmark = pytest.mark.browser

PEOPLE = 12
WORDS = "We have read your letter.\n<b>We will answer.</b>"
CONSENT = "By mail of that day, the mission"
TRUE = "Yes. This is the file that we issued: PDF, English."


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with FakeRelay() as running:
        yield running


@pytest.fixture
def site(tmp_path: Path, relay: FakeRelay) -> Iterator[Installation]:
    content = str(content_of_a_campaign(tmp_path))
    found = Installation(tmp_path, SqliteFile(), CONTENT_DIR=content, SMTP_URL=relay.url)
    use_real_keys(found, tmp_path)
    with found.inside():
        load_directory(today=utc_now().date())
        let_sign(petition_by_slug(SLUG).id, PEOPLE, on=utc_now().date())
        db.session.commit()
    with Server(found):
        yield found


@pytest.fixture
def owner(browser: Browser, site: Installation) -> Iterator[OrganiserAtDesk]:
    with first_owner(browser, site) as found:
        yield found


@pytest.fixture
def approver(owner: OrganiserAtDesk, relay: FakeRelay) -> Iterator[OrganiserAtDesk]:
    """Somebody who may approve letters and do nothing else."""
    with colleague(owner, "approver", mailed=lambda: [each.message for each in relay.received]) as found:
        yield found


def download_all(owner: OrganiserAtDesk, tmp_path: Path) -> dict[str, str]:
    """Save every document, and hold each to the sum on the page; return the sums by name."""
    sums = owner.page.locator("#documents ~ .rows .key").all_inner_texts()
    links = owner.page.locator("main a[href*='/files/']")
    assert links.count() == len(sums) == 6
    for number, said in enumerate(sums):
        file = owner.downloads(links.nth(number), tmp_path / f"document-{number}")
        assert hashlib.sha256(file.read_bytes()).hexdigest() == said
    return dict(zip(links.all_inner_texts(), sums, strict=True))


def send(owner: OrganiserAtDesk, relay: FakeRelay, issued: str) -> EmailMessage:
    """Look at the mail before it goes, send it, and wait until the relay has it and the page says so."""
    owner.page.locator("main a[href$='/send']").click()
    owner.sees(CHANNELS["mail"])
    expect(owner.page.locator("main input[name=to]:checked")).not_to_have_count(0)
    owner.sends("/send")

    def _mail() -> EmailMessage | None:
        return next((each.message for each in relay.received if each.to == CHANNELS["mail"]), None)

    found: EmailMessage = wait_for(_mail, "the mail with the letter")

    def _is_sent() -> bool:
        owner.opens(issued)
        return owner.page.locator("main a[href$='/replies/new']").count() > 0

    owner.waits_until(_is_sent)
    return found


def file_and_publish(owner: OrganiserAtDesk, issued: str, scan: Path) -> None:
    """File an answer with its scan and who agreed, see that it is no page of the public yet, and publish it."""
    owner.page.locator("main a[href$='/replies/new']").click()
    owner.page.check("#kind-answer")
    owner.page.set_input_files("#scan", scan)
    owner.page.select_option("#language", "en")
    owner.sends("/replies", text=WORDS, consent=CONSENT)
    owner.is_at(issued)
    owner.page.locator("main a[href*='/replies/']:not([href$='/new'])").click()
    owner.sees(WORDS.splitlines()[1])
    owner.page.locator("main a[href$='/publish']").click()
    expect(owner.page.locator("#consent")).to_have_value(CONSENT)
    owner.sends("/publish")
    owner.is_at(issued)


def check_as_a_reader(browser: Browser, pdf: bytes) -> None:
    """Open the address that a PDF prints beside its code, see the answer, drop the PDF there."""
    text = "".join("".join(pages_of(pdf)).split())  # the address may go over the end of a line
    printed = re.search(r"https?://[\w.:]+/en/letters/NID-\d{4}-\d{4}/[A-Z2-7]{16}", text)
    assert printed, "the letter prints no address where it can be checked"
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(printed[0])
    main = page.locator("main")
    expect(main).to_contain_text("We issued a letter under this reference")
    expect(main.locator("blockquote")).to_contain_text(WORDS.splitlines()[1])
    expect(main).not_to_contain_text(CONSENT)
    drop(page, "in-hand.pdf", pdf)
    expect(page.locator("[data-check] [role=status]")).to_contain_text(TRUE)
    assert context.cookies() == []
    context.close()


def test_a_letter_goes_from_its_first_word_to_a_reader_who_checks_it(
    browser: Browser, relay: FakeRelay, owner: OrganiserAtDesk, approver: OrganiserAtDesk, tmp_path: Path
):
    place = draft(owner)
    write(owner)
    specimen = owner.downloads(
        owner.page.locator("main a[href$='/specimen/ar.pdf']"), tmp_path / "specimen.pdf"
    )
    assert specimen.read_bytes().startswith(b"%PDF")
    issued = agree_and_issue(owner, approver, place)
    expect(owner.page.locator("main a[href$='/edit']")).to_have_count(0)
    owner.sees(str(PEOPLE))
    sums = download_all(owner, tmp_path)

    mail = send(owner, relay, issued)

    attached = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert len(attached) == 4
    for name, content in attached.items():
        assert hashlib.sha256(content).hexdigest() == sums[name]
    file_and_publish(owner, issued, specimen)
    check_as_a_reader(browser, attached[f"{issued.rsplit('/', 1)[1]}-en.pdf"])
