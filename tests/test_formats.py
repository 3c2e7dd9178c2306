"""Numbers, days and countries as a letter writes them in each of its six languages."""

from datetime import UTC, date, datetime

import pytest
from babel import Locale
from flask import Flask

from campaign_app import formats
from campaign_app.config import EXTENSION, Settings
from campaign_app.formats import LANGUAGES, LETTER_LANGUAGES
from campaign_app.languages import countries, country_name, format_day, format_local, format_month

DAYS = {
    "ar": "28 كانون الأول 2024",
    "en": "28 December 2024",
    "fr": "28 décembre 2024",
    "es": "28 de diciembre de 2024",
    "ru": "28 декабря 2024 года",
    "zh": "2024年12月28日",
}
MONTHS = {
    "ar": "كانون الأول 2026",
    "en": "December 2026",
    "fr": "décembre 2026",
    "es": "diciembre de 2026",
    "ru": "декабрь 2026 года",
    "zh": "2026年12月",
}
YEARS = {"ar": "2019", "en": "2019", "fr": "2019", "es": "2019", "ru": "2019 год", "zh": "2019年"}
NUMBERS = {
    "ar": "112,414",
    "en": "112,414",
    "fr": "112\u202f414",
    "es": "112.414",
    "ru": "112\u00a0414",
    "zh": "112,414",
}


@pytest.fixture
def application():
    app = Flask("formats")
    app.extensions[EXTENSION] = Settings()
    with app.app_context():
        yield


def test_letters_exist_in_the_six_languages_and_pages_in_two():
    assert list(LANGUAGES) == ["ar", "en"]
    assert list(LETTER_LANGUAGES) == ["ar", "en", "fr", "es", "ru", "zh"]
    assert [each.direction for each in LETTER_LANGUAGES.values()] == ["rtl", *["ltr"] * 5]


@pytest.mark.parametrize("lang", LETTER_LANGUAGES)
def test_a_day_a_month_a_year_and_a_number_stand_as_the_language_writes_them(lang):
    assert formats.day(date(2024, 12, 28), lang) == DAYS[lang]
    assert formats.month(date(2026, 12, 9), lang) == MONTHS[lang]
    assert formats.year(date(2019, 6, 11), lang) == YEARS[lang]
    assert formats.number(112_414, lang) == NUMBERS[lang]
    assert formats.share(0.9, lang) == ("90\u00a0%" if lang in ("fr", "es", "ru") else "90%")


def test_the_first_of_a_month_is_an_ordinal_in_french_and_no_other_day_is():
    assert formats.day(date(2027, 1, 1), "fr") == "1er janvier 2027"
    assert formats.day(date(2027, 1, 11), "fr") == "11 janvier 2027"
    assert formats.day(date(2027, 1, 1), "en") == "1 January 2027"


@pytest.mark.parametrize("lang", LETTER_LANGUAGES)
def test_a_moment_is_the_day_and_the_clock_and_names_utc(lang):
    written = formats.moment(datetime(2024, 12, 28, 18, 5, 59, tzinfo=UTC), lang)

    assert written.startswith(DAYS[lang])
    assert "18:05" in written
    assert ("UTC" in written) == (lang != "ar")
    assert ("بالتوقيت العالمي" in written) == (lang == "ar")


@pytest.mark.usefixtures("application")
def test_a_moment_by_the_clocks_of_a_zone_names_no_utc():
    moment = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    assert format_local(moment, "Europe/Berlin", "fr") == "1er janvier 2027, 00:30"
    assert format_local(moment, "No/Such", "fr") == ""


@pytest.mark.parametrize(
    ("lang", "categories"),
    [
        ("ar", {0: "zero", 1: "one", 2: "two", 3: "few", 11: "many", 100: "other", 103: "few"}),
        ("ru", {1: "one", 3: "few", 5: "many", 11: "many", 21: "one", 22: "few"}),
        ("fr", {0: "one", 1: "one", 2: "other", 1_000_000: "many"}),
        ("es", {0: "other", 1: "one", 2_000_000: "many"}),
        ("en", {0: "other", 1: "one", 2: "other"}),
        ("zh", {0: "other", 1: "other"}),
    ],
)
def test_each_number_has_the_form_its_language_wants(lang, categories):
    assert {value: formats.plural_category(value, lang) for value in categories} == categories
    assert set(categories.values()) <= formats.plural_categories(lang)


def test_a_language_is_called_what_the_reader_calls_it():
    assert [formats.language_name("ar", lang) for lang in LETTER_LANGUAGES] == [
        "العربية",
        "Arabic",
        "arabe",
        "árabe",
        "арабский",
        "阿拉伯语",
    ]
    assert formats.language_name("xx", "en") == "xx"


def test_only_arabic_takes_arabic_digits():
    assert formats.number(112_414, "ar", arabic_digits=True) == "١١٢,٤١٤"
    assert formats.day(date(2024, 12, 28), "ar", arabic_digits=True) == "٢٨ كانون الأول ٢٠٢٤"
    assert formats.number(112_414, "fr", arabic_digits=True) == NUMBERS["fr"]


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("lang", LETTER_LANGUAGES)
def test_every_country_has_a_name_in_every_language_of_a_letter(lang):
    names = dict(countries(lang))

    assert len(names) == 249
    assert all(names.values())
    assert format_month(date(2026, 12, 1), lang) == MONTHS[lang]
    assert format_day(date(2024, 12, 28), lang) == DAYS[lang]


@pytest.mark.usefixtures("application")
def test_contested_names_follow_the_united_nations_in_a_letter_too():
    assert [country_name("PS", lang) for lang in ("fr", "es", "ru", "zh")] == [
        "Palestine",
        "Palestina",
        "Палестина",
        "巴勒斯坦",
    ]
    assert country_name("CD", "fr") != Locale.parse("fr").territories["CD"]
