"""A supporter's own letter: chosen and typed on one page, answered once with the letter, and nowhere kept.

What is typed comes in the body of a post, never in an address; no answer to a post may be stored by anybody.
"""

from typing import Any

from flask import abort, render_template
from flask.typing import ResponseReturnValue

from .. import finished_pages
from ..bodies.queries import body
from ..clock import utc_now
from ..languages import LETTER_LANGUAGES
from ..petitions.queries import PetitionRecord, public_petition
from ..shield import form_token
from ..signing import admission
from ..signing.form_reading import read_form
from . import own_letter
from .own_letter_form import GROUPS, OwnLetterForm, form_of
from .views import blueprint, described


@blueprint.get("/<lang:lang>/petitions/<slug>/your-letter")
def your_letter(lang: str, slug: str) -> ResponseReturnValue:
    """Offer what a letter of one's own can be made of."""
    petition, offered = public_petition(slug), _offered()
    form = _form_class(lang)(formdata=None)
    form.language.data = lang
    finished_pages.keep()
    return _choices(form, petition, offered, lang)


@blueprint.post("/<lang:lang>/petitions/<slug>/your-letter")
def write_letter(lang: str, slug: str) -> ResponseReturnValue:
    """Answer with the finished letter; nothing of it is stored, sent or noted anywhere."""
    admission.refuse_cross_site()
    petition, offered = public_petition(slug), _offered()
    form = read_form(_form_class(lang))
    form.offices = own_letter.offices(offered, lang)
    if seconds := admission.seconds_to_wait():
        page = _choices(form, petition, offered, lang, notice="busy", retry_after_seconds=seconds)
        return page, 429, {"Retry-After": str(seconds)}
    try:
        form_token.check(form.form_token.data or "", petition.id, utc_now())
    except form_token.FormRefused:
        return _choices(form, petition, offered, lang, notice="expired"), 422
    if form.correct.data or form.is_honeypot_filled:
        return _choices(form, petition, offered, lang)
    if not form.validate():
        return _choices(form, petition, offered, lang), 422
    return _answer(form, petition, offered, lang)


def _answer(
    form: OwnLetterForm, petition: PetitionRecord, offered: own_letter.Offered, lang: str
) -> ResponseReturnValue:
    """Return the letter, or the form again where nothing would be said to this office."""
    to = body(form.body.data or "")
    chosen = own_letter.Chosen(
        body=to,
        lang=form.language.data or "",
        points=form.ticked("points"),
        asks=form.ticked("asks"),
        own_words=form.own_words.data or "",
    )
    left_out = [
        (group, nth)
        for group in GROUPS
        for nth in form.ticked(group)
        if own_letter.is_left_out(to, offered, group, nth)
    ]
    ticked = sum(len(form.ticked(group)) for group in GROUPS)
    if not chosen.own_words and ticked == len(left_out):
        return _choices(form, petition, offered, lang, notice="empty"), 422
    said = own_letter.sentences(lang)
    page: str = render_template(
        "letters/own_letter_done.html",
        letter=own_letter.compose(chosen, offered, today=utc_now().date()),
        letter_language=LETTER_LANGUAGES[chosen.lang],
        office=form.office,
        source_url=to.source_url,
        left_out=[getattr(said, group)[nth] for group, nth in left_out],
        own_count=len(chosen.own_words),
        longest=own_letter.LONGEST_WORDS,
        petition=described(petition, lang),
        form=_fresh(form, petition.id),
    )
    return page


def _choices(
    form: OwnLetterForm, petition: PetitionRecord, offered: own_letter.Offered, lang: str, **shown: Any
) -> str:
    """Return the form with everything that was chosen and typed."""
    form.offices = form.offices or own_letter.offices(offered, lang)
    return render_template(
        "letters/own_letter.html",
        petition=described(petition, lang),
        form=_fresh(form, petition.id),
        errors=form.error_list(),
        sentences=own_letter.sentences(lang),
        to_states=offered.to_states,
        kinds=[kind for kind in offered.kinds if any(each.kind == kind for each in form.offices)],
        letter_languages=[LETTER_LANGUAGES[code] for code in offered.languages],
        longest=own_letter.LONGEST_WORDS,
        **shown,
    )


def _form_class(lang: str) -> type[OwnLetterForm]:
    said = own_letter.sentences(lang)
    return form_of(len(said.points), len(said.asks))


def _fresh(form: OwnLetterForm, petition_id: int) -> OwnLetterForm:
    """Give a form the token that proves its freshness when it comes back."""
    form.form_token.data = admission.new_form_token(petition_id, utc_now())
    return form


def _offered() -> own_letter.Offered:
    found = own_letter.offered()
    if found is None:
        abort(404)
    return found
