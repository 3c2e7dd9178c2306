"""A new letter at the desk: from which template, to whom, about which petition, in which languages."""

from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..bodies import queries as directory
from ..bodies.models import Body
from ..bodies.rules import BodyUnknown
from ..clock import utc_day, utc_now
from ..extensions import db
from ..languages import LETTER_LANGUAGES, current_language
from ..typed import Typed
from . import choosing, drafting, forms, queries
from .desk_pages import blueprint
from .templates import (
    BODY,
    COUNCIL_MEMBER,
    COUNCIL_PRESIDENT,
    NOBODY,
    Template,
    TemplateUnknown,
    template,
    templates,
)

USUAL_LANGUAGES = ("ar", "en")  # of what goes to nobody in particular


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """Ask for the template, then for the recipient, then for the rest: each on a page of its own."""
    key = request.args.get("template", "")
    if not key:
        return render_template("letters/desk/templates.html", templates=templates().values())
    made_from = _template(key)
    if _needs_office(made_from) and not request.args.get("to"):
        return _offices_page(made_from)
    if made_from.recipient == COUNCIL_PRESIDENT and not request.args.get("month"):
        return _months_page(made_from)
    to, month = _addressed(made_from, request.args.get("to", ""), request.args.get("month", ""))
    return _page(made_from, to, month, _beginning(made_from, to))


@blueprint.post("/new")
def create() -> ResponseReturnValue:
    """Begin the letter, as a draft whose words can be edited."""
    made_from = _template(request.form.get("template", ""))
    to, month = _addressed(made_from, request.form.get("to", ""), request.form.get("month", ""))
    petitions = {each.slug: each.id for each in choosing.petitions(current_language())}
    typed = forms.read_beginning(request.form, made_from, petitions=petitions)
    if typed.errors:
        return _page(made_from, to, month, typed), 422
    letter = drafting.draft(
        beginning=drafting.Beginning(
            template=made_from.key,
            languages=_in_order(made_from, to, typed.values["languages"]),
            petition_id=petitions.get(typed.values["petition"]),
            body_key=to.key if to else "",
            month=month,
            signatory=queries.last_signatory(),
            way=typed.values["way"] or None,
        ),
        by=organiser().audit_name,
        now=utc_now(),
    )
    db.session.commit()
    flash(_("The draft is here. Nothing leaves before it was agreed to and issued."), "success")
    return redirect(url_for(".edit", reference=letter.key), 303)


def _in_order(made_from: Template, to: Body | None, chosen: list[str]) -> list[str]:
    """Return the chosen languages, those that the recipient takes first."""
    taken, others = choosing.languages(made_from, to)
    return [lang for lang in (*taken, *others) if lang in chosen]


def _template(key: str) -> Template:
    try:
        return template(key)
    except TemplateUnknown:
        abort(404)


def _needs_office(made_from: Template) -> bool:
    return made_from.recipient in (BODY, COUNCIL_MEMBER)


def _addressed(made_from: Template, key: str, month: str) -> tuple[Body | None, date | None]:
    """Return whom a letter would go to, and the month; answers 404 for whom the template does not fit."""
    today = utc_day(utc_now())
    first_day = forms.month_of(month)
    if made_from.recipient == NOBODY:
        return None, None
    if made_from.recipient == COUNCIL_PRESIDENT:
        if first_day is None:
            abort(404)
        return directory.president(first_day.year, first_day.month), first_day
    try:
        to = directory.body(key)
    except BodyUnknown:
        abort(404)
    found = [each for each in choosing.offices(made_from, today=today) if each.body.key == to.key]
    if not found or found[0].why_not:
        abort(404)
    return to, (first_day or today.replace(day=1)) if made_from.recipient == COUNCIL_MEMBER else None


def _beginning(made_from: Template, to: Body | None) -> Typed:
    """Return what is chosen before anybody chose: a language that the recipient takes, a way that was checked."""
    taken, _others = choosing.languages(made_from, to)
    ways = choosing.ways(to, today=utc_day(utc_now())) if to else []
    slugs = [each.slug for each in choosing.petitions(current_language())]
    if (wanted := request.args.get("petition", "")) in slugs:
        slugs.insert(0, wanted)
    return Typed(
        {
            "languages": taken[:1] if to else [each for each in USUAL_LANGUAGES if each in taken],
            "way": next((each.kind for each in ways if each.is_fresh), ""),
            "petition": slugs[0] if slugs and not made_from.is_confidential else "",
        }
    )


def _offices_page(made_from: Template) -> str:
    found = choosing.offices(made_from, today=utc_day(utc_now()))
    return render_template(
        "letters/desk/offices.html",
        made_from=made_from,
        fitting=[each for each in found if not each.why_not],
        others=[each for each in found if each.why_not],
    )


def _months_page(made_from: Template) -> str:
    return render_template(
        "letters/desk/months.html", made_from=made_from, months=choosing.months(utc_day(utc_now()))
    )


def _page(made_from: Template, to: Body | None, month: date | None, typed: Typed) -> str:
    taken, others = choosing.languages(made_from, to)
    more: dict[str, Any] = {"ways": choosing.ways(to, today=utc_day(utc_now())) if to else []}
    if made_from.recipient == COUNCIL_MEMBER:
        more["months"] = choosing.months(utc_day(utc_now()))
    return render_template(
        "letters/desk/new.html",
        made_from=made_from,
        to=to,
        month=month,
        month_text=forms.month_text(month),
        taken=taken,
        others=others,
        letter_languages=LETTER_LANGUAGES,
        petitions=choosing.petitions(current_language()),
        typed=typed,
        errors=typed.errors,
        **more,
    )
