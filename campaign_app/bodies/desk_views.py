"""The directory at the desk: all bodies, one of them, a new one, changes, and "compared today"."""

from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..accounts.sessions import organiser
from ..clock import utc_day, utc_now
from ..config import settings
from ..extensions import db
from ..formats import language_name
from ..languages import LETTER_LANGUAGES, current_language
from ..typed import Typed
from . import forms, operations, queries
from .blueprint import blueprint
from .content import mission_refusals, mission_words
from .models import Body
from .names import CHANNEL_NAMES, CONFIDENCE_NAMES, FORM_NAMES, KIND_NAMES, VISIBILITY_NAMES
from .rules import (
    EVERYTHING_IN,
    KINDS,
    BodyRefused,
    BodyUnknown,
    ChangedMeanwhile,
    in_language,
    is_in_term,
    is_stale,
)

REFUSED_KEYS = {
    "key": _l("Use small Latin letters, digits and single hyphens, and no word that the desk uses itself."),
    "taken": _l("A body of this name is there already."),
}


@blueprint.get("/")
def directory() -> ResponseReturnValue:
    """List every body, or those of a kind."""
    kind = request.args.get("kind", "")
    if kind and kind not in KINDS:
        abort(404)
    channels = queries.all_channels()
    today = utc_day(utc_now())
    rows: dict[str, list[Any]] = {}
    for each in queries.bodies(kind or None):
        row = (each, len(channels.get(each.id, ())), is_stale(each.verified_on, today))
        rows.setdefault(each.kind, []).append(row)
    groups = [(each, rows[each]) for each in KINDS if each in rows]
    return render_template("bodies/directory.html", groups=groups, kind=kind, **_names())


@blueprint.get("/<key>")
def show(key: str) -> ResponseReturnValue:
    """Show one body: what it does and accepts, its ways in, its words, and what was checked when."""
    found = body_of(key)
    today = utc_day(utc_now())
    return render_template(
        "bodies/body.html",
        body=found,
        channels=[(each, is_stale(each.verified_on, today)) for each in queries.channels_of(found)],
        terms=queries.terms_of(found),
        holder_shown=queries.shown_holder(found, today),
        is_stale=is_stale(found.verified_on, today),
        holder_is_over=bool(found.holder_name)
        and not is_in_term(found.holder_from, found.holder_until, today),
        began_from=queries.fingerprint(found),
        **_names(),
    )


@blueprint.get("/<key>/edit")
def edit(key: str) -> ResponseReturnValue:
    """Show everything of a body that can be changed."""
    found = body_of(key)
    return _form_page(found, forms.typed_of(queries.said_of(found)))


@blueprint.post("/<key>/edit")
def save(key: str) -> ResponseReturnValue:
    """Change it."""
    found = body_of(key)
    # What it is does not change: its terms and words hang on it.
    post = request.form.to_dict() | {"kind": found.kind}
    typed, values = forms.read_body(post, request.form.getlist("accepts"))
    if typed.errors:
        return _form_page(found, typed), 422
    channels, terms = values.pop("channels"), values.pop("terms")
    try:
        operations.save(
            body=found,
            values=values,
            channels=channels,
            terms=terms,
            began_from=request.form.get("began_from", ""),
            by=organiser(),
            now=utc_now(),
        )
    except ChangedMeanwhile:
        db.session.rollback()
        return _form_page(body_of(key), typed, is_conflict=True), 409
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".show", key=key), 303)


@blueprint.post("/<key>/check")
def check(key: str) -> ResponseReturnValue:
    """Note that its details were compared with their sources today."""
    found = body_of(key)
    month = request.form.get("month", "")
    back = url_for(".council", month=month) if month else url_for(".show", key=key)
    try:
        began_from = request.form.get("began_from", "")
        operations.check(body=found, began_from=began_from, by=organiser(), now=utc_now())
    except ChangedMeanwhile:
        db.session.rollback()
        flash(_("Nothing was noted: somebody changed these details since you looked. Look again."), "error")
    else:
        db.session.commit()
        flash(_("Noted: compared with its sources today."), "success")
    return redirect(back, 303)


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """Ask for a body that is not in the directory."""
    return _form_page(None, forms.typed_of(_beginning(request.args.get("kind", "government"))))


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Add it."""
    typed, values = forms.read_body(request.form, request.form.getlist("accepts"))
    key = typed.values["key"] = request.form.get("key", "").strip().lower()
    channels, terms = values.pop("channels"), values.pop("terms")
    if not typed.errors:
        try:
            found = operations.add(key=key, values=values, by=organiser(), now=utc_now())
            operations.set_ways(body=found, channels=channels, terms=terms)
        except BodyRefused as refusal:
            db.session.rollback()
            typed.refuse("key", str(REFUSED_KEYS[refusal.reason]))
    if typed.errors:
        return _form_page(None, typed), 422
    db.session.commit()
    flash(_("Added. Nobody has compared it with its source yet."), "success")
    return redirect(url_for(".show", key=key), 303)


def body_of(key: str) -> Body:
    """Return a body, or answer that there is none."""
    try:
        return queries.body(key)
    except BodyUnknown:
        abort(404)


def _beginning(kind: str) -> dict[str, Any]:
    """Return what the form of a new body shows first: for a mission, the words that all missions share."""
    today: date = utc_day(utc_now())
    said: dict[str, Any] = {
        "kind": kind if kind in KINDS else "government",
        "as_of": today,
        "confidence": "low",
    }
    said |= {"default_visibility": "public", "languages": ["en", "fr"], "accepts": ["letter", "open-letter"]}
    if kind == "mission":
        said |= mission_words(settings().content_dir)
        said["refusals"] = mission_refusals(settings().content_dir)
    return said


def _form_page(found: Body | None, typed: Typed, *, is_conflict: bool = False) -> str:
    return render_template(
        "bodies/form.html",
        body=found,
        typed=typed,
        errors=typed.errors,
        rows={row: range(forms.rows_shown(typed, row)) for row in ("channel", "refusal", "term")},
        is_conflict=is_conflict,
        began_from=queries.fingerprint(found) if found else "",
        letter_languages=tuple(LETTER_LANGUAGES.values()),
        about_languages=[LETTER_LANGUAGES[code] for code in EVERYTHING_IN],
        **_names(),
    )


def _names() -> dict[str, Any]:
    """Return what pages need to name forms, channels and languages."""
    return {
        "form_names": FORM_NAMES,
        "channel_names": CHANNEL_NAMES,
        "kind_names": KIND_NAMES,
        "confidence_names": CONFIDENCE_NAMES,
        "visibility_names": VISIBILITY_NAMES,
        "name_of_language": lambda code: language_name(code, current_language()),
        "in_language": in_language,
    }
