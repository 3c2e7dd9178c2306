"""What a fact is, when it is due for checking, and how a text names it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from campaign_app.facts.entries import read_figure, read_reference
from campaign_app.facts.rules import (
    CHECK_EVERY,
    FigureIncomplete,
    FigureUnresolved,
    fill_slots,
    keys_in,
    needs_checking,
    warnings,
)

LANGUAGES = ("ar", "en")
REQUIRED = ["value", "unit", "counts", "scope", "source", "source_urls"]
REQUIRED += ["as_of", "status", "confidence", "checked_on"]


def test_a_complete_figure_is_read(complete_figure):
    figure = read_figure("missing", complete_figure, LANGUAGES)

    assert (figure.value, figure.unit["en"], figure.source.names["en"]) == (112_414, "people", "Test Network")
    assert (figure.as_of.day, figure.as_of.precision) == (date(2024, 12, 28), "day")


@pytest.mark.parametrize("name", REQUIRED)
def test_a_figure_that_lacks_a_field_is_refused_by_name(complete_figure, name):
    del complete_figure[name]

    with pytest.raises(FigureIncomplete, match=rf"^missing: .*{name}"):
        read_figure("missing", complete_figure, LANGUAGES)


@pytest.mark.parametrize("name", ["unit", "counts", "scope", "source"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_that_lacks_one_language_is_refused(complete_figure, name, language):
    complete_figure[name] = complete_figure[name] | {language: "  "}

    with pytest.raises(FigureIncomplete, match=rf"{name}\.{language}"):
        read_figure("missing", complete_figure, LANGUAGES)


def test_a_further_language_stands_in_every_text_of_a_figure_or_in_none(complete_figure):
    spoken = {
        name: complete_figure[name] | {"fr": f"{name} en français"}
        for name in ("unit", "counts", "scope", "source")
    }

    assert read_figure("missing", complete_figure | spoken, LANGUAGES).languages == {"ar", "en", "fr"}
    spoken["scope"] = complete_figure["scope"] | {"fr": " "}
    with pytest.raises(FigureIncomplete, match=r"^missing: scope\.fr is missing$"):
        read_figure("missing", complete_figure | spoken, LANGUAGES)


def test_the_parts_of_a_figure_are_named_in_a_further_language_too(complete_figure):
    texts = ("unit", "counts", "scope", "source")
    spoken = {name: complete_figure[name] | {"fr": "mots"} for name in texts}
    breakdown = {"ar": "{children} طفلاً", "en": "{children} children", "fr": "enfants"}
    parts = {"parts": {"children": 163}, "breakdown": breakdown}

    with pytest.raises(FigureIncomplete, match=r"breakdown\.fr"):
        read_figure("missing", complete_figure | spoken | parts, LANGUAGES)


def test_a_no_break_space_stays_and_line_breaks_go(complete_figure):
    complete_figure["counts"] = {"ar": "مفقودون", "en": "a\u00a0: b\n  c"}

    assert read_figure("missing", complete_figure, LANGUAGES).counts["en"] == "a\u00a0: b c"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("value", 0),
        ("value", -5),
        ("value", 3.5),
        ("value", True),
        ("value", "many"),
        ("value_to", 100),
        ("bound", "roughly"),
        ("status", "final"),
        ("confidence", "certain"),
        ("as_of", "soon"),
        ("as_of", "2024-13"),
        ("as_of", "2024-00"),
        ("as_of", "2024-02-30"),
        ("as_of", "20241228"),
        ("as_of", date(2024, 12, 28).strftime("%d.%m.%Y")),
        ("checked_on", "2026-11-23"),
        ("checked_on", datetime(2026, 11, 23, tzinfo=UTC)),
        ("checked_on", date(2024, 12, 27)),
        ("source_urls", []),
        ("source_urls", "https://example.org/"),
        ("source_urls", ["http://example.org/"]),
        ("source_urls", ["javascript:alert(1)"]),
        ("source_urls", ["https:///report"]),
        ("unit", "people"),
        ("parts", {"children": 200_000}),
        ("parts", {"children": 0}),
        ("parts", 163),
        ("shares", {"some": 1.5}),
        ("sauce", "typing error"),
    ],
)
def test_a_figure_with_a_wrong_field_is_refused(complete_figure, name, value):
    complete_figure[name] = value

    with pytest.raises(FigureIncomplete, match=f"^missing: .*{name}"):
        read_figure("missing", complete_figure, LANGUAGES)


def test_every_fault_of_a_figure_is_told_at_once(complete_figure):
    del complete_figure["source"]
    del complete_figure["as_of"]

    with pytest.raises(FigureIncomplete, match=r"source is missing.*as_of"):
        read_figure("missing", complete_figure, LANGUAGES)


def test_a_breakdown_names_each_of_its_parts_in_each_language(complete_figure):
    complete_figure |= {
        "parts": {"children": 163, "women": 43},
        "breakdown": {"ar": "{children} طفلاً", "en": "{children} children and {women} women"},
    }

    with pytest.raises(FigureIncomplete, match=r"breakdown\.ar"):
        read_figure("missing", complete_figure, LANGUAGES)


def test_a_key_is_made_of_small_words(complete_figure):
    with pytest.raises(FigureIncomplete, match="key"):
        read_figure("Missing People", complete_figure, LANGUAGES)


@pytest.mark.parametrize(
    ("written", "day", "precision", "is_approximate"),
    [
        ("2024-12-28", date(2024, 12, 28), "day", False),
        ("2018-06", date(2018, 6, 1), "month", False),
        ("~2025-08", date(2025, 8, 1), "month", True),
        ("2019", date(2019, 1, 1), "year", False),
    ],
)
def test_a_date_is_never_finer_than_it_is_written(complete_figure, written, day, precision, is_approximate):
    as_of = read_figure("missing", complete_figure | {"as_of": written}, LANGUAGES).as_of

    assert (as_of.day, as_of.precision, as_of.is_approximate) == (day, precision, is_approximate)


def reference_entry(complete_figure, **changes):
    kept = {
        name: complete_figure[name] for name in ("source", "source_urls", "as_of", "confidence", "checked_on")
    }
    return kept | {"text": {"ar": "القرار", "en": "the resolution"}} | changes


def test_a_reference_may_name_its_day_and_nothing_else(complete_figure):
    entry = reference_entry(complete_figure, text={"ar": "يوم {on}", "en": "on {day}"})

    with pytest.raises(FigureIncomplete, match=r"text\.en"):
        read_reference("event", entry, LANGUAGES)


def test_a_document_that_is_its_own_link_needs_its_page(complete_figure):
    entry = reference_entry(complete_figure, is_instrument=True, source_urls=["https://example.org/"])

    with pytest.raises(FigureIncomplete, match="is_instrument"):
        read_reference("resolution", entry, LANGUAGES)


def test_a_reference_without_source_is_refused(complete_figure):
    entry = reference_entry(complete_figure)
    del entry["source"]

    with pytest.raises(FigureIncomplete, match="source"):
        read_reference("event", entry, LANGUAGES)


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://www.example.org/", None),
        ("https://www.example.org", None),
        ("https://www.example.org/report", "https://www.example.org/report"),
        ("https://www.example.org/?p=7", "https://www.example.org/?p=7"),
    ],
)
def test_only_a_page_is_linked_not_a_site(complete_figure, url, page):
    source = read_figure("missing", complete_figure | {"source_urls": [url]}, LANGUAGES).source

    assert source.page == page
    assert source.hosts == ("example.org",)


def test_a_figure_is_due_again_after_ninety_days(complete_figure):
    figure = read_figure("missing", complete_figure, LANGUAGES)

    assert not needs_checking(figure, figure.checked_on + CHECK_EVERY)
    assert needs_checking(figure, figure.checked_on + CHECK_EVERY + timedelta(days=1))


def test_history_and_documents_never_grow_stale(complete_figure):
    long_after = date(2099, 1, 1)
    historical = read_figure("missing", complete_figure | {"status": "historical"}, LANGUAGES)
    document = read_reference("resolution", reference_entry(complete_figure, is_instrument=True), LANGUAGES)
    event = read_reference("event", reference_entry(complete_figure), LANGUAGES)

    assert [needs_checking(fact, long_after) for fact in (historical, document, event)] == [
        False,
        False,
        True,
    ]


def test_an_organiser_is_told_what_to_mend(complete_figure):
    weak = complete_figure | {"confidence": "secondary", "source_urls": ["https://example.org/"]}
    figure = read_figure("missing", weak, LANGUAGES)

    assert warnings(figure, date(2099, 1, 1)) == ("needs_checking", "not_verified", "no_page")
    assert warnings(read_figure("missing", complete_figure, LANGUAGES), date(2026, 11, 24)) == ()


def test_the_marks_of_a_text_are_found_in_order_with_repeats():
    assert keys_in("{{fact:b}} and {{fact:a-1}}\n{{fact:b}}") == ("b", "a-1", "b")


@pytest.mark.parametrize(
    "text",
    [
        "{{fact: graves}}",
        "{{fact:Graves}}",
        "{{figure:graves}}",
        "{{graves}}",
        "{{}}",
        "{{fact:graves",
        "graves}}",
    ],
)
def test_a_mistyped_mark_is_refused_rather_than_shown(text):
    with pytest.raises(FigureUnresolved):
        keys_in(f"before {text} after")


def test_a_slot_is_filled_without_looking_inside_the_value():
    assert fill_slots("{number} people", {"number": "{number.__class__}"}) == "{number.__class__} people"
