"""Who is signed in: sessions begun, renewed and ended, each on record. sessions.py ties them to a browser's cookie."""

import secrets
from datetime import datetime

from sqlalchemy import delete, update

from ..audit.operations import record
from ..extensions import db
from .models import Organiser, OrganiserSession
from .queries import hash_of

TOKEN_BYTES = 32


def new_token() -> str:
    """Return a secret for a link or a session: 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def begin_session(*, organiser: Organiser, via: str, now: datetime) -> str:
    """Note that a browser is signed in, and return the token that it keeps. Never commits.

    via: the last thing that was asked for: "code", "passkey", "recovery-code", "link" or "password-change".
    """
    token = new_token()
    db.session.add(
        OrganiserSession(
            token_hash=hash_of(token), organiser_id=organiser.id, created_at=now, last_seen_at=now
        )
    )
    db.session.flush()
    record(action="accounts.sign-in", by=organiser.audit_name, details={"via": via}, now=now)
    return token


def renew_session(*, session_id: int) -> str:
    """Give a session another token, and return it; the one before opens nothing any more. Never commits."""
    token = new_token()
    db.session.execute(
        update(OrganiserSession).where(OrganiserSession.id == session_id).values(token_hash=hash_of(token))
    )
    return token


def end_session(*, session_id: int, organiser: Organiser, now: datetime) -> bool:
    """End one session of an organiser; whether there was one. Never commits."""
    gone = delete(OrganiserSession).where(
        OrganiserSession.id == session_id, OrganiserSession.organiser_id == organiser.id
    )
    if not db.session.scalars(gone.returning(OrganiserSession.id)).all():
        return False
    record(action="accounts.end-session", by=organiser.audit_name, subject=f"session:{session_id}", now=now)
    return True


def end_other_sessions(*, organiser: Organiser, but: str | None, now: datetime) -> int:
    """End every session of an organiser but the one with this token; return how many. Never commits."""
    ended = end_sessions_of(organiser, but=but)
    if ended:
        record(action="accounts.end-sessions", by=organiser.audit_name, details={"sessions": ended}, now=now)
    return ended


def sign_out_everywhere(*, organiser: Organiser, by: Organiser, now: datetime) -> int:
    """End every session of somebody, whose password and second factor stay; return how many. Never commits."""
    ended = end_sessions_of(organiser)
    details = {"sessions": ended}
    record(
        action="accounts.sign-out-everywhere",
        by=by.audit_name,
        subject=organiser.audit_name,
        details=details,
        now=now,
    )
    return ended


def end_all_sessions(*, but: str | None) -> int:
    """End every session of everybody but the one with this token; return how many. Never commits.

    It is part of something larger, which whoever calls it puts on record.
    """
    ended = delete(OrganiserSession)
    if but is not None:
        ended = ended.where(OrganiserSession.token_hash != hash_of(but))
    return len(db.session.scalars(ended.returning(OrganiserSession.id)).all())


def end_sessions_of(organiser: Organiser, but: str | None = None) -> int:
    """End the sessions of somebody, all but the one with this token; return how many. Never commits."""
    statement = delete(OrganiserSession).where(OrganiserSession.organiser_id == organiser.id)
    if but is not None:
        statement = statement.where(OrganiserSession.token_hash != hash_of(but))
    return len(db.session.scalars(statement.returning(OrganiserSession.id)).all())
