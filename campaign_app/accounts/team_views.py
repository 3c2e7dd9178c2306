"""The team: who works here, in which roles, and who is invited. Owners only."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from ..clock import utc_now
from ..extensions import db
from ..languages import current_language, format_number
from ..mail import operations as mail
from ..mail.rules import INVITATION
from ..sealing.keys import keyring
from ..sealing.mail import seal_mail
from . import open_sessions, operations, queries
from .forms import DeskForm, InviteForm, RolesForm
from .models import Organiser
from .rules import ROLES, AlreadyOrganiser, LastOwner
from .sessions import organiser

blueprint = Blueprint("team", __name__, url_prefix="/team")


@blueprint.get("/")
def people() -> ResponseReturnValue:
    """List everyone who works here and everyone who is invited."""
    return _page(InviteForm())


@blueprint.post("/invite")
def invite() -> ResponseReturnValue:
    """Send an invitation; the link is in the mail only."""
    form = InviteForm()
    has_role = form.read_roles(request.form.getlist("roles"))
    errors = [] if form.validate() else form.error_list
    if not has_role:
        errors.append(("roles", _("Tick at least one role.")))
    if errors:
        return _page(form, errors), 422
    email = form.email.data or ""
    try:
        token = operations.invite(email=email, roles=form.roles, by=organiser(), now=utc_now())
    except AlreadyOrganiser:
        form.email.errors = [_("Somebody with this address works here already.")]
        return _page(form, form.error_list), 422
    _send_link(email, token)
    db.session.commit()
    flash(_("The invitation is on its way. Its link works for seven days."), "success")
    return redirect(url_for(".people"), 303)


@blueprint.post("/invitations/<int:invitation_id>/withdraw")
def withdraw_invitation(invitation_id: int) -> ResponseReturnValue:
    """Let an invitation's link stop working."""
    operations.withdraw_invitation(invitation_id=invitation_id, by=organiser(), now=utc_now())
    db.session.commit()
    flash(_("The link of that invitation no longer works."), "success")
    return redirect(url_for(".people"), 303)


@blueprint.post("/<int:organiser_id>/roles")
def change_roles(organiser_id: int) -> ResponseReturnValue:
    """Give somebody other roles."""
    found, form = _active(organiser_id), RolesForm()
    if not form.read_roles(request.form.getlist("roles")):
        flash(_("Nothing was changed: tick at least one role."), "error")
        return redirect(url_for(".people"), 303)
    try:
        operations.change_roles(organiser=found, roles=form.roles, by=organiser(), now=utc_now())
    except LastOwner:
        return _refuse_last_owner()
    db.session.commit()
    flash(_("The roles are changed. Whoever has them must sign in again."), "success")
    return redirect(url_for(".people"), 303)


@blueprint.get("/<int:organiser_id>/deactivate")
def ask_to_deactivate(organiser_id: int) -> ResponseReturnValue:
    """Say what deactivating does, before it is done."""
    return render_template("accounts/deactivate.html", person=_active(organiser_id), form=DeskForm())


@blueprint.post("/<int:organiser_id>/deactivate")
def deactivate(organiser_id: int) -> ResponseReturnValue:
    """Let somebody sign in no more."""
    try:
        operations.deactivate(organiser=_active(organiser_id), by=organiser(), now=utc_now())
    except LastOwner:
        return _refuse_last_owner()
    db.session.commit()
    flash(_("This account is closed, and signed out everywhere."), "success")
    return redirect(url_for(".people"), 303)


@blueprint.post("/<int:organiser_id>/begin-anew")
def begin_anew(organiser_id: int) -> ResponseReturnValue:
    """Send somebody who lost password or second factor a link to set both anew."""
    found = _active(organiser_id)
    token = operations.begin_anew(organiser=found, by=organiser(), now=utc_now())
    _send_link(found.email, token, found.locale)
    db.session.commit()
    flash(_("A link to choose a new password and second step is on its way."), "success")
    return redirect(url_for(".people"), 303)


@blueprint.post("/<int:organiser_id>/sign-out")
def sign_out_everywhere(organiser_id: int) -> ResponseReturnValue:
    """End every session of somebody whose browser may be in other hands."""
    ended = open_sessions.sign_out_everywhere(organiser=_active(organiser_id), by=organiser(), now=utc_now())
    db.session.commit()
    says = ngettext(
        "%(count)s browser was signed out.",
        "%(count)s browsers were signed out.",
        ended,
        count=format_number(ended),
    )
    flash(says, "success")
    return redirect(url_for(".people"), 303)


def _page(form: InviteForm, errors: list[tuple[str, str]] | None = None) -> str:
    return render_template(
        "accounts/team.html",
        form=form,
        errors=errors or [],
        people=queries.organisers(),
        invitations=queries.invitations(now=utc_now()),
        roles=ROLES,
        me=organiser(),
    )


def _active(organiser_id: int) -> Organiser:
    found = db.session.get(Organiser, organiser_id)
    if found is None or not found.active:
        abort(404)
    return found


def _send_link(email: str, token: str, language: str = "") -> None:
    """Put the mail with the link into the outbox, sealed like every mail."""
    parameters = {"to": email, "language": language or current_language(), "token": token}
    sealed = seal_mail(parameters, key=keyring().mail_public)
    mail.queue(kind=INVITATION, about=None, not_before=utc_now(), sealed=sealed)


def _refuse_last_owner() -> ResponseReturnValue:
    db.session.rollback()
    flash(
        _("Nothing was changed: this is the only owner. Make somebody else an owner first."),
        "error",
    )
    return redirect(url_for(".people"), 303)
