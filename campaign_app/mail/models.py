"""Mails that wait, and who runs which periodic job. Nothing here can be read without the worker's key."""

from datetime import date, datetime

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from ..columns import KEY_BYTES, UtcDateTime, one_of, random_key_column, word
from ..extensions import Model
from .rules import KINDS, STATES


class OutboxMail(Model):
    """One mail, from the moment it is due until it is confirmed, settled or expired.

    about: the pending signature that it asks to confirm, or a mark of the mailbox that asked.
    sealed: its parameters, for the worker only. last_error: a code and our own words.
    claimed_until: a worker has it in hand until then.
    """

    __tablename__ = "outbox"
    __table_args__ = (one_of("kind", KINDS), one_of("state", STATES), Index(None, "state", "not_before"))

    id: Mapped[bytes] = random_key_column()
    about: Mapped[bytes | None] = mapped_column(LargeBinary(KEY_BYTES), index=True)
    kind: Mapped[str] = mapped_column(word())
    sealed: Mapped[bytes]
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_on: Mapped[date] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(word(), default="waiting")
    last_error: Mapped[str | None] = mapped_column(word(160))
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class JobLease(Model):
    """Who runs a periodic job: whoever wrote `leased_until`, until then. One row is the relay's pause."""

    __tablename__ = "job_lease"

    name: Mapped[str] = mapped_column(word(40), primary_key=True)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(word(160))
