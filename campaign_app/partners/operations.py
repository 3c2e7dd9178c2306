"""Adds partners, changes them, pauses and ends them, and makes the private link to their numbers. Never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from ..audit.operations import record
from ..errors import Refusal
from ..extensions import db
from ..sealing.tokens import new_token, token_hash
from ..tally.breakdowns import SOURCES
from .models import Partner
from .rules import ACTIVE, CODE, ENDED, MOST_ORIGINS, PAUSED, RESERVED_CODES, may_move

ACTIONS = {ACTIVE: "partner.resume", PAUSED: "partner.pause", ENDED: "partner.end"}


class CodeTaken(Refusal):
    """Another partner, or a way of sharing of our own, has this code already, and keeps it for good."""


class CannotMove(Refusal):
    """A partner in this state cannot go to that one; an ended one goes nowhere."""


class HasEnded(Refusal):
    """The partner's time is over: nothing about it changes any more."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """What may change of a partner. The fields are those of `models.Partner`, which says what they mean."""

    name: str
    origins: Sequence[str]
    contact: str
    language: str
    consent_lines: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, Any]:
        """Return the values by column, as they are stored."""
        return {
            "name": self.name,
            "origins": list(self.origins),
            "contact": self.contact,
            "language": self.language,
            "consent_lines": dict(self.consent_lines),
        }


def add(*, code: str, described: Described, by: str, now: datetime) -> Partner:
    """Add an active partner. by: as the record names them. Raises CodeTaken. Flushes; never commits."""
    if not CODE.fullmatch(code) or len(described.origins) > MOST_ORIGINS:
        raise ValueError("a partner's code or its sites are not as its form holds them")
    if code in SOURCES or code in RESERVED_CODES:
        raise CodeTaken
    found = Partner(code=code, **described.columns, state=ACTIVE, added_at=now)
    try:
        with db.session.begin_nested():
            db.session.add(found)
    except IntegrityError:
        raise CodeTaken from None
    details = {"name": found.name, "origins": found.origins, "language": found.language}
    record(action="partner.add", by=by, subject=code, details=details, now=now)
    return found


def edit(*, partner: Partner, described: Described, by: str, now: datetime) -> bool:
    """Change what is known of a partner; return whether anything changed. Raises HasEnded. Never commits."""
    db.session.refresh(partner, with_for_update=True)
    if partner.state == ENDED:
        raise HasEnded
    changed = [name for name, value in described.columns.items() if getattr(partner, name) != value]
    if not changed:
        return False
    for name in changed:
        setattr(partner, name, described.columns[name])
    db.session.flush()
    details: dict[str, Any] = {"fields": changed}
    if "origins" in changed:
        details["origins"] = partner.origins
    record(action="partner.edit", by=by, subject=partner.code, details=details, now=now)
    return True


def move(*, partner: Partner, to: str, by: str, now: datetime) -> None:
    """Pause, resume or end a partner; an end takes its private link back. Raises CannotMove. Never commits."""
    db.session.refresh(partner, with_for_update=True)
    if not may_move(partner.state, to):
        raise CannotMove
    partner.state = to
    if to == ENDED:
        partner.link_hash = partner.link_made_at = None
    db.session.flush()
    record(action=ACTIONS[to], by=by, subject=partner.code, now=now)


def make_link(*, partner: Partner, by: str, now: datetime) -> str:
    """Return the token of a new private link; the one before opens nothing any more. Raises HasEnded. Never commits.

    It is kept nowhere, only its hash: whoever loses it is given another.
    """
    db.session.refresh(partner, with_for_update=True)
    if partner.state == ENDED:
        raise HasEnded
    token = new_token()
    partner.link_hash, partner.link_made_at = token_hash(token), now
    db.session.flush()
    record(action="partner.make-link", by=by, subject=partner.code, now=now)
    return token


def revoke_link(*, partner: Partner, by: str, now: datetime) -> bool:
    """Let the private link open nothing any more; return whether there was one. Never commits."""
    db.session.refresh(partner, with_for_update=True)
    if partner.link_hash is None:
        return False
    partner.link_hash = partner.link_made_at = None
    db.session.flush()
    record(action="partner.revoke-link", by=by, subject=partner.code, now=now)
    return True
