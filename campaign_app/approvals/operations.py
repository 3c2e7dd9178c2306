"""Asks, approves, declines, cancels and releases. Nothing leaves but through `release`, and nothing leaves twice.

No command calls `approve`: two people are two people who each signed in, and gave their second factor a moment ago.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ..accounts import standing as people
from ..accounts.models import Organiser
from ..audit.operations import record
from ..extensions import db
from . import notices, queries, rules
from .models import Approval
from .problems import (
    Changed,
    NotAnApprover,
    NotAsked,
    NotReleasedYet,
    NotYours,
    ReleasedBefore,
    SamePerson,
)

DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Release:
    """That something may leave now, this once. how: "two-people" or "one-person", who then has waited."""

    approval_id: int
    how: str
    released_at: datetime


def ask(
    *,
    kind: str,
    room: str,
    subject: str,
    reference: str,
    digest: str,
    says: Mapping[str, str],
    by: Organiser,
    now: datetime,
) -> Approval:
    """Ask for something to be released. What was asked about the same before, and did not leave yet, is void.

    room, reference: name what is to leave. digest: SHA-256, hexadecimal, over exactly that: text, filters, purpose.
    says: language code → a sentence for whoever approves. Where nobody else may approve, the owners are told by mail.
    Flushes; never commits.
    """
    if kind not in rules.KINDS or not DIGEST.fullmatch(digest):
        raise ValueError("an approval needs a kind that is known and a SHA-256 in hexadecimal")
    people.note_everyone(now=now)
    before = queries.approval_of(room, reference)
    if before is not None and _held(before).state in rules.OPEN_STATES:
        _settle(before, rules.CANCELLED, by, now)
        _record("approval.replace", before, by=by.audit_name, now=now)
    approval = Approval(
        kind=kind,
        room=room,
        subject=subject,
        reference=reference,
        digest=digest,
        says=dict(says),
        state=rules.ASKED,
        asked_by=by,
        asked_at=_never_before(now),
    )
    db.session.add(approval)
    db.session.flush()
    _notice_if_alone(approval, now)
    _record("approval.ask", approval, by=by.audit_name, now=now)
    return approval


def approve(*, approval: Approval, digest: str, by: Organiser, now: datetime) -> None:
    """Let a second person agree. digest: of what they were shown.

    Raises SamePerson, NotAnApprover, NotAsked, Changed. Flushes; never commits.
    """
    _require_open(_held(approval))
    _require_second_person(approval, by)
    if digest != approval.digest:
        raise Changed("what is to leave is not what was asked for")
    if approval.state == rules.APPROVED:
        return  # a double click, or a third person
    _settle(approval, rules.APPROVED, by, now)
    _record("approval.approve", approval, by=by.audit_name, now=now)


def decline(*, approval: Approval, by: Organiser, now: datetime) -> None:
    """Let a second person disagree. Raises SamePerson, NotAnApprover, NotAsked. Flushes; never commits."""
    _require_open(_held(approval))
    _require_second_person(approval, by)
    _settle(approval, rules.DECLINED, by, now)
    _record("approval.decline", approval, by=by.audit_name, now=now)


def cancel(*, approval: Approval, by: Organiser, now: datetime) -> None:
    """Take back what was asked, until it is released. Raises NotYours, NotAsked. Flushes; never commits."""
    _require_open(_held(approval))
    if not queries.may_cancel(approval, by):
        raise NotYours("only whoever asked, or an owner, may cancel it")
    _settle(approval, rules.CANCELLED, by, now)
    _record("approval.cancel", approval, by=by.audit_name, now=now)


def release(*, approval: Approval, digest: str, by: str, now: datetime) -> Release:
    """Let it leave, once: say how, and mark it. Where one person released it, the owners are told by mail.

    digest: of what is about to leave. by: as the record names them.
    Raises NotReleasedYet, ReleasedBefore, NotAsked, Changed. Flushes; never commits.
    """
    people.note_everyone(now=now)
    _require_open(_held(approval))
    if digest != approval.digest:
        raise Changed("what is to leave is not what was asked for: ask again")
    found = queries.standing(approval, now)
    if found.state not in (rules.APPROVED, rules.RELEASABLE):
        raise NotReleasedYet(found.releasable_at)
    approval.how = rules.TWO_PEOPLE if found.state == rules.APPROVED else rules.ONE_PERSON
    approval.state, approval.released_by, approval.released_at = rules.RELEASED, by, now
    db.session.flush()
    if approval.how == rules.ONE_PERSON:
        notices.tell_owners(approval=approval, what=notices.LEFT, moment=now, now=now)
    _record("approval.release", approval, by=by, now=now)
    return Release(approval.id, approval.how, now)


def notice_who_is_alone(*, now: datetime) -> None:
    """Note who can do what, and tell the owners of what came to wait for one person only. Never commits."""
    people.note_everyone(now=now)
    for approval in queries.open_approvals():
        _notice_if_alone(approval, now)


def _notice_if_alone(approval: Approval, now: datetime) -> None:
    found = queries.standing(approval, now)
    if found.releasable_at is None:
        approval.noticed_at = None
    elif approval.noticed_at is None:
        notices.tell_owners(approval=approval, what=notices.WAITS, moment=found.releasable_at, now=now)
        approval.noticed_at = now
    db.session.flush()


def _held(approval: Approval) -> Approval:
    """Read a row anew and hold it until the transaction ends, so that of two who settle it one comes second."""
    db.session.refresh(approval, with_for_update={"of": Approval})
    return approval


def _require_open(approval: Approval) -> None:
    if approval.state == rules.RELEASED:
        raise ReleasedBefore("it left already: ask again for what is to leave again")
    if approval.state not in rules.OPEN_STATES:
        raise NotAsked("it was declined or cancelled: ask again")


def _require_second_person(approval: Approval, by: Organiser) -> None:
    if by.id == approval.asked_by_id:
        raise SamePerson("whoever asked does not approve")
    if not queries.may_approve(approval, by):
        raise NotAnApprover("approving this takes another role")


def _settle(approval: Approval, state: str, by: Organiser, now: datetime) -> None:
    approval.state, approval.settled_by, approval.settled_at = state, by, now
    db.session.flush()


def _never_before(now: datetime) -> datetime:
    """Return the time, or the latest that was noted: a clock that was set back makes no wait shorter."""
    latest: datetime | None = db.session.scalar(select(func.max(Approval.asked_at)))
    noted = people.never_before(now)
    return max(noted, latest) if latest else noted


def _record(action: str, approval: Approval, *, by: str, now: datetime) -> None:
    details = {
        "kind": approval.kind,
        "room": approval.room,
        "reference": approval.reference,
        "about": approval.subject,
        "digest": approval.digest,
    }
    if approval.how:
        details["how"] = approval.how
    record(action=action, by=by, subject=approval.audit_name, details=details, now=now)
