"""Who could use which role, from when to when: the dated facts that a wait in a team of one is reckoned from.

Somebody can use a role while they are active and have a second factor. Whatever changes that calls `note`; a periodic
job calls `note_everyone`, so that a change which went round us is noted too, as of the moment it is met.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select

from ..extensions import db
from ..mail.models import JobLease
from . import queries
from .models import Organiser, RoleSpan


def usable_roles(organiser: Organiser) -> frozenset[str]:
    """Return the roles that somebody can use now."""
    may = organiser.active and organiser.has_second_factor
    return organiser.role_names if may else frozenset()


def note(*, organiser: Organiser, now: datetime) -> None:
    """End the spans of roles that somebody can use no more, and begin those of new ones. Flushes; never commits."""
    db.session.flush()
    # Held until the transaction ends: two who note the same person at once would both begin a span.
    db.session.execute(select(Organiser.id).where(Organiser.id == organiser.id).with_for_update())
    db.session.expire(organiser, ["webauthn", "roles"])
    usable, at = set(usable_roles(organiser)), never_before(now)
    for span in _open_spans(organiser.id):
        if span.role in usable:
            usable.discard(span.role)
        else:
            span.ended_at = at
    db.session.add_all(RoleSpan(organiser_id=organiser.id, role=role, began_at=at) for role in sorted(usable))
    db.session.flush()


def note_everyone(*, now: datetime) -> None:
    """Note what may have changed without us. Flushes; never commits."""
    for organiser in queries.organisers():
        if {span.role for span in _open_spans(organiser.id)} != usable_roles(organiser):
            note(organiser=organiser, now=now)


def never_before(now: datetime) -> datetime:
    """Return the time, or the latest that was noted: a clock that was set back makes no wait shorter.

    The worker notes the time with each of its jobs, so the latest is a minute old at most while it runs.
    """
    noted = (RoleSpan.began_at, RoleSpan.ended_at, JobLease.last_run_at)
    latest: list[datetime | None] = [db.session.scalar(select(func.max(column))) for column in noted]
    return max([now, *(moment for moment in latest if moment)])


def spans_of(roles: Collection[str]) -> Sequence[RoleSpan]:
    """Return from when to when anybody could use one of these roles."""
    return db.session.scalars(select(RoleSpan).where(RoleSpan.role.in_(roles)).order_by(RoleSpan.id)).all()


def able_now(roles: Collection[str]) -> Sequence[Organiser]:
    """Return who can use one of these roles now."""
    return [each for each in queries.organisers() if usable_roles(each) & set(roles)]


def _open_spans(organiser_id: int) -> Sequence[RoleSpan]:
    return db.session.scalars(
        select(RoleSpan).where(RoleSpan.organiser_id == organiser_id, RoleSpan.ended_at.is_(None))
    ).all()
