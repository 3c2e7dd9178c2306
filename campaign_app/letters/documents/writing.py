"""Turns a letter's words into the plain values that every document is made of: runs, blocks, lines; clean, each with
its direction. A value is what JSON can hold, so that Typst is given words only, and nothing to read as its own.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from ... import languages
from ...formats import LETTER_LANGUAGES
from ..frozen import BULLETS, HEADING, ORDERED, Block, Run
from ..words import word
from .characters import Cleaner, families, with_breaks
from .directions import Span, direction_of, spans

Value = dict[str, Any]
Runs = list[Value]

REGIONS = {"ar": "SY", "en": "GB", "zh": "CN"}
SUBJECT_LEVEL = 1
ANNEX_LEVEL = 2  # of what stands under the title of an annex
# Stands where a value goes while the words around it are looked up; no typed text comes near it.
# An address in running text, without the mark that ends its sentence.
_ADDRESS = re.compile(r"https?://[!-~]+[A-Za-z0-9/=_-]|[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_SLOT = re.compile("\ue000([a-z]+)\ue001")


class Writer:
    """Writes in one language. What it replaced in all that it wrote is with its cleaner."""

    def __init__(self, lang: str, cleaner: Cleaner) -> None:
        self.lang = lang
        self.cleaner = cleaner
        self.is_rtl = direction(lang) == "rtl"

    def line(self, text: str) -> str:
        """Return text on one line."""
        return with_breaks(self.cleaner.line(text))

    def runs(self, text: str) -> Runs:
        """Return one line as runs."""
        return self.look(Run(self.cleaner.line(text)))

    def sentence(self, key: str, **values: Runs) -> Runs:
        """Return words of words.toml with a value in each of their slots, whose direction stays its own."""
        found = word(key, self.lang, **{name: f"\ue000{name}\ue001" for name in values})
        parts = _SLOT.split(found)
        runs = []
        for place, part in enumerate(parts):
            runs += values[part] if place % 2 else self._around(part)
        return runs

    def _around(self, text: str) -> Runs:
        """Return words between two values: their spaces at the ends belong there."""
        return [self._value(Run(text), Span(text, False))] if text else []

    def number(self, n: int) -> str:
        """Return a number as the language writes it."""
        return languages.format_number(n, self.lang)

    def day(self, iso: str) -> str:
        """Return an ISO day as the language writes it."""
        return languages.format_day(date.fromisoformat(iso), self.lang)

    def lines(self, text: str) -> list[Runs]:
        """Return each line of a text that is not empty, such as an address, as runs."""
        return [self.runs(each) for each in self.cleaner.text(text).split("\n") if each.strip()]

    def name(self, text: str) -> Runs:
        """Return a name as one run in the direction of its own first letter."""
        words = self.line(text)
        return [self._value(Run(words), Span(words, self.is_rtl and direction_of(words) != "rtl"))]

    def directed(self, text: str, own: str) -> Value:
        """Return a name of a long list: {"t"} and, where it is not the list's `own` direction, {"d"}."""
        words = self.line(text)
        its = direction_of(words)
        return {"t": words} if its in ("", own) else {"t": words, "d": its}

    def apart(self, text: str, url: str = "") -> Runs:
        """Return words that are never turned around: an address, a reference, a sum. url: where they lead."""
        words = self.cleaner.line(text)
        return [self._value(Run(words if url else with_breaks(words), url=url), Span(words, True))]

    def look(self, run: Run) -> Runs:
        """Return a run of a text, in as many parts as its directions need."""
        return [value for part in _linked(run) for value in self._directed(part)]

    def _directed(self, run: Run) -> Runs:
        text = self.cleaner.text(run.text)
        if run.ltr or not self.is_rtl:
            return [self._value(run, Span(text, run.ltr))] if text else []
        return [self._value(run, span) for span in spans(text)]

    def blocks(self, blocks: Iterable[Block], *, under: int = SUBJECT_LEVEL) -> list[Value]:
        """Return blocks. under: the level of the heading above them; theirs follow it without a gap, as PDF/UA asks."""
        written, above = [], under
        for block in blocks:
            if block.kind == HEADING:
                above = max(min(block.level - 1 + under, above + 1), under + 1)
            written.append(self._block(block, above, under))
        return written

    def paragraph(self, text: str) -> Value:
        """Return a paragraph of plain words."""
        return {"kind": "paragraph", "runs": self.runs(text)}

    def _block(self, block: Block, level: int, under: int) -> Value:
        if block.kind in (ORDERED, BULLETS):
            # A heading in a list item would stand in no order with the others: it is a strong paragraph there.
            items = [[self._in_list(each) for each in item] for item in block.items]
            return {"kind": block.kind, "items": items, "start": block.start}
        runs = [value for run in block.runs for value in self.look(run)]
        return {"kind": block.kind, "runs": runs, "level": level}

    def _in_list(self, block: Block) -> Value:
        if block.kind != HEADING:
            return self._block(block, 0, 0)
        strong = [Run(run.text, strong=True, url=run.url, ltr=run.ltr) for run in block.runs]
        return {"kind": "paragraph", "runs": [value for run in strong for value in self.look(run)]}

    def _value(self, run: Run, span: Span) -> Value:
        # A link is parted by Typst itself, at the marks of its address.
        value: Value = {"t": span.text if run.url else with_breaks(span.text)}
        if span.is_ltr and self.is_rtl:
            value["ltr"] = True
        if run.strong:
            value["strong"] = True
        if run.emphasis:
            value["emphasis"] = True
        if run.url:
            value["url"] = self.cleaner.line(run.url)
        return value


def _linked(run: Run) -> Iterator[Run]:
    """Yield the parts of a run, so that an address in it leads where it says, and is never turned around."""
    if run.url or not ("@" in run.text or "://" in run.text):
        yield run
        return
    place = 0
    for found in _ADDRESS.finditer(run.text):
        if place < found.start():
            yield replace(run, text=run.text[place : found.start()])
        words = found.group()
        yield replace(run, text=words, url=words if "://" in words else f"mailto:{words}", ltr=True)
        place = found.end()
    if place < len(run.text):
        yield replace(run, text=run.text[place:])


def language(lang: str) -> Value:
    """Return what a document or a part of it has to know of its language."""
    return {
        "lang": lang,
        "region": REGIONS.get(lang),
        "rtl": direction(lang) == "rtl",
        "fonts": list(families(lang)),
    }


def direction(lang: str) -> str:
    """Return the direction of a language of letters; left to right for one that none has told us of."""
    known = LETTER_LANGUAGES.get(lang)
    return known.direction if known else "ltr"


def digits(lang: str) -> str:
    """Return the first of the digits that a document counts its pages and names with."""
    return languages.format_number(1, lang)


def words_of(runs: Runs) -> str:
    """Return runs as the words that they are."""
    return "".join(run["t"] for run in runs)
