"""Arabic as a reader expects it: countries where they are looked for, moments and services by their Arabic names."""

from datetime import UTC, datetime

import pytest

from campaign_app.languages import countries, format_date_time, select_locale
from campaign_app.signing.sharing import share_set

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
