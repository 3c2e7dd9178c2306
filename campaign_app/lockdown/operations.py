"""Puts a part in force and takes it back. What each part does is the affair of the rooms that read it."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from ..audit.operations import record
from ..audit.rules import BY_SYSTEM
from ..extensions import db
from .models import LockdownOrder
from .rules import NotAPart


def order(*, part: str, by: str, now: datetime) -> bool:
    """Put a part in force; False where it was already. Flushes; never commits, and puts nothing on record itself."""
    if db.session.get(LockdownOrder, part, with_for_update=True) is not None:
        return False
    try:
        with db.session.begin_nested():
            db.session.add(LockdownOrder(part=part, since=now, by=by))
    except IntegrityError:  # somebody else did at this moment
        return False
    return True


def lift(*, part: str, by: str, now: datetime) -> None:
    """Take a part back, or stop what the worker has not yet done of it. Raises NotAPart where it is not in force.

    Executes; never commits.
    """
    gone = db.session.execute(
        delete(LockdownOrder)
        .where(LockdownOrder.part == part)
        .returning(LockdownOrder.since, LockdownOrder.done)
    ).first()
    if gone is None:
        raise NotAPart
    details = {"since": gone.since, "done": gone.done}
    record(action="lockdown.lift", by=by, subject=part, details=details, now=now)


def note_done(*, part: str, more: int) -> bool:
    """Add to what the worker has done of a part; False where it was taken back meanwhile. Executes; never commits."""
    changed = db.session.scalars(
        update(LockdownOrder)
        .where(LockdownOrder.part == part)
        .values(done=LockdownOrder.done + more)
        .returning(LockdownOrder.part)
    ).all()
    return bool(changed)


def finish(*, part: str, now: datetime) -> None:
    """Note that the worker has done a part, on record as the system's act. Executes; never commits."""
    done = db.session.scalars(
        delete(LockdownOrder).where(LockdownOrder.part == part).returning(LockdownOrder.done)
    ).all()
    if done:
        record(action=f"lockdown.{part}-done", by=BY_SYSTEM, details={"rows": done[0]}, now=now)
