"""Asks the table of access before any view of the desk runs."""

from flask import Flask, abort, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.desk_views import is_own_page, own_page
from ..accounts.sessions import TOKEN, factor_is_fresh, organiser, roles_before_reading
from ..database import READING_METHODS
from .access import ACCESS, CLOSED


def register(desk: Flask) -> None:
    """Let nobody past whom the table does not name. Call it after the sessions' own hook."""
    desk.before_request(_ask)


def admit_long_forms(desk: Flask) -> None:
    """Let the table say which forms may be long, for those whom it names and nobody else.

    Call it before anything that reads a request's body.
    """

    @desk.before_request
    def _admit() -> None:
        longest = ACCESS.get(request.endpoint or "", CLOSED).body_bytes
        if longest is not None and may_send(request.endpoint or ""):
            request.max_content_length = request.max_form_memory_size = longest


def may_send(endpoint: str) -> bool:
    """Whether a post can be meant for an endpoint, asked before its body is read: by whom else it is refused later."""
    return request.method not in READING_METHODS and bool(ACCESS[endpoint].roles & roles_before_reading())


def turned_away() -> ResponseReturnValue:
    """Return what somebody who may not send a body is told, without reading any of it."""
    if roles_before_reading():
        abort(403)
    way_in = "accounts.sign_in_settings" if TOKEN in session else "security.login"
    return redirect(url_for(way_in), 303)


def may_open(endpoint: str) -> bool:
    """Whether whoever is signed in may open a page, so that a menu shows nothing that would be refused."""
    me = organiser()
    access = ACCESS.get(endpoint, CLOSED)
    return bool(access.roles & me.role_names) and (me.has_second_factor or access.before_factor)


def _ask() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such page, or no such method: the answer names neither
    if "next" in request.args and not is_own_page(request.args["next"]):
        abort(400)
    access = ACCESS.get(request.endpoint, CLOSED)
    if access.is_way_in and "session_id" in g:
        return redirect(url_for("desk.home"), 303)
    if access.is_open:
        return None
    if access is CLOSED:
        abort(404)
    if "session_id" not in g:
        return _to_sign_in()
    me = organiser()
    if not me.has_second_factor and not access.before_factor:
        return redirect(url_for("accounts.sign_in_settings"), 303)
    if not access.roles & me.role_names:
        abort(403)
    if access.fresh and not factor_is_fresh():
        return _to_prove()
    return None


def _to_sign_in() -> ResponseReturnValue:
    if request.method != "GET" or request.endpoint == "desk.home":
        return redirect(url_for("security.login"), 303)
    wanted = request.script_root + request.full_path.rstrip("?")
    return redirect(url_for("security.login", next=wanted), 303)


def _to_prove() -> ResponseReturnValue:
    """Ask for the second factor. What was posted is not kept: the page that sent it is shown again."""
    if request.method == "GET":
        return redirect(
            url_for("accounts.prove", next=request.script_root + request.full_path.rstrip("?")), 303
        )
    flash(_("Nothing was changed yet. Show that it is still you, then do it once more."), "info")
    referrer = request.referrer or ""
    came_from = referrer.removeprefix(request.host_url.rstrip("/"))
    return redirect(url_for("accounts.prove", next=own_page(came_from)), 303)
