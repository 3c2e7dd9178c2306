"""Writes sealed sheets. There is no way to read a contact here: the server holds no key that could."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, Result, and_, func, select, true

from ..approvals.rules import ONE_PERSON, TWO_PEOPLE
from ..clock import utc_day
from ..config import own_version, settings
from ..errors import Refusal
from ..extensions import db
from ..petitions.queries import PetitionRecord, petition_by_id
from ..signing.models import Signature
from ..tally.queries import statement
from .rules import CONTACTS, DELIVERY, LONGEST_PURPOSE, SheetHeader, row_line

ROWS_AT_A_TIME = 500
ROWS_BETWEEN_WORDS = 20_000

# Whom a sheet holds; its manifest says it.
INCLUDED = {
    DELIVERY: {"signatures": "counted", "contacts": "kept"},
    CONTACTS: {"signatures": "counted", "contacts": "kept", "news": "asked for, and not stopped since"},
}
NOTES = {
    TWO_PEOPLE: "released by two people",
    ONE_PERSON: "released by one person after a wait: nobody else could approve it",
}


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
        fields.update(
            format="nidaa-sheet-manifest",
            nidaa=own_version(),
            filters={"petition": self.header.petition, **INCLUDED[self.header.kind]},
            sha256=self.sha256,
            size_bytes=self.size_bytes,
        )
        fields["note"] = NOTES[self.header.release]
        return json.dumps(fields, ensure_ascii=False, indent=1) + "\n"

    @property
    def for_record(self) -> dict[str, Any]:
        """Return what the audit record keeps of it."""
        header = self.header
        return {
            "kind": header.kind,
            "purpose": header.purpose,
            "rows": header.rows,
            "people": header.statement["people"],
            "release": header.release,
            "sha256": self.sha256,
        }


def write_sealed_sheet(
    *,
    petition_id: int,
    kind: str,
    purpose: str,
    release: str,
    out: BinaryIO,
    now: datetime,
    progress: Callable[[int, int], None] = lambda done, rows: None,
) -> Manifest:
    """Write the sealed contacts of everyone who is counted, or who wants news, in the order of their random keys.

    Withdrawn, erased and invalidated signatures, and contacts that were deleted when their time came, are
    not among them. Beside each stands whether the person wants news as of now. Rows come from one statement, so
    the number in the header is the number that follows, and memory does not grow with it. Reads only; inside
    `one_moment()` the numbers in the header are of the very moment of the rows.

    kind: "delivery" or "contacts". release: how it was released, "two-people" or "one-person".
    progress: told (rows written, rows in all) now and then.
    purpose: why it leaves, in words; everyone who opens the sheet reads it.
    Raises PurposeMissing, PetitionUnknown.
    """
    purpose, petition = purpose_in(purpose), petition_by_id(petition_id)
    included = _is_included(petition_id, kind)
    digest, size = hashlib.sha256(), 0
    with _rows(included) as rows:
        first = next(rows, None)
        header = SheetHeader(
            kind=kind,
            petition=petition.slug,
            titles={language: text.title for language, text in petition.texts.items()},
            purpose=purpose,
            made_at=now,
            rows=first.how_many if first else 0,
            statement=_plain(asdict(statement(petition.id, now=now))),
            last_full_day=_last_full_day(petition, now),
            keys=_keys(included),
            release=release,
        )
        for done, line in enumerate(_lines(header, first, rows)):
            digest.update(line)
            size += len(line)
            out.write(line)
            if done and done % ROWS_BETWEEN_WORDS == 0:
                progress(done, header.rows)
    return Manifest(header=header, sha256=digest.hexdigest(), size_bytes=size)


def purpose_in(typed: str) -> str:
    """Return a purpose on one line. Raises PurposeMissing."""
    purpose = " ".join(typed.split())
    if not 0 < len(purpose) <= LONGEST_PURPOSE:
        raise PurposeMissing(f"say in 1 to {LONGEST_PURPOSE} characters what the sheet is for")
    return purpose


def people_in(petition_id: int, kind: str) -> int:
    """Return how many people a sheet would hold now. Reads an index only."""
    counted = select(func.count()).select_from(Signature).where(_is_included(petition_id, kind))
    return db.session.scalar(counted) or 0


def _rows(included: ColumnElement[bool]) -> Result[Any]:
    """Return the sealed contacts, a few at a time, each with the number of all."""
    how_many = select(func.count()).select_from(Signature).where(included).scalar_subquery()
    return db.session.execute(
        select(Signature.sealed_contact, Signature.wants_updates, how_many.label("how_many"))
        .where(included)
        .order_by(Signature.id),
        execution_options={"yield_per": ROWS_AT_A_TIME},
    )


def _is_included(petition_id: int, kind: str) -> ColumnElement[bool]:
    # Without keys there is no sealed contact: asked so, an index answers how many there are.
    counted = and_(
        Signature.petition_id == petition_id, Signature.state == "counted", Signature.key_ids != ""
    )
    return and_(counted, Signature.wants_updates == true()) if kind == CONTACTS else counted


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


def _keys(included: ColumnElement[bool]) -> list[str]:
    """Return the ids of the keys that open at least one row: keys removed since may be among them."""
    sets = db.session.scalars(select(Signature.key_ids).where(included).distinct())
    return sorted({key_id for ids in sets for key_id in ids.split(",") if key_id})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None
    }
