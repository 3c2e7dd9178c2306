"""What happens to passwords and second factors in the library's own views: on record, and never down to a password."""

from typing import Any

from flask import Flask, Response, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.signals import (
    password_changed,
    tf_profile_changed,
    user_failed_authn,
    wan_deleted,
    wan_registered,
)
from sqlalchemy import select

from ..clock import utc_now
from ..extensions import db
from . import open_sessions, operations
from .models import Organiser
from .sessions import TOKEN


def register(desk: Flask) -> None:
    """Listen to the library's views, which commit what is recorded here together with what they did."""
    user_failed_authn.connect(_failed, desk)
    password_changed.connect(_password_changed, desk)
    tf_profile_changed.connect(_codes_set_up, desk)
    wan_registered.connect(_passkey_set_up, desk)
    wan_deleted.connect(_passkey_removed, desk)
    desk.before_request(_keep_one)
    desk.after_request(_note_wrong_recovery_code)


def _failed(sender: Flask, user: Organiser, tfa: bool = False, auth_type: str = "", **how: Any) -> None:
    """Put on record that the second factor was wrong; nobody commits after a refusal, so this does."""
    if tfa or auth_type == "passkey":
        _note_failed(user, auth_type)


def _note_failed(user: Organiser, what: str) -> None:
    operations.note_failed_factor(organiser=user, what=what, now=utc_now())
    db.session.commit()


def _password_changed(sender: Flask, user: Organiser, **how: Any) -> None:
    now = utc_now()
    open_sessions.end_other_sessions(organiser=user, but=session.get(TOKEN), now=now)
    operations.note_change(organiser=user, what="password", now=now)


def _codes_set_up(sender: Flask, user: Organiser, **how: Any) -> None:
    operations.note_change(organiser=user, what="codes", now=utc_now())


def _passkey_set_up(sender: Flask, user: Organiser, **how: Any) -> None:
    operations.note_change(organiser=user, what="passkey-added", now=utc_now())


def _passkey_removed(sender: Flask, user: Organiser, **how: Any) -> None:
    operations.note_change(organiser=user, what="passkey-removed", now=utc_now())


def _keep_one() -> ResponseReturnValue | None:
    """Refuse to remove the only second factor: whoever knows the password could then set up their own."""
    if request.endpoint != "security.wan_delete" or not current_user.is_authenticated:
        return None
    if current_user.tf_primary_method or len(current_user.webauthn) > 1:
        return None
    flash(_("Nothing was removed: this is your only second step. Set up another one first."), "error")
    return redirect(url_for("accounts.sign_in_settings"), 303)


def _note_wrong_recovery_code(response: Response) -> Response:
    """Put a wrong recovery code on record: the library tells nobody of it."""
    if (
        request.endpoint == "security.mf_recovery"
        and request.method == "POST"
        and response.status_code == 200
    ):
        known_by = session.get("tf_user_id", "")
        user = db.session.scalar(select(Organiser).where(Organiser.fs_uniquifier == known_by))
        if user is not None:
            _note_failed(user, "recovery-code")
    return response
