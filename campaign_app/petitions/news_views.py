"""News of a petition at the desk: written as a draft in each language, seen as readers will see it, then published."""

from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..clock import utc_day, utc_now
from ..extensions import db
from ..languages import LANGUAGES, direction
from ..tally.queries import statement
from . import editing, forms
from . import news as news_room
from .avoiding import avoided
from .blueprint import blueprint
from .desk_views import languages_to_write, may_edit, petition_of, petition_to_change, title_of
from .models import Petition, PetitionUpdate
from .previews import Preview, preview_news
from .queries import forget_kept
from .rules import PUBLIC_STATES, ChangedMeanwhile, UpdateIncomplete, UpdatePublished


@blueprint.get("/<slug>/news/new")
def new_news(slug: str) -> ResponseReturnValue:
    """Ask for a piece of news."""
    return _form(petition_of(slug), None, forms.Typed())


@blueprint.post("/<slug>/news/new")
def begin_news(slug: str) -> ResponseReturnValue:
    """Keep a piece of news as a draft."""
    return _save(petition_to_change(slug), None)


@blueprint.get("/<slug>/news/<int:news_id>")
def news(slug: str, news_id: int) -> ResponseReturnValue:
    """Show a piece of news as readers see it, or will."""
    found = petition_of(slug)
    update = _update_of(found, news_id)
    return render_template(
        "petitions/news.html",
        petition=found,
        title=title_of(found),
        update=update,
        previews=_previews(update),
        directions={code: direction(code) for code in LANGUAGES},
        lacking=news_room.lacking_news(found, update.texts),
        is_public=found.state in PUBLIC_STATES,
        people=statement(found.id, now=utc_now()).people,
        today=utc_day(utc_now()),
        may_edit=may_edit(),
        may_write=bool(languages_to_write(found)),
    )


@blueprint.get("/<slug>/news/<int:news_id>/edit")
def edit_news(slug: str, news_id: int) -> ResponseReturnValue:
    """Show the form of a draft."""
    found = petition_of(slug)
    update = _update_of(found, news_id)
    if update.published_on:
        return redirect(url_for(".news", slug=slug, news_id=news_id), 303)
    typed = forms.Typed(
        {
            f"{language}-{name}": text
            for language, words in update.texts.items()
            for name, text in words.items()
        }
    )
    return _form(found, update, typed)


@blueprint.post("/<slug>/news/<int:news_id>/edit")
def save_news(slug: str, news_id: int) -> ResponseReturnValue:
    """Keep what was typed in a draft."""
    found = petition_to_change(slug)
    return _save(found, _update_of(found, news_id))


@blueprint.post("/<slug>/news/<int:news_id>/publish")
def publish_news(slug: str, news_id: int) -> ResponseReturnValue:
    """Put a piece of news on the petition's page."""
    found = petition_to_change(slug)
    update = _update_of(found, news_id)
    try:
        news_room.publish_news(petition=found, update=update, by=organiser(), now=utc_now())
    except UpdateIncomplete:
        flash(_("Not published: a required language lacks its words."), "error")
        return redirect(url_for(".news", slug=slug, news_id=news_id), 303)
    except UpdatePublished:
        return _is_published(slug, news_id)
    db.session.commit()
    forget_kept()
    flash(_("It is on the petition's page now."), "success")
    return redirect(url_for(".petition", slug=slug), 303)


@blueprint.post("/<slug>/news/<int:news_id>/drop")
def drop_news(slug: str, news_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    found = petition_to_change(slug)
    try:
        news_room.drop_news(petition=found, update=_update_of(found, news_id), by=organiser(), now=utc_now())
    except UpdatePublished:
        return _is_published(slug, news_id)
    db.session.commit()
    flash(_("The draft is gone."), "success")
    return redirect(url_for(".petition", slug=slug), 303)


def _save(found: Petition, update: PetitionUpdate | None) -> ResponseReturnValue:
    writable = languages_to_write(found)
    typed = forms.read_news(request.form, writable)
    texts = dict(update.texts) if update else {}
    for language in writable:
        texts[language] = {name: typed.values[f"{language}-{name}"] for name in ("title", "body")}
    if not any(text for words in texts.values() for text in words.values()):
        typed.refuse(f"{writable[0]}-title", _("Write a title."))
    if typed.errors:
        return _form(found, update, typed), 422
    try:
        kept = news_room.save_news(
            petition=found,
            update=update,
            texts=texts,
            began_from=request.form.get("began_from", ""),
            by=organiser(),
            now=utc_now(),
        )
    except UpdatePublished:
        return _is_published(found.slug, update.id if update else 0)
    except ChangedMeanwhile:
        db.session.rollback()
        return _form(found, update, typed, is_conflict=True), 409
    db.session.commit()
    flash(_("Kept as a draft. This is how readers will see it."), "success")
    return redirect(url_for(".news", slug=found.slug, news_id=kept.id), 303)


def _form(
    found: Petition, update: PetitionUpdate | None, typed: forms.Typed, *, is_conflict: bool = False
) -> str:
    return render_template(
        "petitions/news_form.html",
        petition=found,
        title=title_of(found),
        update=update,
        typed=typed,
        errors=typed.errors,
        writable=languages_to_write(found),
        theirs=_previews(update) if is_conflict and update else (),
        directions={code: direction(code) for code in LANGUAGES},
        began_from=editing.fingerprint(update.texts) if update else "",
    )


def _previews(update: PetitionUpdate) -> Sequence[Preview]:
    return [
        preview_news(language, update.texts[language], avoided(language))
        for language in LANGUAGES
        if language in update.texts
    ]


def _update_of(found: Petition, news_id: int) -> PetitionUpdate:
    update = db.session.get(PetitionUpdate, news_id)
    if update is None or update.petition_id != found.id:
        abort(404)
    return update


def _is_published(slug: str, news_id: int) -> ResponseReturnValue:
    db.session.rollback()
    flash(_("Nothing was changed: this is on the petition's page already."), "error")
    return redirect(url_for(".news", slug=slug, news_id=news_id), 303)
