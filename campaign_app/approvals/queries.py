"""Reads what was asked, and how it stands at a moment."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from ..accounts import standing as people
from ..accounts.models import Organiser
from ..extensions import db
from . import rules
from .models import Approval
from .rules import Ability, Standing

SETTLED_SHOWN = 20


def approval_of(room: str, reference: str) -> Approval | None:
    """Return what was last asked about something of a room."""
    return db.session.scalar(
        select(Approval)
        .where(Approval.room == room, Approval.reference == reference)
        .order_by(Approval.id.desc())
        .limit(1)
    )


def approvals_of(room: str, references: Collection[str]) -> Mapping[str, Approval]:
    """Return what was last asked about several things of a room, by reference."""
    found = db.session.scalars(
        select(Approval)
        .where(Approval.room == room, Approval.reference.in_(references))
        .order_by(Approval.id)
    )
    return {each.reference: each for each in found}


def open_approvals() -> Sequence[Approval]:
    """Return what waits to be approved or released, the longest waiting first."""
    return db.session.scalars(
        select(Approval).where(Approval.state.in_(rules.OPEN_STATES)).order_by(Approval.id)
    ).all()


def settled_approvals(limit: int = SETTLED_SHOWN) -> Sequence[Approval]:
    """Return what was last released, declined or cancelled, the newest first."""
    return db.session.scalars(
        select(Approval)
        .where(Approval.state.not_in(rules.OPEN_STATES))
        .order_by(Approval.id.desc())
        .limit(limit)
    ).all()


def standing(approval: Approval, now: datetime) -> Standing:
    """Return how an approval stands. Reads only."""
    return standings([approval], now)[approval.id]


def standings(approvals: Sequence[Approval], now: datetime) -> Mapping[int, Standing]:
    """Return how several stand, by their numbers. Reads the team once for each asker and kind that is open."""
    asked = {(each.asked_by_id, each.kind) for each in approvals if each.state in rules.OPEN_STATES}
    alone = {(asker_id, kind): alone_since(asker_id, kind, now) for asker_id, kind in asked}
    return {
        each.id: rules.standing_of(
            state=each.state,
            kind=each.kind,
            asked_at=each.asked_at,
            alone_since=alone.get((each.asked_by_id, each.kind)),
            now=now,
        )
        for each in approvals
    }


def alone_since(asker_id: int, kind: str, now: datetime) -> datetime | None:
    """Return since when nobody but an asker may approve a kind; None while somebody else may."""
    roles = rules.APPROVERS[kind]
    return rules.alone_since(
        asker_id,
        able=[each.id for each in people.able_now(roles)],
        abilities=[Ability(span.organiser_id, span.ended_at) for span in people.spans_of(roles)],
        now=now,
    )


def wait_of(who: Organiser, kind: str, now: datetime) -> int:
    """Return how many hours somebody who asked now would wait, 0 where a second person may approve. Reads only."""
    if alone_since(who.id, kind, now) is None:
        return 0
    return rules.WAITS[kind] // rules.HOUR


def may_approve(approval: Approval, who: Organiser) -> bool:
    """Whether somebody is a second person for this: another one than asked, with a role that may."""
    return approval.asked_by_id != who.id and is_approver(approval, who)


def is_approver(approval: Approval, who: Organiser) -> bool:
    """Whether somebody has a role that may approve this, and can use it."""
    return bool(people.usable_roles(who) & rules.APPROVERS[approval.kind])


def may_cancel(approval: Approval, who: Organiser) -> bool:
    """Whether somebody asked for this, or is an owner."""
    return approval.asked_by_id == who.id or "owner" in people.usable_roles(who)
