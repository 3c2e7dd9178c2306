"""How numbers, days and moments are written in each language, for pages and for letters: Babel's data, no request.

A process that only makes documents imports it without the web framework. Arabic stands in Latin digits unless a caller
asks for Arabic-Indic ones.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent


@dataclass(frozen=True)
class Language:
    """A language that pages or letters exist in. `locale` names the region whose dates and numbers are used."""

    code: str
    name: str
    direction: str
    locale: str


# Pages exist in these.
LANGUAGES = {
    "ar": Language("ar", "العربية", "rtl", "ar_SY"),
    "en": Language("en", "English", "ltr", "en_GB"),
}
# A letter may be written in these: the six of the United Nations.
LETTER_LANGUAGES = LANGUAGES | {
    "fr": Language("fr", "Français", "ltr", "fr"),
    "es": Language("es", "Español", "ltr", "es"),
    "ru": Language("ru", "Русский", "ltr", "ru"),
    "zh": Language("zh", "中文", "ltr", "zh_Hans_CN"),
}
LATIN_DIGITS = "0123456789"
ARABIC_INDIC_DIGITS = "٠١٢٣٤٥٦٧٨٩"
# In Babel's pattern. Every day and year is written so that it can stand inside a sentence.
_DAY = {
    "ar": "d MMMM y",
    "en": "d MMMM y",
    "fr": "d MMMM y",
    "es": "d 'de' MMMM 'de' y",
    "ru": "d MMMM y 'года'",
    "zh": "y年M月d日",
}
_MONTH = {
    "ar": "LLLL y",
    "en": "LLLL y",
    "fr": "LLLL y",
    "es": "LLLL 'de' y",
    "ru": "LLLL y 'года'",
    "zh": "y年M月",
}
_YEAR = {"ar": "y", "en": "y", "fr": "y", "es": "y", "ru": "y 'год'", "zh": "y年"}
_CLOCK = {"ar": "، HH:mm", "zh": " HH:mm"}
_UNIVERSAL = {"ar": " 'بالتوقيت العالمي'"}
_FIRST_OF_MONTH = {"fr": ("1 ", "1er ")}
_TO_ARABIC_INDIC = str.maketrans(LATIN_DIGITS, ARABIC_INDIC_DIGITS)


def number(value: int, lang: str, *, arabic_digits: bool = False) -> str:
    """Return a whole number with the separators of a language."""
    return _digits(_decimal(value, LETTER_LANGUAGES[lang].locale), lang, arabic_digits)


def share(value: float, lang: str, *, arabic_digits: bool = False) -> str:
    """Return a share between 0 and 1 as a whole percentage."""
    pattern = "#,##0\u00a0%" if lang in ("fr", "es", "ru") else "#,##0%"
    return _digits(format_percent(value, pattern, LETTER_LANGUAGES[lang].locale), lang, arabic_digits)


def day(value: date, lang: str, *, arabic_digits: bool = False) -> str:
    """Return a day such as "5 آذار 2026", "5 March 2026", "1er mars 2026", "2026年3月5日"."""
    return _digits(_day(value, lang), lang, arabic_digits)


def month(value: date, lang: str, *, arabic_digits: bool = False) -> str:
    """Return the month of a day: "آذار 2026", "March 2026", "marzo de 2026"."""
    return _digits(_dated(value, _MONTH[lang], lang), lang, arabic_digits)


def year(value: date, lang: str, *, arabic_digits: bool = False) -> str:
    """Return the year of a day: "2026", "2026 год", "2026年"."""
    return _digits(_dated(value, _YEAR[lang], lang), lang, arabic_digits)


def moment(value: datetime, lang: str, *, arabic_digits: bool = False, is_universal: bool = True) -> str:
    """Return a day and a time of day, such as "5 March 2026, 18:00 UTC"; UTC is named unless told otherwise."""
    minute = value.replace(second=0, microsecond=0, tzinfo=None)
    return _digits(_moment(minute, lang, is_universal), lang, arabic_digits)


def clock(value: datetime, lang: str, *, arabic_digits: bool = False, is_universal: bool = True) -> str:
    """Return a time of day, such as "18:00 UTC"; UTC is named unless told otherwise."""
    pattern = "HH:mm" + (_UNIVERSAL.get(lang, " 'UTC'") if is_universal else "")
    minute = value.replace(second=0, microsecond=0, tzinfo=None)
    written = format_datetime(minute, pattern, locale=LETTER_LANGUAGES[lang].locale)
    return _digits(written, lang, arabic_digits)


def language_name(code: str, lang: str) -> str:
    """Return what a language is called in another: "Arabic", "арабский"; the code where nobody has named it."""
    return str(_locale(LETTER_LANGUAGES[lang].locale).languages.get(code, code))


def plural_category(value: int, lang: str) -> str:
    """Return the form that a language wants beside a number: CLDR's zero, one, two, few, many or other."""
    return _locale(LETTER_LANGUAGES[lang].locale).plural_form(value)


def plural_categories(lang: str) -> frozenset[str]:
    """Return every form that a language has."""
    return _locale(LETTER_LANGUAGES[lang].locale).plural_form.tags | {"other"}


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(code)


@lru_cache(maxsize=2_000)
def _decimal(value: int, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=1_000)
def _day(value: date, lang: str) -> str:
    written = _dated(value, _DAY[lang], lang)
    if value.day == 1 and lang in _FIRST_OF_MONTH:
        return written.replace(*_FIRST_OF_MONTH[lang], 1)
    return written


def _dated(value: date, pattern: str, lang: str) -> str:
    return format_date(value, pattern, locale=LETTER_LANGUAGES[lang].locale)


@lru_cache(maxsize=1_000)
def _moment(minute: datetime, lang: str, is_universal: bool) -> str:
    clock = _CLOCK.get(lang, ", HH:mm") + (_UNIVERSAL.get(lang, " 'UTC'") if is_universal else "")
    return _day(minute.date(), lang) + format_datetime(minute, clock, locale=LETTER_LANGUAGES[lang].locale)


def _digits(text: str, lang: str, arabic_digits: bool) -> str:
    return text.translate(_TO_ARABIC_INDIC) if arabic_digits and lang == "ar" else text
