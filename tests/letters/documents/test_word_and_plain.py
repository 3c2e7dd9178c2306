"""A letter as DOCX and as plain text: the words of the PDF, in the right direction, the same bytes each time."""

import io
import re
import zipfile
from dataclasses import replace

import docx
import pytest
from docx.oxml.ns import qn

from campaign_app.letters.documents import making
from campaign_app.letters.frozen import NUMBERS_SHEET, PARAGRAPH, Block, Run, ShownName
from campaign_app.letters.words import word

from ..samples import frozen_letter
from .reading import shown, text_of, words

pytestmark = pytest.mark.usefixtures("context")
NUMBER = re.compile(r"\d+")
LANGUAGES = ("ar", "en", "fr", "ru", "zh")


def document_of(made: bytes):
    return docx.Document(io.BytesIO(made))


def words_of(made: bytes) -> str:
    """Return every word of a DOCX in the order of its body, tables too."""
    body = document_of(made).element.body
    return shown(" ".join("".join(t.text or "" for t in p.iter(qn("w:t"))) for p in body.iter(qn("w:p"))))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_says_what_the_pdf_says(lang):
    frozen = frozen_letter(lang)

    read = words_of(making.docx(frozen, lang).content)

    assert shown(frozen.texts[lang].subject) in read
    assert shown(frozen.texts[lang].statement) in read
    in_pdf = text_of(making.pdf(frozen, lang).content)
    # Both have the same numbers; poppler gives Arabic and Chinese words in pieces, so those are compared above alone.
    assert set(NUMBER.findall(in_pdf)) - {"6"} <= set(NUMBER.findall(read))  # of 6 pages
    if lang not in ("ar", "zh"):
        assert set(words(in_pdf)) - set(words(read)) <= set(
            words(word("page-of", lang, page="2 3 4 5", pages="6"))
        )
    for figure in ("12,345", "4,200", "1,010"):
        assert figure.replace(",", {"fr": " ", "ru": " "}.get(lang, ",")) in read


def test_in_arabic_every_paragraph_and_table_runs_from_the_right():
    frozen = frozen_letter("ar")
    document = document_of(making.docx(frozen, "ar").content)

    for paragraph in document.element.body.iter(qn("w:p")):
        if paragraph.find(f".//{qn('w:t')}") is None:
            continue
        bidi = paragraph.pPr.find(qn("w:bidi"))
        assert bidi is not None
        assert bidi.get(qn("w:val")) in (None, "1")
    assert all(table._tbl.tblPr.find(qn("w:bidiVisual")) is not None for table in document.tables)
    assert document.sections[0]._sectPr.find(qn("w:bidi")) is not None
    for name in ("Normal", "Heading 1"):
        properties = document.styles[name].element.rPr
        assert properties.find(qn("w:rtl")) is not None
        assert properties.find(qn("w:rFonts")).get(qn("w:cs"))
        assert properties.find(qn("w:lang")).get(qn("w:bidi")) == "ar-SY"


def test_an_address_in_an_arabic_letter_keeps_its_own_direction():
    document = document_of(making.docx(frozen_letter("ar"), "ar").content)

    [run] = [r for p in document.paragraphs for r in p.runs if "1 Invented Street" in r.text]

    assert run._r.rPr.find(qn("w:rtl")).get(qn("w:val")) == "0"
    assert run.text == "\u200e1 Invented Street\u200e"


def test_a_text_signed_in_another_direction_keeps_its_own():
    frozen = replace(frozen_letter("ar"), annexes=frozen_letter("en").annexes)

    document = document_of(making.docx(frozen, "ar").content)

    [paragraph] = [p for p in document.paragraphs if p.text.startswith("We ask whoever")]
    assert paragraph._p.pPr.find(qn("w:bidi")).get(qn("w:val")) == "0"


def test_each_numbered_list_begins_at_its_own_number():
    item = ((Block(PARAGRAPH, (Run("An item"),)),),)
    lists = (Block("ordered", items=item), Block("ordered", items=item, start=4))
    frozen = frozen_letter("en")
    frozen = replace(frozen, texts={"en": replace(frozen.texts["en"], blocks=lists)})

    document = document_of(making.docx(frozen, "en").content)

    chosen = [p._p.pPr.numPr.numId.val for p in document.paragraphs if p.text == "An item"]
    numbering = document.part.numbering_part.element
    starts = {
        num.numId: num.find(f"{qn('w:lvlOverride')}/{qn('w:startOverride')}").get(qn("w:val"))
        for num in numbering.num_lst
        if num.numId in chosen
    }
    assert [starts[number] for number in chosen] == ["1", "4"]


def test_the_same_letter_is_the_same_file():
    frozen = frozen_letter("ar")

    made = making.docx(frozen, "ar").content

    assert made == making.docx(frozen, "ar").content
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        assert {each.date_time for each in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    about = document_of(made).core_properties
    assert about.title.startswith("NID-2026-0007")
    assert about.created.isoformat().startswith("2026-12-01T09:30:00")
    assert (about.language, about.comments) == ("ar", "")


def test_names_and_the_mark_of_a_rehearsal_stand_there_too():
    frozen = frozen_letter("en")
    frozen = replace(frozen, reference="", annexes=replace(frozen.annexes, has_names=True))
    names = [ShownName(name="اسم مُختلَق", country="TR", on="2026-11-01")]

    made = making.docx(frozen, "en", specimen=True, names=names).content

    assert "اسم مُختلَق, Türkiye" in words_of(made)
    assert "SPECIMEN" in document_of(made).sections[0].header.paragraphs[1].text


def test_the_code_is_described_and_a_confidential_letter_has_none():
    frozen = frozen_letter("en")

    def pictures(made: bytes) -> list[str]:
        return [each.get("descr") for each in document_of(made).element.body.iter(qn("wp:docPr"))]

    assert pictures(making.docx(frozen, "en").content) == ["QR code with the same address"]
    assert pictures(making.docx(replace(frozen, addresses={}), "en").content) == []


def test_a_numbers_sheet_is_no_word_document():
    with pytest.raises(ValueError, match="nobody edits it"):
        making.docx(replace(frozen_letter("en"), kind=NUMBERS_SHEET), "en")


def test_plain_text_has_the_letter_without_its_annexes():
    frozen = frozen_letter("en")

    text = making.plain_text(frozen, "en")

    for said in ("NID-2026-0007", "Excellency,", frozen.texts["en"].subject, frozen.texts["en"].statement):
        assert said in text
    assert text.index("Excellency,") < text.index("2474 (2019)") < text.index("A. Signatory")
    assert "1. We ask whoever holds people" in text
    assert "Annex A: The signers in numbers" in text
    assert "Germany" not in text


def test_an_address_in_plain_arabic_stands_bare_on_a_line_of_its_own():
    lines = making.plain_text(frozen_letter("ar"), "ar").splitlines()

    assert "https://petitions.example.org/en/letters/NID-2026-0007/ABCDEFGHIJKLMNOP" in lines
    assert "\u200f\u200e1 Invented Street\u200e" in lines
    arabic = [line for line in lines if line.startswith("الموضوع")]
    assert "\u200f" not in arabic[0] + arabic[0]


def test_plain_text_marks_no_direction_where_none_is_needed():
    text = making.plain_text(frozen_letter("en", "ar"), "en")

    assert not any(mark in text for mark in "\u200e\u200f\u202a\u202b\u2066\u2067\u200b")
