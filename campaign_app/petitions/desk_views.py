"""The petitions at the desk: all of them, a new one, how one stands, and when it opens and closes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from ..accounts.rules import ORGANISER, OWNER, TRANSLATOR
from ..accounts.sessions import organiser
from ..campaign import campaign
from ..clock import utc_now
from ..extensions import db
from ..languages import LANGUAGES, current_language, format_local
from ..tally.queries import events_by_day, statement
from ..tally.rules import EFFECT
from . import editing, forms
from .blueprint import blueprint
from .models import Petition
from .news import news_of
from .obstacles import addressees_of, against_opening, goals_of, latest_texts, missing_words
from .operations import hold, petition_by_slug
from .queries import forget_kept
from .rules import (
    TRANSITIONS,
    ChangedMeanwhile,
    PetitionUnknown,
    SlugRefused,
    check_slug,
    first_days,
)


@dataclass(frozen=True)
class Listed:
    """A petition in the list: its title where it has one, and how much is missing of its words."""

    slug: str
    state: str
    title: str
    missing: int
    petition: Petition


@blueprint.get("/")
def petitions() -> ResponseReturnValue:
    """List every petition, drafts too."""
    rows = db.session.scalars(select(Petition).order_by(Petition.id)).all()
    return render_template(
        "petitions/list.html",
        petitions=[Listed(row.slug, row.state, title_of(row), len(missing_words(row)), row) for row in rows],
        may_edit=may_edit(),
    )


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """Ask for what a petition begins with."""
    typed = forms.Typed(
        {"slug": "", "home_language": current_language(), "required_languages": [], "people_per_mailbox": "1"}
    )
    return _new_page(typed)


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Begin a petition, as a draft."""
    typed = forms.read_settings(request.form, request.form.getlist("required_languages"), now=utc_now())
    slug = typed.values["slug"] = request.form.get("slug", "").strip().lower()
    home = typed.values["home_language"] = request.form.get("home_language", "")
    if home not in LANGUAGES:
        typed.refuse("home_language", _("Choose the language it is written in first."))
    try:
        check_slug(slug)
        if not typed.errors:
            editing.create(
                slug=slug,
                home_language=home,
                required_languages=typed.values["required_languages"],
                people_per_mailbox=typed.values["people"],
                by=organiser(),
                now=utc_now(),
            )
    except SlugRefused as refusal:
        typed.errors.insert(0, ("slug", _slug_refused(refusal)))  # the first field of the form
    if typed.errors:
        db.session.rollback()
        return _new_page(typed), 422
    db.session.commit()
    flash(_("The petition is here as a draft. Only the desk sees it until you open it."), "success")
    return redirect(url_for(".petition", slug=slug), 303)


@blueprint.get("/<slug>/")
def petition(slug: str) -> ResponseReturnValue:
    """Show how a petition stands: what is missing, what comes next, and where each part is written."""
    found, now = petition_of(slug), utc_now()
    goals = goals_of(found.id)
    days = [(each.day, EFFECT.get(each.total.event, 0) * each.total.people) for each in _events(found)]
    return render_template(
        "petitions/petition.html",
        petition=found,
        title=title_of(found),
        people=statement(found.id, now=now).people,
        obstacles=against_opening(found) if "open" in TRANSITIONS[found.state] else missing_words(found),
        steps=sorted(
            TRANSITIONS[found.state], key=("open", "closed", "delivered", "answered", "withdrawn").index
        ),
        texts=latest_texts(found.id),
        addressees=addressees_of(found.id),
        goals=goals,
        reached=first_days((goal.threshold for goal in goals), days),
        news=news_of(found.id),
        may_edit=may_edit(),
        may_translate=may_translate(),
        local=local,
    )


@blueprint.get("/<slug>/settings")
def settings(slug: str) -> ResponseReturnValue:
    """Show when a petition opens and closes, which languages it must have, who may sign from one mailbox."""
    return _settings_page(petition_of(slug), _settings_typed(petition_of(slug)))


@blueprint.post("/<slug>/settings")
def save_settings(slug: str) -> ResponseReturnValue:
    """Change them."""
    found, now = petition_of(slug), utc_now()
    typed = forms.read_settings(request.form, request.form.getlist("required_languages"), now=now)
    if found.closes_at and typed.values["moments"][1] == found.closes_at.replace(second=0, microsecond=0):
        # The field shows minutes; nobody touched it.
        typed.values["moments"] = (typed.values["moments"][0], found.closes_at)
        typed.errors = [error for error in typed.errors if error[0] != "closes_at"]
    if found.state != "draft" and typed.values["people"] < found.people_per_mailbox:
        typed.refuse("people_per_mailbox", _("Once a petition was open, this can only grow."))
    if typed.errors:
        return _settings_page(found, typed), 422
    opens_at, closes_at = typed.values["moments"]
    try:
        editing.change_settings(
            petition=found,
            opens_at=opens_at,
            closes_at=closes_at,
            required_languages=typed.values["required_languages"],
            people_per_mailbox=typed.values["people"],
            began_from=request.form.get("began_from", ""),
            by=organiser(),
            now=now,
        )
    except ChangedMeanwhile:
        db.session.rollback()
        return _settings_page(petition_of(slug), typed, is_conflict=True), 409
    db.session.commit()
    forget_kept()
    flash(_("Saved."), "success")
    return redirect(url_for(".petition", slug=slug), 303)


def petition_of(slug: str) -> Petition:
    """Return a petition in any state, or answer that there is none."""
    try:
        return petition_by_slug(slug)
    except PetitionUnknown:
        abort(404)


def petition_to_change(slug: str) -> Petition:
    """Return a petition that nobody else changes meanwhile, or answer that there is none."""
    found = petition_of(slug)
    hold(found)
    return found


def title_of(found: Petition) -> str:
    """Return a petition's title in the reader's language, else in its own, else its name in addresses."""
    texts = latest_texts(found.id)
    for language in (current_language(), found.home_language):
        if language in texts and texts[language].title:
            return texts[language].title
    return found.slug


def local(moment: datetime) -> str:
    """Return a moment by the clocks of the campaign's zone; empty where it has none."""
    return format_local(moment, campaign().time_zone)


def may_edit() -> bool:
    """Whether whoever is signed in runs petitions."""
    return bool(organiser().role_names & {OWNER, ORGANISER})


def may_translate() -> bool:
    """Whether whoever is signed in writes at least the languages that a petition is translated into."""
    return may_edit() or TRANSLATOR in organiser().role_names


def languages_to_write(found: Petition) -> list[str]:
    """Return the languages of a petition that whoever is signed in may write."""
    if may_edit():
        return list(LANGUAGES)
    return [code for code in LANGUAGES if code != found.home_language] if may_translate() else []


def _events(found: Petition) -> Sequence[Any]:
    return events_by_day(found.id, now=utc_now())


def _slug_refused(refusal: SlugRefused) -> str:
    if refusal.reason == "taken":
        return str(_("Another petition has this address."))
    return str(_("Use small Latin letters, digits and single hyphens, such as fate-of-the-disappeared."))


def _new_page(typed: forms.Typed) -> str:
    return render_template("petitions/new.html", typed=typed, errors=typed.errors)


def _settings_typed(found: Petition) -> forms.Typed:
    return forms.Typed(
        {
            "opens_at": forms.written_moment(found.opens_at),
            "closes_at": forms.written_moment(found.closes_at),
            "required_languages": found.required_languages,
            "people_per_mailbox": str(found.people_per_mailbox),
        }
    )


def _settings_page(found: Petition, typed: forms.Typed, *, is_conflict: bool = False) -> str:
    return render_template(
        "petitions/settings.html",
        petition=found,
        title=title_of(found),
        typed=typed,
        errors=typed.errors,
        is_conflict=is_conflict,
        began_from=editing.fingerprint(editing.settings_part(found)),
        stored=_settings_typed(found),
        local=local,
    )
