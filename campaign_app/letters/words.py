"""The words that documents print around a letter's text, from content/letters/words.toml, in each of its languages.

No catalogue of translations holds them: pages exist in fewer languages. A process that only makes documents calls
`use` with its content folder and needs no application; elsewhere the application's settings say where they stand.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .. import formats
from ..content_files import place_of

FILE = "letters/words.toml"
SLOT = re.compile(r"\{(\w+)\}")


class WordUnknown(Exception):
    """There are no such words in a language. The message names key, language and form."""


@dataclass(frozen=True)
class Words:
    """texts: key → language → words. counted: key → language → form of number → words."""

    texts: Mapping[str, Mapping[str, str]]
    counted: Mapping[str, Mapping[str, Mapping[str, str]]]
    arabic_digits: bool = False

    def say(self, key: str, lang: str, **slots: str) -> str:
        """Return what `word` returns, from these words."""
        try:
            found = self.texts[key][lang]
        except KeyError:
            raise WordUnknown(f"words.toml has no word {key!r} in {lang!r}") from None
        return _filled(found, slots)

    def count(self, key: str, n: int, lang: str, **slots: str) -> str:
        """Return what `counted` returns, from these words."""
        form = formats.plural_category(n, lang)
        try:
            found = self.counted[key][lang][form]
        except KeyError:
            raise WordUnknown(f"words.toml counts no {key!r} in {lang!r}, form {form!r}") from None
        return _filled(found, {**slots, "n": formats.number(n, lang, arabic_digits=self.arabic_digits)})


def word(key: str, lang: str, **slots: str) -> str:
    """Return a label or sentence with its {slots} filled. Raises WordUnknown, KeyError for a slot that is missing."""
    return _words().say(key, lang, **slots)


def counted(key: str, n: int, lang: str, **slots: str) -> str:
    """Return what stands beside a number, in the form that the language wants; n goes into {n} as it is written there.

    Raises WordUnknown, KeyError for a slot that is missing.
    """
    return _words().count(key, n, lang, **slots)


def use(content_dir: Path, *, arabic_digits: bool = False) -> None:
    """Read the words of a content folder in a process without an application, from now on."""
    _chosen.clear()
    _chosen.append(load(content_dir, arabic_digits))


@cache
def load(content_dir: Path, arabic_digits: bool = False, file: str = FILE) -> Words:
    """Read the words of a content folder once. Raises OSError or TOMLDecodeError where the file cannot be read.

    file: another one of the same form.
    """
    read: dict[str, Any] = tomllib.loads(place_of(content_dir, file).read_text(encoding="utf-8"))
    return Words(read["word"], read["counted"], arabic_digits)


_chosen: list[Words] = []


def _words() -> Words:
    if _chosen:
        return _chosen[0]
    from ..config import settings  # here, since it brings the web framework with it

    return load(settings().content_dir, settings().arabic_digits)


def _filled(words: str, slots: Mapping[str, str]) -> str:
    """Return words with every {slot} replaced; what a value holds is never looked into."""
    return SLOT.sub(lambda slot: slots[slot[1]], words)
