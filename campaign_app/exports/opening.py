"""Opens a sealed sheet on an organiser's own computer; needs the secret key and no database."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC

from ..sealing.campaign_secret import CampaignSecret
from ..sealing.contacts import open_contact
from ..sealing.problems import CannotOpen, NotSealed, SealedForOthers
from .rules import (
    BYTE_ORDER_MARK,
    PLAIN,
    NotAContact,
    NotARow,
    SheetHeader,
    csv_line,
    csv_row,
    headings_of,
    parts_of,
    usable,
)

LINES_NAMED = 20


@dataclass
class Opening:
    """How far the opening of a sheet has come. `failed`: line number in the file → what is wrong with it."""

    header: SheetHeader
    seen: int = 0
    opened: int = 0
    failed: dict[int, str] = field(default_factory=dict)

    @property
    def is_cut_short(self) -> bool:
        """Whether fewer rows were found than the header promised."""
        return self.seen < self.header.rows

    @property
    def is_whole(self) -> bool:
        """Whether every promised row was there and opened, and none besides."""
        return self.seen == self.header.rows and not self.failed

    @property
    def what_it_holds(self) -> str:
        """Return how many were counted when the sheet was made, and how many of them it holds."""
        made_at = self.header.made_at.astimezone(UTC)
        people = self.header.statement.get("people", "an unknown number of")
        return (
            f"counted when this sheet was made ({made_at:%d %B %Y, %H:%M} UTC): {people} people; "
            f"it holds the {self.header.rows} of them whose details were still kept. "
            "Some may have withdrawn since: make a new sheet before you use it"
        )

    @property
    def report(self) -> list[str]:
        """Return the outcome in sentences; failed rows are counted and the first twenty are named."""
        told = [f"{self.opened} of {self.header.rows} rows opened", self.what_it_holds]
        if self.is_cut_short:
            told.append(f"the file is cut short: {self.header.rows - self.seen} rows are missing")
        elif self.seen > self.header.rows:
            told.append(f"the file holds {self.seen - self.header.rows} rows more than it says")
        told += [f"line {line}: {reason}" for line, reason in list(self.failed.items())[:LINES_NAMED]]
        if len(self.failed) > LINES_NAMED:
            told.append(f"… and {len(self.failed) - LINES_NAMED} lines more")
        return told


def require_key(header: SheetHeader, secret: CampaignSecret) -> None:
    """Refuse a key that no row of a sheet was sealed to. Raises SealedForOthers naming the ones that fit."""
    if header.keys and secret.id not in header.keys:
        fitting = ", ".join(header.keys)
        raise SealedForOthers(f"this sheet was sealed to the keys {fitting}; yours is {secret.id}")


def csv_of(
    lines: Iterable[str], *, opening: Opening, secret: CampaignSecret, layout: str = PLAIN
) -> Iterator[str]:
    """Yield the CSV of a sheet, line by line, and keep count in `opening`.

    lines: what follows the header. layout: which columns, "plain" or "civicrm".
    A row that does not open is left out and noted; never raises for one.
    """
    header = opening.header
    headings = headings_of(header, layout)
    yield BYTE_ORDER_MARK + csv_line(headings)
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        opening.seen += 1
        try:
            text, wants_updates = parts_of(line, header.version)
            contact = open_contact(_bytes_of(text), petition_slug=header.petition, secret=secret)
            row = csv_row(usable(contact, wants_updates=wants_updates, kind=header.kind), headings, layout)
        except (CannotOpen, NotAContact, NotARow) as problem:
            opening.failed[number] = str(problem)
            continue
        opening.opened += 1
        yield row


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NotSealed("not a sealed contact") from None
