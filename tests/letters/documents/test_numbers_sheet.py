"""The numbers sheet: one page with the frozen numbers, as PDF and as a picture."""

from dataclasses import replace

import pytest

from campaign_app.letters.documents import making, typesetting
from campaign_app.letters.frozen import NUMBERS_SHEET, PARAGRAPH, Block, FrozenLetter, Run

from ..samples import frozen_letter
from .reading import bare, links_of, pages_of, tags_of

pytestmark = pytest.mark.usefixtures("context")
OTHERS = ("FR", "IT", "ES", "PT", "NL", "BE", "DK", "SE", "NO", "FI", "AT", "CH")
PNG = b"\x89PNG\r\n\x1a\n"


def sheet(lang: str, words: str = "A line about the campaign.") -> FrozenLetter:
    frozen = frozen_letter(lang)
    text = replace(frozen.texts[lang], blocks=(Block(PARAGRAPH, (Run(words),)),), statement="")
    return replace(frozen, kind=NUMBERS_SHEET, addressed=None, signatory=None, texts={lang: text})


@pytest.mark.parametrize("lang", ["ar", "en", "fr", "ru", "zh"])
def test_it_is_one_page_with_every_number_of_the_statement(lang):
    [page] = pages_of(making.pdf(sheet(lang), lang).content)

    for figure in (12_345, 12_001, 12, 3, 40, 120, 61, 2_310, 4_200, 7, 7_110):
        assert str(figure) in bare(page)
    assert "NID-2026-0007" in page
    leads = links_of(making.pdf(sheet(lang), lang).content)
    assert "https://petitions.example.org/en/petitions/lists-and-graves/numbers/2026-11-30" in leads


def test_each_document_leads_to_the_numbers_in_its_own_language():
    frozen = sheet("ar")
    pages = {
        lang: f"https://petitions.example.org/{lang}/petitions/lists-and-graves/numbers"
        for lang in ("ar", "en")
    }
    leading = replace(frozen, statement=replace(frozen.statement, address="", addresses=pages))

    leads = links_of(making.pdf(leading, "ar").content)

    assert pages["ar"] in leads
    assert pages["en"] not in leads


def test_its_picture_is_a_page_that_a_press_office_can_print():
    picture = making.png(sheet("ar"), "ar")

    assert picture.startswith(PNG)
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (1191, 1684)
    assert picture == making.png(sheet("ar"), "ar")


def test_more_words_make_the_letters_smaller_and_too_many_are_refused():
    [page] = pages_of(making.pdf(sheet("en", "More words. " * 60), "en").content)
    assert "More words." in page

    with pytest.raises(typesetting.TooLong):
        making.pdf(sheet("en", "Far more words. " * 900), "en")
    with pytest.raises(typesetting.TooLong):
        making.png(sheet("en", "Far more words. " * 900), "en")


def test_a_breakdown_that_would_be_cut_is_left_out():
    frozen = sheet("en")
    [by_country] = frozen.annexes.breakdowns
    many = replace(
        by_country,
        rows=(("DE", 4_200), *((code, 10) for code in OTHERS)),
    )

    page = pages_of(
        making.pdf(replace(frozen, annexes=replace(frozen.annexes, breakdowns=(many,))), "en").content
    )[0]

    assert "By country" not in page
    assert "Germany: 4,200" in page  # still the largest


def test_what_it_says_of_its_proof_stands_on_it():
    made = making.pdf(sheet("en"), "en").content

    assert "What it does not prove" in pages_of(made)[0]
    assert tags_of(made).count("H1") == 1


def test_in_a_mail_its_numbers_are_lines():
    text = making.plain_text(sheet("en"), "en")

    assert "People who signed and confirmed it by e-mail: 12,345" in text
    assert "Mailboxes that it was confirmed from: 12,001" in text
    assert "Germany: 4,200" in text
