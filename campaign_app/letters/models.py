"""Letters as they are kept: what is written, what was frozen, the documents that left, and what became of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..columns import UtcDateTime, one_of, word
from ..extensions import Model
from .frozen import KINDS, LETTER
from .rules import (
    DELIVERY_STATES,
    DRAFT,
    LONGEST_REFERENCE,
    QUEUED,
    REPLY_KINDS,
    STORED_STATES,
    VISIBILITIES,
    WAYS,
)

HASH_LETTERS = 64
LONGEST_KEY = 64


class Letter(Model):
    """One letter to one recipient, in one or several languages; or a sheet of numbers, to nobody.

    key: names it before it has a reference: random, URL-safe. body_key: of the directory; "" for a sheet of numbers.
    body_month: first day of the month whose President of the Council it is for. texts: language → {"subject", "body"}
    with Markdown and placeholders in body. typed: what fills the template's own fields, by name, in each language:
    {"name": {"en": …}}. parts: keys of the optional paragraphs that are in. signatory: {"name", "role"}. way: how it is
    to be delivered. has_names: whether to annex the names of those who chose to be shown. has_endorsements:
    whether to annex the organisations that support the petition, where there are any; letters of before there were such
    annex none. frozen: JSON of
    frozen.FrozenLetter, since it was issued; code: the unguessable part of the address where it can be checked.
    batch: names the batch it was made in, or "". written_by: as the record names people. corrects_id: the letter that
    it corrects.
    """

    __tablename__ = "letter"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", STORED_STATES),
        one_of("visibility", VISIBILITIES),
        one_of("way", WAYS),
        UniqueConstraint("year", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(word(32), unique=True)
    kind: Mapped[str] = mapped_column(word(), default=LETTER)
    state: Mapped[str] = mapped_column(word(), default=DRAFT, index=True)
    petition_id: Mapped[int | None] = mapped_column(ForeignKey("petition.id"), index=True)
    template: Mapped[str] = mapped_column(word(LONGEST_KEY))
    template_version: Mapped[int]
    body_key: Mapped[str] = mapped_column(word(LONGEST_KEY), default="", index=True)
    body_month: Mapped[date | None]
    languages: Mapped[list[str]] = mapped_column(JSON)
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)
    typed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    parts: Mapped[list[str]] = mapped_column(JSON, default=list)
    signatory: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    visibility: Mapped[str] = mapped_column(word())
    way: Mapped[str | None] = mapped_column(word())
    embargo_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    has_names: Mapped[bool] = mapped_column(default=False, server_default=false())
    has_endorsements: Mapped[bool] = mapped_column(default=True, server_default=false())
    batch: Mapped[str] = mapped_column(word(32), default="", server_default="", index=True)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    written_by: Mapped[str] = mapped_column(word(64))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime] = mapped_column(UtcDateTime)

    year: Mapped[int | None]
    number: Mapped[int | None]
    reference: Mapped[str | None] = mapped_column(word(LONGEST_REFERENCE), unique=True)
    code: Mapped[str | None] = mapped_column(word(32))
    frozen: Mapped[str | None] = mapped_column(Text)
    frozen_sha256: Mapped[str | None] = mapped_column(word(HASH_LETTERS))
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    how: Mapped[str | None] = mapped_column(word())
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded: Mapped[int] = mapped_column(default=0, server_default="0")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    corrects: Mapped["Letter | None"] = relationship(remote_side=id)

    @property
    def audit_name(self) -> str:
        """Return how the record names it."""
        return f"letter:{self.reference or self.key}"


class LetterFile(Model):
    """One document of an issued letter: exactly the bytes that left. name: as it is downloaded.

    replaced: the characters that no font of ours has, which stand as a mark of replacement in it.
    """

    __tablename__ = "letter_file"
    __table_args__ = (UniqueConstraint("letter_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    language: Mapped[str] = mapped_column(word(8))
    name: Mapped[str] = mapped_column(word(80))
    media_type: Mapped[str] = mapped_column(word(100))
    sha256: Mapped[str] = mapped_column(word(HASH_LETTERS), index=True)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    replaced: Mapped[list[str]] = mapped_column(JSON, default=list)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class LetterVersion(Model):
    """What a draft said after one edit. texts, typed, parts: as in Letter."""

    __tablename__ = "letter_version"
    __table_args__ = (UniqueConstraint("letter_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    version: Mapped[int]
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)
    typed: Mapped[dict[str, Any]] = mapped_column(JSON)
    parts: Mapped[list[str]] = mapped_column(JSON)
    written_by: Mapped[str] = mapped_column(word(64))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LetterDelivery(Model):
    """One attempt to bring a letter to an office. sent_to: the address, or whoever got it, as used.

    body_key: the recipient's, or that of an office that gets a copy. made_at: when it was put into the outbox, or when
    an organiser says that it left. sha256: of what was handed over, by file name.
    note: what an organiser wrote of it: who took it, where the receipt is. trouble: why it did not arrive.
    """

    __tablename__ = "letter_delivery"
    __table_args__ = (one_of("way", WAYS), one_of("state", DELIVERY_STATES))

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    body_key: Mapped[str] = mapped_column(word(LONGEST_KEY))
    is_copy: Mapped[bool] = mapped_column(default=False, server_default=false())
    way: Mapped[str] = mapped_column(word())
    sent_to: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(word(), default=QUEUED, index=True)
    sha256: Mapped[dict[str, str]] = mapped_column(JSON)
    note: Mapped[str] = mapped_column(Text, default="")
    trouble: Mapped[str] = mapped_column(Text, default="")
    made_by: Mapped[str] = mapped_column(word(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LetterReply(Model):
    """What an office said. text: as filed; is_published: whether the office agreed that it is shown, and we show it.

    body_key: of the office that wrote it, where it is not the recipient but one that got a copy; "" for the recipient.
    received_on: by the date of the reply. consent_note: who agreed to its being published, and when. content: a scan of
    it, with its file's name and type, where one was filed; it is shown to nobody outside the desk.
    """

    __tablename__ = "letter_reply"
    __table_args__ = (one_of("kind", REPLY_KINDS),)

    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"), index=True)
    body_key: Mapped[str] = mapped_column(word(LONGEST_KEY), default="", server_default="")
    kind: Mapped[str] = mapped_column(word())
    received_on: Mapped[date]
    language: Mapped[str] = mapped_column(word(8))
    text: Mapped[str] = mapped_column(Text)
    is_published: Mapped[bool] = mapped_column(default=False, server_default=false())
    consent_note: Mapped[str] = mapped_column(Text, default="")
    file_name: Mapped[str] = mapped_column(word(120), default="", server_default="")
    media_type: Mapped[str] = mapped_column(word(100), default="", server_default="")
    sha256: Mapped[str] = mapped_column(word(HASH_LETTERS), default="", server_default="")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    filed_by: Mapped[str] = mapped_column(word(64))
    filed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LetterBatch(Model):
    """All letters of one kind to the members of the Council of one month, drafted together.

    key: names it in Letter.batch. body_month: first day of the month.
    """

    __tablename__ = "letter_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(word(32), unique=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"))
    template: Mapped[str] = mapped_column(word(LONGEST_KEY))
    body_month: Mapped[date]
    languages: Mapped[list[str]] = mapped_column(JSON)
    made_by: Mapped[str] = mapped_column(word(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
