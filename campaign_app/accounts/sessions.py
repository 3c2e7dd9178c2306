"""Signed-in browsers: each has a row, is asked for it on every request, and is out when it is gone or over."""

import time
from typing import Any

from flask import Flask, Response, abort, g, request, session
from flask_login import current_user
from flask_security.signals import user_authenticated
from flask_security.utils import logout_user
from sqlalchemy import update

from ..clock import utc_now
from ..database import at_once, reading
from ..extensions import db
from . import open_sessions, queries, rules
from .models import Organiser, OrganiserSession
from .standing import usable_roles

TOKEN = "nidaa_session"  # noqa: S105 - the name of a mark, not a secret
LANGUAGE = "nidaa_language"
FACTOR_AT = "fs_paa"  # the library's: when the second factor was last asked for, in seconds since 1970
SIGNED_IN_BY = {
    "security.two_factor_token_validation": "code",
    "security.wan_signin_response": "passkey",
    "security.mf_recovery": "recovery-code",
    "security.change_password": "password-change",
    "accounts.accept": "link",
}


def register(desk: Flask) -> None:
    """Watch sign-ins and every request of the desk. Call it before what asks for roles is registered."""
    user_authenticated.connect(_begin, desk)
    desk.before_request(_hold_to_row)
    desk.after_request(_renew)


def organiser() -> Organiser:
    """Return whoever is signed in; only for pages that nobody else can open."""
    found: Organiser = current_user._get_current_object()
    return found


def roles_before_reading() -> frozenset[str]:
    """Return what a browser may do, before anything of its request is read or holds the turn to write."""
    if TOKEN not in session:
        return frozenset()
    with reading():
        row = queries.session_of(session[TOKEN])
        if row is None or rules.session_is_over(
            created_at=row.created_at, last_seen_at=row.last_seen_at, now=utc_now()
        ):
            return frozenset()
        return usable_roles(db.session.get_one(Organiser, row.organiser_id))


def factor_is_fresh() -> bool:
    """Whether the second factor was given in the last minutes."""
    age: float = time.time() - session.get(FACTOR_AT, 0)
    return 0 <= age < rules.FACTOR_IS_FRESH_FOR.total_seconds()


def factor_was_given() -> None:
    """Note that the second factor was given now."""
    session[FACTOR_AT] = time.time()


def sign_out() -> None:
    """End the session at hand in this browser; its row is the caller's."""
    language = session.get(LANGUAGE)
    logout_user()
    session.clear()
    if language:
        session[LANGUAGE] = language


def _begin(sender: Flask, user: Organiser, **how: Any) -> None:
    """Give a browser that has just signed in a session of its own. The view that signed it in commits."""
    asked_for = session.get("tf_user_id")
    if asked_for and asked_for != user.fs_uniquifier:
        # The password was one person's and the passkey another's: neither is signed in by it.
        session.clear()
        abort(403)
    via = SIGNED_IN_BY.get(request.endpoint or "", "")
    if not via:
        # Only a password: right for somebody who has not set up a second factor yet, and gets no further.
        via = "password"
    session[TOKEN] = open_sessions.begin_session(organiser=user, via=via, now=utc_now())
    session[LANGUAGE] = g.lang = user.locale


def _hold_to_row() -> None:
    """Sign out whose session was ended, is over, or whose organiser was deactivated."""
    if TOKEN not in session and not current_user.is_authenticated:
        return
    now = utc_now()
    row = queries.session_of(session.get(TOKEN, ""))
    known = current_user.is_authenticated and row is not None and row.organiser_id == current_user.id
    if (
        not known
        or row is None
        or rules.session_is_over(created_at=row.created_at, last_seen_at=row.last_seen_at, now=now)
    ):
        sign_out()
        return
    g.session_id = row.id
    g.signed_in_as = session[TOKEN], session.get(FACTOR_AT)
    if now - row.last_seen_at >= rules.SEEN_AGAIN_AFTER:
        _touch(row.id)


def _renew(response: Response) -> Response:
    """Give a browser that has just shown its second factor again another token: a copy of the old one is void."""
    token, given_at = g.get("signed_in_as", (None, None))
    if token is not None and session.get(TOKEN) == token and session.get(FACTOR_AT) != given_at:
        session[TOKEN] = open_sessions.renew_session(session_id=g.session_id)
        db.session.commit()
    return response


def _touch(session_id: int) -> None:
    """Note that a session is used: on a connection of its own, since a page that is read cannot write."""
    with at_once() as connection:
        connection.execute(
            update(OrganiserSession).where(OrganiserSession.id == session_id).values(last_seen_at=utc_now())
        )
