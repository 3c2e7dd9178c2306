"""Reads of the outbox for operators and for health: counts and reasons, never a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, func, select

from ..extensions import db
from . import rules
from .models import JobLease, OutboxMail
from .relay_pause import RELAY


@dataclass(frozen=True)
class OutboxState:
    """How mail stands.

    due_since: when the longest waiting mail was due. relay_trouble: why no mail can go now.
    """

    waiting: int
    due: int
    due_since: datetime | None
    dead: int
    relay_trouble: str | None


def outbox_state(*, now: datetime) -> OutboxState:
    """Return how many mails wait, are due and are dead. Reminders of the coming day count as waiting."""
    per_state = db.session.execute(select(OutboxMail.state, func.count()).group_by(OutboxMail.state))
    counts = {state: count for state, count in per_state}
    is_due = (OutboxMail.state == rules.WAITING, OutboxMail.not_before <= now)
    due, since = db.session.execute(
        select(func.count(), func.min(OutboxMail.not_before)).where(*is_due)
    ).one()
    return OutboxState(
        waiting=counts.get(rules.WAITING, 0),
        due=due,
        due_since=since,
        dead=counts.get(rules.DEAD, 0),
        relay_trouble=relay_trouble(),
    )


def waiting_about(about: bytes) -> int:
    """Return how many mails about something are still in the outbox."""
    found = select(func.count()).select_from(OutboxMail).where(OutboxMail.about == about)
    return db.session.scalar(found) or 0


def first_expiry(about: bytes) -> date | None:
    """Return the last UTC day of the mail about something that expires first; None where none is in the outbox."""
    return db.session.scalar(select(func.min(OutboxMail.expires_on)).where(OutboxMail.about == about))


def relay_trouble() -> str | None:
    """Return why no mail can go now, in our own words; None where it can. Reads one row."""
    return db.session.scalar(select(JobLease.last_error).where(JobLease.name == RELAY))


def has_dead_mails() -> bool:
    """Whether any mail was refused for good. Reads one row, however many wait."""
    return bool(db.session.scalar(select(exists().where(OutboxMail.state == rules.DEAD))))


def dead_mails() -> Sequence[OutboxMail]:
    """Return the mails that were refused for good, those that expire first at the top."""
    return db.session.scalars(
        select(OutboxMail)
        .where(OutboxMail.state == rules.DEAD)
        .order_by(OutboxMail.expires_on, OutboxMail.id)
    ).all()
