"""Letters that have left, as the public may or may not see them. Their names and places are invented."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.letters import frozen, models, rules
from campaign_app.petitions.operations import petition_by_slug
from tests.letters.samples import frozen_letter

ISSUED_BEFORE_SENDING = timedelta(hours=2)
MEDIA = {"pdf": "application/pdf", "txt": "text/plain"}


def send(
    number: int,
    *,
    at: datetime,
    slug: str | None = "lists-and-graves",
    visibility: str = rules.PUBLIC,
    state: str = rules.SENT,
    body_key: str = "mission-nowhere",
    languages: tuple[str, ...] = ("en", "ar"),
    contents: Mapping[str, bytes] | None = None,
    says: Mapping[str, Any] | None = None,
    corrects: int | None = None,
    replies: Sequence[Mapping[str, Any]] = (),
    **columns: Any,
) -> models.Letter:
    """Store the letter of a number in a state, sent `at`. Flushes; never commits.

    says: what its frozen letter says otherwise. corrects: number of the letter that it corrects. replies: columns of
    each reply that was filed; not published, unless they say so. contents: its documents by the end of their name,
    "en.pdf"; by default one PDF and one text for each language.
    """
    issued_at = columns.pop("issued_at", at - ISSUED_BEFORE_SENDING)
    reference = rules.reference(at.year, number)
    said = replace(
        frozen_letter(*languages),
        reference=reference,
        visibility=visibility,
        issued_at=issued_at.isoformat(timespec="seconds"),
        **(says or {}),
    )
    letter = models.Letter(
        key=f"key-{number}",
        kind=said.kind,
        state=state,
        petition_id=petition_by_slug(slug).id if slug else None,
        template=said.template,
        template_version=1,
        body_key="" if said.kind == frozen.NUMBERS_SHEET else body_key,
        languages=list(languages),
        texts={},
        typed={},
        parts=[],
        signatory={},
        visibility=visibility,
        way=rules.POST,
        written_by="test",
        written_at=issued_at,
        edited_at=issued_at,
        year=at.year,
        number=number,
        reference=reference,
        code=code_of(number),
        frozen=said.text,
        frozen_sha256=said.sha256,
        issued_at=issued_at,
        how="two-people",
        sent_at=at if state in rules.HAS_LEFT else None,
        corrects=letter_of(corrects, at) if corrects else None,
        **columns,
    )
    db.session.add(letter)
    db.session.flush()
    if contents is None:
        contents = {f"{lang}.{kind}": document(number, lang, kind) for lang in languages for kind in MEDIA}
    for name, content in contents.items():
        lang, _, kind = name.partition(".")
        db.session.add(
            models.LetterFile(
                letter_id=letter.id,
                language=lang,
                name=f"{reference}-{name}",
                media_type=MEDIA[kind],
                sha256=hashlib.sha256(content).hexdigest(),
                size_bytes=len(content),
                content=content,
            )
        )
    for each in replies:
        values = {"kind": rules.ANSWER, "language": "en", "received_on": at.date(), **each}
        db.session.add(models.LetterReply(letter_id=letter.id, filed_by="test", filed_at=at, **values))
    db.session.flush()
    return letter


def letter_of(number: int, at: datetime) -> models.Letter:
    """Return the letter of a number of a year."""
    return db.session.scalars(select(models.Letter).filter_by(year=at.year, number=number)).one()


def document(number: int, lang: str, kind: str) -> bytes:
    """Return bytes that stand for a document of a letter: no two alike, and long enough to be packed if anything is."""
    return f"Document {number} {lang} {kind}\r\n".encode() * 100


def code_of(number: int) -> str:
    """Return the unguessable part of a letter's address; of each another."""
    return f"{number:04}".rjust(rules.CODE_LETTERS, "K")


def sum_of(number: int, lang: str, kind: str) -> str:
    """Return the SHA-256 of a document that `send` stored."""
    return hashlib.sha256(document(number, lang, kind)).hexdigest()
