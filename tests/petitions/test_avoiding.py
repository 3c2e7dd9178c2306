"""Words to avoid are found as people write them, and marked without harming what stands around them."""

import pytest
from markupsafe import Markup

from campaign_app.config import ROOT
from campaign_app.languages import LANGUAGES
from campaign_app.petitions.avoiding import Avoided, found_in, marked, shipped


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "The Martyrs and the\nlate; immortal, breakdeads.", ["Martyrs", "the\nlate"]),
        ("en", "confirmed dead", ["confirmed dead"]),
        ("en", "Nobody is named here.", []),
        ("ar", "وبالشهداء والمرحومين", ["وبالشهداء", "والمرحومين"]),
        ("ar", "الشُّهَداء", ["الشُّهَداء"]),
        ("ar", "نظام الاسد", ["نظام الاسد"]),
        ("ar", "شهادة وفاة، والاستشهاد بالمصادر", ["والاستشهاد"]),
        ("ar", "رسنية سنوات", []),
    ],
)
def test_words_are_found_whole_with_their_prefixes_and_vowel_signs(language, text, words):
    assert [each.word for each in found_in(text, shipped(ROOT / "content", language))] == words


def test_a_word_carries_what_to_write_instead():
    [found] = found_in("martyrs, Martyrs", shipped(ROOT / "content", "en"))

    assert "family" in found.entry.instead
    assert found.entry.reason


def test_marks_stand_around_words_only_never_inside_a_tag():
    entries = [Avoided(("href", "em"), "", "")]

    html = marked(Markup('<a href="https://example.org/">em &amp; href</a><em>x</em>'), entries)

    assert html == ('<a href="https://example.org/"><mark>em</mark> &amp; <mark>href</mark></a><em>x</em>')


def test_a_word_is_found_however_its_vowel_signs_stand_in_the_list():
    entries = [Avoided(("شُهَداء",), "", "")]

    assert [each.word for each in found_in("الشهداء والشُّهداء", entries)] == ["الشهداء", "والشُّهداء"]


def test_an_empty_list_finds_and_marks_nothing():
    assert found_in("martyr", []) == []
    assert marked(Markup("martyr"), [Avoided((), "x", "y")]) == "martyr"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_entry_says_what_to_write_instead_and_why(language):
    entries = shipped(ROOT / "content", language)

    assert len(entries) >= 8
    assert all(entry.words and entry.instead and entry.reason for entry in entries)
