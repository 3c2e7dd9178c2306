"""Partners at the desk: all of them, a new one, changes, a pause, an end, and the private link to their numbers."""

from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from .. import finished_pages
from ..accounts.sessions import organiser
from ..clock import utc_day, utc_now
from ..config import settings
from ..extensions import db
from ..languages import LANGUAGES
from ..petitions.desk_views import title_of
from ..petitions.models import Petition
from ..petitions.rules import PUBLIC_STATES
from ..tally.queries import events_by_day
from ..tally.tables import Row, Span, by_group
from ..typed import Typed
from . import forms, operations, queries
from .blueprint import blueprint
from .models import Partner
from .names import STATE_NAMES
from .rules import ACTIVE, ENDED, PAUSED


@blueprint.get("/")
def overview() -> ResponseReturnValue:
    """List the partners, and the petitions with who endorses them."""
    waiting = queries.endorsements_to_check()
    today = utc_day(utc_now())
    petitions = [
        (row, title_of(row), len(queries.endorsements(row.id, on=today)), waiting.get(row.id, 0))
        for row in _petitions()
    ]
    return render_template(
        "partners/overview.html", partners=queries.partners(), petitions=petitions, state_names=STATE_NAMES
    )


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """Ask for a partner."""
    return _form_page(None, Typed({"language": "ar"}))


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Add it."""
    typed, described = forms.read_partner(request.form)
    code = forms.read_code(typed, request.form)
    if not typed.errors:
        try:
            operations.add(code=code, described=described, by=organiser().audit_name, now=utc_now())
        except operations.CodeTaken:
            db.session.rollback()
            typed.refuse("code", _("This code is taken. A code is never given twice."))
    if typed.errors:
        return _form_page(None, typed), 422
    _commit()
    flash(_("Added. Its sites may show the form from now on."), "success")
    return redirect(url_for(".show", code=code), 303)


@blueprint.get("/<code>/")
def show(code: str) -> ResponseReturnValue:
    """Show a partner: its sites, what came through it, its private link."""
    return _page(_partner(code))


@blueprint.get("/<code>/edit")
def edit(code: str) -> ResponseReturnValue:
    """Show what can be changed."""
    found = _partner(code)
    return _form_page(found, forms.typed_of(found))


@blueprint.post("/<code>/edit")
def save(code: str) -> ResponseReturnValue:
    """Change it."""
    found = _partner(code)
    typed, described = forms.read_partner(request.form)
    if typed.errors:
        return _form_page(found, typed), 422
    try:
        operations.edit(partner=found, described=described, by=organiser().audit_name, now=utc_now())
    except operations.HasEnded:
        return _refused(code)
    _commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".show", code=code), 303)


@blueprint.post("/<code>/pause")
def pause(code: str) -> ResponseReturnValue:
    """Let its sites show the form no more, for a while."""
    return _moved(code, PAUSED, _("Paused. Its sites show a plain link instead of the form."))


@blueprint.post("/<code>/resume")
def resume(code: str) -> ResponseReturnValue:
    """Let its sites show the form again."""
    return _moved(code, ACTIVE, _("Its sites may show the form again."))


@blueprint.get("/<code>/end")
def ending(code: str) -> ResponseReturnValue:
    """Say what an end does before it is done."""
    found = _partner(code)
    if found.state == ENDED:
        abort(404)
    return render_template("partners/ending.html", partner=found, people=_people_through(found, utc_now()))


@blueprint.post("/<code>/end")
def end(code: str) -> ResponseReturnValue:
    """End it, for good."""
    return _moved(code, ENDED, _("Ended. What came through it stays counted under its code."))


@blueprint.post("/<code>/link")
def make_link(code: str) -> ResponseReturnValue:
    """Make a private link, and show it this once: nobody can read it afterwards."""
    found = _partner(code)
    try:
        token = operations.make_link(partner=found, by=organiser().audit_name, now=utc_now())
    except operations.HasEnded:
        return _refused(code)
    db.session.commit()
    address = f"{settings().base_url}/{found.language}/partners/{token}"
    return _page(_partner(code), private_link=address)


@blueprint.post("/<code>/revoke-link")
def revoke_link(code: str) -> ResponseReturnValue:
    """Let the private link open nothing any more."""
    operations.revoke_link(partner=_partner(code), by=organiser().audit_name, now=utc_now())
    db.session.commit()
    flash(_("The private link opens nothing any more."), "success")
    return redirect(url_for(".show", code=code), 303)


def _moved(code: str, to: str, said: str) -> ResponseReturnValue:
    try:
        operations.move(partner=_partner(code), to=to, by=organiser().audit_name, now=utc_now())
    except operations.CannotMove:
        return _refused(code)
    _commit()
    flash(said, "success")
    return redirect(url_for(".show", code=code), 303)


def _refused(code: str) -> ResponseReturnValue:
    db.session.rollback()
    flash(_("Nothing was changed: this partner is no longer in the state that you saw."), "error")
    return redirect(url_for(".show", code=code), 303)


def _commit() -> None:
    """Commit, and let every reader of this process meet it at once."""
    db.session.commit()
    finished_pages.forget_all()


def _page(found: Partner, *, private_link: str = "") -> str:
    return render_template(
        "partners/partner.html",
        partner=found,
        private_link=private_link,
        people=_people_through(found, utc_now()),
        state_names=STATE_NAMES,
        language_names={code: language.name for code, language in LANGUAGES.items()},
    )


def _form_page(found: Partner | None, typed: Typed) -> str:
    return render_template(
        "partners/form.html",
        partner=found,
        typed=typed,
        errors=typed.errors,
        language_choices=[(code, language.name) for code, language in LANGUAGES.items()],
    )


def _people_through(found: Partner, now: datetime) -> list[tuple[str, Row]]:
    """Return the title of each petition with what happened to the people who came through a partner's code."""
    rows: list[tuple[str, Row]] = []
    today = utc_day(now)
    for petition in _petitions():
        days = events_by_day(petition.id, now=now)
        if not days:
            continue
        groups = by_group(petition.id, Span(days[0].day, today), today=today)["source"]
        rows += [(title_of(petition), row) for row in groups if row.code == found.code]
    return rows


def _petitions() -> list[Petition]:
    return list(
        db.session.scalars(select(Petition).where(Petition.state.in_(PUBLIC_STATES)).order_by(Petition.id))
    )


def _partner(code: str) -> Any:
    """Return a partner, or answer that there is none."""
    return queries.partner_by_code(code) or abort(404)
