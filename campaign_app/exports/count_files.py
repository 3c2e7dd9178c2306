"""Writes counts to files: CSV, a workbook or JSON, and the manifest that names each with its SHA-256."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from unicodedata import bidirectional

import xlsxwriter
from flask_babel import force_locale
from flask_babel import gettext as _

from ..config import own_version
from ..languages import direction
from .counts import Counts, PetitionCounts
from .rules import BYTE_ORDER_MARK, csv_line
from .tables import Cell, Table, about, tables

FORMAT = "nidaa-counts"
VERSION = 1
LONGEST_SHEET_NAME = 31  # Excel's
NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")
WIDEST_COLUMN = 60
LINE_HEIGHT = 15  # points
A4, READS_FROM_LEFT, READS_FROM_RIGHT = 9, 1, 2  # as Excel numbers them
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class WrittenFile:
    """A file as the manifest names it. rows: without headings."""

    name: str
    rows: int
    size_bytes: int
    sha256: str


def write_counts(counts: Counts, kind: str, folder: Path) -> list[WrittenFile]:
    """Write the counts to an empty folder as "csv", "xlsx" or "json"; the manifest last. Return it all but that."""
    stem = stem_of(counts)
    with force_locale(counts.language):
        written = [_sealed_off(path, rows) for path, rows in _WRITERS[kind](counts, folder / stem)]
    manifest = folder / f"{stem}.{MANIFEST}"
    manifest.write_text(_json(_manifest(counts, kind, written)), encoding="utf-8")
    return written


def stem_of(counts: Counts) -> str:
    """Return how the names of the files begin: whose counts, in which language, as of when."""
    return f"counts-{counts.petition}-{counts.language}-{counts.as_of.astimezone(UTC):%Y-%m-%dT%H%MZ}"


def _csv(counts: Counts, stem: Path) -> list[tuple[Path, int]]:
    """Write a file for each table, which a spreadsheet shows and never runs."""
    written = []
    for table in tables(counts):
        path = stem.with_name(f"{stem.name}-{table.name}.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(BYTE_ORDER_MARK + csv_line(table.headings))
            for row in table.rows:
                file.write(csv_line(_text(cell) for cell in row))
        written.append((path, len(table.rows)))
    return written


def _xlsx(counts: Counts, stem: Path) -> list[tuple[Path, int]]:
    """Write one workbook: a sheet that says what it is, then one for each table. Text is never a formula or a link."""
    path = stem.with_name(f"{stem.name}.xlsx")
    found = tables(counts)
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(stem.parent),
    }
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": counts.as_of.astimezone(UTC).replace(tzinfo=None)})
        told = [*about(counts), (_("Made by"), f"Nidaa {own_version()}")]
        note = Table("about", _("What this is"), [_("About"), _("In words")], told)
        names: set[str] = set()
        for table in (note, *found):
            _sheet(book, table, _sheet_name(table.title, names), is_rtl=direction(counts.language) == "rtl")
    return [(path, sum(len(table.rows) for table in found))]


def _sheet(book: Any, table: Table, name: str, *, is_rtl: bool) -> None:
    """Write one table. Rows are written in order and not kept, so widths and heights are reckoned before."""
    sheet = book.add_worksheet(name)
    if is_rtl:
        sheet.right_to_left()
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)  # printed as wide as a page and as long as it is
    looks = _Looks(book, is_rtl=is_rtl)
    rows: list[Sequence[Cell]] = [table.headings, *table.rows]
    longest = [max(len(_text(row[column])) for row in rows) for column in range(len(table.headings))]
    widths = [min(WIDEST_COLUMN, length + 2) for length in longest]
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    for index, row in enumerate(rows):
        lines = max(-(-len(_text(cell)) // (width - 1)) for cell, width in zip(row, widths, strict=True))
        sheet.set_row(index, LINE_HEIGHT * lines)
        for column, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(index, column, cell, looks.number)
            elif isinstance(cell, date):
                sheet.write_datetime(index, column, datetime.combine(cell, time()), looks.day)
            elif cell:
                sheet.write_string(index, column, cell, looks.of_text(cell, is_heading=index == 0))


class _Looks:
    """How the cells of a workbook look. A cell with Arabic letters begins at its right, even where a digit is first."""

    def __init__(self, book: Any, *, is_rtl: bool) -> None:
        """Add them to a workbook."""
        side = "right" if is_rtl else "left"
        plain = {"text_wrap": True, "valign": "top", "align": side}
        self.number = book.add_format({"num_format": "#,##0", "valign": "top"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top", "align": side})
        self._texts = {
            (is_heading, order): book.add_format(
                {**plain, "reading_order": order, **({"bold": True, "bottom": 1} if is_heading else {})}
            )
            for is_heading in (False, True)
            for order in (READS_FROM_LEFT, READS_FROM_RIGHT)
        }

    def of_text(self, text: str, *, is_heading: bool) -> Any:
        """Return the look of a text."""
        is_from_right = any(bidirectional(letter) in ("R", "AL") for letter in text)
        return self._texts[is_heading, READS_FROM_RIGHT if is_from_right else READS_FROM_LEFT]


def _as_json(counts: Counts, stem: Path) -> list[tuple[Path, int]]:
    """Write one file for machines. Its names are the same in every language."""
    path = stem.with_name(f"{stem.name}.json")
    body = {**_heading(counts), "petitions": [_petition(each) for each in counts.petitions]}
    path.write_text(_json(body), encoding="utf-8")
    return [(path, len(counts.petitions))]


_WRITERS: Mapping[str, Callable[[Counts, Path], list[tuple[Path, int]]]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "json": _as_json,
}
KINDS = tuple(_WRITERS)


def _sealed_off(path: Path, rows: int) -> WrittenFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return WrittenFile(path.name, rows, path.stat().st_size, digest)


def _manifest(counts: Counts, kind: str, files: Sequence[WrittenFile]) -> dict[str, Any]:
    totals = {each.slug: {**_statement(each), "numbers": each.address} for each in counts.petitions}
    return {
        **_heading(counts),
        "format": f"{FORMAT}-manifest",
        "filters": {"petition": counts.petition, "as": kind},
        "totals": totals,
        "files": [asdict(file) for file in files],
    }


def _heading(counts: Counts) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "nidaa": own_version(),
        "as_of": counts.as_of.astimezone(UTC).isoformat(timespec="seconds"),
        "language": counts.language,
    }


def _petition(found: PetitionCounts) -> dict[str, Any]:
    return {
        "petition": found.slug,
        "title": found.title,
        "state": found.state,
        "numbers": found.address,
        "statement": _statement(found),
        "days": [asdict(each) for each in found.days],
        "breakdowns": [
            {
                "by": each.dimension,
                "title": each.title,
                "as_of": each.as_of,
                "rows": [row._asdict() for row in each.rows],
                "others": each.others_rounded,
                "is_withheld": each.is_withheld,
            }
            for each in found.breakdowns
        ],
    }


def _statement(found: PetitionCounts) -> dict[str, Any]:
    """Return the statement without how many asked ever: with `pending`, day for day, it would tell single days."""
    fields = asdict(found.statement)
    del fields["requested"]
    return fields


def _json(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, indent=1, default=_text) + "\n"


def _text(cell: Cell | datetime) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="seconds")
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)


def _sheet_name(title: str, taken: set[str]) -> str:
    """Return a title as Excel takes it for a sheet: 31 characters, some of them not, each name once."""
    short = NOT_IN_SHEET_NAMES.sub(" ", title).strip()[:LONGEST_SHEET_NAME]
    name, number = short, 2
    while name.casefold() in taken:
        name = f"{short[: LONGEST_SHEET_NAME - 3]} {number}"
        number += 1
    taken.add(name.casefold())
    return name
