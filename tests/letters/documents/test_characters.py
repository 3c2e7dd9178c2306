"""Whatever is typed comes out as text, in every document; what cannot be shown is replaced and told."""

import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_app.config import ROOT
from campaign_app.letters.documents import making, papers, typesetting
from campaign_app.letters.documents.characters import REPLACEMENT, Cleaner, coverage, with_breaks
from campaign_app.letters.documents.directions import direction_of, spans
from campaign_app.letters.documents.writing import Writer
from campaign_app.letters.frozen import PARAGRAPH, Block, Endorsement, FrozenLetter, Run, ShownName

from ..samples import frozen_letter
from .reading import bare, shown, text_of
from .test_word_and_plain import document_of, words_of

pytestmark = pytest.mark.usefixtures("context")

MARKUP = (
    '#panic(1) #eval("1") #read("/etc/passwd") #include "letter.typ"',
    "= No heading *no star* _no line_ `no code` $x^2$ @label <label>",
    "// no comment /* none either */ \\ ~ -- --- ...",
    '#import "@preview/cetz:0.1.0": *',
    "# no heading **none** [none](javascript:alert(1)) ![none](x)",
    "<b>no</b> <script>alert(1)</script> &amp; &lt; <!-- no -->",
    "{{ config }} {% raw %} {{fact:none}} ${x} %s {0}",
    "</w:t></w:r><w:r><w:t>none <w:br/> ]]> <![CDATA[x]]>",
    "=1+1 +1 -1 @SUM(A1) =cmd|' /C calc'!A0",
    '"}],"blocks":[{"kind":"heading"}]',
)


def typed_everywhere(words: str, lang: str = "en") -> FrozenLetter:
    """Return a letter with the words in every field that a person types, or an import brings."""
    frozen = frozen_letter(lang)
    text = replace(
        frozen.texts[lang],
        subject=words,
        blocks=(Block(PARAGRAPH, (Run(words), Run(words, strong=True))),),
        statement=words,
        sources=(words,),
    )
    addressed = replace(
        frozen.addressed, lines={lang: (words,)}, salutation={lang: words}, close={lang: words}, holder=words
    )
    signatory = replace(
        frozen.signatory, name=words, role=words, organisation={lang: words}, address=words, contact=words
    )
    annexes = replace(
        frozen.annexes,
        endorsements=(Endorsement(name=words, country="FR"),),
        signed_texts=tuple(replace(each, title=words) for each in frozen.annexes.signed_texts),
        has_names=True,
    )
    return replace(
        frozen,
        campaign={lang: words},
        texts={lang: text},
        addressed=addressed,
        signatory=signatory,
        annexes=annexes,
        copies={lang: (words,)},
    )


def as_name(words: str) -> list[ShownName]:
    return [ShownName(name=words, country="DE", on="2026-11-01")]


@pytest.mark.parametrize("words", MARKUP)
def test_markup_of_any_kind_comes_out_as_text(words):
    frozen = typed_everywhere(words)

    pdf = making.pdf(frozen, "en", names=as_name(words))
    document = making.docx(frozen, "en", names=as_name(words))

    assert bare(text_of(pdf.content)).count(bare(words)) >= 12
    assert words_of(document.content).count(shown(words)) >= 12
    assert making.plain_text(frozen, "en").count(shown(words)) >= 8
    assert pdf.replaced == document.replaced == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(max_size=60), lang=st.sampled_from(["ar", "en", "zh"]))
def test_no_text_at_all_makes_a_document_fail(words, lang):
    frozen = typed_everywhere(words, lang)

    pdf = making.pdf(frozen, lang, names=as_name(words))
    document = making.docx(frozen, lang, names=as_name(words))

    assert pdf.replaced == document.replaced
    assert pdf.content.startswith(b"%PDF-")
    assert words_of(document.content)


def test_a_character_that_no_font_has_is_replaced_and_told():
    frozen = typed_everywhere("Peace 🕊 and ቅርስ")

    made = making.pdf(frozen, "en", names=as_name("🕊 again"))

    assert made.replaced == ["🕊", "ቅ", "ር", "ስ"]
    assert f"Peace {REPLACEMENT} and" in text_of(made.content)
    assert making.docx(frozen, "en").replaced == made.replaced


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("bell\x07 null\x00 tab\tend", "bell null tab end"),
        ("one\r\ntwo\u2028three", "one two three"),
        ("cafe\u0301", "café"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "می\u200cخواهم"),  # Persian needs its non-joiner
        ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
        ("heart ❤\ufe0f", f"heart {REPLACEMENT}"),
        ("ق\u0301", "ق"),  # a Latin accent that the Arabic font does not have
    ],
)
def test_what_has_no_shape_goes(typed, kept):
    assert Cleaner().line(typed) == kept


def test_a_number_and_what_french_sets_before_a_colon_are_parted_at_no_line_s_end():
    cleaner = Cleaner()

    assert (
        cleaner.line(" 13\u202f197 personnes\u00a0:  13\u00a0197 ")
        == "13\u00a0197 personnes\u00a0: 13\u00a0197"
    )
    assert cleaner.replaced == []


def test_every_character_that_is_kept_can_be_shown():
    every = sorted(set().union(*coverage().values()))
    cleaner = Cleaner()
    kept = [
        each
        for each in every
        if cleaner.text(each) == each and not unicodedata.category(each).startswith(("M", "Z"))
    ]
    paper = papers.letter(frozen_letter("en"), Writer("en", Cleaner()))
    blocks = [
        {"kind": "paragraph", "runs": [{"t": " ".join(kept[place : place + 200])}]}
        for place in range(0, len(kept), 200)
    ]

    assert len(kept) > 8_000
    assert typesetting.pdf(paper | {"blocks": blocks}).startswith(b"%PDF-")


def test_user_text_reaches_typst_as_json_alone(monkeypatch):
    given_to_typst = {}
    real = typesetting.typst.Compiler

    class Watched:
        def __init__(self, source, **options):
            given_to_typst.update(options, source=source)
            self.compiler = real(source, **options)

        def compile(self, **wanted):
            given_to_typst.update(wanted)
            return self.compiler.compile(**wanted)

    monkeypatch.setattr(typesetting.typst, "Compiler", Watched)
    making.pdf(typed_everywhere("#panic(1)"), "en")

    # What a paper may read is our own code and fonts, where nothing of an installation lies.
    assert given_to_typst["root"] == ROOT / "campaign_app"
    assert given_to_typst["source"].is_relative_to(given_to_typst["root"])
    assert list(given_to_typst["sys_inputs"]) == ["data"]
    assert json.loads(given_to_typst["sys_inputs"]["data"])["salutation"] == "#panic(1)"


def test_a_word_longer_than_a_line_stays_on_the_page():
    frozen = typed_everywhere("A" * 300)

    assert bare(text_of(making.pdf(frozen, "en", names=as_name("B" * 99)).content)).count("A" * 300) >= 8
    assert with_breaks("A" * 81).count("\u200b") == 2
    assert "\u200b" not in making.plain_text(frozen, "en")
    assert "A" * 300 in document_of(making.docx(frozen, "en").content).paragraphs[0].text


@pytest.mark.parametrize(
    ("line", "apart"),
    [
        ("القرار S/PRST/2024/4، الذي", ["S/PRST/2024/4"]),
        ("القرار 2474 (2019)", []),
        ("اكتبوا إلى post@example.org.", ["post@example.org"]),
        ("الهاتف +41 22 000 00 00 أو", ["+41 22 000 00 00"]),
        ("في 2026-12-05 صباحاً", ["2026-12-05"]),
        ("المنظمة (Example Association) في", ["Example Association"]),
        ("1 Invented Street, 10115 Nowhere", ["1 Invented Street, 10115 Nowhere"]),
        ("المجموع ‎3fa9c0de", ["3fa9c0de"]),
        ("Coordinator / منسّقة", ["Coordinator"]),
    ],
)
def test_in_arabic_what_has_another_direction_stands_apart(line, apart):
    line = Cleaner().line(line)
    found = spans(line)

    assert "".join(span.text for span in found) == line
    assert [span.text for span in found if span.is_ltr] == apart


@given(line=st.text(max_size=80))
def test_no_letter_is_lost_between_directions(line):
    assert "".join(span.text for span in spans(line)) == line
    assert direction_of(line) in ("", "ltr", "rtl")
