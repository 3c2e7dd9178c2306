"""`campaign export --counts`: what leaves are the public numbers, in three kinds of file that all say the same."""

import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest
from flask_babel import force_locale

from campaign_app.audit import queries as audit
from campaign_app.clock import utc_day, utc_now
from campaign_app.config import own_version
from campaign_app.exports import commands
from campaign_app.exports.commands import export
from campaign_app.exports.count_files import KINDS, _sheet_name
from campaign_app.exports.counts import counts_of
from campaign_app.exports.tables import tables
from campaign_app.extensions import db
from campaign_app.petitions.queries import public_petitions
from campaign_app.tally import operations as tally
from campaign_app.tally import snapshots, suppression
from campaign_app.tally.breakdowns import public_breakdowns
from campaign_app.tally.queries import statement
from campaign_app.tally.rules import EFFECT
from tests.supporters import SLUG

TODAY = utc_day(utc_now())
MONTH_AGO = TODAY - timedelta(days=30)
FORMULA = "=1+cmd|' /c'!A0"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def add(
    petition, people, *, day=MONTH_AGO, event="confirmed", country="DE", source="direct", path="js", **more
):
    tally.add(
        petition_id=petition.id,
        day=day,
        event=event,
        people=people,
        mailboxes=people,
        country=country,
        language="ar",
        source=source,
        path=path,
        **more,
    )


@pytest.fixture
def counted(petition, monkeypatch):
    """A petition of a month in which everything has happened, broken down once; on the day of the test too."""
    monkeypatch.setattr(suppression.begin, "__defaults__", (lambda: 4,))
    add(petition, 300, event="requested")
    add(petition, 150)
    add(petition, 60, country="FR", source=FORMULA)
    add(petition, 7, country="SY")
    add(petition, 21, event="expired")
    midnight = datetime.combine(MONTH_AGO + timedelta(days=1), datetime.min.time(), UTC)
    snapshots.take(now=midnight + timedelta(hours=1))
    add(petition, 5, event="withdrawn", day=MONTH_AGO + timedelta(days=3))
    add(petition, 2, event="erased", day=TODAY)
    add(petition, 9, event="invalidated", reason="burst", day=TODAY - timedelta(days=1))
    add(petition, 4, event="restored", day=TODAY)
    add(petition, 11, event="paper", day=MONTH_AGO - timedelta(days=2))
    add(petition, 3, day=TODAY)
    db.session.commit()
    return petition


@pytest.fixture
def run(app, context, tmp_path):
    """A function that writes counts to a folder of its own and returns its files by the ends of their names."""

    def invoke(kind, *, lang="en", petition=SLUG):
        folder = tmp_path / f"{kind}-{lang}-{petition}"
        arguments = ["--counts", petition, "--format", kind, "--lang", lang, "--out", str(folder)]
        answer = app.test_cli_runner().invoke(export, arguments)
        assert answer.exit_code == 0, answer.output
        stem = re.compile(r"counts-.*Z[-.]")
        return {stem.sub("", path.name): path for path in folder.iterdir()}

    return invoke


def csv_rows(path):
    """Return a CSV file as a spreadsheet reads it: (headings, rows)."""
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    headings, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return headings, rows


def workbook(path):
    """Return the sheets of a workbook: name → (its XML as text, rows of cells as text)."""
    with zipfile.ZipFile(path) as archive:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314 - our own file
        names = [sheet.attrib["name"] for sheet in book.iter(f"{SHEET}sheet")]
        found = {}
        for number, name in enumerate(names, 1):
            text = archive.read(f"xl/worksheets/sheet{number}.xml").decode()
            rows = [
                ["".join(cell.itertext()) for cell in row.iter(f"{SHEET}c")]
                for row in ElementTree.fromstring(text).iter(f"{SHEET}row")  # noqa: S314
            ]
            found[name] = (text, rows)
        return found


def test_every_kind_of_file_says_what_the_statement_says(counted, run):
    said = statement(counted.id, now=utc_now())

    headings, (row,) = csv_rows(run("csv")["statement.csv"])
    by_heading = dict(zip(headings, row, strict=True))
    _, (_, sheet_row) = workbook(run("xlsx")["xlsx"])["The numbers"]
    machine = json.loads(run("json")["json"].read_text())["petitions"][0]["statement"]

    assert said.people == 208
    assert by_heading["People"] == sheet_row[2] == str(machine["people"]) == str(said.people)
    assert by_heading["Waiting"] == sheet_row[4] == str(machine["pending"]) == str(said.pending)
    assert by_heading["On paper"] == str(machine["paper"]) == "11"
    assert (by_heading["Taken out"], machine["invalidated"]) == ("9", {"burst": 9})


def test_the_days_add_up_to_the_statement(counted, run):
    _, rows = csv_rows(run("csv")["by-day.csv"])
    days = json.loads(run("json")["json"].read_text())["petitions"][0]["days"]

    people = sum(EFFECT.get(each["event"], 0) * each["people"] for each in days)

    assert people == statement(counted.id, now=utc_now()).people
    assert [(date.fromisoformat(row[1]), int(row[4])) for row in rows] == [
        (date.fromisoformat(each["day"]), each["people"]) for each in days
    ]
    assert {each["day"] for each in days} >= {TODAY.isoformat(), (MONTH_AGO - timedelta(days=2)).isoformat()}


def test_how_many_asked_on_a_single_day_never_leaves(counted, run):
    for kind in KINDS:
        for path in run(kind).values():
            content = path.read_bytes()
            if kind == "xlsx" and path.suffix == ".xlsx":
                content = "".join(text for text, _ in workbook(path).values()).encode()
            assert b"requested" not in content
            assert b"expired" not in content


def test_groups_leave_as_they_were_published_and_no_small_one_is_named(counted, run):
    with force_locale("en"):
        published = public_breakdowns(counted.id, "en", now=utc_now())

    _, rows = csv_rows(run("csv")["by-country.csv"])
    machine = json.loads(run("json")["json"].read_text())["petitions"][0]["breakdowns"]

    assert [row[2:] for row in rows] == [
        ["DE", "Germany", "140"],
        ["FR", "France", "50"],
        ["", "All others", "20"],
    ]
    assert [(one["by"], [tuple(row.values()) for row in one["rows"]], one["others"]) for one in machine] == [
        (one.dimension, [tuple(row) for row in one.rows], one.others_rounded) for one in published
    ]


def test_a_formula_in_a_source_s_code_stays_text(counted, run):
    _, rows = csv_rows(run("csv")["by-source.csv"])
    text, sheet_rows = workbook(run("xlsx")["xlsx"])["By what led here"]

    assert [row[2] for row in rows if "cmd" in row[2]] == [f"'{FORMULA}"]
    assert FORMULA in [cell for row in sheet_rows for cell in row]
    assert "<f>" not in text
    assert "<hyperlink" not in text


def test_the_first_sheet_says_as_of_when_how_it_is_counted_and_what_wrote_it(counted, run):
    book = workbook(run("xlsx")["xlsx"])

    assert list(book) == [
        "What this is",
        "The numbers",
        "By day",
        "By country",
        "By language of the page",
        "By what led here",
        "By how they signed",
    ]
    told = " ".join(cell for row in book["What this is"][1] for cell in row)
    days = (TODAY, utc_day(utc_now()))  # a run may last past midnight
    assert any(f"{day.day} {day:%B %Y}" in told for day in days)
    assert f"http://localhost/en/petitions/{SLUG}/numbers" in told
    assert f"Nidaa {own_version()}" in told


def test_an_arabic_workbook_runs_from_right_to_left(counted, run):
    arabic, english = workbook(run("xlsx", lang="ar")["xlsx"]), workbook(run("xlsx")["xlsx"])

    assert all('rightToLeft="1"' in text for text, _ in arabic.values())
    assert not any("rightToLeft" in text for text, _ in english.values())
    assert "ألمانيا" in " ".join(text for text, _ in arabic.values())


def test_the_manifest_names_each_file_with_its_sum_and_the_totals(counted, run):
    files = run("csv")
    manifest = json.loads(files.pop("manifest.json").read_text())

    assert {each["name"]: each["sha256"] for each in manifest["files"]} == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files.values()
    }
    assert manifest["filters"] == {"petition": SLUG, "as": "csv"}
    assert manifest["totals"][SLUG]["people"] == statement(counted.id, now=utc_now()).people
    assert manifest["nidaa"] == own_version()
    assert len(files) == 6


def test_all_petitions_stand_beside_each_other_and_are_not_added(counted, run):
    _, rows = csv_rows(run("csv", petition="all")["statement.csv"])

    assert [row[0] for row in rows] == [petition.slug for petition in public_petitions()]


@pytest.mark.usefixtures("context")
def test_a_dimension_that_is_withheld_is_said_to_be(counted, monkeypatch):
    found = counts_of(SLUG, lang="en", now=utc_now())
    shown = [
        one if one.dimension != "path" else type(one)(one.dimension, one.title, one.as_of, [], None, True)
        for one in found.petitions[0].breakdowns
    ]
    withheld = type(found)(
        SLUG,
        "en",
        found.as_of,
        [type(found.petitions[0])(**{**vars(found.petitions[0]), "breakdowns": shown})],
    )

    with force_locale("en"):
        (table,) = [table for table in tables(withheld) if table.name == "by-path"]

    assert [row[3:] for row in table.rows] == [
        ["No longer published, since small groups could be worked out", None]
    ]


def test_what_left_is_on_record_with_its_sums(counted, run):
    files = run("json", lang="ar")

    (entry,) = audit.entries()
    assert (entry.action, entry.by, entry.subject) == ("export.counts", "command", SLUG)
    assert entry.told == {
        "format": "json",
        "language": "ar",
        "sha256": {files["json"].name: hashlib.sha256(files["json"].read_bytes()).hexdigest()},
    }


@pytest.fixture
def refused(app, tmp_path):
    """A function that asks for counts and is refused; returns what was said. Nothing new may lie in the folder."""

    def invoke(*arguments):
        folder = tmp_path / "refused"
        folder.mkdir(exist_ok=True)
        before = sorted(folder.iterdir())
        answer = app.test_cli_runner().invoke(export, [*arguments, "--out", str(folder)])
        assert answer.exit_code != 0
        assert sorted(folder.iterdir()) == before
        db.session.rollback()
        return answer.stderr

    return invoke


@pytest.mark.usefixtures("counted")
def test_nothing_is_overwritten(refused, run, app, tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "utc_now", lambda: datetime(2026, 3, 5, 12, tzinfo=UTC))
    arguments = ["--counts", SLUG, "--format", "csv"]
    app.test_cli_runner().invoke(export, [*arguments, "--out", str(tmp_path / "refused")])

    assert "exists already" in refused(*arguments)
    assert len(audit.entries()) == 1


@pytest.mark.usefixtures("context")
def test_an_unknown_petition_is_refused(refused):
    assert "there is no petition unknown" in refused("--counts", "unknown")
    assert audit.entries() == []


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("kind", KINDS)
def test_whoever_stops_it_finds_no_half_of_a_file(refused, monkeypatch, kind):
    def interrupted(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "record", interrupted)

    assert "stopped: nothing was written" in refused("--counts", SLUG, "--format", kind)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("arguments", [[], ["--counts", "all", "--sealed"], ["--sealed", "--petition", SLUG]])
def test_what_to_write_must_be_said(refused, arguments):
    assert "Usage" in refused(*arguments)


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["By day", "by day"], ["By day", "by day 2"]),
        (["x" * 40, "x" * 40], ["x" * 31, "x" * 28 + " 2"]),
        (["a/b [c]: d?"], ["a b  c   d"]),
    ],
)
def test_the_names_of_sheets_are_such_as_excel_takes(titles, names):
    taken = set()

    assert [_sheet_name(title, taken) for title in titles] == names
