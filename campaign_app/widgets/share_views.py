"""What is passed on: the picture of a link, the page with every way to share a petition, the poster to print."""

from flask import Blueprint, abort, render_template, request
from flask import Response as FlaskResponse
from flask.typing import ResponseReturnValue

from .. import finished_pages
from ..addresses import public_url
from ..clock import utc_now
from ..languages import LANGUAGES, LETTER_LANGUAGES, direction
from ..petitions.queries import PetitionRecord, public_petition
from ..signing.sharing import share_set
from ..tally.queries import statement
from . import printed
from .kept_files import kept
from .share_picture import of_campaign, picture, shown

PICTURE_SECONDS = 15 * 60  # a rise of the count is drawn at most so often
ANSWER_SECONDS = 60

blueprint = Blueprint("sharing", __name__)


@blueprint.get("/share/<slug>/<language>.png")
def share_picture(slug: str, language: str) -> ResponseReturnValue:
    """Give the picture that messengers show beside a link, in a language of letters. Any site may show it."""
    petition = public_petition(slug)
    if language not in LETTER_LANGUAGES:
        abort(404)
    answer = FlaskResponse(_picture(petition, language), mimetype="image/png")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    _let_others_keep(answer)
    return answer


@blueprint.get("/share/<language>.png")
def campaign_picture(language: str) -> ResponseReturnValue:
    """Give the picture of the pages that are about no petition, in a language of pages."""
    if language not in LANGUAGES:
        abort(404)
    what = of_campaign(language, now=utc_now())
    answer = FlaskResponse(
        kept(f"campaign-{language}.png", of=what.steady, make=lambda: picture(what)), mimetype="image/png"
    )
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    _let_others_keep(answer)
    return answer


@blueprint.get("/<lang:lang>/petitions/<slug>/share")
def share(lang: str, slug: str) -> ResponseReturnValue:
    """Show every way to pass a petition on: by link, by picture, on paper."""
    finished_pages.keep()
    petition = public_petition(slug)
    text = petition.text(lang)
    url = public_url("signing.petition", lang=lang, slug=slug)
    return render_template(
        "widgets/share.html",
        petition=petition,
        title=text.title,
        title_language=text.language,
        title_direction=direction(text.language),
        share=share_set(petition_url=url, title=text.title),
        printable=[LANGUAGES[code] for code in LANGUAGES if code in petition.texts],
    )


@blueprint.get("/<lang:lang>/petitions/<slug>/poster.pdf")
def poster(lang: str, slug: str) -> ResponseReturnValue:
    """Give the poster of a petition in a language that it has words in."""
    petition = public_petition(slug)
    if lang not in petition.texts:
        abort(404)
    paper = printed.poster_paper(petition, lang)
    content = kept(f"poster-{petition.id}-{lang}.pdf", of=paper, make=lambda: printed.pdf_of(paper))
    answer = FlaskResponse(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{slug}-{lang}-poster.pdf"'
    _let_others_keep(answer)
    return answer


def _picture(petition: PetitionRecord, language: str) -> bytes:
    now = utc_now()
    numbers = finished_pages.lately(("shared", petition.id), lambda: statement(petition.id, now=now))
    what = shown(petition, language, people=numbers.people, now=now)
    name = f"picture-{petition.id}-{language}.png"
    return kept(name, of=what.steady, make=lambda: picture(what), seconds=PICTURE_SECONDS)


def _let_others_keep(answer: FlaskResponse) -> None:
    """Let browsers keep an answer, and this process too; not with a query, or each would take its place."""
    if request.query_string:
        answer.headers["Cache-Control"] = f"public, max-age={ANSWER_SECONDS}"
    else:
        finished_pages.keep(ANSWER_SECONDS)
