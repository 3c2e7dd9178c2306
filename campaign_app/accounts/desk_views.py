"""An organiser's own pages: joining, proving that it is still them, how they sign in, and from where."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security.proxies import _security
from flask_security.utils import hash_password, login_user

from ..clock import utc_now
from ..extensions import db
from ..languages import LANGUAGES, current_language
from . import open_sessions, operations, queries
from .forms import CodeForm, DeskForm, JoinForm
from .passwords import normalized
from .rules import InvitationUnknown
from .sessions import LANGUAGE, TOKEN, factor_was_given, organiser, sign_out

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/invitation/<token>")
def invitation(token: str) -> ResponseReturnValue:
    """Show what joining needs. Opening the link uses nothing up."""
    found = queries.invitation_of(token, now=utc_now())
    if found is None:
        return render_template("accounts/invitation_over.html"), 410
    return render_template("accounts/join.html", form=JoinForm(), invitation=found, token=token)


@blueprint.post("/invitation/<token>")
def accept(token: str) -> ResponseReturnValue:
    """Let the invited person join, and lead them to their second factor."""
    found = queries.invitation_of(token, now=utc_now())
    if found is None:
        return render_template("accounts/invitation_over.html"), 410
    form = JoinForm()
    form.email = found.email
    db.session.rollback()  # to weigh a password and to hash it take long, and nobody else should wait for it
    if not form.validate():
        page = render_template(
            "accounts/join.html", form=form, errors=form.error_list, invitation=found, token=token
        )
        return page, 422
    password_hash = hash_password(normalized(form.password.data or ""))
    try:
        joined = operations.accept(
            token=token,
            name=form.name.data or "",
            password_hash=password_hash,
            locale=current_language(),
            now=utc_now(),
        )
    except InvitationUnknown:
        return render_template("accounts/invitation_over.html"), 410
    sign_out()
    login_user(joined, authn_via=["link"])  # type: ignore[arg-type] # our model stands in for the library's
    db.session.commit()
    return redirect(url_for(".sign_in_settings"), 303)


@blueprint.get("/sign-in")
def sign_in_settings() -> ResponseReturnValue:
    """Show an organiser's password, codes, passkeys, recovery codes and sessions."""
    me = organiser()
    return render_template(
        "accounts/sign_in_settings.html",
        me=me,
        sessions=queries.sessions_of(me, now=utc_now()),
        session_id=g.session_id,
        form=DeskForm(),
    )


@blueprint.route("/prove", methods=["GET", "POST"])
def prove() -> ResponseReturnValue:
    """Ask for the second factor again, before something that weighs much; then go on where one was."""
    me, form, goes_to = organiser(), CodeForm(), own_page(request.args.get("next", ""))
    if not me.has_second_factor:
        # Joined long ago and never finished: the password must be fresh at least.
        sign_out()
        return redirect(url_for("security.login"), 303)
    errors: list[tuple[str, str]] = []
    if request.method == "POST":
        if form.validate() and me.tf_totp_secret and _code_is_right(form.code.data or ""):
            db.session.commit()
            factor_was_given()
            return redirect(goes_to, 303)
        errors = form.error_list or [("code", _("This code is not right, or was used. Wait for the next."))]
    page = render_template("accounts/prove.html", me=me, form=form, errors=errors, goes_to=goes_to)
    return page, 422 if errors else 200


@blueprint.post("/sign-in/sessions/<int:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    """End one session of one's own."""
    if not open_sessions.end_session(session_id=session_id, organiser=organiser(), now=utc_now()):
        abort(404)
    db.session.commit()
    flash(_("That browser is signed out."), "success")
    return redirect(url_for(".sign_in_settings"), 303)


@blueprint.post("/sign-in/sessions/end-others")
def end_other_sessions() -> ResponseReturnValue:
    """End every session of one's own but this one."""
    open_sessions.end_other_sessions(organiser=organiser(), but=session[TOKEN], now=utc_now())
    db.session.commit()
    flash(_("Every other browser is signed out."), "success")
    return redirect(url_for(".sign_in_settings"), 303)


@blueprint.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End the session at hand, here and in the database."""
    open_sessions.end_session(session_id=g.session_id, organiser=organiser(), now=utc_now())
    db.session.commit()
    sign_out()
    return redirect(url_for("security.login"), 303)


@blueprint.post("/language")
def choose_language() -> ResponseReturnValue:
    """Show the desk in another language from now on, and remember it for whoever is signed in."""
    code = request.form.get("language", "")
    if code not in LANGUAGES:
        abort(400)
    session[LANGUAGE] = code
    if "session_id" in g:
        organiser().locale = code
        db.session.commit()
    return redirect(own_page(request.form.get("next", "")), 303)


def own_page(wanted: str) -> str:
    """Return an address on the desk, or its home for anything else: no redirect leads away."""
    return wanted if is_own_page(wanted) else request.script_root + "/"


def is_own_page(wanted: str) -> bool:
    """Whether an address, with our own host or without any, is one of the desk."""
    path = wanted.removeprefix(request.host_url.rstrip("/"))
    is_plain = "//" not in path and "\\" not in path and path.isprintable()
    return is_plain and path.startswith(request.script_root + "/")


def _code_is_right(code: str) -> bool:
    me = organiser()
    is_right: bool = _security.totp_factory.verify_totp(
        code,
        me.tf_totp_secret or "",
        me,  # type: ignore[arg-type] # our model stands in for the library's
        window=30,
    )
    if not is_right:
        me.track_failed_authn("code", True)
    return is_right
