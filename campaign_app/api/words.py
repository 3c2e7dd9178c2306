"""The same words in every language that pages exist in, whatever language the reader of the API prefers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from flask import g
from flask_babel import force_locale

from ..addresses import public_url
from ..languages import LANGUAGES

Made = TypeVar("Made")


@contextmanager
def speaking(lang: str) -> Iterator[None]:
    """Let sentences, numbers and days be written in a language meanwhile."""
    before = g.get("lang")
    g.lang = lang
    try:
        with force_locale(lang):
            yield
    finally:
        g.lang = before


def in_each_language(make: Callable[[str], Made]) -> dict[str, Made]:
    """Return what `make` makes in each language, by its code."""
    found = {}
    for lang in LANGUAGES:
        with speaking(lang):
            found[lang] = make(lang)
    return found


def pages_of(endpoint: str, **values: str) -> dict[str, str]:
    """Return the absolute address of a page for people in each language."""
    return {lang: public_url(endpoint, lang=lang, **values) for lang in LANGUAGES}


def only_ours(texts: Mapping[str, str]) -> dict[str, str]:
    """Return texts by language, as they are kept, without those that are empty."""
    return {lang: text for lang, text in texts.items() if text}
