"""The public side of letters: which were sent, what became of them, and whether the paper in hand is the true one.

Whatever may not be shown is answered like an address that nobody ever gave out.
"""

from datetime import date, datetime
from typing import Any

from flask import Blueprint, abort, current_app, render_template
from flask.typing import ResponseReturnValue

from .. import finished_pages
from ..clock import utc_now
from ..languages import LETTER_LANGUAGES
from ..petitions.queries import PetitionRecord, petition_by_id, public_petition, public_petitions
from ..petitions.rules import PetitionUnknown
from ..tally.breakdowns import reason_name
from . import public, queries
from .frozen import FrozenLetter
from .models import Letter
from .now import numbers_now

blueprint = Blueprint("letters", __name__)


@blueprint.get("/<lang:lang>/letters/")
def sent(lang: str) -> ResponseReturnValue:
    """List the public letters that were sent."""
    return _list(lang, page=1)


@blueprint.get("/<lang:lang>/letters/older/<int(max=9999):page>")
def older(lang: str, page: int) -> ResponseReturnValue:
    """List those sent before."""
    return _list(lang, page=page)


@blueprint.get("/<lang:lang>/petitions/<slug>/letters")
def with_petition(lang: str, slug: str) -> ResponseReturnValue:
    """List the public letters with a petition's numbers; beyond the latest, the list of all has them."""
    return _list(lang, page=1, petition=public_petition(slug))


@blueprint.get("/<lang:lang>/letters/<reference>")
def letter(lang: str, reference: str) -> ResponseReturnValue:
    """Show a public letter."""
    found = public.public_letter(reference, now=utc_now())
    if found is None:
        abort(404)
    finished_pages.keep()
    return _page(found, lang)


@blueprint.get("/<lang:lang>/letters/<reference>/<token>")
def check(lang: str, reference: str, token: str) -> ResponseReturnValue:
    """Show a letter to whoever holds it, by the address printed in it. No copy of the page is kept anywhere."""
    found = public.letter_behind(reference, token, now=utc_now())
    if found is None:
        abort(404)
    return _page(found, lang)


@blueprint.get("/<lang:lang>/letters/<reference>/files/<file_name>")
def document(lang: str, reference: str, file_name: str) -> ResponseReturnValue:
    """Give a document of a public letter: exactly the bytes that left. One with signers' names is not given out."""
    found = public.public_letter(reference, now=utc_now())
    file = queries.file_of(found, file_name) if found and not found.has_names else None
    if file is None:
        abort(404)
    answer = current_app.response_class(file.content, mimetype=file.media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=file.name)
    return answer


def _list(lang: str, *, page: int, petition: PetitionRecord | None = None) -> ResponseReturnValue:
    letters, has_more = public.letters_sent(
        lang, now=utc_now(), petition_id=petition.id if petition else None, page=page
    )
    if page != 1 and not letters:
        abort(404)
    finished_pages.keep()
    return render_template(
        "letters/list.html",
        letters=letters,
        titles={each.id: described(each, lang) for each in public_petitions()},
        of_petition=described(petition, lang) if petition else None,
        page=page,
        has_more=has_more,
    )


def _page(found: Letter, lang: str) -> str:
    now = utc_now()
    shown = public.letter_page(found, lang, now=now)
    petition = _petition_of(shown.petition_id)
    return render_template(
        "letters/letter.html",
        letter=shown,
        of_petition=described(petition, lang) if petition else None,
        now_counted=numbers_now(shown.frozen.statement, petition.id, now=now) if petition else None,
        text_language=_text_language(shown.frozen, lang),
        letter_languages=LETTER_LANGUAGES,
        reason_name=reason_name,
        moment=datetime.fromisoformat,
        day=date.fromisoformat,
    )


def _petition_of(petition_id: int | None) -> PetitionRecord | None:
    try:
        return petition_by_id(petition_id) if petition_id else None
    except PetitionUnknown:
        return None


def described(petition: PetitionRecord, lang: str) -> dict[str, Any]:
    """Return how a petition is named, in a language that it has."""
    text = petition.text(lang)
    return {"slug": petition.slug, "title": text.title, "lang": text.language}


def _text_language(frozen: FrozenLetter, lang: str) -> str:
    """Return the language in which a letter's words are shown: the page's where it has it."""
    return next((each for each in (lang, *frozen.languages) if each in frozen.texts), lang)
