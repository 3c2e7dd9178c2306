"""Whom a petition addresses, its goals, the words to avoid, and the figures that texts may name, at the desk."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..clock import utc_day, utc_now
from ..extensions import db
from ..facts.queries import all_facts, facts_to_mend, figure_as_text
from ..languages import LANGUAGES, current_language, format_number
from ..tally.queries import statement
from . import avoiding, editing, forms
from .avoiding import Avoided
from .blueprint import blueprint
from .desk_views import languages_to_write, may_edit, petition_of, title_of
from .models import Petition
from .queries import forget_kept
from .rules import ADDRESSEE_KINDS, MOST_ADDRESSEES, MOST_GOALS, ChangedMeanwhile, GoalReached, goals_reached

BLANK_ROWS = 3  # at the end of what is there: for more, it is saved once and opened again


@blueprint.get("/<slug>/addressees")
def addressees(slug: str) -> ResponseReturnValue:
    """Show whom a petition addresses."""
    found = petition_of(slug)
    return _addressees_page(found, _rows_typed(editing.addressees_part(found)))


@blueprint.post("/<slug>/addressees")
def save_addressees(slug: str) -> ResponseReturnValue:
    """Change whom it addresses; a translator changes only names in the languages it is translated into."""
    found = petition_of(slug)
    post = _with_own(found, editing.addressees_part(found))
    typed = forms.read_addressees(post, home_language=found.home_language, count=MOST_ADDRESSEES)
    if typed.errors:
        return _addressees_page(found, typed), 422
    try:
        editing.set_addressees(
            petition=found,
            rows=typed.values["rows"],
            began_from=request.form.get("began_from", ""),
            by=organiser(),
            now=utc_now(),
        )
    except ChangedMeanwhile:
        db.session.rollback()
        return _addressees_page(petition_of(slug), typed, is_conflict=True), 409
    return _saved(slug)


@blueprint.get("/<slug>/goals")
def goals(slug: str) -> ResponseReturnValue:
    """Show a petition's goals and what happens at each."""
    found = petition_of(slug)
    return _goals_page(found, _rows_typed(editing.goals_part(found)))


@blueprint.post("/<slug>/goals")
def save_goals(slug: str) -> ResponseReturnValue:
    """Change them; a translator changes only meanings in the languages it is translated into."""
    found = petition_of(slug)
    post = _with_own(found, editing.goals_part(found))
    typed = forms.read_goals(post, home_language=found.home_language, count=MOST_GOALS)
    if typed.errors:
        return _goals_page(found, typed), 422
    try:
        editing.set_goals(
            petition=found,
            rows=typed.values["rows"],
            began_from=request.form.get("began_from", ""),
            by=organiser(),
            now=utc_now(),
        )
    except GoalReached as refusal:
        message = _(
            "The goal of %(threshold)s was reached and readers were told of it: its number stays.",
            threshold=format_number(refusal.threshold),
        )
        typed.refuse("row0-threshold", message)
        return _goals_page(found, typed), 422
    except ChangedMeanwhile:
        db.session.rollback()
        return _goals_page(petition_of(slug), typed, is_conflict=True), 409
    return _saved(slug)


@blueprint.get("/words")
def words() -> ResponseReturnValue:
    """Show the words to avoid in one language."""
    language = request.args.get("language", current_language())
    if language not in LANGUAGES:
        abort(404)
    return _words_page(language, avoiding.avoided(language))


@blueprint.post("/words")
def save_words() -> ResponseReturnValue:
    """Keep another list, or go back to the shipped one."""
    language = request.form.get("language", "")
    if language not in LANGUAGES:
        abort(400)
    if request.form.get("act") == "shipped":
        editing.use_shipped_words(language=language, by=organiser(), now=utc_now())
    else:
        entries, errors = forms.read_avoided(request.form, count=avoiding.LONGEST_LIST)
        if errors:
            return _words_page(language, entries, errors), 422
        editing.set_avoided(language=language, entries=entries, by=organiser(), now=utc_now())
    db.session.commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".words", language=language), 303)


@blueprint.get("/figures")
def figures() -> ResponseReturnValue:
    """List every figure that texts may name, and which should be checked against its source again."""
    to_mend = facts_to_mend(utc_day(utc_now()))
    rows = [
        (each, figure_as_text(each.key, current_language()), to_mend.get(each.key, ()))
        for each in all_facts()
    ]
    rows.sort(key=lambda row: "needs_checking" not in row[2])
    return render_template("petitions/figures.html", figures=rows)


def _saved(slug: str) -> ResponseReturnValue:
    db.session.commit()
    forget_kept()
    flash(_("Saved."), "success")
    return redirect(url_for(".petition", slug=slug), 303)


def _rows_typed(rows: Sequence[dict[str, Any]]) -> forms.Typed:
    """Return stored rows as a form shows them, with blank ones after them."""
    values: dict[str, Any] = {}
    for number, row in enumerate(rows):
        for name, value in row.items():
            if isinstance(value, dict):
                values |= {f"row{number}-{language}": words for language, words in value.items()}
            else:
                values[f"row{number}-{name}"] = str(value)
        values[f"row{number}-order"] = str(number + 1)
    return forms.Typed(values)


def _with_own(found: Petition, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the post; for whoever only translates, all but the words they may write is what is stored."""
    if may_edit():
        return request.form.to_dict()
    post: dict[str, str] = dict(_rows_typed(rows).values)
    for number in range(len(rows)):
        for language in languages_to_write(found):
            place = f"row{number}-{language}"
            post[place] = request.form.get(place, "")
    return post


def _rows_shown(typed: forms.Typed, most: int) -> int:
    used = [
        int(name[3:].split("-")[0])
        for name, value in typed.values.items()
        if name.startswith("row") and name != "rows" and value and not name.endswith(("-order", "-kind"))
    ]
    return min(most, max(used, default=-1) + 1 + BLANK_ROWS)


def _addressees_page(found: Petition, typed: forms.Typed, *, is_conflict: bool = False) -> str:
    part = editing.addressees_part(found)
    return _part_page("addressees", found, typed, part, MOST_ADDRESSEES, is_conflict, kinds=ADDRESSEE_KINDS)


def _goals_page(found: Petition, typed: forms.Typed, *, is_conflict: bool = False) -> str:
    part = editing.goals_part(found)
    people = statement(found.id, now=utc_now()).people
    reached = goals_reached((row["threshold"] for row in part), people)
    return _part_page(
        "goals", found, typed, part, MOST_GOALS, is_conflict, reached=[str(each) for each in reached]
    )


def _part_page(
    name: str,
    found: Petition,
    typed: forms.Typed,
    part: Sequence[dict[str, Any]],
    most: int,
    is_conflict: bool,
    **more: Any,
) -> str:
    writable = languages_to_write(found)
    return render_template(
        f"petitions/{name}.html",
        petition=found,
        title=title_of(found),
        typed=typed,
        errors=typed.errors,
        rows=_rows_shown(typed, most) if may_edit() else len(part),
        stored=part,
        writable=writable,
        may_edit=may_edit(),
        is_conflict=is_conflict,
        began_from=editing.fingerprint(part),
        **more,
    )


def _words_page(language: str, entries: Sequence[Avoided], errors: Sequence[tuple[str, str]] = ()) -> str:
    return render_template(
        "petitions/words.html",
        language=language,
        entries=entries,
        errors=list(errors),
        blank_rows=range(len(entries), min(len(entries) + BLANK_ROWS, avoiding.LONGEST_LIST)),
        is_edited=avoiding.is_edited(language),
        may_edit=may_edit(),
    )
