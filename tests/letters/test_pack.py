"""The pack for the day of delivery: what is in it, what its papers say and when, and why one is not made."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, date, datetime, time

import pytest

from campaign_app.audit.models import AuditEntry
from campaign_app.extensions import db
from campaign_app.letters import batches, issuing, making, pack, queries, rules
from campaign_app.letters.commands import letters
from campaign_app.letters.day_words import MarkUnfilled, PapersMissing, that_holds
from campaign_app.letters.delivering import DocumentsMissing
from campaign_app.letters.handing_over import (
    DayOutOfReach,
    Handing,
    HourTwice,
    NoSuchHour,
    ZoneUnknown,
    handing,
    usual_zone,
)
from tests.integrity.campaigns import let_sign
from tests.letters.deliveries import issued
from tests.letters.documents.reading import pages_of, words
from tests.letters.situations import NOW, begin

pytestmark = pytest.mark.usefixtures("ready")
NEW_YORK = "America/New_York"
AT_NOON = handing(NOW.date(), time(12), NEW_YORK, now=NOW)
GENERAL = ("checklist", "photograph-rules", "talking-points")


@pytest.fixture
def signed(petition):
    """A petition that three people signed."""
    let_sign(petition.id, 3, on=NOW.date())
    db.session.commit()
    return petition


@pytest.fixture
def president_s(signed, people):
    """The letter to the Council's President, issued in two languages."""
    return issued(begin(languages=("en", "ar")), people)


def of(letter, at: Handing = AT_NOON, **more):
    return pack.of_letter(letter=letter, handing=at, now=NOW, **more)


def opened(made: pack.Pack):
    """Return the files of a pack, without its manifest, and that."""
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, json.loads(files.pop("manifest.json"))


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(pages_of(pdf)).split())


def test_a_pack_holds_the_issued_documents_and_a_paper_of_each_kind_with_their_sums(president_s):
    files, manifest = opened(of(president_s))

    name = president_s.reference
    letters = {f"letters/{name}-{lang}.{kind}" for lang in ("ar", "en") for kind in ("pdf", "docx")}
    papers = {f"papers/{key}-{lang}.pdf" for lang in ("ar", "en") for key in (*GENERAL, f"receipt-{name}")}
    assert set(files) == letters | papers
    assert {each["name"] for each in manifest["files"]} == set(files)
    for each in manifest["files"]:
        assert each["sha256"] == hashlib.sha256(files[each["name"]]).hexdigest()
        assert each["bytes"] == len(files[each["name"]])
    for file in queries.files_of(president_s):
        if not file.media_type.startswith("text/"):
            assert files[f"letters/{file.name}"] == file.content
    assert manifest["letter"] == name
    assert manifest["is_specimen"] is False
    assert manifest["missing"] == [pack.NO_NUMBERS_SHEET, pack.NO_COVER_NOTE]
    assert manifest["handing_over"] == {
        "at": "2026-12-10T17:00+00:00",
        "day": "2026-12-10",
        "zone": NEW_YORK,
    }


def test_its_papers_say_for_whom_when_and_the_numbers_that_the_letter_froze(president_s, signed):
    let_sign(signed.id, 4, on=NOW.date())
    db.session.commit()

    files, _manifest = opened(of(president_s))

    checklist = text_of(files["papers/checklist-en.pdf"])
    assert "10 December 2026" in checklist
    assert "The President of the Security Council for December 2026" in checklist
    assert president_s.reference in checklist
    assert [found in checklist for found in ("10:00 (15:00 UTC): meet", "12:00 (17:00 UTC): hand")] == [
        True
    ] * 2
    said = text_of(files["papers/talking-points-en.pdf"])
    frozen = frozen_of(president_s)
    assert frozen.statement.people == 3
    assert set(words(frozen.texts["en"].statement)) <= set(words(said))
    receipt = text_of(files[f"papers/receipt-{president_s.reference}-en.pdf"])
    assert f"letter {president_s.reference}" in receipt
    assert not any(said in receipt for said in ("cover note", "in numbers"))  # neither lies in the pack
    assert not any("{{" in text_of(each) for name, each in files.items() if name.startswith("papers/"))
    assert "بالتوقيت العالمي" in text_of(files["papers/checklist-ar.pdf"])


def frozen_of(letter):
    return making.from_json(letter.frozen)


def test_a_cover_note_and_the_numbers_sheet_go_along_whichever_of_the_two_letters_is_asked(
    president_s, people
):
    note = issued(begin("cover-note", body_key=president_s.body_key, month=None, languages=("en",)), people)
    sheet = issued(begin("numbers-sheet", month=None, languages=("en",), way=None), people)

    packs = [opened(of(each)) for each in (president_s, note)]

    for files, manifest in packs:
        assert {name for name in files if name.startswith("letters/")} >= {
            f"letters/{president_s.reference}-en.pdf",
            f"letters/{note.reference}-en.pdf",
        }
        assert f"numbers-sheet/{sheet.reference}-en.png" in files
        receipt = text_of(files[f"papers/receipt-{president_s.reference}-en.pdf"])
        assert all(
            said in receipt
            for said in ("a cover note", f"“{frozen_of(president_s).titles['en']}” in numbers")
        )
        assert manifest["missing"] == []
        assert manifest["letter"] == president_s.reference


@pytest.mark.parametrize(
    ("day", "hour", "minutes", "shown"),
    [
        ((2027, 3, 14), (3, 30), -60, "01:30 (06:30 UTC)"),
        ((2027, 3, 14), (3, 30), 0, "03:30 (07:30 UTC)"),
        ((2027, 3, 15), (1, 0), -120, "14 March 2027, 23:00 (15 March 2027, 03:00 UTC)"),
        ((2027, 11, 7), (3, 0), -120, "01:00 (06:00 UTC)"),
        ((2027, 11, 7), (3, 0), -180, "01:00 (05:00 UTC)"),
        ((2027, 3, 12), (21, 0), 0, "21:00 (13 March 2027, 02:00 UTC)"),
    ],
)
def test_hours_are_those_of_the_clocks_there_also_where_they_change(day, hour, minutes, shown):
    at = handing(date(*day), time(*hour), NEW_YORK, now=NOW)

    assert at.hour_text(minutes, "en") == shown


def test_an_hour_in_arabic_and_french_names_utc_as_they_do():
    assert AT_NOON.hour_text(0, "ar") == "12:00 (17:00 بالتوقيت العالمي)"
    assert AT_NOON.hour_text(0, "ar", arabic_digits=True) == "١٢:٠٠ (١٧:٠٠ بالتوقيت العالمي)"
    assert AT_NOON.hour_text(0, "fr") == "12:00 (17:00 UTC)"


@pytest.mark.parametrize(
    ("day", "hour", "zone", "refusal"),
    [
        ((2027, 3, 14), (2, 30), NEW_YORK, NoSuchHour),
        ((2027, 11, 7), (1, 30), NEW_YORK, HourTwice),
        ((2027, 3, 28), (2, 30), "Europe/Zurich", NoSuchHour),
        ((2026, 12, 10), (12, 0), "Nowhere/Atall", ZoneUnknown),
        ((2026, 12, 10), (12, 0), "../etc/passwd", ZoneUnknown),
        ((2026, 12, 9), (12, 0), NEW_YORK, DayOutOfReach),
        ((2028, 1, 1), (12, 0), NEW_YORK, DayOutOfReach),
    ],
)
def test_an_hour_that_no_clock_shows_once_is_refused(day, hour, zone, refusal):
    with pytest.raises(refusal):
        handing(date(*day), time(*hour), zone, now=NOW)


def test_today_is_the_day_of_the_place():
    late = datetime(2026, 12, 11, 3, tzinfo=UTC)  # still the tenth in New York

    assert handing(date(2026, 12, 10), time(23), NEW_YORK, now=late).day == date(2026, 12, 10)


def test_an_office_has_the_clocks_of_its_place():
    assert usual_zone("mission-latvia", "mission", "") == NEW_YORK
    assert usual_zone("unsg", "un-office", "") == NEW_YORK
    assert usual_zone("ohchr", "un-office", "") == "Europe/Zurich"
    assert usual_zone("sr-torture", "procedure", "") == "Europe/Zurich"
    assert usual_zone("somebody", "government", "Asia/Damascus") == "Asia/Damascus"
    assert usual_zone("somebody", "government", "") == "UTC"


def test_a_draft_is_rehearsed_and_every_page_says_so(signed):
    letter = begin(languages=("en",))
    with pytest.raises(pack.NotIssued):
        of(letter)

    made = of(letter, is_rehearsal=True)

    files, manifest = opened(made)
    assert made.name == f"rehearsal-{letter.key}-2026-12-10.zip"
    assert manifest["is_specimen"] is True
    pdfs = [each for name, each in files.items() if name.endswith(".pdf")]
    assert len(pdfs) == 5
    for pdf in pdfs:
        assert all("SPECIMEN" in page for page in pages_of(pdf))


def test_what_is_issued_is_no_rehearsal_and_what_is_taken_back_is_not_handed_over(president_s, people):
    with pytest.raises(pack.NothingToRehearse):
        of(president_s, is_rehearsal=True)
    issuing.withdraw(letter=president_s, reason="Test", by=people[0], now=NOW)

    with pytest.raises(pack.NotIssued):
        of(president_s)


def test_a_pack_waits_for_the_documents(signed, people):
    letter = issued(begin(languages=("en",)), people, with_documents=False)

    with pytest.raises(DocumentsMissing):
        of(letter)


def test_a_letter_to_the_president_is_not_handed_over_in_the_month_of_another(president_s):
    after = handing(date(2027, 1, 4), time(10), NEW_YORK, now=NOW)

    with pytest.raises(pack.OtherMonth) as refusal:
        of(president_s, after)

    assert [each.code for each in refusal.value.found] == ["other-month"]


def test_a_letter_that_states_no_signatures_has_papers_without_them(signed, people):
    draft = begin("high-commissioner", body_key="ohchr", month=None, languages=("en",))
    draft.texts = {"en": {"subject": "Lists", "body": "We ask for the lists."}}
    db.session.commit()
    letter = issued(draft, people)
    assert frozen_of(letter).statement is None

    files, _manifest = opened(of(letter))

    said = text_of(files["papers/talking-points-en.pdf"])
    assert "Today we hand over a letter" in said
    assert "with the petition" not in said
    assert "It proves that a mailbox answered" not in said
    assert "Facts that may be said" in said


def test_papers_speak_of_publishing_only_where_something_is_published():
    body = "# {{with:public}}Here\n- a\n# There\n- {{with:public}}b\n- {{without:public}}c\n- {{without:x}}d"

    assert that_holds(body, {"public"}) == "# Here\n- a\n# There\n- b\n- {{without:x}}d"
    assert that_holds(body, ()) == "# There\n- c\n- {{without:x}}d"


def test_a_cover_note_is_not_packed_without_its_letter(signed, people):
    note = issued(begin("cover-note", body_key="ohchr", month=None, languages=("en",)), people)

    with pytest.raises(pack.CoverNoteAlone):
        of(note)


def test_a_mark_that_nothing_stands_for_is_refused_and_named(president_s, tmp_path, monkeypatch):
    folder = tmp_path / "letters" / "pack"
    for key in (*GENERAL, "receipt"):
        (folder / key).mkdir(parents=True)
        for lang in ("ar", "en"):
            (folder / key / f"{lang}.md").write_text(f"# {key}\n\nWords.\n", encoding="utf-8")
    monkeypatch.setattr("campaign_app.letters.day_words.FOLDER", (str(folder),))
    assert of(president_s).content

    for mark, reason in (
        ("{{hour:soon}}", "unknown"),
        ("{{hour}}", "unknown"),
        ("{{day:1}}", "unknown"),
        ("{{x", "mistyped"),
    ):
        (folder / "checklist" / "en.md").write_text(f"# T\n\nAt {mark}\n", encoding="utf-8")
        with pytest.raises(MarkUnfilled) as refusal:
            of(president_s)
        assert refusal.value.reason == reason, mark
    (folder / "checklist" / "en.md").unlink()
    with pytest.raises(PapersMissing):
        of(president_s)


def test_a_pack_is_on_record_without_what_it_says(president_s):
    pack.note(of(president_s), by="test", now=NOW)
    db.session.commit()

    entry = db.session.scalars(db.select(AuditEntry).filter_by(action="letter.pack")).one()
    assert entry.subject == president_s.reference
    assert json.loads(entry.details) == {
        "day": "2026-12-10",
        "zone": NEW_YORK,
        "files": 12,
        "rehearsal": False,
    }


def test_a_letter_in_no_language_of_the_papers_has_them_in_english(signed, people):
    letter = issued(begin(languages=("es",)), people)

    files, _manifest = opened(of(letter))

    checklist = text_of(files["papers/checklist-en.pdf"])
    assert "Permanent Mission" in checklist or "Council" in checklist
    assert "3 " in text_of(files["papers/talking-points-en.pdf"])


def test_the_same_press_twice_gives_the_same_pack(president_s):
    assert of(president_s).content == of(president_s).content


def test_a_batch_is_packed_with_a_receipt_for_each_office(signed, people):
    owner, approver = people
    plan = batches.Plan(
        petition_id=signed.id,
        template="council-member",
        month=NOW.date(),
        languages=("en",),
        signatory={"name": "A. Signatory", "role": "Coordinator"},
        way=rules.HAND,
    )
    found = batches.draft_batch(plan=plan, by="test", now=NOW)
    rehearsed, _ = opened(pack.of_batch(found=found, handing=AT_NOON, now=NOW, is_rehearsal=True))
    assert sum("receipt" in name for name in rehearsed) == 15
    with pytest.raises(pack.NotIssued):
        pack.of_batch(found=found, handing=AT_NOON, now=NOW)
    batches.ask_all(found=found, by=owner, now=NOW)
    shown = {each.key: queries.digest_of(each) for each in batches.letters_of(found)}
    batches.approve_all(found=found, digests=shown, by=approver, now=NOW)
    batches.issue_all(found=found, by=owner, now=NOW)
    db.session.commit()
    making.make_documents(now=NOW)

    files, manifest = opened(pack.of_batch(found=found, handing=AT_NOON, now=NOW))

    letters = batches.letters_of(found)
    assert {f"papers/receipt-{each.reference}-en.pdf" for each in letters} <= set(files)
    assert {f"letters/{each.reference}-en.pdf" for each in letters} <= set(files)
    checklist = text_of(files["papers/checklist-en.pdf"])
    assert "The members of the Security Council, December 2026" in checklist
    first, last = (min(each.reference for each in letters), max(each.reference for each in letters))
    assert f"{first} – {last}" in checklist
    member = next(each for each in letters if each.body_key == "mission-latvia")
    assert "Latvia" in text_of(files[f"papers/receipt-{member.reference}-en.pdf"])
    assert manifest["batch"] == found.key
    with pytest.raises(pack.NothingToRehearse):
        pack.of_batch(found=found, handing=AT_NOON, now=NOW, is_rehearsal=True)


@pytest.fixture
def run(app):
    """Run `campaign letters …`; return what it said."""
    db.session.remove()

    def _run(*arguments):
        return app.test_cli_runner().invoke(letters, arguments)

    return _run


def test_a_command_writes_the_pack_and_says_what_it_lacks(president_s, run, tmp_path, monkeypatch):
    monkeypatch.setattr("campaign_app.letters.pack_commands.utc_now", lambda: NOW)
    name, out = queries.letters()[0].reference, tmp_path / "pack.zip"

    done = run("pack", name, "--day", "2026-12-10", "--hour", "12:00", "-o", str(out), "--json")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["missing"] == [pack.NO_NUMBERS_SHEET, pack.NO_COVER_NOTE]
    with zipfile.ZipFile(out) as archive:
        assert f"letters/{name}-ar.pdf" in archive.namelist()
        assert json.loads(archive.read("manifest.json"))["handing_over"]["at"] == "2026-12-10T17:00+00:00"
    again = run("pack", name, "--day", "2026-12-10", "-o", str(out))
    assert "is there already" in again.stderr
    assert [
        each.by for each in db.session.scalars(db.select(AuditEntry).filter_by(action="letter.pack"))
    ] == ["command"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("DRAFT",), "drafts are packed with --rehearsal only"),
        (("nothing",), "there is no letter of this name"),
        (("--batch", "nothing"), "there is no batch of this key"),
        ((), "give the name of one letter, or --batch"),
        (("DRAFT", "--batch", "x"), "give the name of one letter, or --batch"),
        (("DRAFT", "--day", "soon"), "a day is written as"),
        (("DRAFT", "--hour", "noon"), "an hour is written as"),
        (("DRAFT", "--zone", "Nowhere"), "no clocks are known"),
        (("DRAFT", "--day", "2026-12-01"), "the day is over"),
        (("DRAFT", "--day", "2027-01-04", "--rehearsal"), "for another month"),
    ],
)
def test_why_no_pack_is_written_is_said_in_a_sentence(signed, run, tmp_path, monkeypatch, arguments, says):
    monkeypatch.setattr("campaign_app.letters.pack_commands.utc_now", lambda: NOW)
    key = begin(languages=("en",)).key
    db.session.commit()
    given = [key if each == "DRAFT" else each for each in arguments]
    if "--day" not in given:
        given += ["--day", "2026-12-10"]

    done = run("pack", *given, "-o", str(tmp_path / "pack.zip"))

    assert done.exit_code == 1
    assert says in done.stderr
    assert not (tmp_path / "pack.zip").exists()
