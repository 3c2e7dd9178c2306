"""The sheet's first line and the CSV made of it."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from campaign_app.exports.rules import (
    COLUMNS,
    NotAContact,
    NotASheet,
    csv_line,
    csv_row,
    header_of,
    inert,
)

CONTACT = {
    "id": "00" * 16,
    "name": "Test Signer",
    "email": "signer@example.org",
    "country": "SY",
    "language": "ar",
    "consents": {"signing": 1, "updates": None},
    "text_version": 2,
    "token": "t" * 32,
}
HEADER = {
    "format": "nidaa-sheet",
    "version": 3,
    "kind": "contacts",
    "petition": "lists-and-graves",
    "titles": {"en": "Lists and graves"},
    "purpose": "Golden",
    "release": "command-line",
    "made_at": "2026-03-05T12:00:00+00:00",
    "rows": 20,
    "columns": list(COLUMNS),
    "statement": {"people": 20},
    "last_full_day": {
        "on": "2026-03-04",
        "address": "https://example.org/numbers",
        "statement": {"people": 19},
    },
    "keys": ["00" * 8],
}


def test_a_header_comes_back_as_it_was_written():
    header = header_of(json.dumps(HEADER))

    assert header_of(header.line) == header
    assert json.loads(header.line) == HEADER


def test_a_header_of_the_first_version_comes_back_too():
    later = ("last_full_day", "kind")
    first = {name: value for name, value in HEADER.items() if name not in later} | {"version": 1}

    header = header_of(json.dumps(first))

    assert (header.version, header.last_full_day, header.kind) == (1, None, "delivery")
    assert json.loads(header.line) == first


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "null", '"nidaa-sheet"', '{"format":"nidaa-sheet"}', '{"format":"other","version":1}'],
)
def test_other_files_are_no_sheets(line):
    with pytest.raises(NotASheet, match="not a sheet"):
        header_of(line)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 4},
        {"version": "3"},
        {"version": True},
        {"columns": ["token"]},
        {"columns": []},
        {"kind": "all"},
    ],
)
def test_a_sheet_of_another_version_is_refused_and_so_is_the_private_token(changes):
    with pytest.raises(NotASheet, match="another version"):
        header_of(json.dumps({**HEADER, **changes}))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_cell_is_ever_a_formula(start):
    assert inert(f"{start}1+1") == f"'{start}1+1"


@given(cells=some.lists(some.text(some.characters(exclude_categories=["Cs"])), min_size=1, max_size=5))
def test_every_cell_survives_csv_but_for_the_apostrophe(cells):
    (found,) = list(csv.reader(io.StringIO(csv_line(cells), newline=""))) or [[]]

    assert found == [inert(cell) for cell in cells]


def test_a_row_holds_what_the_columns_say_and_never_the_private_token():
    row = csv_row(CONTACT, list(COLUMNS))

    assert row == f'"{"00" * 16}","Test Signer","signer@example.org","SY","ar","1","","2"\r\n'
    assert CONTACT["token"] not in row


@pytest.mark.parametrize(
    "changes", [{"name": ["Test"]}, {"text_version": True}, {"text_version": 1.5}, {"consents": "yes"}]
)
def test_something_else_in_place_of_a_field_is_refused(changes):
    with pytest.raises(NotAContact):
        csv_row({**CONTACT, **changes}, list(COLUMNS))


def test_a_missing_field_is_refused():
    with pytest.raises(NotAContact, match="missing"):
        csv_row({}, list(COLUMNS))
