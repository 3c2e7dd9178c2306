"""The shipped letters keep the campaign's word: one text in each language, sourced, civil, fit for every petition."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from campaign_app.config import EXTENSION, ROOT, Settings
from campaign_app.facts import queries
from campaign_app.facts.rules import Figure
from campaign_app.languages import LANGUAGES, LETTER_LANGUAGES
from campaign_app.letters import templates
from campaign_app.letters.day_words import CONDITIONS
from campaign_app.letters.templates import GENERAL, REQUESTS_MARK, Template

CONTENT = ROOT / "content"
LETTERS = CONTENT / "letters"
LOADED = templates.load(CONTENT)
FILES = sorted(LETTERS.glob("*/**/*.md"))
ALWAYS = {"ar", "en", "fr"}
SIX = set(LETTER_LANGUAGES)
SPOKEN = {
    "council-president": SIX,
    "council-member": SIX,
    "high-commissioner": SIX,
    "open-letter": SIX,
    "cover-note": SIX,
    "numbers-sheet": SIX,
    "wgeid-general-allegation": ALWAYS | {"es"},
    "icrc-iimp-request": ALWAYS,
}
PETITIONS = ("fate-of-the-disappeared", "lists-and-graves")
MARK = re.compile(r"\{\{(\w+)(?::([a-z0-9-]+))?\}\}")
PLAIN_MARKS = {"statement", "campaign", "founded", "petition", "requests", "month", "state", "recipient"}
PLAIN_MARKS |= {"annexes"}
PACK_MARKS = {"campaign", "founded", "petition", "recipient", "reference", "statement", "day"}
LIST_NUMBER = re.compile(r"^\d+\. ", re.MULTILINE)
DIGITS = "0-9\u0660-\u0669\u06f0-\u06f9"
NUMBER = re.compile(
    rf"[{DIGITS}]+|\b(?:hundreds?|thousands?|millions?|centaines?|milliers?|cientos?|miles|millones)\b"
    r"|(?<!\w)(?:مئات|مئة|مائة|ألف|آلاف|ألوف|مليون|ملايين)(?!\w)|\b(?:сот(?:ни|ен)|тысяч\w*|миллион\w*)\b|[百千万亿]",
    re.IGNORECASE,
)
ARABIC_MARKS = re.compile("[\u064b-\u0652\u0670\u0640]")
# Words that the campaign avoids: domain.md, section 6. Arabic and English ones are those of avoid.toml.
AVOIDED = {
    "fr": r"\b(?:feue?|morts|mortes|cadavres?|martyrs?|martyre|faire son deuil|abattoir|régime|terroristes?"
    r"|confirmé[es]*|alaouites?|sunnites?|chiites?|druzes?)\b",
    "es": r"\b(?:difunt[oa]s?|muert[oa]s|cadáver(?:es)?|mártir(?:es)?|matadero|régimen|terroristas?|confirmad[oa]s?"
    r"|alauitas?|suníes?|suní|chiíes|chií|drus[oa]s?)\b",
    "ru": r"\b(?:покойн\w+|мертвец\w*|мёртв\w+|труп\w*|мученик\w*|бойн\w+|режим\w*|террорист\w*"
    r"|алавит\w*|суннит\w*|шиит\w*|друз(?:ы|ов)?)\b",
    "zh": r"已故|死者|尸体|烈士|殉难|屠宰场|政权|恐怖分子|阿拉维|逊尼|什叶|德鲁兹",
}
# No letter promises what is not ours to give, and none insults.
PROMISED = re.compile(
    r"\bwill (?:be )?(?:released?|freed|answered|identified)\b|\bmurder\w*|\bcriminals?\b|\bdemand (?:that|the)\b"
    r"|\bseront libérés|\bserán liberad|будут освобождены|سيُفرج|سيفرج|将获释",
    re.IGNORECASE,
)


def language_of(path: Path) -> str:
    """Return the language in a name such as en.md or general.en.md."""
    return path.name.split(".")[-2]


def prose(path: Path) -> str:
    """Return what a file says itself, without its marks and the numbers of its lists."""
    return LIST_NUMBER.sub("", MARK.sub("", path.read_text(encoding="utf-8")))


def marks(text: str) -> list[str]:
    return sorted(found[0] for found in MARK.finditer(text))


def shape(text: str) -> list[str]:
    """Return the kinds of a text's blocks in their order: headings, list items, paragraphs."""
    kinds = []
    for line in filter(str.strip, text.split("\n")):
        found = re.match(r"(#+|-|\d+\.) ", line)
        kinds.append(found[1] if found else "paragraph")
    return kinds


def entries_of_avoid_toml(lang: str) -> list[str]:
    listed = tomllib.loads((CONTENT / "avoid.toml").read_text(encoding="utf-8"))[lang]
    return [word for entry in listed for word in entry["words"]]


def avoided_words(text: str, lang: str) -> list[str]:
    if lang in AVOIDED:
        return re.findall(AVOIDED[lang], text, re.IGNORECASE)
    before = r"(?<!\w)[وفبكل]{0,2}(?:ال|لل)?" if lang == "ar" else r"\b"
    bare = ARABIC_MARKS.sub("", text)
    return [
        word
        for word in entries_of_avoid_toml(lang)
        if re.search(before + re.escape(word) + r"(?!\w)", bare, re.IGNORECASE)
    ]


@pytest.fixture
def application() -> Iterator[None]:
    app = Flask("letters")
    app.extensions[EXTENSION] = Settings(content_dir=CONTENT)
    with app.app_context():
        yield


# -- What there is -----------------------------------------------------------------------------------------------------


def test_every_template_stands_in_its_languages():
    assert {key: set(found.texts) for key, found in LOADED.items()} == SPOKEN


@pytest.mark.parametrize("found", LOADED.values(), ids=LOADED)
def test_a_template_explains_itself_at_the_desk(found: Template):
    assert found.version >= 1
    assert set(found.titles) == set(found.abouts) == set(LANGUAGES)
    for field in found.fields:
        assert set(field.labels) == set(field.helps) == set(LANGUAGES)


def test_what_is_written_in_confidence_stays_confidential():
    confidential = {key for key, found in LOADED.items() if found.visibility == "confidential"}

    assert confidential == {"wgeid-general-allegation", "icrc-iimp-request"}
    assert "{{statement}}" not in "".join(text.body for text in LOADED["icrc-iimp-request"].texts.values())


def test_a_petition_is_never_sent_as_if_it_were_accepted():
    meant = {
        key: found.bodies for key, found in LOADED.items() if "icrc" in found.bodies or "iiim" in found.bodies
    }

    assert meant == {"icrc-iimp-request": ("icrc", "iimp")}
    for text in LOADED["icrc-iimp-request"].texts.values():
        assert not {"petition", "requests"} & {found[1] for found in MARK.finditer(text.body)}


def test_a_template_is_meant_for_bodies_that_accept_its_form_and_most_of_its_languages():
    """Arabic and French stand in every template, for whoever reads it at the desk; a body need not take both."""
    directory = {
        key: body
        for path in sorted((CONTENT / "bodies").glob("*.toml"))
        for key, body in tomllib.loads(path.read_text(encoding="utf-8")).get("body", {}).items()
    }

    meant = [(found, key) for found in LOADED.values() for key in found.bodies]
    assert {key for _, key in meant} == {"ohchr", "wgeid", "icrc", "iimp"}
    for found, key in meant:
        assert found.form in directory[key]["accepts"], (found.key, key)
        assert {"en"} <= set(directory[key]["languages"]) & set(found.texts)
        assert set(directory[key]["languages"]) <= set(found.texts), (found.key, key)
    for found in LOADED.values():
        assert set(found.copies) <= set(directory)


# -- The same in every language ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", LOADED.values(), ids=LOADED)
def test_every_language_of_a_template_has_the_same_marks_headings_and_items(found: Template):
    english = found.texts["en"]
    for lang, text in found.texts.items():
        assert marks(text.subject) == marks(english.subject), lang
        assert marks(text.body) == marks(english.body), lang
        assert shape(text.body) == shape(english.body), lang


@pytest.mark.parametrize("petition", [*PETITIONS, GENERAL])
def test_what_a_petition_asks_is_the_same_list_in_six_languages(petition):
    asked = LOADED["council-president"].requests[petition]

    assert set(asked) == SIX
    assert {tuple(shape(text)) for text in asked.values()} == {("-",) * len(shape(asked["en"]))}
    assert not any(MARK.search(text) for text in asked.values())


@pytest.mark.parametrize(
    "part", [path for path in sorted((LETTERS / "parts").iterdir())], ids=lambda path: path.name
)
def test_an_optional_paragraph_stands_in_six_languages_with_the_same_facts(part: Path):
    texts = {path.stem: path.read_text(encoding="utf-8") for path in part.glob("*.md")}

    assert set(texts) == SIX
    assert len({(tuple(marks(text)), tuple(shape(text))) for text in texts.values()}) == 1


@pytest.mark.parametrize("slug", PETITIONS)
def test_a_petition_has_a_title_in_every_language_of_a_letter(slug):
    page: dict[str, Any] = tomllib.loads(
        (CONTENT / "petitions" / slug / "en.toml").read_text(encoding="utf-8")
    )
    titles = tomllib.loads((LETTERS / "petitions" / f"{slug}.toml").read_text(encoding="utf-8"))

    assert titles["translates"] == page["title"]
    assert set(titles["title"]) == SIX - set(LANGUAGES)
    assert not any(NUMBER.search(title) for title in titles["title"].values())


@pytest.mark.parametrize("paper", ["checklist", "photograph-rules", "receipt", "talking-points"])
def test_a_paper_for_the_day_of_delivery_is_the_same_in_its_three_languages(paper):
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (LETTERS / "pack" / paper).glob("*.md")}

    assert set(texts) == ALWAYS
    assert len({(tuple(marks(text)), tuple(shape(text))) for text in texts.values()}) == 1
    for kind, key in MARK.findall(texts["en"]):
        assert (kind in PACK_MARKS and not key) or kind in ("fact", "hour") or key in CONDITIONS, (kind, key)


def test_the_hours_of_a_delivery_day_rise_and_one_is_that_of_the_delivery():
    text = (LETTERS / "pack" / "checklist" / "en.md").read_text(encoding="utf-8")
    minutes = [int(key) for kind, key in MARK.findall(text) if kind == "hour"]

    assert minutes == sorted(set(minutes))
    assert 0 in minutes


def test_a_supporter_s_points_are_the_same_in_six_languages_and_name_nobody():
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (LETTERS / "own-letter").glob("*.md")}

    assert set(texts) == SIX
    assert len({(tuple(marks(text)), tuple(shape(text))) for text in texts.values()}) == 1
    assert {kind for kind, _ in MARK.findall(texts["en"])} == {"fact"}


@pytest.mark.parametrize("found", LOADED.values(), ids=LOADED)
def test_every_template_serves_both_flagships_and_any_other_petition(found: Template):
    for lang, text in found.texts.items():
        written = {petition: found.written(lang, petition).body for petition in (*PETITIONS, "some-other")}
        assert not any(REQUESTS_MARK in body for body in written.values())
        assert len(set(written.values())) == (3 if REQUESTS_MARK in text.body else 1)


# -- What a text may hold ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", LOADED.values(), ids=LOADED)
def test_every_mark_is_one_that_something_fills(found: Template):
    named = {field.name for field in found.fields}
    for lang, text in found.texts.items():
        whole = f"{text.subject}\n{text.body}"
        assert "{" not in MARK.sub("", whole), lang
        for kind, key in MARK.findall(whole):
            assert (kind in PLAIN_MARKS and not key) or kind in ("fact", "field", "part"), (lang, kind)
            assert kind != "field" or key in named, key
            assert kind != "part" or key in found.parts, key
        assert {key for kind, key in MARK.findall(whole) if kind == "field"} == named
        assert {key for kind, key in MARK.findall(whole) if kind == "part"} == set(found.parts)


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_every_fact_is_written_in_the_language_of_the_text(path: Path):
    lang = language_of(path)
    facts = [key for kind, key in MARK.findall(path.read_text(encoding="utf-8")) if kind == "fact"]

    assert all(queries.figure_as_text(key, lang) for key in facts)
    # A figure is an item or ends a sentence of its own: nothing is said of two together.
    assert len(facts) == len(set(facts)) or path.parent.name == "council-member"


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_no_number_stands_without_its_source(path: Path):
    assert NUMBER.findall(prose(path)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[-2:]))
def test_no_word_that_the_campaign_avoids_and_no_promise(path: Path):
    assert avoided_words(prose(path), language_of(path)) == []
    assert PROMISED.findall(prose(path)) == []


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("found", LOADED.values(), ids=LOADED)
def test_a_figure_that_no_source_bears_out_or_that_is_about_deaths_stands_only_where_it_is_meant(
    found: Template,
):
    keys = {key for text in found.texts.values() for kind, key in MARK.findall(text.body) if kind == "fact"}
    figures = [fact for key in keys if isinstance(fact := queries.fact(key), Figure)]

    assert not [figure.key for figure in figures if figure.confidence == "unverified"]
    assert not [figure.key for figure in figures if figure.key.startswith("torture-deaths")]


@pytest.mark.parametrize("key", ["council-president", "council-member", "high-commissioner", "open-letter"])
def test_a_letter_says_who_writes_the_facts_the_rules_the_requests_then_the_statement(key):
    for text in LOADED[key].texts.values():
        body = text.body
        places = [
            body.index("{{campaign}}"),
            body.index("{{fact:prisons-opened}}") if key != "high-commissioner" else body.index("{{fact:"),
            body.index("{{fact:customary-law}}"),
            body.index("{{requests}}"),
            body.index("\n1. "),
            body.index("{{statement}}"),
        ]
        assert places == sorted(places)


@pytest.mark.parametrize("found", LOADED.values(), ids=LOADED)
def test_a_letter_fits_on_two_pages(found: Template):
    """Measured in documents: two pages hold some 4,200 characters beside the frame, facts written out as they print."""
    longest = {"cover-note": 1_000, "numbers-sheet": 500}.get(found.key, 4_200)
    app = Flask("letters")
    app.extensions[EXTENSION] = Settings(content_dir=CONTENT)
    with app.app_context():
        for lang in found.texts:
            body = found.written(lang, "lists-and-graves").body
            printed = MARK.sub(
                lambda mark, lang=lang: (
                    queries.figure_as_text(mark[2], lang) if mark[1] == "fact" else mark[0]
                ),
                body,
            )
            assert len(printed) <= longest, (lang, len(printed))


# -- The nets above catch what they are for ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "the Assad regime"),
        ("en", "lists of the dead"),
        ("ar", "قوائم الموتى"),
        ("ar", "نظام الأسد"),
        ("fr", "le régime"),
        ("fr", "les morts"),
        ("es", "los muertos"),
        ("es", "el régimen"),
        ("ru", "этот режим"),
        ("ru", "тела мучеников"),
        ("zh", "烈士"),
        ("zh", "该政权"),
    ],
)
def test_avoided_words_are_caught(lang, text):
    assert avoided_words(text, lang)


@pytest.mark.parametrize(
    "text", ["43 women", "٤٣ امرأة", "thousands", "des milliers", "cientos", "тысячи людей", "数百人", "آلاف"]
)
def test_bare_numbers_are_caught(text):
    assert NUMBER.search(text)


@pytest.mark.parametrize("text", ["They will be released.", "سيُفرج عنهم", "ils seront libérés"])
def test_promises_are_caught(text):
    assert PROMISED.search(text)
