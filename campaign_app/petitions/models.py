"""Petitions as they are kept. A text is never changed once someone may have signed it: it gets a version."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ..columns import UtcDateTime, one_of, word
from ..extensions import Model
from .rules import STATES


class Petition(Model):
    """One demand.

    people_per_mailbox: how many people may sign from one e-mail address. news_at_step: how many pieces of news there
    were when it last changed its state; the next step may need one more.
    """

    __tablename__ = "petition"
    __table_args__ = (one_of("state", STATES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(word(64), unique=True)
    state: Mapped[str] = mapped_column(word(), default="draft")
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_on: Mapped[date | None]
    delivered_on: Mapped[date | None]
    answered_on: Mapped[date | None]
    news_at_step: Mapped[int] = mapped_column(default=0, server_default="0")
    people_per_mailbox: Mapped[int] = mapped_column(default=1)
    home_language: Mapped[str] = mapped_column(word(8))
    required_languages: Mapped[list[str]] = mapped_column(JSON)


class PetitionText(Model):
    """One version of the words in one language. `shipped_digest` tells what `campaign init` last wrote.

    written_by: as the record names who; empty for what was written before this was kept. is_correction: whoever wrote
    it said that only a slip of the pen was put right.
    """

    __tablename__ = "petition_text"
    __table_args__ = (UniqueConstraint("petition_id", "language", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"))
    language: Mapped[str] = mapped_column(word(8))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text)
    demand: Mapped[str] = mapped_column(Text)
    background: Mapped[str] = mapped_column(Text)
    next_steps: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    shipped_digest: Mapped[str | None] = mapped_column(word(64))
    is_edited: Mapped[bool] = mapped_column(default=False)
    written_by: Mapped[str] = mapped_column(word(64), default="", server_default="")
    is_correction: Mapped[bool] = mapped_column(default=False, server_default=false())


class Addressee(Model):
    """Whom a petition addresses, by office and never by a person's name. `names`: language code → text."""

    __tablename__ = "addressee"

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"), index=True)
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(word(32))
    names: Mapped[dict[str, str]] = mapped_column(JSON)


class Goal(Model):
    """A number of people and what happens when it is reached. `meanings`: language code → text."""

    __tablename__ = "goal"
    __table_args__ = (UniqueConstraint("petition_id", "threshold"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"))
    threshold: Mapped[int]
    meanings: Mapped[dict[str, str]] = mapped_column(JSON)


class PetitionUpdate(Model):
    """News for those who signed; a draft until `published_on`.

    texts: language code → {"title", "body"} with Markdown in body.
    """

    __tablename__ = "petition_update"
    __table_args__ = (Index(None, "petition_id", "published_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"))
    published_on: Mapped[date | None]
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)


class AvoidedWords(Model):
    """The list of words to avoid in one language, once it was edited here; until then the shipped one holds.

    entries: [{"words": [...], "instead": text, "reason": text}].
    """

    __tablename__ = "avoided_words"

    language: Mapped[str] = mapped_column(word(8), primary_key=True)
    entries: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
