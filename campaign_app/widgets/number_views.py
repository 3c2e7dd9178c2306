"""Numbers that other sites load: the counter for machines, the badge as a picture, and the loader of frames."""

from typing import Any

from flask import Response, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from .. import finished_pages
from ..addresses import public_url
from ..clock import utc_now
from ..config import ROOT
from ..languages import current_language, format_date_time, format_number
from ..petitions.queries import PetitionRecord, public_petition
from ..signing.queries import petition_page
from ..tally.queries import statement
from ..tally.rules import Statement
from ..xml_text import for_xml
from .blueprint import blueprint
from .snippets import LOADER

KEPT_SECONDS = 60
LOADER_KEPT_SECONDS = 3_600
LONGEST_TITLE = 100
LETTER_PIXELS = {"ar": 6.6, "en": 7.6}  # of 14 px bold in the fonts of common systems, on average
BADGE_SIDES = 24


@blueprint.get("/<lang:lang>/petitions/<slug>/counter.json")
def counter(lang: str, slug: str) -> ResponseReturnValue:
    """Give the count to scripts of any site, and in words: JavaScript never formats a number."""
    petition, numbers = _counted(slug)
    page = petition_page(petition, lang, people=numbers.people, now=utc_now())
    found: dict[str, Any] = {
        "petition": petition.slug,
        "people": numbers.people,
        "number": format_number(numbers.people),
        "text": in_words(numbers.people),
        "goal": page.goal.threshold if page.goal else None,
        "goal_number": format_number(page.goal.threshold) if page.goal else None,
        "percent": page.goal.percent if page.goal else None,
        "is_open": page.is_accepting and not page.is_stopped,
        "title": page.title,
        "page": public_url("signing.petition", lang=lang, slug=slug),
    }
    says = repr(found)
    if numbers.as_of:
        found |= {"as_of": numbers.as_of.isoformat(), "as_of_text": format_date_time(numbers.as_of)}
    finished_pages.keep(KEPT_SECONDS, says=says)
    return for_every_site(jsonify(found))


@blueprint.get("/badge/<slug>.svg")
def badge(slug: str) -> ResponseReturnValue:
    """Give the count as a small picture; `?lang=` chooses its words."""
    petition, numbers = _counted(slug)
    lang = current_language()
    words = in_words(numbers.people)
    finished_pages.keep(KEPT_SECONDS, says=words)
    svg = render_template(
        "widgets/badge.svg",
        words=words,
        title=for_xml(petition.text(lang).title[:LONGEST_TITLE]),
        width=round(len(words) * LETTER_PIXELS.get(lang, 8)) + BADGE_SIDES,
    )
    return for_every_site(Response(svg, mimetype="image/svg+xml"))


@blueprint.get("/widget.js")
def loader() -> ResponseReturnValue:
    """Give the newest loader under a name that never changes, for sites that would rather have it renewed."""
    finished_pages.keep(LOADER_KEPT_SECONDS)
    return for_every_site(Response((ROOT / "static" / LOADER).read_bytes(), mimetype="text/javascript"))


def in_words(people: int) -> str:
    """Return how many have signed, in the language of the request."""
    said: str = ngettext(
        "%(people)s person has signed", "%(people)s people have signed", people, people=format_number(people)
    )
    return said


def for_every_site(answer: Response) -> Response:
    """Let scripts and pages of every site load an answer. It holds nothing that is not public."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _counted(slug: str) -> tuple[PetitionRecord, Statement]:
    petition, now = public_petition(slug), utc_now()
    numbers: Statement = finished_pages.lately(("card", petition.id), lambda: statement(petition.id, now=now))
    return petition, numbers
