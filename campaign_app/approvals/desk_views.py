"""What waits for a second person: look, approve, decline, cancel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..clock import utc_now
from ..extensions import db
from . import operations, queries, rules
from .models import Approval
from .problems import ApprovalRefused, MayNot, NotAnApprover, NotYours, SamePerson
from .rules import Standing

# Room → endpoint of the page that shows what is to leave; it takes the reference. Put there by the desk.
PLACES = "nidaa_approval_places"
blueprint = Blueprint("approvals", __name__, url_prefix="/approvals")


@dataclass(frozen=True)
class Shown:
    """One approval as a person at the desk sees it. place: the address where it can be looked at, or ""."""

    approval: Approval
    standing: Standing
    place: str = ""
    may_approve: bool = False
    may_cancel: bool = False


@blueprint.get("/")
def waiting() -> ResponseReturnValue:
    """List what waits, and what was settled lately."""
    return _page()


@blueprint.post("/<int:approval_id>/approve")
def approve(approval_id: int) -> ResponseReturnValue:
    """Agree, as a second person, to exactly what was shown."""
    says = _("Approved. Whoever asked can release it now.")
    return _settled(approval_id, operations.approve, says, digest=request.form.get("digest", ""))


@blueprint.post("/<int:approval_id>/decline")
def decline(approval_id: int) -> ResponseReturnValue:
    """Disagree, as a second person."""
    return _settled(approval_id, operations.decline, _("Declined. It does not leave."))


@blueprint.post("/<int:approval_id>/cancel")
def cancel(approval_id: int) -> ResponseReturnValue:
    """Take back what was asked."""
    return _settled(approval_id, operations.cancel, _("Cancelled. It does not leave."))


def refusal(problem: ApprovalRefused) -> str:
    """Return in the reader's language why something is not approved or not released."""
    says: str = _("Nothing was changed: it was settled or altered meanwhile. Look at it again.")
    if isinstance(problem, SamePerson):
        says = _("You asked for it, so a second person must approve it.")
    elif isinstance(problem, NotAnApprover):
        says = _("Your roles do not approve this.")
    elif isinstance(problem, NotYours):
        says = _("Only whoever asked for it, or an owner, can cancel it.")
    return says


def _settled(approval_id: int, act: Callable[..., None], done: str, **given: str) -> ResponseReturnValue:
    """Settle an approval in the name of whoever is signed in, and list what waits; or say why not.

    act: one of operations.py. given: what it takes besides approval, by and now.
    """
    approval = db.session.get(Approval, approval_id)
    if approval is None:
        abort(404)
    try:
        act(approval=approval, by=organiser(), now=utc_now(), **given)
    except ApprovalRefused as problem:
        db.session.rollback()
        flash(refusal(problem), "error")
        return _page(), 403 if isinstance(problem, MayNot) else 409
    db.session.commit()
    flash(done, "success")
    return redirect(url_for(".waiting"), 303)


def _page() -> str:
    now, me = utc_now(), organiser()
    waiting, settled = queries.open_approvals(), queries.settled_approvals()
    standings = queries.standings([*waiting, *settled], now)
    shown = [
        Shown(
            each,
            standings[each.id],
            _place(each),
            queries.may_approve(each, me) and each.state == rules.ASKED,
            queries.may_cancel(each, me),
        )
        for each in waiting
    ]
    return render_template(
        "approvals/waiting.html",
        me=me,
        waiting=shown,
        settled=[Shown(each, standings[each.id]) for each in settled],
        longest=rules.WAITS[rules.PERSONAL_DATA] // rules.HOUR,
        shortest=rules.WAITS[rules.LETTER] // rules.HOUR,
    )


def _place(approval: Approval) -> str:
    places: Mapping[str, str] = current_app.extensions.get(PLACES, {})
    endpoint = places.get(approval.room)
    return url_for(endpoint, reference=approval.reference) if endpoint else ""
