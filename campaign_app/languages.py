"""Languages, numbers, days and countries as a reader sees them: one formatter, on the server.

JavaScript never formats a number. Arabic uses Latin digits and Levantine month names unless the site
sets ARABIC_DIGITS; all three families of digits are accepted on input. The formatters and the names of countries speak
every language that a letter may be written in, pages only those of LANGUAGES.
"""

import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from flask import Flask, g, has_request_context, request
from flask_babel import get_locale
from werkzeug.routing import BaseConverter, ValidationError

from . import formats
from .config import settings
from .content_files import read_toml
from .formats import ARABIC_INDIC_DIGITS, LATIN_DIGITS
from .formats import LANGUAGES as LANGUAGES
from .formats import LETTER_LANGUAGES as LETTER_LANGUAGES
from .formats import Language as Language

FIRST_LANGUAGE = "ar"
PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
_TO_LATIN = str.maketrans(ARABIC_INDIC_DIGITS + PERSIAN_DIGITS, LATIN_DIGITS * 2)


class LanguageConverter(BaseConverter):
    """The `<lang:lang>` part of an address: one of the languages that pages exist in."""

    regex = "[a-z]{2,3}"

    def to_python(self, value: str) -> str:
        """Accept a known language. Raises ValidationError (so 404) for any other."""
        if value not in LANGUAGES:
            raise ValidationError
        return value


def current_language() -> str:
    """Return the language of the page or mail being rendered."""
    found: str | None = g.get("lang") if has_request_context() else None
    if found is not None:
        return found
    locale = get_locale()
    return locale.language if locale and locale.language in LANGUAGES else FIRST_LANGUAGE


def preferred_language() -> str:
    """Return the reader's own choice from Accept-Language, or the first language of the campaign."""
    return request.accept_languages.best_match(list(LANGUAGES)) or FIRST_LANGUAGE


def direction(code: str) -> str:
    """Return "rtl" or "ltr"."""
    return LETTER_LANGUAGES[code].direction


def fold_digits(text: str) -> str:
    """Return text with Arabic-Indic and Persian digits as Latin ones: what a person typed, made one."""
    return text.translate(_TO_LATIN)


def format_number(number: int, lang: str | None = None) -> str:
    """Return a whole number with the separators and digits of a language."""
    return formats.number(number, lang or current_language(), arabic_digits=settings().arabic_digits)


def format_share(share: float, lang: str | None = None) -> str:
    """Return a share between 0 and 1 as a whole percentage."""
    return formats.share(share, lang or current_language(), arabic_digits=settings().arabic_digits)


def format_day(day: date, lang: str | None = None) -> str:
    """Return a day such as "5 آذار 2026" or "5 March 2026"."""
    return formats.day(day, lang or current_language(), arabic_digits=settings().arabic_digits)


def format_month(day: date, lang: str | None = None) -> str:
    """Return the month of a day, such as "آذار 2026" or "March 2026"."""
    return formats.month(day, lang or current_language(), arabic_digits=settings().arabic_digits)


def format_year(day: date, lang: str | None = None) -> str:
    """Return the year of a day as it stands in a sentence."""
    return formats.year(day, lang or current_language(), arabic_digits=settings().arabic_digits)


def format_date_time(moment: datetime, lang: str | None = None) -> str:
    """Return a day and UTC time, such as "5 March 2026, 18:00 UTC"."""
    return formats.moment(moment, lang or current_language(), arabic_digits=settings().arabic_digits)


def format_local(moment: datetime, zone: str, lang: str | None = None) -> str:
    """Return a moment by the clocks of a zone (an IANA name), such as "5 March 2026, 21:00".

    Empty where no zone is given, or where this machine knows none of that name.
    """
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""
    code, has_arabic_digits = lang or current_language(), settings().arabic_digits
    return formats.moment(local, code, arabic_digits=has_arabic_digits, is_universal=False)


def countries(lang: str) -> tuple[tuple[str, str], ...]:
    """Return (ISO 3166-1 code, name) pairs in the alphabetical order of a language."""
    return _countries(settings().content_dir, lang)


def country_name(code: str, lang: str | None = None) -> str:
    """Return the name of a country. Raises KeyError for a code that is not in the list."""
    return country_names(settings().content_dir, lang or current_language())[code]


def is_country(code: str) -> bool:
    """Whether a code is in the list that a signer may choose from."""
    return code in country_names(settings().content_dir, FIRST_LANGUAGE)


def country_code(text: str | None) -> str:
    """Return the code of a country by its name in a language of pages, or by the code itself; "" for anything else."""
    return _country_codes(settings().content_dir).get(text or "", "")


@cache
def _country_codes(content_dir: Path) -> dict[str, str]:
    names = [country_names(content_dir, lang) for lang in LANGUAGES]
    return {said: code for each in names for code, name in each.items() for said in (code, name)}


@cache
def country_names(content_dir: Path, lang: str) -> dict[str, str]:
    """Return the names of all countries of a content folder, by code."""
    listed = read_toml(content_dir / "countries.toml")
    overrides = listed.get("names", {}).get(lang, {})
    territories = Locale.parse(lang).territories
    return {code: overrides.get(code) or territories[code] for code in listed["codes"]}


@cache
def _countries(content_dir: Path, lang: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(country_names(content_dir, lang).items(), key=_alphabetical(lang)))


def _alphabetical(lang: str) -> Callable[[tuple[str, str]], str]:
    """Order names as a reader of the language looks them up: hamza and article do not count in Arabic."""
    if lang != "ar":
        return lambda pair: unicodedata.normalize("NFKD", pair[1]).casefold()
    bare = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ة": "ه", "ى": "ي"})
    # The article goes first: folded, the beginning of "ألمانيا" would look like one.
    return lambda pair: pair[1].removeprefix("ال").translate(bare)


def select_locale() -> str:
    """Tell Flask-Babel which catalogue to use: the language in the address, else what the browser asks for."""
    if not has_request_context():
        return FIRST_LANGUAGE
    if "lang" not in g:
        # An address that no page answers to may still begin with a language.
        first = request.path.split("/", 2)[1]
        g.lang = first if first in LANGUAGES else preferred_language()
    found: str = g.lang
    return found


def register(app: Flask) -> None:
    """Teach the application the language part of its addresses and the formatters of its pages."""
    app.url_map.converters["lang"] = LanguageConverter

    @app.url_value_preprocessor
    def _language_of_address(endpoint: str | None, values: dict[str, str] | None) -> None:
        if values and "lang" in values:
            g.lang = values["lang"]

    @app.url_defaults
    def _same_language(endpoint: str, values: dict[str, str]) -> None:
        if "lang" not in values and app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values["lang"] = current_language()

    @app.context_processor
    def _formatters() -> dict[str, object]:
        lang = current_language()
        return {
            "lang": lang,
            "direction": direction(lang),
            "languages": tuple(LANGUAGES.values()),
            "format_number": format_number,
            "format_day": format_day,
            "format_month": format_month,
            "format_date_time": format_date_time,
            "format_share": format_share,
            "country_name": country_name,
        }
