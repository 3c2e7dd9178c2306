"""Answers that ask a person to come back: a busy network, records that are away, signing that an owner stopped."""

from datetime import date

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from ..extensions import db
from ..petitions.queries import signing_is_stopped
from .forms import MailboxForm, SignForm
from .models import Pending

STOPPED_RETRY_SECONDS = 3600  # a person stopped signing, and it goes on when one lets it
AWAY_RETRY_SECONDS = 10


def try_again(
    form: SignForm | MailboxForm,
    *,
    status: int,
    retry_after_seconds: int,
    is_stopped: bool = False,
    action: str = "",
) -> ResponseReturnValue:
    """Keep everything typed on a page that needs no database, and say when to press the button again.

    is_stopped: because an owner stopped signing. action: where the form goes, by default where it came to.
    """
    fields = [
        *form.typed(),
        ("form_token", form.form_token.data),
        ("check_token", form.check_token.data),
        ("altcha", form.altcha.data),
        ("correct", form.correct.data),
    ]
    page = render_template(
        "signing/try_again.html",
        form_fields=[(name, value) for name, value in fields if value],
        retry_after_seconds=retry_after_seconds,
        action=action or request.path,
        status=status,
        is_stopped=is_stopped,
    )
    return page, status, {"Retry-After": str(retry_after_seconds)}


def not_now(form: SignForm, *, is_stopped: bool, action: str) -> ResponseReturnValue:
    """Keep everything typed while an owner has stopped signing, or while the database does not answer."""
    seconds = STOPPED_RETRY_SECONDS if is_stopped else AWAY_RETRY_SECONDS
    return try_again(form, status=503, retry_after_seconds=seconds, is_stopped=is_stopped, action=action)


def while_stopped(opened: bytes) -> ResponseReturnValue | None:
    """Refuse a mailed link for as long as signing is stopped, saying until when it works; None where it is not.

    opened: the hash of the link. One to a private page is never refused: whoever wants to withdraw must be able to.
    """
    if not signing_is_stopped():
        return None
    waits = select(Pending.expires_on).where(Pending.token_hash == opened, Pending.purpose == "sign")
    last_on: date | None = db.session.scalar(waits)
    if last_on is None:
        return None
    page = render_template("signing/stopped.html", last_on=last_on)
    return page, 503, {"Retry-After": str(STOPPED_RETRY_SECONDS)}
