"""What a fact is, when it needs checking again, and how a text names it. Formats no number."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal
from urllib.parse import urlsplit

CHECK_EVERY = timedelta(days=90)
KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Looser than a well-formed mark on purpose: a mistyped one must be found and refused, not shown.
PLACEHOLDER = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
SLOT = re.compile(r"\{(\w+)\}")

STATUSES = ("current", "estimate", "historical", "registrations")
CONFIDENCES = ("secondary", "unverified", "verified")
BOUNDS = ("about", "at_least", "exact", "more_than")

TextPerLanguage = Mapping[str, str]


class FigureIncomplete(Exception):
    """A fact lacks something it may not be shown without. The message names the key and every fault."""


class FigureUnresolved(Exception):
    """A text asks for a fact that does not exist, in a language it is not written in, or where none can stand.

    The message names the key.
    """


@dataclass(frozen=True)
class AsOf:
    """The day, month or year that a fact speaks of. `day` is the first day of a month or year."""

    day: date
    precision: Literal["day", "month", "year"] = "day"
    is_approximate: bool = False


@dataclass(frozen=True, kw_only=True)
class Source:
    """Who said it and where that was read."""

    names: TextPerLanguage
    urls: tuple[str, ...]

    @property
    def page(self) -> str | None:
        """Return the address of the page itself, or None where only the site is known."""
        address = urlsplit(self.urls[0])
        return self.urls[0] if address.path.strip("/") or address.query else None

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return the sites it was read on, without "www."."""
        return tuple((urlsplit(url).hostname or "").removeprefix("www.") for url in self.urls)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number that may be said, only together with everything else that stands here.

    value, value_to: whole numbers of `unit`; value_to is the upper end of a range, else None.
    counts: what exactly is counted, as words that follow the unit.
    parts, shares, breakdown: numbers that belong to this figure alone, and the words that name them. They
    live inside the figure so that no text can join them to another total.
    """

    key: str
    value: int
    value_to: int | None
    bound: str
    unit: TextPerLanguage
    counts: TextPerLanguage
    scope: TextPerLanguage
    source: Source
    as_of: AsOf
    status: str
    confidence: str
    checked_on: date
    note: TextPerLanguage = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    breakdown: TextPerLanguage = field(default_factory=dict)

    @property
    def languages(self) -> frozenset[str]:
        """Return the languages in which it can be said: those of all its texts."""
        return _in_all(self.unit, self.counts, self.scope, self.source.names, self.note, self.breakdown)


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A dated event, a resolution or a rule that a text leans on, with its source.

    text: words that stand inside a sentence; `{on}` in them is the day the event happened.
    is_instrument: the text names the document itself, so the source is its link and needs no bracket.
    """

    key: str
    text: TextPerLanguage
    source: Source
    as_of: AsOf
    confidence: str
    checked_on: date
    is_instrument: bool = False
    note: TextPerLanguage = field(default_factory=dict)

    @property
    def languages(self) -> frozenset[str]:
        """Return the languages in which it can be said: those of all its texts."""
        return _in_all(self.text, self.source.names, self.note)


Fact = Figure | Reference


def _in_all(*texts: TextPerLanguage) -> frozenset[str]:
    """Return the languages that stand in each of the texts that there are."""
    return frozenset.intersection(*(frozenset(text) for text in texts if text))


def keys_in(text: str) -> tuple[str, ...]:
    """Return the keys of the {{fact:key}} marks of a text, in order, repeats included.

    Raises FigureUnresolved for anything else between double braces: a mistyped mark is never shown.
    """
    keys = []
    for content in PLACEHOLDER.findall(text):
        kind, _, key = content.partition(":")
        if kind != "fact" or not KEY.fullmatch(key):
            raise FigureUnresolved(f"{{{{{content}}}}} is not a mark: write {{{{fact:key}}}}")
        keys.append(key)
    rest = PLACEHOLDER.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise FigureUnresolved("double braces without their partner: write {{fact:key}}")
    return tuple(keys)


def slots_in(words: str) -> set[str]:
    """Return the names of the {name} slots of words."""
    return set(SLOT.findall(words))


def fill_slots(words: str, values: Mapping[str, str]) -> str:
    """Return words with every {name} slot replaced; unlike str.format it never looks inside a value."""
    return SLOT.sub(lambda slot: values[slot[1]], words)


def needs_checking(fact: Fact, today: date) -> bool:
    """Whether a person should compare the fact with its source again.

    A historical figure and the text of a resolution do not change, so they never grow stale.
    """
    is_settled = fact.is_instrument if isinstance(fact, Reference) else fact.status == "historical"
    return not is_settled and today - fact.checked_on > CHECK_EVERY


def warnings(fact: Fact, today: date) -> tuple[str, ...]:
    """Return what an organiser should mend: a subset of "needs_checking", "not_verified", "no_page"."""
    found = {
        "needs_checking": needs_checking(fact, today),
        "not_verified": fact.confidence != "verified",
        "no_page": fact.source.page is None,
    }
    return tuple(name for name, is_true in found.items() if is_true)
