"""A letter's words at the desk: languages side by side with their preview, specimens, and every version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from ..accounts.models import Organiser
from ..accounts.rules import ORGANISER, OWNER
from ..accounts.sessions import organiser
from ..clock import utc_day, utc_now
from ..database import one_moment, reading
from ..extensions import db
from ..languages import LETTER_LANGUAGES, Language, current_language
from ..partners.queries import endorsements_as_stored
from ..petitions.differences import Piece, differences
from ..typed import Typed
from . import choosing, drafting, forms, frozen, obstacles, problems, queries, rules
from .about import recipient_of
from .desk_pages import SPECIMENS, blueprint, heading_of, letter_or_404, mendings, saved, shown, specimens_of
from .documents import making
from .documents.typesetting import NotMade
from .freezing import marks_at_hand, put_together
from .models import Letter, LetterVersion
from .templates import COUNCIL_PRESIDENT, Template, template


@dataclass(frozen=True)
class Difference:
    """What a version changed of one field. label: which, as ("subject" or "body" or a field's name, language)."""

    name: str
    language: Language
    pieces: Sequence[Piece]


@dataclass
class Column:
    """One language of the composer. newer: what somebody else wrote meanwhile, against what was typed here."""

    language: Language
    newer: Mapping[str, Sequence[Piece]] = field(default_factory=dict)


@blueprint.get("/<reference>/edit")
def edit(reference: str) -> ResponseReturnValue:
    """Show the words of a draft, to be changed."""
    letter = letter_or_404(reference)
    if not _is_plain_draft(letter):
        return shown(letter)
    return _page(letter, forms.written(letter, template(letter.template)))


@blueprint.post("/<reference>/edit")
def save(reference: str) -> ResponseReturnValue:
    """Show a preview, or keep what was typed."""
    letter = letter_or_404(reference)
    if not _is_plain_draft(letter):
        return _moved_on(letter)
    typed, seen = _read(letter), request.form.get("seen", "")
    if request.form.get("act") == "preview":
        return _page(letter, typed, seen=seen)
    if typed.errors:
        return _page(letter, typed, seen=seen), 422
    change, by = forms.edit_of(typed, letter, template(letter.template)), organiser().audit_name
    try:
        drafting.edit(letter=letter, edit=change, by=by, now=utc_now(), seen=seen)
    except problems.ChangedMeanwhile:
        db.session.rollback()
        return _conflict(letter_or_404(reference), typed)
    except problems.NotInThisState:
        db.session.rollback()
        return _moved_on(letter_or_404(reference))
    db.session.commit()
    flash(_("The draft is kept. Nothing leaves before it was agreed to and issued."), "success")
    return (
        shown(letter)
        if request.form.get("act") == "leave"
        else redirect(url_for(".edit", reference=letter.key), 303)
    )


@blueprint.post("/<reference>/preview")
def preview(reference: str) -> ResponseReturnValue:
    """Return the preview of what is being typed, by language, and what stands against it; keeps nothing."""
    with reading():
        letter = letter_or_404(reference)
        found = _drawn(letter, _read(letter))
    return jsonify(found)


@blueprint.get("/<reference>/specimen/<lang>.<kind>")
def specimen(reference: str, lang: str, kind: str) -> ResponseReturnValue:
    """Give a draft as the document that it would become, each page marked as a specimen."""
    letter = letter_or_404(reference)
    if lang not in letter.languages or kind not in specimens_of(letter) or letter.state != rules.DRAFT:
        abort(404)
    with one_moment():
        put = put_together(letter, now=utc_now()).letter
    if put.kind == frozen.NUMBERS_SHEET and put.statement is None:
        flash(_("A numbers sheet needs a petition that the public may see."), "error")
        return shown(letter_or_404(reference))
    try:
        content = _specimen(put, lang, kind)
    except NotMade:
        flash(_("No document can be made of this text yet: it lacks a subject or a text."), "error")
        return shown(letter_or_404(reference))
    return saved(content, f"specimen-{lang}.{kind}", SPECIMENS[kind])


def _specimen(put: frozen.FrozenLetter, lang: str, kind: str) -> bytes | str:
    if kind == "txt":
        return making.plain_text(put, lang, specimen=True)
    make = making.pdf if kind == "pdf" else making.docx
    return make(put, lang, specimen=True).content


@blueprint.get("/<reference>/versions")
def versions(reference: str) -> ResponseReturnValue:
    """List what the draft said after each edit, and show what one of them changed."""
    letter = letter_or_404(reference)
    listed = queries.versions_of(letter)
    by_number = {str(each.version): each for each in listed}
    chosen = by_number.get(request.args.get("version", "")) or listed[0]
    before = by_number.get(str(chosen.version - 1))
    return render_template(
        "letters/desk/versions.html",
        letter=letter,
        versions=listed,
        chosen=chosen,
        before=before,
        differences=_differences(letter, before, chosen),
        field_labels={
            each.name: each.labels[current_language()] for each in template(letter.template).fields
        },
        people={f"organiser:{each.id}": each.name for each in db.session.scalars(db.select(Organiser))},
        **heading_of(letter),
    )


def _is_plain_draft(letter: Letter) -> bool:
    return queries.shown([letter], now=utc_now())[0].state == rules.DRAFT


def _moved_on(letter: Letter) -> ResponseReturnValue:
    flash(_("Nothing was changed: this letter has moved on meanwhile. This is how it stands now."), "error")
    return shown(letter)


def may_change_all() -> bool:
    """Whether whoever is signed in changes more of a letter than its words."""
    return bool(organiser().role_names & {OWNER, ORGANISER})


def _read(letter: Letter) -> Typed:
    """Return what was posted; of what whoever is signed in may not change, what is stored."""
    made_from = template(letter.template)
    typed = Typed(forms.written(letter, made_from).values)
    forms.read_words(request.form, letter, made_from, typed)
    if may_change_all():
        forms.read_settings(request.form, made_from, typed)
    return typed


def _as_typed(letter: Letter, typed: Typed) -> Letter:
    """Return a letter that says what was typed, and that no session knows."""
    names = [column.key for column in Letter.__table__.columns if column.key != "id"]
    copy = Letter(**{name: getattr(letter, name) for name in names})
    made_from = template(letter.template)
    cut = {
        name: value[: rules.LONGEST_BODY] if isinstance(value, str) else value
        for name, value in typed.values.items()
    }
    wrong = {place for place, _message in typed.errors}
    stored = forms.written(letter, made_from).values
    settings: dict[str, Any] = {
        name: stored[name] for name in ("visibility", "way", "month", "embargo") if name in wrong
    }
    drafting.put_in(copy, forms.edit_of(Typed({**cut, **settings}), letter, made_from))
    return copy


def _drawn(letter: Letter, typed: Typed) -> dict[str, str]:
    """Return by place of the page what is drawn there: each language as its reader gets it, and what to mend."""
    copy, now = _as_typed(letter, typed), utc_now()
    put = put_together(copy, now=now)
    found = mendings(letter, obstacles.against(copy, put, now=now))
    parts = {
        lang: render_template(
            "letters/desk/_paper.html",
            frozen=put.letter,
            language=LETTER_LANGUAGES[lang],
        )
        for lang in letter.languages
    }
    return {**parts, "mendings": render_template("letters/desk/_mendings.html", mendings=found)}


def _page(
    letter: Letter, typed: Typed, *, seen: str | None = None, columns: Sequence[Column] = (), **more: Any
) -> str:
    made_from = template(letter.template)
    seen = queries.digest_of(letter) if seen is None else seen
    with reading():
        return render_template(
            "letters/desk/edit.html",
            letter=letter,
            columns=columns or [Column(LETTER_LANGUAGES[lang]) for lang in letter.languages],
            typed=typed,
            errors=typed.errors if request.form.get("act") != "preview" else [],
            seen=seen,
            drawn={place: Markup(part) for place, part in _drawn(letter, typed).items()},  # noqa: S704
            marks=marks_at_hand(letter, _own_language(letter), now=utc_now()),
            marks_language=LETTER_LANGUAGES[_own_language(letter)],
            visibilities=forms.visibilities(made_from),
            ways=rules.WAYS,
            months=_months(letter, made_from),
            may_change_all=may_change_all(),
            organisations=_organisations(letter),
            **heading_of(letter),
            **more,
        )


def _organisations(letter: Letter) -> int:
    """Return how many organisations would be annexed now."""
    if letter.petition_id is None:
        return 0
    return len(endorsements_as_stored(letter.petition_id, on=utc_day(utc_now())))


def _conflict(letter: Letter, typed: Typed) -> ResponseReturnValue:
    """Show both texts; what was typed stays in the form, and may then be saved after theirs."""
    theirs, made_from = forms.written(letter, template(letter.template)).values, template(letter.template)
    columns = []
    for lang in letter.languages:
        names = [
            f"subject-{lang}",
            f"body-{lang}",
            *(f"field-{each.name}-{lang}" for each in made_from.fields),
        ]
        newer = {
            name: differences(typed.values[name], theirs[name])
            for name in names
            if typed.values[name] != theirs[name]
        }
        columns.append(Column(LETTER_LANGUAGES[lang], newer))
    return _page(letter, typed, columns=columns, is_conflict=True), 409


def _months(letter: Letter, made_from: Template) -> list[choosing.Month]:
    """Return the months that a letter to the Council's President can be for, also the one that it is for already."""
    if made_from.recipient != COUNCIL_PRESIDENT:
        return []
    found = [each for each in choosing.months(utc_now().date()) if each.president]
    if letter.body_month and letter.body_month not in [each.first_day for each in found]:
        found.insert(0, choosing.Month(letter.body_month, recipient_of(letter)))
    return found


def _own_language(letter: Letter) -> str:
    """Return the language in which marks are explained: the reader's, or else the letter's first."""
    mine = current_language()
    return mine if mine in letter.languages or mine in LETTER_LANGUAGES else letter.languages[0]


def _differences(letter: Letter, before: LetterVersion | None, chosen: LetterVersion) -> list[Difference]:
    found = []
    for lang in letter.languages:
        for name, earlier, later in _fields(before, chosen, template(letter.template), lang):
            if earlier != later:
                found.append(Difference(name, LETTER_LANGUAGES[lang], differences(earlier, later)))
    return found


def _fields(
    before: LetterVersion | None, chosen: LetterVersion, made_from: Template, lang: str
) -> list[tuple[str, str, str]]:
    """Return name, earlier and later words of each field in a language."""

    def words(version: LetterVersion | None, name: str) -> str:
        if version is None:
            return ""
        if name in ("subject", "body"):
            return str(version.texts.get(lang, {}).get(name, ""))
        return str(version.typed.get(name, {}).get(lang, ""))

    names = ["subject", "body", *(each.name for each in made_from.fields)]
    return [(name, words(before, name), words(chosen, name)) for name in names]
