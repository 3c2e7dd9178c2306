"""The sentence that a press release quotes, in each language: only numbers that anybody can look up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import force_locale, ngettext

from ..config import settings
from ..languages import LANGUAGES, Language, format_date_time, format_number


@dataclass(frozen=True)
class Sentence:
    """What to copy in one language. address: of the public page where the number can be checked."""

    language: Language
    text: str
    address: str


def sentences(
    slug: str, titles: Mapping[str, str], people: int, countries: int | None, *, now: datetime
) -> list[Sentence]:
    """Return the sentence in every language that pages exist in.

    titles: of the petition by language, for every one of them. people: counted at `now`. countries: how many are
    named in the published breakdown, each with at least ten people; None where none is.
    """
    return [
        Sentence(
            language,
            _sentence(code, titles[code], people, countries, now),
            f"{settings().base_url}/{code}/petitions/{slug}/numbers",
        )
        for code, language in LANGUAGES.items()
    ]


def _sentence(lang: str, title: str, people: int, countries: int | None, now: datetime) -> str:
    with force_locale(lang):
        signed = ngettext(
            "As of %(moment)s, %(people)s person has signed “%(title)s”.",
            "As of %(moment)s, %(people)s people have signed “%(title)s”.",
            people,
            moment=format_date_time(now, lang),
            people=format_number(people, lang),
            title=title,
        )
        if not countries:
            return str(signed)
        where = ngettext(
            "They are in at least %(countries)s country.",
            "They are in at least %(countries)s countries.",
            countries,
            countries=format_number(countries, lang),
        )
        return f"{signed} {where}"
