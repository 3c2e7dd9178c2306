"""Sealed sheets: who is counted leaves, sealed and approved; nobody else, and nothing in plain text."""

import base64
import csv
import hashlib
import io
import json
import stat
from datetime import timedelta

import pytest
from sqlalchemy import func, inspect, select, text, update

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
from campaign_app.sealing.keys import keyring
from campaign_app.signing import private_page
from campaign_app.signing.models import Signature
from campaign_app.tally.models import TallyCell

from .conftest import NOW, approved_sheet, sign


def sheet_of(petition, purpose="Letter to the Council", kind="delivery"):
    out = io.BytesIO()
    manifest = write_sealed_sheet(
        petition_id=petition.id, kind=kind, purpose=purpose, release="two-people", out=out, now=NOW
    )
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
        write_sealed_sheet(
            petition_id=petition.id, kind="delivery", purpose=purpose, release="two-people", out=out, now=NOW
        )

    assert out.getvalue() == b""


@pytest.mark.usefixtures("context")
def test_an_unknown_petition_is_refused():
    with pytest.raises(PetitionUnknown):
        write_sealed_sheet(
            petition_id=999, kind="delivery", purpose="Any", release="two-people", out=io.BytesIO(), now=NOW
        )


def sealed(app, reference, out):
    arguments = ["--sealed", "--approved", reference, "--out", str(out)]
    return app.test_cli_runner().invoke(export, arguments)


@pytest.mark.usefixtures("signatures")
def test_the_command_writes_what_was_approved_with_a_manifest_that_says_how(app, petition, team, tmp_path):
    out = tmp_path / "sheet.nidaa-sheet"

    result = sealed(app, approved_sheet(petition, team), out)

    manifest = json.loads((tmp_path / "sheet.nidaa-sheet.manifest.json").read_text())
    assert (result.exit_code, result.stdout) == (0, "")
    assert "released by two people" in result.stderr
    assert (manifest["release"], manifest["note"]) == ("two-people", "released by two people")
    assert manifest["filters"] == {"petition": petition.slug, "signatures": "counted", "contacts": "kept"}
    assert manifest["nidaa"] == own_version()
    assert manifest["statement"]["people"] == manifest["rows"] == 5
    assert manifest["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


@pytest.mark.usefixtures("signatures")
def test_a_release_is_used_up_by_the_command(app, petition, team, tmp_path):
    reference = approved_sheet(petition, team)
    sealed(app, reference, tmp_path / "one.nidaa-sheet")

    again = sealed(app, reference, tmp_path / "two.nidaa-sheet")

    assert again.exit_code == 1
    assert "it left already" in again.stderr
    assert not (tmp_path / "two.nidaa-sheet").exists()


@pytest.mark.usefixtures("signatures")
def test_the_command_never_overwrites_a_sheet(app, petition, team, tmp_path):
    out = tmp_path / "sheet.nidaa-sheet"
    out.write_text("kept")

    result = sealed(app, approved_sheet(petition, team), out)

    assert result.exit_code == 1
    assert out.read_text() == "kept"


@pytest.mark.usefixtures("context")
def test_a_refused_export_leaves_no_file(app, tmp_path):
    result = sealed(app, "unknown", tmp_path / "sheet.nidaa-sheet")

    assert result.exit_code == 1
    assert "ask for it at /desk/exports" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("arguments", [["--approved", "0"], ["--sealed"], ["--sealed", "--counts", "all"]])
def test_there_is_no_export_that_is_not_sealed_or_not_approved(app, arguments, tmp_path):
    out = tmp_path / "sheet.csv"

    result = app.test_cli_runner().invoke(export, [*arguments, "--out", str(out)])

    assert result.exit_code == 2
    assert not out.exists()


@pytest.mark.usefixtures("signatures")
def test_it_is_told_how_far_the_writing_has_come(app, petition, team, tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "ROWS_BETWEEN_WORDS", 2)

    result = sealed(app, approved_sheet(petition, team), tmp_path / "sheet.nidaa-sheet")

    assert result.stderr.splitlines()[:2] == ["2 of 5 …", "4 of 5 …"]


@pytest.mark.usefixtures("signatures")
def test_whoever_stops_the_writing_finds_no_half_and_may_begin_again(
    app, petition, team, tmp_path, monkeypatch
):
    def interrupted(done, rows):
        raise KeyboardInterrupt

    reference = approved_sheet(petition, team)
    before = len(audit.entries())
    with monkeypatch.context() as patch:
        patch.setattr(exports, "ROWS_BETWEEN_WORDS", 2)
        patch.setattr(commands, "_say_how_far", interrupted)
        result = sealed(app, reference, tmp_path / "sheet.nidaa-sheet")

    assert (result.exit_code, list(tmp_path.iterdir())) == (1, [])
    assert "stopped: nothing was written" in result.stderr
    db.session.rollback()
    assert len(audit.entries()) == before
    assert sealed(app, reference, tmp_path / "sheet.nidaa-sheet").exit_code == 0


@pytest.mark.usefixtures("signatures")
def test_a_sheet_that_left_is_on_record(app, petition, team, tmp_path):
    out = tmp_path / "sheet.nidaa-sheet"
    reference = approved_sheet(petition, team)

    sealed(app, reference, out)

    entry, release, *_ = audit.entries()
    assert (entry.action, entry.by, entry.subject) == ("export.sealed", "command", petition.slug)
    assert (release.action, release.by) == ("approval.release", "command")
    assert entry.told == {
        "kind": "delivery",
        "purpose": "Letter",
        "reference": reference,
        "rows": 5,
        "people": 5,
        "release": "two-people",
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
    }


@pytest.mark.usefixtures("signatures")
def test_a_sheet_of_contacts_holds_only_who_wants_news(petition):
    steady = sign(petition, 8, asked_for_news=True)
    stopped = sign(petition, 9, asked_for_news=True)
    db.session.flush()
    private_page.stop_updates(petition_id=petition.id, tag=stopped.tag, nth=0, now=NOW)
    db.session.commit()

    content, manifest = sheet_of(petition, kind="contacts")
    table = table_of(content, Opening(manifest.header))

    assert manifest.header.rows == exports.people_in(petition.id, "contacts") == 1
    assert steady.id.hex() in table
    assert json.loads(manifest.text)["filters"]["news"] == "asked for, and not stopped since"


@pytest.mark.parametrize("kind", ["delivery", "contacts"])
def test_how_many_a_sheet_would_hold_is_read_from_an_index(petition, kind):
    counted = select(func.count()).select_from(Signature).where(exports._is_included(petition.id, kind))
    compiled = counted.compile(db.engine, compile_kwargs={"literal_binds": True})

    if db.engine.dialect.name == "sqlite":
        plan = db.session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")).all()
        assert "COVERING INDEX ix_signature_contacts" in plan[0][-1]
    else:  # which plan PostgreSQL takes depends on how many rows there are: here the index holds all that is asked
        indexes = {each["name"]: each["column_names"] for each in inspect(db.engine).get_indexes("signature")}
        assert all(name in str(compiled) for name in indexes["ix_signature_contacts"][:2])
        assert indexes["ix_signature_contacts"] == ["petition_id", "state", "wants_updates", "key_ids"]
