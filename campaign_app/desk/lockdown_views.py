"""The lockdown at the desk: what each part would do, one button, and the way back where there is one. Owners only."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import finished_pages
from ..accounts.queries import organisers
from ..accounts.sessions import TOKEN, organiser
from ..accounts.today import Line
from ..audit.rules import BY_COMMAND
from ..clock import utc_now
from ..extensions import db
from ..languages import format_date_time, format_number
from ..lockdown import operations
from ..lockdown.queries import orders
from ..lockdown.rules import IN_FORCE, KEYS, PARTS, PURGE, SIGNING, STAYS, USUAL, NotAPart
from ..petitions.queries import forget_kept
from . import lockdown as work

blueprint = Blueprint("lockdown", __name__, url_prefix="/lockdown")


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """Say what is shut, and what a lockdown would do."""
    return _page(USUAL)


@blueprint.post("/")
def lock() -> ResponseReturnValue:
    """Do the chosen parts at once."""
    try:
        done = work.lock(
            parts=request.form.getlist("parts"), by=organiser().audit_name, but=session[TOKEN], now=utc_now()
        )
    except NotAPart:
        return _page((), [("parts", _("Nothing was done: choose at least one part."))]), 422
    db.session.commit()
    forget_kept()
    finished_pages.forget_all()
    flash(_("Locked down. Every page knows within a few seconds."), "success")
    if PURGE in done.parts and done.left:
        flash(_("Requests that the worker still deletes: %(count)s.", count=format_number(done.left)), "info")
    return redirect(url_for(".page"), 303)


@blueprint.post("/<part>/lift")
def lift(part: str) -> ResponseReturnValue:
    """Take one part back, or stop what the worker has not yet done of it."""
    if part not in IN_FORCE:
        abort(404)
    try:
        operations.lift(part=part, by=organiser().audit_name, now=utc_now())
    except NotAPart:
        db.session.rollback()
        flash(_("That was over already."), "info")
        return redirect(url_for(".page"), 303)
    db.session.commit()
    forget_kept()
    finished_pages.forget_all()
    flash(_("Taken back. Every page knows within a few seconds."), "success")
    return redirect(url_for(".page"), 303)


def lockdown_lines(now: datetime) -> Iterable[Line]:
    """Say on the home that something is shut, or that the worker still has something to do for a lockdown."""
    found = orders()
    if SIGNING in found:
        says = _("Signing is stopped since %(moment)s.", moment=format_date_time(found[SIGNING].since))
        yield Line(urgency="now", says=says, endpoint="lockdown.page")
    for part in (*STAYS, PURGE, KEYS):
        if part in found and part != SIGNING:
            yield Line(
                urgency="now" if part in STAYS else "soon", says=_words(part), endpoint="lockdown.page"
            )


def _words(part: str) -> str:
    if part == PURGE:
        return str(_("Requests that wait to be confirmed are being deleted, as a lockdown asked."))
    if part == KEYS:
        return str(_("The server's keys are not replaced yet, as a lockdown asked."))
    return str(_("No name is shown on any petition: a lockdown hides them."))


def _page(ticked: Sequence[str], errors: list[tuple[str, str]] | None = None) -> str:
    names = {each.audit_name: each.name for each in organisers()}
    found = orders()
    return render_template(
        "desk/lockdown.html",
        errors=errors or [],
        orders=[found[part] for part in IN_FORCE if part in found],
        names=names | {BY_COMMAND: _("somebody at the server's terminal")},
        reach=work.reach(but=session[TOKEN]),
        parts=[part for part in PARTS if part not in found],
        ticked=ticked,
    )
