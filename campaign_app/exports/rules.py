"""The sheet file and the CSV made of it: pure.

A `.nidaa-sheet` is text: one JSON header line, then a line for each contact, its sealed bytes in base 64.
From version 2 on a tab follows and 1 or 0: whether the person still wants news. What was sealed tells the consent
of the day they signed, and nobody on the server can change it when the consent is withdrawn. From version 3 on the
header says of which kind the sheet is; which columns its table has is chosen by whoever opens it.
static/opener/src/sheet.js is its other reader; tests/sealing/golden holds the two together.
"""

import base64
import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FORMAT = "nidaa-sheet"
VERSION = 3  # version 1 had no marks of consent; neither that nor version 2 had a kind
READABLE_VERSIONS = (1, 2, 3)
DELIVERY = "delivery"  # everyone who is counted
CONTACTS = "contacts"  # only who asked for news and still wants them
SHEET_KINDS = (DELIVERY, CONTACTS)
SUFFIX = ".nidaa-sheet"
LONGEST_HEADER = 64 * 1024
LONGEST_PURPOSE = 200
LONGEST_REFERENCE = 32
KEPT_FOR = timedelta(days=7)  # the file at the server; then it is deleted
MADE_LATELY = timedelta(minutes=10)  # an older file is made anew before it leaves, if the numbers moved since
SILENT_FOR = timedelta(
    minutes=2
)  # a worker that was not heard of for so long is dead, and another begins anew
LEFT_ALONE_FOR = timedelta(hours=1)  # half a file that nobody wrote to for so long was left by one who died

ASKED = "asked"  # waits for a second person, or for the end of a wait
QUEUED = "queued"  # released; a worker is about to make it
MAKING = "making"
READY = "ready"
FAILED = "failed"
CANCELLED = "cancelled"
OVER = "over"  # its file was deleted when its time came
TAKEN = "taken"  # written by `campaign export`, elsewhere
SHEET_STATES = (ASKED, QUEUED, MAKING, READY, FAILED, CANCELLED, OVER, TAKEN)
CANCELLABLE = frozenset({ASKED, QUEUED, MAKING, READY, FAILED})
MARK = "\t"
MARKS = {"0": False, "1": True}

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads Arabic as something else
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

# The private token is not among them: whoever holds it can withdraw a signature in its owner's name.
COLUMNS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "id": lambda contact: contact["id"],
    "name": lambda contact: contact["name"],
    "email": lambda contact: contact["email"],
    "country": lambda contact: contact["country"],
    "language": lambda contact: contact["language"],
    "consent_signing": lambda contact: contact["consents"]["signing"],
    "consent_updates": lambda contact: contact["consents"]["updates"],
    "text_version": lambda contact: contact["text_version"],
}

# As CiviCRM's import of individuals names its fields. A name is never split: it stands whole in the first.
CIVICRM: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "First Name": lambda contact: contact["name"],
    "Email": lambda contact: contact["email"],
    "Country": lambda contact: contact["country"],
    "Preferred Language": lambda contact: contact["language"],
    "No Bulk Emails (User Opt Out)": lambda contact: int(contact["consents"]["updates"] is None),
}
PLAIN = "plain"
LAYOUTS = {PLAIN: COLUMNS, "civicrm": CIVICRM}

FROM_COMMAND_LINE = "command-line"  # of sheets that were made before a release needed two people


class NotASheet(ValueError):
    """The file is not a sheet, or one of a version that is not known here."""


class NotAContact(ValueError):
    """What was sealed in a row is not a contact."""


class NotARow(ValueError):
    """A line of the sheet does not say whether the person still wants news."""


@dataclass(frozen=True, kw_only=True)
class SheetHeader:
    """The first line of a sheet: what it is for, whose it is, and how much of it there must be.

    titles: language code → title. statement: the numbers as of `made_at`. last_full_day: {"on", "address",
    "statement"} of the last day that was over by then, whose numbers anyone can look up at that address; none in
    version 1. keys: ids of the campaign keys. release: "two-people" or "one-person", as approvals/rules.py has them.
    """

    kind: str = DELIVERY
    petition: str
    titles: Mapping[str, str]
    purpose: str
    made_at: datetime
    rows: int
    statement: Mapping[str, Any]
    keys: Sequence[str]
    release: str = FROM_COMMAND_LINE
    columns: Sequence[str] = tuple(COLUMNS)
    last_full_day: Mapping[str, Any] | None = None
    version: int = VERSION

    @property
    def line(self) -> str:
        """Return the header as it is written."""
        fields: dict[str, Any] = {
            "format": FORMAT,
            "version": self.version,
            **({"kind": self.kind} if self.version >= 3 else {}),
            "petition": self.petition,
            "titles": dict(self.titles),
            "purpose": self.purpose,
            "release": self.release,
            "made_at": self.made_at.isoformat(timespec="seconds"),
            "rows": self.rows,
            "columns": list(self.columns),
            "statement": dict(self.statement),
        }
        if self.last_full_day is not None:
            fields["last_full_day"] = dict(self.last_full_day)
        fields["keys"] = list(self.keys)
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"


def header_of(line: str) -> SheetHeader:
    """Return the header that a first line holds. Raises NotASheet."""
    try:
        fields = json.loads(line)
        if fields["format"] != FORMAT:
            raise ValueError("another format")
        header = SheetHeader(
            kind=str(fields["kind"]) if fields["version"] == VERSION else DELIVERY,
            petition=str(fields["petition"]),
            titles=dict(fields["titles"]),
            purpose=str(fields["purpose"]),
            release=str(fields["release"]),
            made_at=datetime.fromisoformat(fields["made_at"]),
            rows=int(fields["rows"]),
            columns=tuple(fields["columns"]),
            statement=dict(fields["statement"]),
            last_full_day=dict(fields["last_full_day"]) if "last_full_day" in fields else None,
            keys=tuple(fields["keys"]),
            version=fields["version"],
        )
        is_known = type(header.version) is int and header.version in READABLE_VERSIONS
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotASheet("this is not a sheet of signatures") from None
    is_known = is_known and header.kind in SHEET_KINDS
    if not is_known or not header.columns or set(header.columns) - set(COLUMNS):
        raise NotASheet("this sheet was made by another version of Nidaa")
    return header


def digest_of(*, reference: str, kind: str, petition: str, purpose: str) -> str:
    """Return what stands for exactly this sheet when it is approved: SHA-256 over its filters and its purpose."""
    fields = {
        "format": FORMAT,
        "reference": reference,
        "kind": kind,
        "petition": petition,
        "purpose": purpose,
        "columns": list(COLUMNS),
    }
    written = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def row_line(sealed: bytes, *, wants_updates: bool) -> bytes:
    """Return the line of one sealed contact."""
    return base64.b64encode(sealed) + (b"\t1\n" if wants_updates else b"\t0\n")


def parts_of(line: str, version: int) -> tuple[str, bool]:
    """Return (base 64 of the sealed contact, whether the person still wants news as far as the sheet says).

    Raises NotARow where a mark is missing: without it, whoever stopped the news would be written to.
    """
    sealed, tab, mark = line.strip().partition(MARK)
    if version == 1:
        return line.strip(), True
    if not tab or mark not in MARKS:
        raise NotARow("it does not say whether the person still wants news")
    return sealed, MARKS[mark]


def usable(contact: Mapping[str, Any], *, wants_updates: bool, kind: str) -> Mapping[str, Any]:
    """Return what may be used of a contact: a consent that was withdrawn since is gone. Raises NotAContact.

    Nobody who gave none is in a sheet of contacts, whoever put them there.
    """
    consents = contact.get("consents")
    if not isinstance(consents, Mapping):
        raise NotAContact("a field of the contact is missing")
    found = contact if wants_updates else {**contact, "consents": {**consents, "updates": None}}
    if kind == CONTACTS and not found["consents"].get("updates"):
        raise NotAContact("the person did not ask for news")
    return found


def headings_of(header: SheetHeader, layout: str) -> Sequence[str]:
    """Return the headings of the table that is made of a sheet."""
    return header.columns if layout == PLAIN else tuple(LAYOUTS[layout])


def inert(text: str) -> str:
    """Return a cell that a spreadsheet shows and never runs: a formula's first sign gets an apostrophe."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_line(values: Iterable[str]) -> str:
    """Return one line of CSV, every cell quoted and inert."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(
        [inert(value) for value in values]
    )
    return line.getvalue()


def csv_row(contact: Mapping[str, Any], headings: Sequence[str], layout: str = PLAIN) -> str:
    """Return a contact as one line of CSV. Raises NotAContact."""
    try:
        values = [LAYOUTS[layout][name](contact) for name in headings]
    except (KeyError, TypeError):
        raise NotAContact("a field of the contact is missing") from None
    if any(isinstance(value, bool) or not isinstance(value, str | int | None) for value in values):
        raise NotAContact("a field of the contact is neither text nor a number")
    return csv_line("" if value is None else str(value) for value in values)
