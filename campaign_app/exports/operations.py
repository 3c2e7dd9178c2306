"""Writes sealed sheets. There is no way to read a contact here: the server holds no key that could."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, func, select

from ..clock import utc_day
from ..config import settings
from ..errors import Refusal
from ..extensions import db
from ..petitions.queries import PetitionRecord, petition_by_id
from ..signing.models import Signature
from ..tally.queries import statement
from .rules import FROM_COMMAND_LINE, LONGEST_PURPOSE, SheetHeader, row_line

ROWS_AT_A_TIME = 500


class PurposeMissing(Refusal):
    """A sheet leaves only for a reason that its first line tells everyone who opens it."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What was written: kept beside the sheet and shown to whoever asks what left the server."""

    header: SheetHeader
    sha256: str
    size_bytes: int

    @property
    def text(self) -> str:
        """Return the manifest as the JSON that is saved."""
        fields = json.loads(self.header.line)
        fields.update(format="nidaa-sheet-manifest", sha256=self.sha256, size_bytes=self.size_bytes)
        if self.header.release == FROM_COMMAND_LINE:
            fields["note"] = "released from the command line, without the approval of two persons"
        return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"


def write_sealed_sheet(*, petition_id: int, purpose: str, out: BinaryIO, now: datetime) -> Manifest:
    """Write the sealed contacts of everyone who is counted, in the order of their random keys.

    Withdrawn, erased and invalidated signatures, and contacts that were deleted when their time came, are
    not among them. Beside each stands whether the person wants news as of now. Rows come from one statement, so
    the number in the header is the number that follows, and memory does not grow with it. Reads only.

    purpose: why it leaves, in words; everyone who opens the sheet reads it.
    Raises PurposeMissing, PetitionUnknown.
    """
    purpose = " ".join(purpose.split())
    if not 0 < len(purpose) <= LONGEST_PURPOSE:
        raise PurposeMissing(f"say in 1 to {LONGEST_PURPOSE} characters what the sheet is for")
    petition = petition_by_id(petition_id)
    included = _is_included(petition_id)
    how_many = select(func.count()).select_from(Signature).where(included).scalar_subquery()
    rows = db.session.execute(
        select(Signature.sealed_contact, Signature.wants_updates, how_many)
        .where(included)
        .order_by(Signature.id),
        execution_options={"yield_per": ROWS_AT_A_TIME},
    )
    first = next(rows, None)
    header = SheetHeader(
        petition=petition.slug,
        titles={language: text.title for language, text in petition.texts.items()},
        purpose=purpose,
        made_at=now,
        rows=first[2] if first else 0,
        statement=_plain(asdict(statement(petition_id, now=now))),
        last_full_day=_last_full_day(petition, now),
        keys=_keys(petition_id),
    )
    digest, size = hashlib.sha256(), 0
    for line in _lines(header, first, rows):
        digest.update(line)
        size += len(line)
        out.write(line)
    return Manifest(header=header, sha256=digest.hexdigest(), size_bytes=size)


def _is_included(petition_id: int) -> ColumnElement[bool]:
    return (
        (Signature.petition_id == petition_id)
        & (Signature.state == "counted")
        & Signature.sealed_contact.is_not(None)
    )


def _lines(header: SheetHeader, first: Any, rows: Iterable[Any]) -> Iterable[bytes]:
    yield header.line.encode()
    if first is None:
        return
    yield row_line(first[0], wants_updates=first[1])
    for sealed, wants_updates, _ in rows:
        yield row_line(sealed, wants_updates=wants_updates)


def _last_full_day(petition: PetitionRecord, now: datetime) -> dict[str, Any] | None:
    """Return the numbers of yesterday and their address, where anyone can check them; None on the first day."""
    yesterday = utc_day(now) - timedelta(days=1)
    found = statement(petition.id, now=now, on=yesterday)
    if found.first_on is None or found.first_on > yesterday:
        return None
    page = f"/{petition.home_language}/petitions/{petition.slug}/numbers/{yesterday.isoformat()}"
    return {
        "on": yesterday.isoformat(),
        "address": settings().base_url + page,
        "statement": _plain(asdict(found)),
    }


def _keys(petition_id: int) -> list[str]:
    """Return the ids of the keys that open at least one row: keys removed since may be among them."""
    sets = db.session.scalars(select(Signature.key_ids).where(_is_included(petition_id)).distinct())
    return sorted({key_id for ids in sets for key_id in ids.split(",") if key_id})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None
    }
