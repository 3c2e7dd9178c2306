"""Arabic as a reader expects it: countries where they are looked for, moments and services by their Arabic names."""

import re
from datetime import UTC, datetime
from gettext import c2py
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from campaign_app.languages import countries, format_date_time, select_locale
from campaign_app.signing.sharing import share_set

WRITTEN = Path(__file__).parents[2] / "translations/ar/LC_MESSAGES/messages.po"
COUNTED = re.compile(r"%\(\w+\)s(?:</b>)? ([^\s.،؛:]+)")
DAY, ISOLATED = re.compile(r"\d{4}-\d\d-\d\d"), re.compile("\u2068[^\u2069]*\u2069")
IN_CONSTRUCT = {"طلب", "صندوق", "سبيل"}
MOMENT = datetime(2026, 3, 5, 18, 0, tzinfo=UTC)


def place(name: str) -> int:
    return [each for _, each in countries("ar")].index(name)


@pytest.mark.usefixtures("context")
def test_countries_stand_where_an_arabic_reader_looks_for_them():
    germany, jordan, mexico = place("ألمانيا"), place("الأردن"), place("المكسيك")

    assert jordan < place("أفغانستان") < germany < place("إيطاليا")
    assert place("ماليزيا") < mexico < place("موريتانيا")


@pytest.mark.usefixtures("context")
def test_the_country_after_whom_nobody_would_look_has_its_everyday_name():
    assert (
        dict(countries("ar")).items()
        >= {
            "SA": "السعودية",
            "GB": "بريطانيا (المملكة المتحدة)",
            "US": "الولايات المتحدة الأمريكية",
            "DK": "الدنمارك",
        }.items()
    )
    assert place("سريلانكا") < place("السعودية") < place("السنغال")


@pytest.mark.usefixtures("context")
def test_a_moment_is_written_without_a_foreign_comma_or_zone():
    assert format_date_time(MOMENT, "ar") == "5 آذار 2026، 18:00 بالتوقيت العالمي"
    assert format_date_time(MOMENT, "en") == "5 March 2026, 18:00 UTC"


def test_services_to_share_with_bear_their_arabic_names(app):
    with app.test_request_context("/ar/"):
        assert select_locale() == "ar"
        labels = [
            link.label for link in share_set(petition_url="https://example.org/ar", title="عريضة").links
        ]

    assert labels == ["واتساب", "تلغرام", "فيسبوك", "إكس", "البريد الإلكتروني"]


def test_the_counted_noun_agrees_with_its_number():
    """After 100 to 102 it is bare; after 11 to 99 an accusative, unless it is feminine or in construct."""
    hundreds, tens = 100, 11
    wrong = []
    with WRITTEN.open("rb") as file:
        catalogue = read_po(file, locale="ar")
    form_of = c2py(catalogue.plural_expr)
    for message in catalogue:
        if message.id and isinstance(message.string, tuple):
            bare, counted = (COUNTED.findall(message.string[form_of(number)]) for number in (hundreds, tens))
            if any(noun.endswith("ً") for noun in bare) or (
                bare == counted and not all(noun.endswith("ة") or noun in IN_CONSTRUCT for noun in counted)
            ):
                wrong.append(message.id[0])

    assert not wrong


def test_a_day_in_digits_is_kept_from_turning_round():
    """Beside Arabic letters 2027-03-05 is shown as 05-03-2027, unless it stands in an isolate."""
    with WRITTEN.open("rb") as file:
        catalogue = read_po(file, locale="ar")
    texts = [
        text
        for message in catalogue
        if message.id
        for text in ([message.string] if isinstance(message.string, str) else message.string)
    ]
    with_days = [text for text in texts if DAY.search(text)]

    assert with_days
    assert [text for text in with_days if DAY.search(ISOLATED.sub("", text))] == []
