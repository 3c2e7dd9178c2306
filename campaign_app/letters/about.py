"""Whom a letter goes to and what it is about, as its row and the directory say now."""

from ..bodies import queries as directory
from ..bodies.models import Body
from ..bodies.rules import BodyUnknown
from ..petitions.queries import PetitionRecord, petition_by_id
from ..petitions.rules import PetitionUnknown
from . import statement
from .models import Letter
from .templates import COUNCIL_PRESIDENT, template
from .titles import translated_title


def recipient_of(letter: Letter) -> Body | None:
    """Return whom a letter goes to: of a letter to the Council's President, whoever presides in its month."""
    if letter.body_month and template(letter.template).recipient == COUNCIL_PRESIDENT:
        return directory.president(letter.body_month.year, letter.body_month.month)
    return office(letter.body_key)


def petition_of(letter: Letter) -> PetitionRecord | None:
    """Return the petition of a letter; None where it has none, or none that the public may see."""
    try:
        return petition_by_id(letter.petition_id) if letter.petition_id else None
    except PetitionUnknown:
        return None


def title_of(petition: PetitionRecord | None, lang: str) -> str:
    """Return a petition's title in a letter's language; where nobody wrote it, in English, or in its own."""
    if petition is None:
        return ""
    english = petition.texts.get(statement.PAGE_LANGUAGE)
    return title_in(petition, lang) or (english or petition.text(petition.home_language)).title


def title_in(petition: PetitionRecord, lang: str) -> str | None:
    """Return a petition's title where somebody wrote it in a language: on its page, or for letters."""
    if found := petition.texts.get(lang):
        return found.title
    english = petition.texts.get(statement.PAGE_LANGUAGE)
    return translated_title(petition.slug, lang, english.title) if english else None


def office(key: str) -> Body | None:
    """Return a body of the directory; None for an empty or an unknown key."""
    try:
        return directory.body(key) if key else None
    except BodyUnknown:
        return None
