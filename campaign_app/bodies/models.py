"""The directory as it is kept. Words stand per language; what nobody here has checked has no day of checking."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from ..columns import UtcDateTime, one_of, word
from ..extensions import Model
from .rules import CHANNEL_KINDS, CONFIDENCES, KINDS, VISIBILITIES


class Body(Model):
    """One body that letters may go to.

    names, short_names (of a mission: its State), mandate, notes, addressed_to, salutation, close: language → text.
    accepts: forms of `rules.FORMS`; empty: not known. refusals: form → {language → why, and the right form}.
    languages: codes, the safest first. is_vacant: nobody holds the office. as_of: the day of which the directory
    speaks; source_url: where it was read; verified_on, verified_by: when somebody here compared it, as the record
    names who. shipped_digest: what `campaign init` last wrote.
    """

    __tablename__ = "body"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("confidence", CONFIDENCES),
        one_of("default_visibility", VISIBILITIES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(word(64), unique=True)
    kind: Mapped[str] = mapped_column(word(), index=True)
    names: Mapped[dict[str, str]] = mapped_column(JSON)
    short_names: Mapped[dict[str, str]] = mapped_column(JSON)
    mandate: Mapped[dict[str, str]] = mapped_column(JSON)
    notes: Mapped[dict[str, str]] = mapped_column(JSON)
    accepts: Mapped[list[str]] = mapped_column(JSON)
    refusals: Mapped[dict[str, Any]] = mapped_column(JSON)
    languages: Mapped[list[str]] = mapped_column(JSON)
    addressed_to: Mapped[dict[str, str]] = mapped_column(JSON)
    salutation: Mapped[dict[str, str]] = mapped_column(JSON)
    close: Mapped[dict[str, str]] = mapped_column(JSON)
    default_visibility: Mapped[str] = mapped_column(word())
    is_reply_customary: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_vacant: Mapped[bool] = mapped_column(default=False, server_default=false())
    holder_name: Mapped[str] = mapped_column(word(200), default="", server_default="")
    holder_from: Mapped[date | None]
    holder_until: Mapped[date | None]
    holder_source_url: Mapped[str] = mapped_column(Text, default="", server_default="")
    holder_verified_on: Mapped[date | None]
    holder_verified_by: Mapped[str] = mapped_column(word(64), default="", server_default="")
    source_url: Mapped[str] = mapped_column(Text, default="", server_default="")
    as_of: Mapped[date]
    confidence: Mapped[str] = mapped_column(word())
    verified_on: Mapped[date | None]
    verified_by: Mapped[str] = mapped_column(word(64), default="", server_default="")
    shipped_digest: Mapped[str | None] = mapped_column(word(64))
    is_edited: Mapped[bool] = mapped_column(default=False, server_default=false())


class BodyChannel(Model):
    """One way in: an e-mail address, a postal address (a line each), a form's web address, or where to hand it over."""

    __tablename__ = "body_channel"
    __table_args__ = (one_of("kind", CHANNEL_KINDS),)

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(word())
    value: Mapped[str] = mapped_column(Text)
    source_url: Mapped[str] = mapped_column(Text, default="", server_default="")
    verified_on: Mapped[date | None]
    verified_by: Mapped[str] = mapped_column(word(64), default="", server_default="")


class CouncilTerm(Model):
    """Years that a mission's State sits in the Security Council; last_year None: permanent.

    state: the English name under which the Council's alphabet has it.
    """

    __tablename__ = "council_term"
    __table_args__ = (UniqueConstraint("body_id", "first_year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(word(100))
    first_year: Mapped[int]
    last_year: Mapped[int | None]


class PresidencyOverride(Model):
    """Who presides in one month although the order says otherwise; that month only."""

    __tablename__ = "presidency_override"
    __table_args__ = (UniqueConstraint("year", "month"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    month: Mapped[int]
    body_id: Mapped[int] = mapped_column(ForeignKey("body.id"))
    source: Mapped[str] = mapped_column(Text)
    noted_by: Mapped[str] = mapped_column(word(64))
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
