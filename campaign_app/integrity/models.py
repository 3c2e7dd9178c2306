"""Invalidations: which rule took whom out of the count, so that it can put back exactly those. And what stands out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.models import Organiser
from ..columns import KEY_BYTES, UtcDateTime, one_of, word
from ..extensions import Model
from ..petitions.models import Petition
from ..tally.rules import INVALIDATION_REASONS
from .rules import LONGEST_NOTE, STATES, Rule


class Invalidation(Model):
    """One run of a rule over a petition's signatures. A row is never deleted: what was done stays to be read.

    expected: how many people the preview counted. taken_out, put_back: how many the run has moved so far.
    day: the UTC day of signing that it has in hand; None before the first and once there is nothing left to do.
    """

    __tablename__ = "invalidation"
    __table_args__ = (one_of("state", STATES), one_of("reason", INVALIDATION_REASONS))

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"), index=True)
    domain_tag: Mapped[bytes | None] = mapped_column(LargeBinary(KEY_BYTES))
    source: Mapped[str] = mapped_column(word(32), default="")
    path: Mapped[str] = mapped_column(word(8), default="")
    country: Mapped[str] = mapped_column(word(2), default="")
    language: Mapped[str] = mapped_column(word(8), default="")
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(word(32))
    note: Mapped[str] = mapped_column(word(LONGEST_NOTE))
    state: Mapped[str] = mapped_column(word(), default="running", index=True)
    expected: Mapped[int]
    taken_out: Mapped[int] = mapped_column(default=0)
    put_back: Mapped[int] = mapped_column(default=0)
    day: Mapped[date | None]
    started_by_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    petition: Mapped[Petition] = relationship()
    started_by: Mapped[Organiser] = relationship()

    @property
    def rule(self) -> Rule:
        """Return whom it takes out."""
        return Rule(
            domain_tag=self.domain_tag,
            source=self.source,
            path=self.path,
            country=self.country,
            language=self.language,
            first_on=self.first_on,
            last_on=self.last_on,
        )


class InvalidatedSignature(Model):
    """A signature that a run took out. It is put back only while it is still out: see `Signature.state`.

    took_mailbox: whether its mailbox left the count with it, to be known when tags are destroyed.
    """

    __tablename__ = "invalidated_signature"

    signature_id: Mapped[bytes] = mapped_column(
        LargeBinary(KEY_BYTES),
        ForeignKey("signature.id", ondelete="CASCADE", onupdate="CASCADE"),  # who signs again gets a new key
        primary_key=True,
    )
    invalidation_id: Mapped[int] = mapped_column(ForeignKey("invalidation.id"), index=True)
    took_mailbox: Mapped[bool]


class ArrivalReport(Model):
    """What stood out among a petition's arrivals when the worker last looked: a page reads one row.

    seen: the numbers of people that it looked at, so that nothing is reckoned twice.
    """

    __tablename__ = "arrival_report"

    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"), primary_key=True)
    taken_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen: Mapped[str] = mapped_column(word(64))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
