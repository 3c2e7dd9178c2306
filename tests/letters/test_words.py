"""The words around a letter: whole in each language and form, and never looking into what they are given."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from flask import Flask

from campaign_app.config import EXTENSION, ROOT, Settings
from campaign_app.formats import LETTER_LANGUAGES, plural_categories
from campaign_app.letters import words
from campaign_app.letters.documents.numbers import group_name
from campaign_app.letters.words import SLOT, WordUnknown, counted, word
from campaign_app.tally.breakdowns import PATHS, SOURCES

FILE = ROOT / "content" / words.FILE
SHIPPED = tomllib.loads(FILE.read_text(encoding="utf-8"))
SINGULAR_FORMS = ("zero", "one", "two")  # where a language may say the number in a word


@pytest.fixture
def application():
    app = Flask("words")
    app.extensions[EXTENSION] = Settings()
    with app.app_context():
        yield app


@pytest.mark.parametrize("key", SHIPPED["word"])
def test_a_word_exists_in_every_language_with_the_same_slots(key):
    per_language = SHIPPED["word"][key]

    assert set(per_language) == set(LETTER_LANGUAGES)
    assert all(text.strip() or key == "list-comma" for text in per_language.values())
    assert len({frozenset(SLOT.findall(text)) for text in per_language.values()}) == 1


@pytest.mark.parametrize("key", SHIPPED["counted"])
def test_what_is_counted_exists_in_every_form_of_every_language_with_the_same_slots(key):
    per_language = SHIPPED["counted"][key]

    assert set(per_language) == set(LETTER_LANGUAGES)
    slots = set(SLOT.findall(per_language["en"]["other"]))
    for lang, forms in per_language.items():
        assert set(forms) == plural_categories(lang)
        for form, text in forms.items():
            found = set(SLOT.findall(text))
            # Of nobody there is nothing more to say, such as from where they signed.
            left_out = slots if form == "zero" else {"n"} if form in SINGULAR_FORMS else set()
            assert slots - left_out <= found <= slots, (lang, form)


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("lang", LETTER_LANGUAGES)
def test_every_group_that_is_published_has_a_name_and_a_partner_s_code_stands_for_itself(lang):
    for dimension, named in (("source", SOURCES), ("path", PATHS)):
        names = {code: group_name(dimension, code, lang) for code in named}
        assert not set(names) & set(names.values())
        assert len(set(names.values())) == len(named)

    assert group_name("source", "invented-partner", lang) == "invented-partner"


@pytest.mark.usefixtures("application")
def test_a_number_takes_the_form_of_its_language():
    assert [counted("annexes", n, "ar") for n in (0, 1, 2, 3)] == [
        "بلا ملحقات",
        "ملحق واحد",
        "ملحقان",
        "الملحقات: 3",
    ]
    assert [counted("mailboxes-of", n, "ru") for n in (1, 2, 5, 21)] == [
        "1 почтового ящика",
        "2 почтовых ящиков",
        "5 почтовых ящиков",
        "21 почтового ящика",
    ]
    assert counted("mailboxes-of", 1_000_000, "fr") == "1\u202f000\u202f000 d'adresses électroniques"
    assert counted("mailboxes-of", 12_345, "es") == "12.345 buzones"


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("lang", LETTER_LANGUAGES)
def test_the_statement_is_one_sentence_with_its_numbers(lang):
    signed = counted(
        "signed-from",
        12_345,
        lang,
        countries=counted("countries-of", 14, lang),
        period=word("period", lang, first="FIRST", last="LAST"),
    )
    sentence = word(
        "statement",
        lang,
        signed=signed,
        mailboxes=counted("mailboxes-of", 11_204, lang),
        on="THEN",
        address="https://example.org/n",
    )

    assert "{" not in sentence
    digits = "".join(letter for letter in sentence if letter.isdigit())
    assert all(number in digits for number in ("12345", "14", "11204"))
    assert all(each in sentence for each in ("FIRST", "LAST", "THEN", "https://example.org/n"))


@pytest.mark.usefixtures("application")
def test_what_is_filled_in_is_never_looked_into():
    assert word("subject", "en", subject="{reference} {{fact:x}}") == "Subject: {reference} {{fact:x}}"


@pytest.mark.usefixtures("application")
def test_an_unknown_word_a_language_without_it_and_a_missing_slot_are_told():
    with pytest.raises(WordUnknown, match="'no-such' in 'en'"):
        word("no-such", "en")
    with pytest.raises(WordUnknown, match="'subject' in 'de'"):
        word("subject", "de", subject="x")
    with pytest.raises(WordUnknown, match="'no-such' in 'ru', form 'few'"):
        counted("no-such", 2, "ru")
    with pytest.raises(KeyError, match="subject"):
        word("subject", "en")


def test_arabic_digits_follow_the_site(application):
    application.extensions[EXTENSION] = Settings(arabic_digits=True)

    assert counted("mailboxes-of", 12, "ar") == "١٢ صندوق بريد"
    assert counted("mailboxes-of", 12, "fr") == "12 adresses électroniques"


def test_a_process_that_only_makes_documents_needs_no_web_framework(tmp_path: Path):
    script = (
        "import sys; from pathlib import Path; from campaign_app.letters import words\n"
        f"words.use(Path({str(ROOT / 'content')!r}))\n"
        "print(words.counted('countries-of', 12, 'en')); assert 'flask' not in sys.modules"
    )

    said = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (said.stdout, said.stderr, said.returncode) == ("12 countries\n", "", 0)
