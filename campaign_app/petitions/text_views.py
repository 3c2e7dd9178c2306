"""The words of a petition at the desk: languages side by side, their preview, and every version with what changed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import abort, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from ..accounts.models import Organiser
from ..accounts.sessions import organiser
from ..clock import utc_day, utc_now
from ..database import reading
from ..extensions import db
from ..languages import LANGUAGES, direction
from ..tally.queries import statement
from . import editing, forms
from .avoiding import avoided
from .blueprint import blueprint
from .desk_views import languages_to_write, petition_of, title_of
from .differences import Piece, differences
from .models import Petition, PetitionText
from .obstacles import latest_texts
from .previews import Preview, figures_at_hand, preview_text
from .queries import forget_kept
from .rules import PUBLIC_STATES, TEXT_FIELDS, ChangedMeanwhile

SHOWN_AT_ONCE = 2


@dataclass
class Column:
    """One language of the editor. newer: what somebody else wrote meanwhile, against what was typed here."""

    language: str
    began_from: int
    words: Mapping[str, str]
    may_write: bool
    notes: Mapping[str, Markup] = field(default_factory=dict)
    preview: Markup = field(default_factory=Markup)
    newer: Mapping[str, Sequence[Piece]] = field(default_factory=dict)

    @property
    def direction(self) -> str:
        """Return the direction of its language."""
        return direction(self.language)


@dataclass(frozen=True)
class Version:
    """A line of the history. people: how many were counted at the end of the day before it came."""

    text: PetitionText
    written_by: str
    people: int
    is_before_opening: bool


@blueprint.get("/<slug>/texts")
def texts(slug: str) -> ResponseReturnValue:
    """Show the words in the languages that were chosen, side by side."""
    found = petition_of(slug)
    stored = latest_texts(found.id)
    writable = languages_to_write(found)
    columns = [
        Column(
            language,
            editing.version_of(stored.get(language)),
            editing.words_of(stored.get(language)),
            language in writable,
        )
        for language in _shown(request.args.getlist("show"))
    ]
    return _page(found, columns)


@blueprint.post("/<slug>/texts")
def save_texts(slug: str) -> ResponseReturnValue:
    """Show a preview, or add a version of what was typed."""
    found = petition_of(slug)
    shown = _shown(request.form.getlist("show"))
    writable = [language for language in shown if language in languages_to_write(found)]
    typed = forms.read_texts(request.form, writable, must_be_whole=found.state in PUBLIC_STATES)
    columns = _typed_columns(found, shown, writable, typed)
    if request.form.get("act") == "preview":
        return _page(found, columns, typed)
    if typed.errors:
        return _page(found, columns, typed), 422
    try:
        written = editing.save_texts(
            petition=found,
            texts={column.language: column.words for column in columns if column.may_write},
            began_from={column.language: column.began_from for column in columns},
            is_correction="is_correction" in request.form,
            by=organiser(),
            now=utc_now(),
        )
    except ChangedMeanwhile as meanwhile:
        db.session.rollback()
        return _conflict(petition_of(slug), columns, typed, meanwhile.languages)
    db.session.commit()
    forget_kept()
    flash(
        _("Saved as a new version.") if written else _("Nothing was changed: the words are as they were."),
        "success",
    )
    return redirect(url_for(".texts", slug=slug, show=shown), 303)


@blueprint.post("/<slug>/preview")
def preview(slug: str) -> ResponseReturnValue:
    """Return the preview of what is being typed, and what to say under each field; keeps nothing."""
    with reading():  # nobody who signs waits for it
        petition_of(slug)
        parts: dict[str, str] = {}
        for language in _shown(request.form.getlist("show")):
            if f"{language}-title" not in request.form:
                continue
            typed = forms.read_texts(request.form, [language], must_be_whole=False)
            drawn, notes = _drawn(language, _words(typed, language), typed)
            parts |= {language: drawn} | {f"{language}-{name}": note for name, note in notes.items()}
    return jsonify(parts)


@blueprint.get("/<slug>/history/<language>")
def history(slug: str, language: str) -> ResponseReturnValue:
    """List every version of the words in one language."""
    found = petition_of(slug)
    return render_template(
        "petitions/history.html",
        petition=found,
        title=title_of(found),
        language=_known(language),
        versions=_versions(found, language),
    )


@blueprint.get("/<slug>/history/<language>/<int:version>")
def version(slug: str, language: str, version: int) -> ResponseReturnValue:
    """Show one version, and what it changed."""
    found = petition_of(slug)
    listed = {each.text.version: each for each in _versions(found, _known(language))}
    if version not in listed:
        abort(404)
    before = listed.get(version - 1)
    words = editing.words_of(listed[version].text)
    earlier = editing.words_of(before.text) if before else words  # the first changed nothing
    return render_template(
        "petitions/version.html",
        petition=found,
        title=title_of(found),
        language=language,
        direction_of_text=direction(language),
        version=listed[version],
        before=before,
        fields={name: differences(earlier[name], words[name]) for name in TEXT_FIELDS},
    )


def _shown(wanted: Sequence[str]) -> list[str]:
    """Return the languages to show, two at most."""
    return ([code for code in LANGUAGES if code in wanted] or list(LANGUAGES))[:SHOWN_AT_ONCE]


def _known(language: str) -> str:
    if language not in LANGUAGES:
        abort(404)
    return language


def _words(typed: forms.Typed, language: str) -> dict[str, str]:
    return {name: typed.values[f"{language}-{name}"] for name in TEXT_FIELDS}


def _typed_columns(
    found: Petition, shown: Sequence[str], writable: Sequence[str], typed: forms.Typed
) -> list[Column]:
    """Return what was typed; of a language that is only read, what is stored."""
    stored, columns = latest_texts(found.id), []
    for language in shown:
        if language in writable:
            began_from = request.form.get(f"{language}-began_from", "")
            version = int(began_from) if began_from.isdecimal() and len(began_from) < 9 else -1
            columns.append(Column(language, version, _words(typed, language), True))
        else:
            text = stored.get(language)
            columns.append(Column(language, editing.version_of(text), editing.words_of(text), False))
    return columns


def _page(found: Petition, columns: Sequence[Column], typed: forms.Typed | None = None, **more: Any) -> str:
    typed = typed or forms.Typed()
    with reading():
        for column in columns:
            drawn, notes = _drawn(column.language, column.words, typed)
            column.preview, column.notes = Markup(drawn), {name: Markup(note) for name, note in notes.items()}  # noqa: S704
        return render_template(
            "petitions/texts.html",
            petition=found,
            title=title_of(found),
            columns=columns,
            typed=typed,
            errors=typed.errors if request.form.get("act") != "preview" else [],
            people=statement(found.id, now=utc_now()).people,
            is_public=found.state in PUBLIC_STATES,
            figures={column.language: figures_at_hand(column.language) for column in columns},
            **more,
        )


def _conflict(
    found: Petition, columns: Sequence[Column], typed: forms.Typed, languages: Sequence[str]
) -> ResponseReturnValue:
    """Show both texts; what was typed stays in the form, and may then be saved after theirs."""
    with reading():
        stored = latest_texts(found.id)
        for column in columns:
            if column.language in languages:
                theirs = editing.words_of(stored.get(column.language))
                column.newer = {
                    name: differences(column.words[name], theirs[name])
                    for name in TEXT_FIELDS
                    if column.words[name] != theirs[name]
                }
                column.began_from = editing.version_of(stored.get(column.language))
    return _page(found, columns, typed, is_conflict=True), 409


def _drawn(language: str, words: Mapping[str, str], typed: forms.Typed) -> tuple[str, dict[str, str]]:
    """Return the preview as it is read, in its own language; and the notes under each field, in the writer's."""
    shown = preview_text(language, words, avoided(language))
    with _speaking(language):
        drawn = render_template(
            "petitions/_preview.html", preview=shown, direction_of_text=direction(language)
        )
    return drawn, {name: _note(shown, name, typed) for name in TEXT_FIELDS}


def _note(shown: Preview, name: str, typed: forms.Typed) -> str:
    return render_template(
        "petitions/_notes.html",
        found=shown.found[name],
        language=shown.language,
        wrong=typed.wrong(f"{shown.language}-{name}"),
        place=f"{shown.language}-{name}",
    )


@contextmanager
def _speaking(language: str) -> Iterator[None]:
    """Let templates speak a language for a while."""
    mine, g.lang = g.lang, language
    try:
        yield
    finally:
        g.lang = mine


def _versions(found: Petition, language: str) -> list[Version]:
    """Return the versions of a language, the newest first."""
    rows = db.session.scalars(
        select(PetitionText)
        .filter_by(petition_id=found.id, language=language)
        .order_by(PetitionText.version.desc())
    ).all()
    names = {f"organiser:{each.id}": each.name for each in db.session.scalars(select(Organiser))}
    return [
        Version(
            text=row,
            written_by=names.get(row.written_by, ""),
            people=_people_before(found, row.written_at),
            is_before_opening=found.opens_at is None or row.written_at < found.opens_at,
        )
        for row in rows
    ]


def _people_before(found: Petition, moment: datetime) -> int:
    """Return how many people were counted at the end of the day before a moment."""
    day = utc_day(moment) - timedelta(days=1)
    return statement(found.id, now=utc_now(), on=day).people
