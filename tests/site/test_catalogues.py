"""Both languages are complete: every sentence of the code and the templates is in the catalogues, in Arabic too."""

import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message

from campaign_app.languages import FIRST_LANGUAGE, LANGUAGES
from tools import messages

PLACEHOLDER = re.compile(r"%\((\w+)\)")
MARKUP = re.compile(r"</?[a-z]+")
CATALOGUES = sorted(LANGUAGES)
MEND = "run `make messages`"


@cache
def template() -> Catalog:
    """Return what the code and the templates ask for, extracted once."""
    return messages.extracted()


def sentences(language: str) -> list[Message]:
    """Return the entries of a catalogue, without its header."""
    return [message for message in messages.read(language) if message.id]


def forms(value: object) -> tuple[str, ...]:
    """Return one sentence, or the singular and the plurals, as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list)) else (str(value or ""),)


def test_every_language_of_the_pages_has_a_catalogue():
    assert sorted(messages.LANGUAGES) == CATALOGUES


@pytest.mark.parametrize("language", CATALOGUES)
def test_extracting_again_changes_nothing(language):
    is_current = messages.catalogue_path(language).read_bytes() == messages.as_text(
        messages.updated(language, template())
    )
    assert is_current, MEND


@pytest.mark.parametrize("language", CATALOGUES)
def test_what_is_compiled_is_what_is_written(language):
    written = messages.catalogue_path(language).read_bytes()

    is_current = messages.compiled_path(language).read_bytes() == messages.as_compiled(written, language)

    assert is_current, MEND


def test_every_sentence_is_translated_into_the_first_language_and_none_is_a_guess():
    left = messages.untranslated(messages.updated(FIRST_LANGUAGE, template()))

    assert not left, f"{len(left)} sentences are left to translate; the first is {left[0]!r}"


def test_the_first_language_has_its_six_plural_forms():
    plurals = [message for message in sentences(FIRST_LANGUAGE) if message.pluralizable]

    assert plurals
    assert {len(forms(message.string)) for message in plurals} == {6}


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_translation_names_exactly_what_the_sentence_names(language):
    """A plural form may leave a number out ("one signature"), but may never name what is not there."""
    wrong = []
    for message in sentences(language):
        asked = set(PLACEHOLDER.findall(" ".join(forms(message.id))))
        for form in filter(None, forms(message.string)):
            named = set(PLACEHOLDER.findall(form))
            if named - asked or (asked - named and not message.pluralizable):
                wrong.append(form)
    assert wrong == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_translation_has_the_markup_of_its_sentence(language):
    """A plural form without a number ("nobody has signed yet") may do without the markup around it."""
    wrong = []
    for message in sentences(language):
        asked = sorted(MARKUP.findall(forms(message.id)[-1]))
        for form in filter(None, forms(message.string)):
            found = sorted(MARKUP.findall(form))
            if found != asked and (found or not message.pluralizable):
                wrong.append(form)
    assert wrong == []
