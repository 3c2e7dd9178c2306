"""The cells: how many people and mailboxes one kind of event touched, in one place of the breakdown, on one day.

And the snapshots that are published of them.
"""

from datetime import date
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..columns import one_of, word
from ..extensions import Model
from .rules import EVENTS

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
