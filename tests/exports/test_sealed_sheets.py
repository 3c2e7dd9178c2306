"""`campaign export --sealed`: who is counted leaves, sealed; nobody else, and nothing in plain text."""

import base64
import csv
import hashlib
import io
import json
import stat
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from campaign_app.audit import queries as audit
from campaign_app.config import own_version
from campaign_app.exports import commands
from campaign_app.exports import operations as exports
from campaign_app.exports.commands import export
from campaign_app.exports.opening import Opening, csv_of
from campaign_app.exports.operations import PurposeMissing, write_sealed_sheet
from campaign_app.exports.rules import header_of
from campaign_app.extensions import db
from campaign_app.petitions.rules import PetitionUnknown
from campaign_app.sealing.contacts import seal_contact
from campaign_app.sealing.keys import keyring
from campaign_app.signing import private_page
from campaign_app.signing.models import Signature
from campaign_app.tally.models import TallyCell

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def sign(petition, nth, *, state="counted", has_contact=True, asked_for_news=False):
    """Put a counted signature into the database and return it."""
    cell = db.session.scalars(select(TallyCell)).one()
    signature_id = hashlib.sha256(b"%d" % nth).digest()[:16]
    contact = {
        "format": 1,
        "id": signature_id.hex(),
        "name": f"Test Signer {nth}",
        "email": f"signer{nth}@example.org",
        "country": "DE",
        "language": "en",
        "consents": {"signing": 1, "updates": 1 if asked_for_news else None},
        "text_version": 1,
        "token": "t" * 32,
    }
    keys = keyring().campaign_public
    signature = Signature(
        id=signature_id,
        petition_id=petition.id,
        tag=hashlib.sha256(b"tag %d" % nth).digest(),
        nth=0,
        person_tag=hashlib.sha256(b"person %d" % nth).digest(),
        state=state,
        sealed_contact=seal_contact(contact, petition_slug=petition.slug, keys=keys) if has_contact else None,
        key_ids=",".join(key.id for key in keys) if has_contact else "",
        tally_cell_id=cell.id,
        signed_on=NOW.date(),
        text_language="en",
        text_version=1,
        consent_version=1,
        wants_updates=asked_for_news,
        path="nojs",
        link_hash=hashlib.sha256(b"link %d" % nth).digest(),
    )
    db.session.add(signature)
    return signature


@pytest.fixture
def signatures(petition):
    """Five who are counted, and three of whom nothing may leave."""
    db.session.add(
        TallyCell(
            petition_id=petition.id,
            day=NOW.date(),
            event="confirmed",
            reason="",
            country="DE",
            language="en",
            source="direct",
            path="nojs",
            slot=0,
            people=5,
            mailboxes=5,
        )
    )
    db.session.flush()
    made = [sign(petition, nth) for nth in range(5)]
    sign(petition, 5, state="withdrawn", has_contact=False)
    sign(petition, 6, state="invalidated")
    sign(petition, 7, has_contact=False)
    db.session.commit()
    return made


def sheet_of(petition, purpose="Letter to the Council"):
    out = io.BytesIO()
    manifest = write_sealed_sheet(petition_id=petition.id, purpose=purpose, out=out, now=NOW)
    return out.getvalue(), manifest


def table_of(content, opening):
    lines = content.decode().splitlines()[1:]
    return "".join(csv_of(lines, opening=opening, secret=keyring().demo_secrets[1]))


def test_whoever_stopped_the_news_is_not_in_the_table_as_somebody_to_write_to(petition, signatures):
    steady = sign(petition, 8, asked_for_news=True)
    stopped = sign(petition, 9, asked_for_news=True)
    db.session.flush()
    private_page.stop_updates(petition_id=petition.id, tag=stopped.tag, nth=0, now=NOW)
    db.session.commit()

    content, manifest = sheet_of(petition)
    rows = csv.DictReader(io.StringIO(table_of(content, Opening(manifest.header)).removeprefix("\ufeff")))

    consents = {row["id"]: row["consent_updates"] for row in rows}
    assert (consents[steady.id.hex()], consents[stopped.id.hex()]) == ("1", "")
    assert (manifest.header.version, manifest.header.kind) == (3, "delivery")


def test_the_first_line_names_the_last_full_day_whose_numbers_anyone_can_check(petition, signatures):
    today = sheet_of(petition)[1].header.last_full_day
    db.session.scalars(select(TallyCell)).one().day = NOW.date() - timedelta(days=1)
    db.session.commit()

    told = sheet_of(petition)[1].header.last_full_day

    assert today is None  # nobody had signed by then
    assert (told["on"], told["statement"]["people"]) == ("2026-03-04", 5)
    assert told["address"] == f"http://localhost/ar/petitions/{petition.slug}/numbers/2026-03-04"


def test_those_who_are_counted_leave_in_the_order_of_their_random_keys(petition, signatures):
    content, manifest = sheet_of(petition)
    head, *rows = content.decode().splitlines()

    expected = [row.sealed_contact for row in sorted(signatures, key=lambda row: row.id)]
    assert [base64.b64decode(row.split("\t")[0]) for row in rows] == expected
    assert header_of(head).line == manifest.header.line
    assert manifest.header.rows == 5


def test_the_first_line_says_what_for_and_with_which_numbers(petition, signatures):
    _, manifest = sheet_of(petition, purpose="  Letter to \n the Council ")
    header = manifest.header

    assert header.petition == petition.slug
    assert header.purpose == "Letter to the Council"
    assert header.statement["people"] == 5
    assert header.keys == sorted(key.id for key in keyring().campaign_public)
    assert set(header.titles) == {"ar", "en"}


@pytest.mark.usefixtures("signatures")
def test_the_organiser_s_key_makes_the_table_of_it(petition):
    content, manifest = sheet_of(petition)
    opening = Opening(manifest.header)

    table = table_of(content, opening)

    assert opening.is_whole
    assert {f"signer{nth}@example.org" for nth in range(5)} <= set(table.replace('"', "").split(","))
    assert "signer5" not in table
    assert "signer6" not in table


@pytest.mark.usefixtures("signatures")
def test_nothing_of_a_signer_is_in_the_file_in_plain_text(petition):
    content, _ = sheet_of(petition)
    unwrapped = b"".join(base64.b64decode(line.split(b"\t")[0]) for line in content.splitlines()[1:])

    for hidden in (b"Test Signer", b"signer1@example.org", b"example.org"):
        assert hidden not in content
        assert hidden not in unwrapped


def test_a_withdrawal_is_applied_before_the_sheet_is_written(petition, signatures):
    db.session.execute(
        update(Signature)
        .where(Signature.id == signatures[0].id)
        .values(state="withdrawn", sealed_contact=None)
    )

    _, manifest = sheet_of(petition)

    assert manifest.header.rows == 4


def test_a_petition_without_signatures_gives_an_empty_sheet(petition):
    content, manifest = sheet_of(petition)

    assert manifest.header.rows == 0
    assert len(content.splitlines()) == 1


@pytest.mark.parametrize("purpose", ["", "  \n ", "x" * 201])
def test_a_sheet_without_a_purpose_does_not_leave(petition, purpose):
    out = io.BytesIO()

    with pytest.raises(PurposeMissing):
        write_sealed_sheet(petition_id=petition.id, purpose=purpose, out=out, now=NOW)

    assert out.getvalue() == b""


@pytest.mark.usefixtures("context")
def test_an_unknown_petition_is_refused():
    with pytest.raises(PetitionUnknown):
        write_sealed_sheet(petition_id=999, purpose="Any", out=io.BytesIO(), now=NOW)


@pytest.mark.usefixtures("signatures")
def test_the_command_writes_the_sheet_and_a_manifest_that_says_how_it_was_released(app, petition, tmp_path):
    out = tmp_path / "sheet.nidaa-sheet"
    arguments = ["--sealed", "--petition", petition.slug, "--purpose", "Letter", "--out", str(out)]

    result = app.test_cli_runner().invoke(export, arguments)

    manifest = json.loads((tmp_path / "sheet.nidaa-sheet.manifest.json").read_text())
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "without the approval of two persons" in result.stderr
    assert manifest["release"] == "command-line"
    assert "released from the command line" in manifest["note"]
    assert manifest["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.usefixtures("signatures")
def test_the_command_never_overwrites_a_sheet(app, petition, tmp_path):
    out = tmp_path / "sheet.nidaa-sheet"
    out.write_text("kept")
    arguments = ["--sealed", "--petition", petition.slug, "--purpose", "Letter", "--out", str(out)]

    result = app.test_cli_runner().invoke(export, arguments)

    assert result.exit_code == 1
    assert out.read_text() == "kept"


@pytest.mark.usefixtures("context")
def test_a_refused_export_leaves_no_file(app, tmp_path):
    out = tmp_path / "sheet.nidaa-sheet"
    arguments = ["--sealed", "--petition", "unknown", "--purpose", "Letter", "--out", str(out)]

    result = app.test_cli_runner().invoke(export, arguments)

    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("context")
def test_there_is_no_export_that_is_not_sealed(app, tmp_path):
    out = tmp_path / "sheet.csv"
    arguments = ["--petition", "lists-and-graves", "--purpose", "Letter", "--out", str(out)]

    result = app.test_cli_runner().invoke(export, arguments)

    assert result.exit_code == 2
    assert not out.exists()


def sealed(app, petition, out):
    arguments = ["--sealed", "--petition", petition.slug, "--purpose", "Letter", "--out", str(out)]
    return app.test_cli_runner().invoke(export, arguments)


@pytest.mark.usefixtures("signatures")
def test_it_is_told_how_far_the_writing_has_come(app, petition, tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "ROWS_BETWEEN_WORDS", 2)

    result = sealed(app, petition, tmp_path / "sheet.nidaa-sheet")

    assert result.stderr.splitlines()[:2] == ["2 of 5 …", "4 of 5 …"]


@pytest.mark.usefixtures("signatures")
def test_whoever_stops_the_writing_finds_no_half_of_a_sheet(app, petition, tmp_path, monkeypatch):
    def interrupted(done, rows):
        raise KeyboardInterrupt

    monkeypatch.setattr(exports, "ROWS_BETWEEN_WORDS", 2)
    monkeypatch.setattr(commands, "_say_how_far", interrupted)

    result = sealed(app, petition, tmp_path / "sheet.nidaa-sheet")

    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "stopped: nothing was written" in result.stderr
    db.session.rollback()
    assert audit.entries() == []


@pytest.mark.usefixtures("signatures")
def test_a_sheet_that_left_is_on_record(app, petition, tmp_path):
    out = tmp_path / "sheet.nidaa-sheet"

    sealed(app, petition, out)

    (entry,) = audit.entries()
    assert (entry.action, entry.subject) == ("export.sealed", petition.slug)
    assert entry.told == {
        "purpose": "Letter",
        "rows": 5,
        "people": 5,
        "release": "command-line",
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
    }


@pytest.mark.usefixtures("signatures")
def test_the_manifest_says_whom_the_sheet_holds_and_what_wrote_it(app, petition, tmp_path):
    sealed(app, petition, tmp_path / "sheet.nidaa-sheet")

    manifest = json.loads((tmp_path / "sheet.nidaa-sheet.manifest.json").read_text())

    assert manifest["filters"] == {"petition": petition.slug, "signatures": "counted", "contacts": "kept"}
    assert manifest["nidaa"] == own_version()
    assert manifest["statement"]["people"] == manifest["rows"] == 5
