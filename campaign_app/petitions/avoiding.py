"""Words that the campaign avoids, with what to write instead: a warning beside a text, never a block.

The shipped list is content/avoid.toml; a language's list that was edited at the desk stands in the database. A
content folder of before there was a list has the one of this version.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ..config import settings
from ..content_files import place_of, read_toml
from ..extensions import db
from .models import AvoidedWords

LONGEST_LIST = 100
_MARKS = "[\u064b-\u0652\u0670\u0640]*"  # vowel signs and the stretched stroke stand between Arabic letters
_BEFORE_ARABIC = rf"(?:[وفبكل]{_MARKS}){{0,2}}(?:ا{_MARKS}ل{_MARKS}|ل{_MARKS}ل{_MARKS})?"
_ALEFS = "[اأإآ]"
_ARABIC = re.compile("[\u0600-\u06ff]")
_TAG = re.compile(r"(<[^>]*>)")


@dataclass(frozen=True)
class Avoided:
    """One entry: every form that is meant, what to write instead, and why; in the language of the text."""

    words: tuple[str, ...]
    instead: str
    reason: str


@dataclass(frozen=True)
class Found:
    """A word that stands in a text, as it is written there, and its entry."""

    word: str
    entry: Avoided


def avoided(language: str) -> Sequence[Avoided]:
    """Return the list that holds in a language."""
    edited = db.session.get(AvoidedWords, language)
    return _entries(edited.entries) if edited else shipped(settings().content_dir, language)


def is_edited(language: str) -> bool:
    """Whether a language's list was edited here."""
    return db.session.get(AvoidedWords, language) is not None


@cache
def shipped(content_dir: Path, language: str) -> tuple[Avoided, ...]:
    """Return the shipped list of a language; empty where there is none."""
    return _entries(read_toml(place_of(content_dir, "avoid.toml")).get(language, ()))


def found_in(text: str, entries: Sequence[Avoided]) -> list[Found]:
    """Return the words of a text that are to be avoided, each once, as a reader meets them."""
    seen: dict[str, Found] = {}
    pattern = _pattern(tuple(entries))
    for match in pattern.finditer(text) if pattern else ():
        seen.setdefault(match[0].casefold(), Found(match[0], _entry_of(match, entries)))
    return list(seen.values())


def marked(html: Markup, entries: Sequence[Avoided]) -> Markup:
    """Return HTML with the words that are to be avoided inside <mark>. html: clean, without attributes' own ">"."""
    pattern = _pattern(tuple(entries))
    if pattern is None:
        return html
    put_mark: Callable[[re.Match[str]], str] = lambda match: f"<mark>{match[0]}</mark>"  # noqa: E731
    parts = _TAG.split(str(html))
    parts[::2] = [pattern.sub(put_mark, part) for part in parts[::2]]
    return Markup("".join(parts))  # noqa: S704 - what was clean stays so: only marks came in, around words


def as_rows(entries: Sequence[Avoided]) -> list[dict[str, Any]]:
    """Return entries as they are stored."""
    return [{**asdict(entry), "words": list(entry.words)} for entry in entries]


def _entries(rows: Sequence[Mapping[str, Any]]) -> tuple[Avoided, ...]:
    return tuple(
        Avoided(tuple(row["words"]), str(row.get("instead", "")), str(row.get("reason", ""))) for row in rows
    )


def _entry_of(match: re.Match[str], entries: Sequence[Avoided]) -> Avoided:
    return entries[int((match.lastgroup or "e0")[1:])]


@lru_cache(maxsize=16)
def _pattern(entries: tuple[Avoided, ...]) -> re.Pattern[str] | None:
    """Return one pattern for a list; the group that matched tells the entry."""
    groups = [
        f"(?P<e{number}>{'|'.join(_word(word) for word in sorted(entry.words, key=len, reverse=True))})"
        for number, entry in enumerate(entries)
        if entry.words
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(groups)})(?!\w)", re.IGNORECASE) if groups else None


def _word(word: str) -> str:
    """Return a pattern for one word or phrase: any blank between words; in Arabic with or without its vowel signs."""
    parts = word.split()
    if not _ARABIC.search(word):
        return r"\s+".join(map(re.escape, parts))
    return _BEFORE_ARABIC + r"\s+".join(_arabic(part) for part in parts)


def _arabic(part: str) -> str:
    letters = re.sub(_MARKS.removesuffix("*"), "", part)
    return "".join((_ALEFS if letter in "اأإآ" else re.escape(letter)) + _MARKS for letter in letters)
