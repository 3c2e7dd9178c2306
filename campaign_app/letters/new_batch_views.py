"""Beginning a month's letters to all members of the Council at the desk: which month, petition, languages, way."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..clock import utc_day, utc_now
from ..extensions import db
from ..languages import LETTER_LANGUAGES, current_language
from ..typed import Typed
from . import batch_forms, batches, choosing, forms, queries, rules
from .desk_pages import blueprint
from .templates import COUNCIL_MEMBER, Template, TemplateUnknown, templates


@blueprint.get("/batches/new")
def new_batch() -> ResponseReturnValue:
    """Ask for the month, the petition, the languages, who signs, the way."""
    months = _months()
    petitions = choosing.petitions(current_language())
    signatory = queries.last_signatory()
    typed = Typed(
        {
            "month": request.args.get("month") or (forms.month_text(months[0].first_day) if months else ""),
            "petition": petitions[0].slug if petitions else "",
            "languages": ["en"],
            "way": "",
            **{f"signatory-{name}": signatory.get(name, "") for name in forms.SIGNATORY},
        }
    )
    return _new_page(typed)


@blueprint.post("/batches/new")
def create_batch() -> ResponseReturnValue:
    """Draft a letter for each member."""
    petitions = {each.slug: each.id for each in choosing.petitions(current_language())}
    months = [forms.month_text(each.first_day) for each in _months()]
    typed = batch_forms.read_plan(request.form, months=months, languages=_languages(), petitions=petitions)
    if typed.errors:
        return _new_page(typed), 422
    try:
        found = batches.draft_batch(
            plan=batch_forms.plan_of(typed, petitions=petitions), by=organiser().audit_name, now=utc_now()
        )
    except batches.BatchExists as problem:
        db.session.rollback()
        flash(_("These letters were begun already. This is how they stand."), "info")
        return redirect(url_for(".show_batch", key=problem.key), 303)
    except batches.NobodySits:
        db.session.rollback()
        typed.refuse("month", _("The Council's members of that month are not all entered."))
        return _new_page(typed), 422
    except TemplateUnknown:
        abort(404)
    db.session.commit()
    flash(_("The drafts are here, one for each member. Nothing leaves before each was agreed to."), "success")
    return redirect(url_for(".show_batch", key=found.key), 303)


def _new_page(typed: Typed) -> str:
    return render_template(
        "letters/desk/batch_new.html",
        typed=typed,
        errors=typed.errors,
        months=_months(),
        month_text=forms.month_text,
        templates=_member_templates(),
        petitions=choosing.petitions(current_language()),
        codes=_languages(),
        ways=rules.WAYS,
        letter_languages=LETTER_LANGUAGES,
    )


def _months() -> list[choosing.Month]:
    """Return the coming months of which it is known who presides."""
    return [each for each in choosing.months(utc_day(utc_now())) if each.president]


def _member_templates() -> list[Template]:
    return [each for each in templates().values() if each.recipient == COUNCIL_MEMBER]


def _languages() -> list[str]:
    """Return the languages that both the members' letter and the President's exist in."""
    both = [each for each in templates().values() if each.recipient in batches.TO_THE_COUNCIL]
    return [lang for lang in LETTER_LANGUAGES if both and all(lang in each.texts for each in both)]
