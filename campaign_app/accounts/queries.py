"""Reads of organisers, invitations and sessions."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from ..extensions import db
from .models import Invitation, Organiser, OrganiserSession, Role
from .rules import OWNER, SESSION_LASTS, SESSION_RESTS_AT_MOST


def hash_of(token: str) -> bytes:
    """Return what is stored of a link or a session: 32 random bytes need no salt."""
    return sha256(token.encode()).digest()


def organiser_by_email(email: str) -> Organiser | None:
    """Return whoever has an address, active or not, however it is capitalised."""
    return db.session.scalar(select(Organiser).where(func.lower(Organiser.email) == email.lower()))


def organisers() -> Sequence[Organiser]:
    """Return everyone who ever joined, the active first."""
    return db.session.scalars(
        select(Organiser)
        .options(selectinload(Organiser.roles), selectinload(Organiser.webauthn))
        .order_by(Organiser.active.desc(), Organiser.id)
    ).all()


def active_owners() -> Sequence[Organiser]:
    """Return the owners who can sign in."""
    return db.session.scalars(
        select(Organiser)
        .where(Organiser.active, Organiser.roles.any(Role.name == OWNER))
        .order_by(Organiser.id)
    ).all()


def active_organisers() -> Sequence[Organiser]:
    """Return everyone who can sign in: a second person is one of these."""
    return db.session.scalars(select(Organiser).where(Organiser.active).order_by(Organiser.id)).all()


def invitations(*, now: datetime) -> Sequence[Invitation]:
    """Return the invitations whose link still works."""
    return db.session.scalars(
        select(Invitation).where(Invitation.expires_at > now).order_by(Invitation.id)
    ).all()


def invitation_of(token: str, *, now: datetime) -> Invitation | None:
    """Return the invitation that a link opens, if it still does."""
    return db.session.scalar(
        select(Invitation).where(Invitation.token_hash == hash_of(token), Invitation.expires_at > now)
    )


def session_of(token: str) -> OrganiserSession | None:
    """Return the session that a browser's token belongs to."""
    return db.session.scalar(select(OrganiserSession).where(OrganiserSession.token_hash == hash_of(token)))


def sessions_of(organiser: Organiser, *, now: datetime) -> Sequence[OrganiserSession]:
    """Return where an organiser is signed in, the last used first."""
    return db.session.scalars(
        select(OrganiserSession)
        .where(
            OrganiserSession.organiser_id == organiser.id,
            OrganiserSession.created_at > now - SESSION_LASTS,
            OrganiserSession.last_seen_at > now - SESSION_RESTS_AT_MOST,
        )
        .order_by(OrganiserSession.last_seen_at.desc(), OrganiserSession.id.desc())
    ).all()
