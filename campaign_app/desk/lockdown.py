"""A lockdown put together: what it would do, doing it, and what the worker does of it afterwards.

Everything that is done at once is one transaction. Two things are the worker's: replacing the server's own keys, since
the web processes do not hold them all, and deleting very many requests, since others must be able to write meanwhile.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ..accounts import open_sessions
from ..accounts.models import OrganiserSession
from ..audit.operations import record
from ..audit.rules import BY_SYSTEM
from ..clock import utc_day
from ..config import settings
from ..extensions import db
from ..lockdown import operations, queries
from ..lockdown.rules import KEYS, PURGE, SESSIONS, parts_of
from ..sealing import tags
from ..sealing.operations import rotate_mail
from ..signing.models import Pending, Signature
from ..signing.operations import purge_pendings

AT_ONCE = 1_000  # requests that are deleted within the request itself


@dataclass(frozen=True)
class Reach:
    """What a lockdown would touch now. sessions: without one's own, for whoever is signed in."""

    pendings: int
    names: int
    sessions: int


@dataclass(frozen=True)
class Locked:
    """What a lockdown did. left: requests that the worker still deletes."""

    parts: list[str]
    sessions: int = 0
    purged: int = 0
    left: int = 0


def reach(*, but: str | None = None) -> Reach:
    """Return what a lockdown would touch. but: the token of one's own session."""
    shown = select(func.count()).select_from(Signature).where(Signature.public_name.is_not(None))
    sessions = db.session.scalar(select(func.count()).select_from(OrganiserSession)) or 0
    return Reach(
        pendings=pendings(),
        names=db.session.scalar(shown.where(Signature.state == "counted")) or 0,
        sessions=max(0, sessions - (but is not None)),
    )


def pendings() -> int:
    """Return how many requests wait."""
    return db.session.scalar(select(func.count()).select_from(Pending)) or 0


def lock(*, parts: Collection[str], by: str, but: str | None = None, now: datetime) -> Locked:
    """Do the chosen parts of a lockdown; one that is in force already stays so.

    by: as the record names it. but: the token of the session that stays. Raises NotAPart. Flushes; never commits.
    """
    wanted = parts_of(list(parts))
    for part in wanted:
        if part != SESSIONS:
            operations.order(part=part, by=by, now=now)
    purged = left = 0
    if PURGE in wanted:
        purged = purge_pendings(now=now, limit=AT_ONCE)
        operations.note_done(part=PURGE, more=purged)
        left = pendings()
    ended = open_sessions.end_all_sessions(but=but) if SESSIONS in wanted else 0
    done = Locked(wanted, sessions=ended, purged=purged, left=left)
    details = {"parts": wanted, "sessions": ended, "purged": purged, "left": left}
    record(action="lockdown.lock", by=by, details=details, now=now)
    return done


def carry_out(now: datetime) -> None:
    """Do what the worker has to do of a lockdown, if anything. Commits. Safe to repeat after a crash."""
    waiting = queries.parts_in_force()
    if PURGE in waiting:
        finish_purge(now=now)
    if KEYS in waiting:
        replace_keys(now=now)


def finish_purge(*, now: datetime, told: Callable[[int], object] = bool) -> None:
    """Delete the requests that wait, a part at a time, until none is left or somebody stops it. Commits.

    told: told how many were deleted so far.
    """
    done = 0
    while gone := purge_pendings(now=now, limit=AT_ONCE):
        if not operations.note_done(part=PURGE, more=gone):
            db.session.rollback()
            return
        db.session.commit()
        done += gone
        told(done)
    operations.finish(part=PURGE, now=now)
    db.session.commit()


def replace_keys(*, now: datetime) -> None:
    """Wrap the petitions' keys under a new master and make a new mail key pair, on the host that holds them. Commits.

    No petition's own key changes: whoever signed is recognised as before. Raises KeyProblem; the order then stays, and
    the next try goes on after the master, which is made once.
    """
    order = queries.orders().get(KEYS)
    if order is None:
        return  # an owner took it back while requests were deleted
    today, keys_dir = utc_day(now), settings().keys_dir
    if not order.done:
        master = tags.rotate_master(session=db.session, today=today)
        operations.note_done(part=KEYS, more=1)
        record(action="keys.rotate-master", by=BY_SYSTEM, subject=master, now=now)
    db.session.commit()
    tags.destroy_old_masters(keys_dir=keys_dir, session=db.session)
    made = rotate_mail(keys_dir=keys_dir, today=today)
    record(action="keys.rotate-mail", by=BY_SYSTEM, subject=made.id, now=now)
    operations.finish(part=KEYS, now=now)
    db.session.commit()
