"""The cells: how many people and mailboxes one kind of event touched, in one place of the breakdown, on one day.

The snapshots that are published of them, and totals from elsewhere, which are never added to them.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.models import Organiser
from ..columns import UtcDateTime, one_of, word
from ..extensions import Model
from .rules import EVENTS, OUTSIDE_KINDS

DIMENSIONS = ("petition_id", "day", "event", "reason", "country", "language", "source", "path", "slot")
BREAKDOWNS = "breakdowns"
RATES = "rates"  # taken by the room of signing, which knows the requests
SNAPSHOT_KINDS = (BREAKDOWNS, RATES)


class TallyCell(Model):
    """A counter that only grows. `day` is the UTC day of the event; nothing finer is kept."""

    __tablename__ = "tally_cell"
    __table_args__ = (
        UniqueConstraint(*DIMENSIONS, name="uq_tally_cell_dimensions"),
        Index(None, "petition_id", "day"),
        one_of("event", EVENTS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"))
    day: Mapped[date]
    event: Mapped[str] = mapped_column(word())
    reason: Mapped[str] = mapped_column(word(32), default="")
    country: Mapped[str] = mapped_column(word(2), default="")
    language: Mapped[str] = mapped_column(word(8), default="")
    source: Mapped[str] = mapped_column(word(32), default="")
    path: Mapped[str] = mapped_column(word(8), default="")
    slot: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)
    mailboxes: Mapped[int] = mapped_column(default=0)


class TallySnapshot(Model):
    """Figures published from one UTC midnight on and never changed. `day`: the last UTC day counted in them.

    body: what pages read. basis: what the next snapshot needs, exact numbers and the secrets that hide them;
    it is never read by a page and must never be published.
    """

    __tablename__ = "tally_snapshot"
    __table_args__ = (UniqueConstraint("petition_id", "kind", "day"), one_of("kind", SNAPSHOT_KINDS))

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"))
    kind: Mapped[str] = mapped_column(word())
    day: Mapped[date]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    basis: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class OutsideTotal(Model):
    """A number that we did not count: another platform's, or signatures on paper.

    A row is never changed but checked, and of paper it is noted once when the sheets were destroyed.

    name: the platform, or what the sheets are called. evidence: an address, or where the copy lies; sha256: of that
    copy, hexadecimal. held_by, destroy_by, destroyed_on: of paper, who keeps the sheets and until when, and the day on
    which somebody noted that they are gone; who that was is on record. takes_back_id: the earlier row that this one
    says was a mistake. It is shown once somebody else has checked it.
    """

    __tablename__ = "outside_total"
    __table_args__ = (one_of("kind", OUTSIDE_KINDS),)

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"), index=True)
    kind: Mapped[str] = mapped_column(word())
    name: Mapped[str] = mapped_column(word(100))
    number: Mapped[int]
    sheets: Mapped[int | None]
    as_of: Mapped[date]
    evidence: Mapped[str] = mapped_column(word(500))
    sha256: Mapped[str] = mapped_column(word(64))
    held_by: Mapped[str] = mapped_column(word(100), default="")
    destroy_by: Mapped[date | None]
    destroyed_on: Mapped[date | None]
    takes_back_id: Mapped[int | None] = mapped_column(ForeignKey("outside_total.id"))
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("organiser.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    recorded_by: Mapped[Organiser] = relationship(foreign_keys=recorded_by_id)
    checked_by: Mapped[Organiser | None] = relationship(foreign_keys=checked_by_id)
    takes_back: Mapped["OutsideTotal | None"] = relationship(remote_side=id)
