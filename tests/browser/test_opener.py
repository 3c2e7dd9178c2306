"""opener.html in real Chromium, from disk, with the network cut: what an organiser does with it, start to end."""

import base64
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import cycle, islice
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from campaign_app.exports.rules import SheetHeader, row_line
from campaign_app.sealing import operations
from campaign_app.sealing.campaign_secret import CampaignSecret, secret_from_words
from campaign_app.sealing.contacts import seal_contact
from campaign_app.sealing.key_files import CAMPAIGN_SECRET, key_file_text, new_key_file
from campaign_app.sealing.keys import CampaignKey, load_keys, signing_is_allowed

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

ROOT = Path(__file__).resolve().parents[2]
OPENER_FILE = ROOT / "static" / "opener" / "opener.html"
OPENER = OPENER_FILE.as_uri()
GOLDEN = ROOT / "tests" / "sealing" / "golden"
FROZEN = json.loads((GOLDEN / "secrets.json").read_text())
SHEET = GOLDEN / "sheet-v3.nidaa-sheet"
TABLE = (GOLDEN / "sheet-v3.csv").read_bytes()
CONTACTS = GOLDEN / "contacts-sheet-v3.nidaa-sheet"
OLD_SHEETS = [GOLDEN / "sheet-v1.nidaa-sheet", GOLDEN / "sheet-v2.nidaa-sheet"]
SECRETS = [CampaignSecret(bytes.fromhex(frozen["seed"])) for frozen in FROZEN]
TODAY = date(2026, 3, 5)
SEALED = 5_000


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser without a network; the test fails if the page logs an error or breaks."""
    context = browser.new_context(offline=True, locale="en-GB", accept_downloads=True)
    complaints: list[str] = []
    context.on(
        "console", lambda message: complaints.append(message.text) if message.type == "error" else None
    )
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert complaints == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    found = context.new_page()
    found.goto(OPENER)
    return found


@pytest.fixture
def sheet_of(tmp_path: Path) -> Callable[[int], Path]:
    """A function that writes a sheet of so many rows, sealed to the first two golden keys.

    To seal takes longer than to open: the first SEALED rows are sealed each for itself, and then they come again.
    """

    def write(rows: int, keys: list[CampaignKey] | None = None) -> Path:
        keys = keys or [campaign_key(secret) for secret in SECRETS[:2]]
        header = SheetHeader(
            petition="lists-and-graves",
            titles={"en": "Lists and graves", "ar": "القوائم والقبور"},
            purpose="Test",
            made_at=datetime(2026, 3, 5, tzinfo=UTC),
            rows=rows,
            statement={"people": rows},
            keys=[key.id for key in keys],
        )
        path = tmp_path / f"{rows}.nidaa-sheet"
        with path.open("wb") as out:
            out.write(header.line.encode())
            lines = [
                row_line(sealed_row(number, keys), wants_updates=False) for number in range(min(rows, SEALED))
            ]
            out.writelines(islice(cycle(lines), rows))
        return path

    return write


def campaign_key(secret: CampaignSecret) -> CampaignKey:
    return CampaignKey(
        id=secret.id,
        point=secret.point,
        created_on=TODAY,
        is_demo=False,
        backup_check=b"",
        backup_read_on=None,
    )


def sealed_row(number: int, keys: list[CampaignKey]) -> bytes:
    contact = {
        "format": 1,
        "id": f"{number:032x}",
        "name": f"موقّع تجريبي {number}",
        "email": f"signer{number}@example.org",
        "country": "SY",
        "language": "ar",
        "consents": {"signing": 1, "updates": None},
        "text_version": 1,
        "token": "t" * 32,
    }
    return seal_contact(contact, petition_slug="lists-and-graves", keys=keys)


def spoiled(tmp_path: Path, change: Callable[[list[bytes]], list[bytes]]) -> Path:
    """Write the golden sheet with changed lines."""
    path = tmp_path / "spoiled.nidaa-sheet"
    path.write_bytes(b"".join(change(SHEET.read_bytes().splitlines(keepends=True))))
    return path


def start(page: Page, task: int) -> None:
    page.locator(".tasks button").nth(task).click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def open_sheet(page: Page, path: Path, words: str) -> None:
    start(page, 2)
    page.set_input_files("#sheet", path)
    page.fill("#word-1", words)
    press(page, "Open the sheet")


def saved(page: Page, name: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        press(page, name)
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


# The derivations


@pytest.mark.parametrize("frozen", FROZEN, ids=lambda frozen: frozen["id"])
def test_everything_derived_from_a_seed_is_what_python_derives(page, frozen):
    found = page.evaluate(
        """(seed) => {
          const secret = secretOf(fromHex(seed));
          return {
            seed, point: toHex(secret.point), id: secret.id, fingerprint: fingerprintOf(secret.point),
            words: wordsOf(secret.seed).join(" "), text: textOf(secret.seed), backup_code: backupCodeOf(secret.seed),
            backup_check: toBase64(backupCheckOf(backupCodeOf(secret.seed))),
          };
        }""",
        frozen["seed"],
    )

    assert found == frozen


def test_the_exchange_is_that_of_rfc_9180_appendix_a_3(page):
    shared = page.evaluate(
        """async ([seed, enc]) => {
          const secret = secretOf(fromHex(seed));
          const privateKey = await privateKeyOf(secret);
          return toHex(await sharedSecret(fromHex(enc), { privateKey, point: secret.point }));
        }""",
        [
            "668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550",
            "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
            "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
        ],
    )

    assert shared == "c0d26aeab536609a572b07695d933b589dcf363ff9d93c93adea537aeabb8cb8"


def test_the_golden_contacts_open_to_what_was_sealed(page):
    golden = json.loads((GOLDEN / "contacts-v1.json").read_text())
    entries = [(0, golden["contacts"]), (1, golden["contacts"]), (2, [golden["for_one_key"]])]

    for who, contacts in entries:
        found = page.evaluate(
            """async ([seed, petition, rows]) => {
              const opener = await openerFor(secretOf(fromHex(seed)), petition);
              return Promise.all(rows.map((row) => openContact(fromBase64(row), opener)));
            }""",
            [FROZEN[who]["seed"], golden["petition"], [entry["sealed"] for entry in contacts]],
        )
        assert found == [entry["contact"] for entry in contacts]


# The tasks


def test_an_organiser_makes_a_key_proves_its_backup_and_opens_a_sheet(page, tmp_path, sheet_of):
    keys_dir = tmp_path / "keys"
    operations.make_server_keys(keys_dir=keys_dir, today=TODAY)
    page.evaluate("window.print = () => { window.printed = true; }")

    start(page, 0)
    press(page, "Make a key")
    press(page, "Print the backup")
    words = page.locator(".backup .words li").all_inner_texts()
    paper = [re.sub(r"[^a-z]", "", word) for word in words]
    fingerprint = page.locator(".backup dd").first.inner_text()
    name, public_file = saved(page, "Save the public key file")
    added = operations.add_campaign_key(keys_dir=keys_dir, file_bytes=public_file)
    press(page, "Forget the key and read the backup back")
    for number, word in enumerate(paper, 1):
        page.locator(f"#word-{number}").press_sequentially(word[:4])
        page.keyboard.press("Space")
    press(page, "Check the backup")
    expect(page.locator("h1")).to_have_text("The backup is good")
    code = page.locator("#backup-code").inner_text()
    operations.confirm_backup(keys_dir=keys_dir, key_id=added.id, code=code, today=TODAY)
    page.goto(OPENER)
    keys = load_keys(keys_dir)
    open_sheet(page, sheet_of(3, list(keys.campaign_public)), " ".join(paper))
    expect(page.locator("#opened")).to_have_text("3 rows were opened.")
    _, table = saved(page, "Save the table (CSV)")

    assert page.evaluate("window.printed") is None  # the second visit knows nothing of the first
    assert name == f"nidaa-campaign-key-{added.id}.public.json"
    assert keys.fingerprint == fingerprint
    assert signing_is_allowed(keys, "production")
    assert secret_from_words(" ".join(paper)).seed.hex().encode() not in public_file
    assert "موقّع تجريبي 2" in table.decode("utf-8-sig")


@pytest.mark.parametrize("who", [0, 1])
def test_the_golden_sheet_becomes_the_golden_table(page, who):
    open_sheet(page, SHEET, FROZEN[who]["words"])
    expect(page.locator("h1")).to_have_text("The sheet is open")
    expect(page.locator("#opened")).to_have_text("20 rows were opened.")

    name, table = saved(page, "Save the table (CSV)")

    assert name == "lists-and-graves-2026-03-05.csv"
    assert table == TABLE


@pytest.mark.parametrize("old", OLD_SHEETS, ids=lambda path: path.stem)
def test_a_sheet_of_an_earlier_version_still_opens(page, old):
    open_sheet(page, old, FROZEN[0]["words"])
    expect(page.locator("#opened")).to_have_text("20 rows were opened.")

    assert saved(page, "Save the table (CSV)")[1] == old.with_suffix(".csv").read_bytes()


def test_a_sheet_of_contacts_becomes_the_table_that_civicrm_takes(page):
    start(page, 2)
    page.set_input_files("#sheet", CONTACTS)
    expect(page.locator("#about-sheet")).to_contain_text("Those who asked for news")
    expect(page.locator("#about-sheet")).to_contain_text("By one person, after a wait")
    page.get_by_label("As CiviCRM imports contacts").check()
    page.fill("#word-1", FROZEN[0]["words"])
    press(page, "Open the sheet")
    expect(page.locator("#opened")).to_have_text("5 rows were opened.")
    expect(page.locator("#failed")).to_contain_text("Line 7: did not ask for news")

    name, table = saved(page, "Save the table (CSV)")

    assert name == "lists-and-graves-2026-03-05-civicrm.csv"
    assert table == (GOLDEN / "contacts-sheet-v3-civicrm.csv").read_bytes()


def test_a_row_that_does_not_say_who_wants_news_is_left_out(page, tmp_path):
    path = spoiled(tmp_path, lambda lines: [lines[0], lines[1].split(b"\t")[0] + b"\n", *lines[2:]])

    open_sheet(page, path, FROZEN[0]["words"])

    expect(page.locator("#failed")).to_contain_text("Line 2: damaged")


def test_the_last_screen_says_what_for_and_which_count_the_table_belongs_to(page):
    open_sheet(page, SHEET, FROZEN[0]["words"])

    expect(page.locator("main")).to_contain_text("Golden file of the tests")
    expect(page.locator("#holds")).to_have_text(
        "25 people were counted when this sheet was made (5 March 2026 at 12:00 UTC). It holds 20 whose details "
        "were still kept. Some may have withdrawn since: make a new sheet before you use it."
    )


def test_five_thousand_rows_come_out_whole_and_in_order(page, sheet_of):
    open_sheet(page, sheet_of(5_000), FROZEN[0]["words"])
    expect(page.locator("#opened")).to_have_text("5,000 rows were opened.", timeout=60_000)

    _, table = saved(page, "Save the table (CSV)")

    rows = table.decode("utf-8-sig").splitlines()[1:]
    assert [int(row.split(",")[0].strip('"'), 16) for row in rows] == list(range(5_000))


@pytest.mark.endurance
def test_a_hundred_thousand_rows_come_out_whole(page, sheet_of, record_property):
    """Takes a fraction of a minute on two free cores; a busy machine gets three, and the report says how long."""
    path = sheet_of(100_000)
    started = time.monotonic()

    open_sheet(page, path, FROZEN[0]["words"])

    expect(page.locator("#opened")).to_have_text("100,000 rows were opened.", timeout=180_000)
    record_property("seconds", round(time.monotonic() - started, 1))
    _, table = saved(page, "Save the table (CSV)")
    assert table.count(b"\r\n") == 100_001


def test_a_secret_file_and_the_text_of_the_square_code_are_as_good_as_words(page, tmp_path):
    name = f"nidaa-campaign-key-{SECRETS[0].id}.SECRET.json"
    path = tmp_path / name
    path.write_text(key_file_text(new_key_file(CAMPAIGN_SECRET, SECRETS[0].seed, created_on=TODAY)))

    start(page, 1)
    page.locator("summary").click()
    page.set_input_files("#secret-file", path)
    expect(page.locator(".notice.good")).to_contain_text(SECRETS[0].id)
    page.fill("#secret-text", SECRETS[1].text)
    page.locator("#secret-text").blur()
    expect(page.locator(".notice.good")).to_contain_text(SECRETS[1].id)
    press(page, "Check the backup")

    expect(page.locator("#backup-code")).to_have_text(FROZEN[1]["backup_code"])


def test_a_picture_of_the_printed_square_code_gives_the_key(page, tmp_path):
    start(page, 0)
    press(page, "Make a key")
    key_id = page.locator(".backup dd").nth(1).inner_text()
    page.locator(".backup").screenshot(path=tmp_path / "scan.png")
    page.once("dialog", lambda dialog: dialog.accept())
    press(page, "Forget the key and read the backup back")

    page.locator("summary").click()
    page.set_input_files("#secret-file", tmp_path / "scan.png")

    expect(page.locator(".notice.good")).to_contain_text(key_id)


def test_a_saved_secret_file_is_one_that_the_command_reads(page):
    start(page, 0)
    press(page, "Make a key")
    page.locator("summary").click()
    key_id = page.locator(".backup dd").nth(1).inner_text()

    name, content = saved(page, "Save the SECRET file")

    fields = json.loads(content)
    assert name == f"nidaa-campaign-key-{key_id}.SECRET.json"
    assert fields["kind"] == "campaign-secret"
    assert CampaignSecret(base64.b64decode(fields["key"])).id == fields["id"] == key_id


def test_the_backup_is_one_printed_page_and_nothing_else_is_on_it(page):
    start(page, 0)
    press(page, "Make a key")
    page.emulate_media(media="print")

    assert page.locator(".screen:visible").count() == 0
    assert page.locator(".backup").bounding_box()["height"] < 950  # A4 less its margins, at 96 to the inch
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    assert page.pdf(format="Letter").count(b"/Type /Page\n") == 1


# What goes wrong


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda words: ["abandom", *words[1:]],
            "Word 1, “abandom”, is not in the list of words. Near it in the list: abandon.",
        ),
        (lambda words: words[:23], "Only 23 words are there"),
        (
            lambda words: [words[1], words[0], *words[2:]],
            "one of them is another word, or two have changed places",
        ),
        (lambda words: [], "Type the words of your backup first."),
    ],
)
def test_wrong_words_are_named(page, change, told):
    start(page, 1)
    page.fill("#word-1", " ".join(change(["abandon", *SECRETS[0].words[1:]])))

    press(page, "Check the backup")

    expect(page.locator("#errors")).to_contain_text(told)
    expect(page.locator("#errors")).to_be_focused()
    expect(page).to_have_title("Error: Read a backup back")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "This is not the backup of a campaign key."),
        (b"{}", "This is not the backup of a campaign key."),
        (SECRETS[0].text[:-1].encode() + b"0", "A character of this backup is wrong."),
        (b'{"kind":"campaign-public","key":"AAAA"}', "This is the public key file, which opens nothing."),
    ],
)
def test_another_file_in_place_of_a_secret_is_refused(page, tmp_path, content, told):
    path = tmp_path / "file.json"
    path.write_bytes(content or b"NIDAA-SECRET")
    start(page, 1)
    page.locator("summary").click()

    page.set_input_files("#secret-file", path)

    expect(page.locator("#errors")).to_contain_text(told)


def test_a_picture_without_a_square_code_is_refused(page, tmp_path):
    page.screenshot(path=tmp_path / "nothing.png")
    start(page, 1)
    page.locator("summary").click()

    page.set_input_files("#secret-file", tmp_path / "nothing.png")

    expect(page.locator("#errors")).to_contain_text("No square code was found")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not a sealed sheet"),
        (b"name,email\n", "not a sealed sheet"),
        (b"\x00\xff" * 50_000, "not a sealed sheet"),
        (SHEET.read_bytes().replace(b'"version":3', b'"version":4', 1), "newer version"),
        (SHEET.read_bytes().replace(b'"delivery"', b'"everything"', 1), "newer version"),
        (SHEET.read_bytes().replace(b'"text_version"', b'"token"', 1), "newer version"),
    ],
)
def test_another_file_in_place_of_a_sheet_is_refused_when_it_is_chosen(page, tmp_path, content, told):
    path = tmp_path / "file.nidaa-sheet"
    path.write_bytes(content)
    start(page, 2)

    page.set_input_files("#sheet", path)

    expect(page.locator("#errors")).to_contain_text(told)


def test_a_key_that_fits_no_row_is_refused_by_naming_those_that_do(page):
    open_sheet(page, SHEET, FROZEN[2]["words"])

    expect(page.locator("#errors")).to_contain_text(SECRETS[0].id)
    expect(page.locator("#errors")).to_contain_text(SECRETS[2].id)


def test_a_sheet_that_is_cut_short_gives_what_is_there_and_says_so(page, tmp_path):
    path = spoiled(tmp_path, lambda lines: [*lines[:19], lines[19][:52] + b"\t0"])

    open_sheet(page, path, FROZEN[0]["words"])

    expect(page.locator("h1")).to_have_text("The sheet is open, but not whole")
    expect(page.locator("#opened")).to_have_text("18 rows were opened.")
    expect(page.locator("#cut")).to_contain_text("1 row is missing")
    expect(page.locator("#failed")).to_contain_text("Line 20: damaged")


def test_rows_that_do_not_open_are_left_out_and_named(page, tmp_path):
    foreign = (
        json.loads((GOLDEN / "contacts-v1.json").read_text())["for_one_key"]["sealed"].encode() + b"\t1\n"
    )

    def change(lines: list[bytes]) -> list[bytes]:
        altered = bytearray(base64.b64decode(lines[2].split(b"\t")[0]))
        altered[-1] ^= 1
        return [lines[0], b"not base 64!\t0\n", base64.b64encode(altered) + b"\t1\n", foreign, *lines[4:]]

    open_sheet(page, spoiled(tmp_path, change), FROZEN[0]["words"])
    expect(page.locator("#opened")).to_have_text("17 rows were opened.")
    for sentence in (
        "Line 2: damaged",
        "Line 3: altered, or of another petition",
        "Line 4: sealed to other keys",
    ):
        expect(page.locator("#failed")).to_contain_text(sentence)
    _, table = saved(page, "Save the table (CSV)")

    assert table.splitlines(keepends=True)[1:] == TABLE.splitlines(keepends=True)[4:]


def test_rows_put_in_by_somebody_are_noticed(page, tmp_path):
    open_sheet(page, spoiled(tmp_path, lambda lines: [*lines, lines[1]]), FROZEN[0]["words"])

    expect(page.locator("#cut")).to_contain_text("1 row more than it says")


def test_the_work_can_be_cancelled_and_nothing_is_kept(page):
    page.evaluate(
        "hire = () => ({ broken: new Promise(() => {}), open: () => new Promise(() => {}), dismiss() {} })"
    )
    open_sheet(page, SHEET, FROZEN[0]["words"])
    expect(page.locator("#progress-text")).to_have_text("0 rows of 20")

    press(page, "Cancel")

    expect(page.locator("#errors")).to_contain_text("Cancelled. Nothing was kept.")
    assert page.evaluate("result") is None


def test_whoever_leaves_while_it_works_stops_it_and_meets_no_error_elsewhere(page):
    page.evaluate(
        "hire = () => ({ broken: new Promise(() => {}), open: () => new Promise(() => {}), dismiss() {} })"
    )
    open_sheet(page, SHEET, FROZEN[0]["words"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Opening the sheet")

    press(page, "Back to the tasks")

    expect(page.locator(".tasks")).to_be_visible()
    page.wait_for_timeout(100)
    expect(page.locator("#errors")).to_have_count(0)
    assert page.evaluate("[work, sheet, result]") == [None, None, None]


def test_a_key_that_is_on_no_paper_is_not_forgotten_without_asking(page):
    start(page, 0)
    press(page, "Make a key")
    page.once("dialog", lambda dialog: dialog.dismiss())

    press(page, "Forget the key and read the backup back")

    expect(page.locator(".backup")).to_be_visible()


# What it promises


def test_the_page_can_reach_nothing_even_if_it_wanted_to(browser):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        context = browser.new_context()
        page = context.new_page()
        page.goto(OPENER)
        blocked = page.evaluate(
            """async (host) => {
              const blocked = [];
              document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
              const address = `http://${host}/`;
              await fetch(address).catch(() => {});
              navigator.sendBeacon(address, "x");
              try { new WebSocket(`ws://${host}/`); } catch {}
              try { new EventSource(address); } catch {}
              for (const tag of ["img", "script", "video"]) {
                const element = document.createElement(tag);
                element.src = address;
                document.body.append(element);
              }
              const source = `fetch("${address}").catch(() => {}); try { importScripts("${address}"); } catch {}`;
              new Worker(URL.createObjectURL(new Blob([source])));
              const style = document.createElement("style");
              style.textContent = `body { background: url(${address}) }`;
              document.head.append(style);
              await new Promise((done) => setTimeout(done, 300));
              return blocked;
            }""",
            f"127.0.0.1:{listening.getsockname()[1]}",
        )
        context.close()
        listening.settimeout(0.1)

        with pytest.raises(TimeoutError):
            listening.accept()
    assert blocked.count("connect-src") == 4
    assert {"img-src", "script-src-elem", "media-src", "style-src-elem"} <= set(blocked)


def test_nothing_typed_or_made_stays_in_the_browser(page, context):
    start(page, 1)
    page.fill("#word-1", FROZEN[0]["words"])
    press(page, "Check the backup")
    press(page, "Forget this key")
    stored = page.evaluate(
        "[localStorage.length, sessionStorage.length, document.cookie, history.length < 10]"
    )
    start(page, 1)

    assert stored == [0, 0, "", True]
    assert context.cookies() == []
    assert page.locator("#word-1").input_value() == ""


def test_from_a_web_address_the_page_only_says_how_to_save_it(browser):
    context = browser.new_context()
    page = context.new_page()
    page.route("https://example.org/opener.html", lambda route: route.fulfill(path=OPENER_FILE))
    page.goto("https://example.org/opener.html")

    shown = page.locator("main").inner_text()
    buttons = page.locator("button:visible").count()
    context.close()

    assert "Save this page first" in shown
    assert "احفظ هذه الصفحة أولاً" in shown
    assert buttons == 0


@pytest.mark.parametrize(
    ("locale", "lang", "direction"), [("ar-SY", "ar", "rtl"), ("en-GB", "en", "ltr"), ("de-DE", "en", "ltr")]
)
def test_the_page_speaks_the_reader_s_language(browser, locale, lang, direction):
    context = browser.new_context(locale=locale, offline=True)
    page = context.new_page()
    page.goto(OPENER)

    found = page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
    context.close()

    assert found == [lang, direction]


def test_changing_the_language_keeps_what_was_typed(page):
    start(page, 1)
    page.fill("#word-1", FROZEN[0]["words"])

    press(page, "العربية")

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("#word-24")).to_have_value(SECRETS[0].words[23])


@pytest.mark.parametrize("language", ["العربية", "English"])
def test_no_view_is_wider_than_a_small_phone(page, language):
    page.set_viewport_size({"width": 320, "height": 640})
    press(page, language)

    for view in ("home", "make", "read", "open", "seal"):
        page.evaluate("(view) => go(view)", view)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.evaluate("go('make')")
    page.locator("button.main").click()
    expect(page.locator(".backup")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
