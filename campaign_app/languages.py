"""Languages, numbers, days and countries as a reader sees them: one formatter, on the server.

JavaScript never formats a number. Arabic uses Latin digits and Levantine month names unless the site
sets ARABIC_DIGITS; all three families of digits are accepted on input.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from flask import Flask, g, has_request_context, request
from flask_babel import get_locale
from werkzeug.routing import BaseConverter, ValidationError

from .config import settings
from .content_files import read_toml


@dataclass(frozen=True)
class Language:
    """A language that pages exist in. `locale` names the region whose dates and numbers are used."""

    code: str
    name: str
    direction: str
    locale: str


LANGUAGES = {
    "ar": Language("ar", "العربية", "rtl", "ar_SY"),
    "en": Language("en", "English", "ltr", "en_GB"),
}
FIRST_LANGUAGE = "ar"
LATIN_DIGITS = "0123456789"
ARABIC_INDIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
PERSIAN_DIGITS = "۰۱۲۳۴۵۶۷۸۹"
# How a moment in UTC is written, in Babel's pattern; in every other language as in English.
_MOMENT = {"ar": "d MMMM y، HH:mm 'بالتوقيت العالمي'", "en": "d MMMM y, HH:mm 'UTC'"}
_LOCAL = {"ar": "d MMMM y، HH:mm", "en": "d MMMM y, HH:mm"}
_TO_ARABIC_INDIC = str.maketrans(LATIN_DIGITS, ARABIC_INDIC_DIGITS)
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
    if has_request_context() and "lang" in g:
        found: str = g.lang
        return found
    locale = get_locale()
    return locale.language if locale and locale.language in LANGUAGES else FIRST_LANGUAGE


def preferred_language() -> str:
    """Return the reader's own choice from Accept-Language, or the first language of the campaign."""
    return request.accept_languages.best_match(list(LANGUAGES)) or FIRST_LANGUAGE


def direction(code: str) -> str:
    """Return "rtl" or "ltr"."""
    return LANGUAGES[code].direction


def fold_digits(text: str) -> str:
    """Return text with Arabic-Indic and Persian digits as Latin ones: what a person typed, made one."""
    return text.translate(_TO_LATIN)


def format_number(number: int, lang: str | None = None) -> str:
    """Return a whole number with the separators and digits of a language."""
    code = lang or current_language()
    return _digits(_decimal(number, LANGUAGES[code].locale), code)


def format_share(share: float, lang: str | None = None) -> str:
    """Return a share between 0 and 1 as a whole percentage."""
    code = lang or current_language()
    return _digits(format_percent(share, format="#,##0%", locale=LANGUAGES[code].locale), code)


def format_day(day: date, lang: str | None = None) -> str:
    """Return a day such as "5 آذار 2026" or "5 March 2026"."""
    code = lang or current_language()
    return _digits(_day(day, LANGUAGES[code].locale), code)


def format_date_time(moment: datetime, lang: str | None = None) -> str:
    """Return a day and UTC time, such as "5 March 2026, 18:00 UTC"."""
    code = lang or current_language()
    return _digits(_moment(moment.replace(second=0, microsecond=0), code), code)


def format_local(moment: datetime, zone: str, lang: str | None = None) -> str:
    """Return a moment by the clocks of a zone (an IANA name), such as "5 March 2026, 21:00".

    Empty where no zone is given, or where this machine knows none of that name.
    """
    code = lang or current_language()
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""
    pattern = _LOCAL.get(code, _LOCAL["en"])
    return _digits(format_datetime(local.replace(tzinfo=None), pattern, locale=LANGUAGES[code].locale), code)


@lru_cache(maxsize=2_000)
def _decimal(number: int, locale: str) -> str:
    return format_decimal(number, locale=locale)


@lru_cache(maxsize=1_000)
def _day(day: date, locale: str) -> str:
    return format_date(day, "d MMMM y", locale=locale)


@lru_cache(maxsize=1_000)
def _moment(minute: datetime, code: str) -> str:
    return format_datetime(minute, _MOMENT.get(code, _MOMENT["en"]), locale=LANGUAGES[code].locale)


def _digits(text: str, code: str) -> str:
    if code == "ar" and settings().arabic_digits:
        return text.translate(_TO_ARABIC_INDIC)
    return text


def countries(lang: str) -> tuple[tuple[str, str], ...]:
    """Return (ISO 3166-1 code, name) pairs in the alphabetical order of a language."""
    return _countries(settings().content_dir, lang)


def country_name(code: str, lang: str | None = None) -> str:
    """Return the name of a country. Raises KeyError for a code that is not in the list."""
    return _country_names(settings().content_dir, lang or current_language())[code]


def is_country(code: str) -> bool:
    """Whether a code is in the list that a signer may choose from."""
    return code in _country_names(settings().content_dir, FIRST_LANGUAGE)


@cache
def _country_names(content_dir: Path, lang: str) -> dict[str, str]:
    listed = read_toml(content_dir / "countries.toml")
    overrides = listed.get("names", {}).get(lang, {})
    territories = Locale.parse(lang).territories
    return {code: overrides.get(code) or territories[code] for code in listed["codes"]}


@cache
def _countries(content_dir: Path, lang: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(_country_names(content_dir, lang).items(), key=_alphabetical(lang)))


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
            "format_date_time": format_date_time,
            "format_share": format_share,
            "country_name": country_name,
        }
