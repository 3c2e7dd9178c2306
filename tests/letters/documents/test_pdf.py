"""A letter as PDF: what a reader, a screen reader and a doubting secretariat find in it."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from pdfua import validate

from campaign_app.letters.documents import making, papers, typesetting
from campaign_app.letters.documents.characters import Cleaner
from campaign_app.letters.documents.writing import Writer
from campaign_app.letters.frozen import Block, FrozenLetter, Run, ShownName
from campaign_app.letters.words import word

from ..samples import frozen_letter
from .reading import bare, fonts_of, links_of, opened, pages_of, tags_of, text_of, words

pytestmark = pytest.mark.usefixtures("context")
LANGUAGES = ("ar", "en", "fr", "ru", "zh")


def with_names(number: int) -> tuple[FrozenLetter, list[ShownName]]:
    frozen = frozen_letter("en")
    names = [ShownName(name=f"Invented Name {n}", country="DE", on="2026-11-01") for n in range(number)]
    return replace(frozen, annexes=replace(frozen.annexes, has_names=True)), names


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_reader_gets_the_words_and_figures_out_again(lang):
    frozen = frozen_letter(lang)

    text = text_of(making.pdf(frozen, lang).content)

    for said in (frozen.texts[lang].subject, frozen.texts[lang].statement):
        missing = [word for word in words(said) if bare(word) not in bare(text)]
        assert missing == []
    for figure in ("12,345", "2474", "4,200", "1,010"):
        assert figure.replace(",", {"fr": " ", "ru": " "}.get(lang, ",")) in text
    assert "https://petitions.example.org/en/letters/" in text
    assert frozen.signatory.name in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_has_the_reference_and_its_number(lang):
    pages = pages_of(making.pdf(frozen_letter(lang), lang).content)

    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert "NID-2026-0007" in page
        numbered = word("page-of", lang, page=f" {number} ", pages=f" {len(pages)} ")
        # A page with more Latin words than Arabic ones is read from the left: each word counts, not their order.
        assert set(words(numbered)) <= set(re.findall(r"[^\W\d]+|\d+", page))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_tagged_titled_in_a_language_and_carries_its_fonts(lang):
    made = making.pdf(frozen_letter(lang), lang).content

    document = opened(made)
    assert bool(document.Root.MarkInfo.Marked)
    assert str(document.Root.Lang).split("-")[0] == lang
    assert bool(document.Root.ViewerPreferences.DisplayDocTitle)
    with document.open_metadata() as about:
        assert about["pdfuaid:part"] == "1"
        assert about["dc:title"].startswith("NID-2026-0007 – ")
    assert all(is_embedded for _, is_embedded in fonts_of(made))
    assert {name.split("+")[1].split("-")[0] for name, _ in fonts_of(made)} <= {
        "NotoNaskhArabic",
        "NotoSerif",
        "NotoSansSC",
    }


@pytest.mark.parametrize("lang", LANGUAGES)
def test_another_program_finds_nothing_untagged_or_undescribed(lang, tmp_path):
    file = tmp_path / "letter.pdf"
    file.write_bytes(making.pdf(frozen_letter(lang), lang).content)

    found = [finding.rule_id for finding in validate(file).findings]

    assert found == []


def test_headings_begin_at_the_first_level_and_leave_none_out():
    frozen = frozen_letter("en")
    deep = (Block("heading", (Run("Deep"),), level=4), Block("heading", (Run("Deeper"),), level=4))
    frozen = replace(frozen, texts={"en": replace(frozen.texts["en"], blocks=deep)})

    levels = [int(tag[1]) for tag in tags_of(making.pdf(frozen, "en").content) if re.fullmatch(r"H\d", tag)]

    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_typst_refuses_what_is_not_accessible_and_the_refusal_quotes_nobody():
    frozen = frozen_letter("en")
    paper = papers.letter(frozen, Writer("en", Cleaner()))

    with pytest.raises(typesetting.NotMade, match="title"):
        typesetting.pdf(paper | {"title": ""})
    with pytest.raises(typesetting.NotMade) as refusal:
        typesetting.pdf(paper | {"salutation": "Dear 😀"})
    assert "PDF/UA-1" in str(refusal.value)
    assert "😀" not in str(refusal.value)


def test_the_same_letter_has_the_same_bytes_and_another_letter_others():
    frozen = frozen_letter("ar", "en")

    assert making.pdf(frozen, "ar").content == making.pdf(frozen, "ar").content
    assert (
        making.pdf(frozen, "en").content
        != making.pdf(replace(frozen, corrects="NID-2026-0001"), "en").content
    )


def test_it_is_dated_when_it_was_issued():
    document = opened(making.pdf(frozen_letter("en"), "en").content)

    assert str(document.docinfo["/CreationDate"]).startswith("D:20261201093000")


def test_a_rehearsal_says_so_on_every_page_and_a_letter_on_none():
    frozen = replace(frozen_letter("fr"), reference="")

    rehearsal, letter = (pages_of(making.pdf(frozen, "fr", specimen=each).content) for each in (True, False))

    assert all("SPÉCIMEN" in page for page in rehearsal)
    assert not any("SPÉCIMEN" in page for page in letter)


def test_names_stand_in_an_annex_only_where_the_letter_has_them():
    frozen, names = with_names(3)

    with_annex = text_of(making.pdf(frozen, "en", names=names).content)
    without = text_of(making.pdf(frozen_letter("en"), "en", names=names).content)

    assert "Invented Name 2, Germany" in with_annex
    assert "Invented Name" not in without


def test_a_long_annex_is_made_apart_with_the_same_bytes(monkeypatch):
    frozen, names = with_names(making.NAMES_APART)
    apart = making.pdf(frozen, "en", names=names).content
    monkeypatch.setattr(making, "NAMES_APART", making.NAMES_APART + 1)

    assert making.pdf(frozen, "en", names=names).content == apart


def test_what_goes_wrong_in_that_process_is_told_without_its_words():
    frozen, names = with_names(1)
    paper = papers.letter(frozen, Writer("en", Cleaner()), names=names)
    paper["annexes"][-1]["names"][0]["t"] = "Nobody 😀"

    with pytest.raises(typesetting.NotMade, match="PDF/UA-1") as refusal:
        typesetting.pdf_apart(paper)

    assert "Nobody" not in str(refusal.value)


def test_a_letter_without_a_page_has_no_address_and_no_code():
    open_letter = frozen_letter("en")
    confidential = replace(open_letter, addresses={}, visibility="confidential")

    made = making.pdf(confidential, "en").content

    assert "Confidential" in text_of(made)
    assert "/letters/" not in text_of(made)
    assert "Figure" not in tags_of(made)
    assert "Figure" in tags_of(making.pdf(open_letter, "en").content)


def test_a_letter_in_another_language_is_checked_on_the_english_page():
    frozen = replace(
        frozen_letter("ru"), addresses={"ar": "https://example.org/ar/x", "en": "https://example.org/en/x"}
    )

    text = text_of(making.pdf(frozen, "ru").content)

    assert "https://example.org/en/x" in text
    assert "https://example.org/ar/x" not in text


@pytest.mark.parametrize("lang", ["ar", "en", "fr", "zh"])
def test_the_address_to_check_a_letter_stands_on_one_line_to_be_copied_whole(lang):
    address = (
        "https://petition.a-campaign-of-some-length.example.org/en/letters/NID-2026-0007/ABCDEFGHIJKLMNOP"
    )
    frozen = replace(frozen_letter(lang), addresses={"en": address, lang: address})

    assert address in text_of(making.pdf(frozen, lang).content)


def test_the_sentence_about_the_signatures_stands_once_wherever_the_text_has_it():
    frozen = frozen_letter("en")
    without = replace(frozen.texts["en"], blocks=frozen.texts["en"].blocks[:1])

    twice = text_of(making.pdf(frozen, "en").content).count(frozen.texts["en"].statement)
    added = text_of(making.pdf(replace(frozen, texts={"en": without}), "en").content)

    assert (twice, added.count(frozen.texts["en"].statement)) == (1, 1)


def test_links_lead_where_the_letter_says():
    leads = links_of(making.pdf(frozen_letter("ar"), "ar").content)

    assert {"https://example.org/", "mailto:letters@example.org"} <= leads
    assert "https://petitions.example.org/en/letters/NID-2026-0007/ABCDEFGHIJKLMNOP" in leads
