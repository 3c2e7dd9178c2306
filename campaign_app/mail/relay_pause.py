"""When the relay cannot be reached, all mail rests: one attempt to connect per pause, not one per mail.

The pause is a row that every worker sees: when the last attempt was, when the next may be, and why.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from ..extensions import db
from . import rules
from .models import JobLease

RELAY = "mail relay"


@dataclass(frozen=True)
class Pause:
    """How long mail rests. `length` is the pause that the next failure doubles."""

    until: datetime
    length: timedelta


def current() -> Pause | None:
    """Return the pause that began with the last failure, over or not; None while the relay works."""
    row = db.session.get(JobLease, RELAY)
    if row is None or row.leased_until is None or row.last_run_at is None:
        return None
    return Pause(until=row.leased_until, length=row.leased_until - row.last_run_at)


def begin(*, now: datetime, reason: str, spread: float) -> Pause:
    """Let all mail rest after a failed attempt; twice as long as last time. Flushes; never commits."""
    last = current()
    length = rules.next_pause(last.length if last else None, spread=spread)
    db.session.merge(JobLease(name=RELAY, last_run_at=now, leased_until=now + length, last_error=reason))
    db.session.flush()
    return Pause(until=now + length, length=length)


def end() -> None:
    """Forget the pause: the relay took a mail. Never commits."""
    db.session.execute(delete(JobLease).where(JobLease.name == RELAY))
