"""Reads the entries of figures.toml and references.toml; refuses one that may not be shown as it stands.

`languages` are those that every text needs. A further one may stand in an entry if it stands in all of its texts.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from typing import Any, Literal
from urllib.parse import urlsplit

from .rules import (
    BOUNDS,
    CONFIDENCES,
    KEY,
    STATUSES,
    AsOf,
    Figure,
    FigureIncomplete,
    Reference,
    Source,
    TextPerLanguage,
    slots_in,
)

BLANKS = re.compile(r"[ \t\r\n]+")  # a no-break space stays: French sets it before a colon
AS_OF = re.compile(r"(?P<about>~)?(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?")


def read_figure(key: str, entry: Mapping[str, Any], languages: Iterable[str]) -> Figure:
    """Return the figure that an entry of figures.toml describes. Raises FigureIncomplete."""
    reader = _Reader(key, entry, tuple(languages))
    figure = Figure(
        key=key,
        value=reader.positive("value"),
        value_to=reader.positive("value_to") if "value_to" in entry else None,
        bound=reader.one_of("bound", BOUNDS, default="exact"),
        unit=reader.texts("unit"),
        counts=reader.texts("counts"),
        scope=reader.texts("scope"),
        source=reader.source(),
        as_of=reader.as_of(),
        status=reader.one_of("status", STATUSES),
        confidence=reader.one_of("confidence", CONFIDENCES),
        checked_on=reader.day("checked_on"),
        note=reader.optional_texts("note"),
        parts=reader.table("parts"),
        shares=reader.table("shares"),
        breakdown=reader.optional_texts("breakdown"),
    )
    if figure.value_to is not None and figure.value_to <= figure.value:
        reader.fault("value_to is not above value")
    if figure.checked_on < figure.as_of.day:
        reader.fault("checked_on lies before as_of")
    _check_breakdown(figure, reader)
    reader.finish(Figure)
    return figure


def read_reference(key: str, entry: Mapping[str, Any], languages: Iterable[str]) -> Reference:
    """Return the reference that an entry of references.toml describes. Raises FigureIncomplete."""
    reader = _Reader(key, entry, tuple(languages))
    reference = Reference(
        key=key,
        text=reader.texts("text"),
        source=reader.source(),
        as_of=reader.as_of(),
        confidence=reader.one_of("confidence", CONFIDENCES),
        checked_on=reader.day("checked_on"),
        is_instrument=bool(entry.get("is_instrument", False)),
        note=reader.optional_texts("note"),
    )
    for language, text in reference.text.items():
        if slots_in(text) - {"on"}:
            reader.fault(f"text.{language} has a slot other than {{on}}")
    if reference.is_instrument and not (reference.source.urls and reference.source.page):
        reader.fault(
            "is_instrument needs the page of the document in source_urls, for its text is the only link"
        )
    reader.finish(Reference)
    return reference


def _check_breakdown(figure: Figure, reader: "_Reader") -> None:
    names = set(figure.parts) | set(figure.shares)
    if not names and not figure.breakdown:
        return
    for language in {*reader.languages, *figure.breakdown}:
        if slots_in(figure.breakdown.get(language, "")) != names:
            reader.fault(f"breakdown.{language} does not name each of {sorted(names)}")
    for name, part in figure.parts.items():
        if not _is_positive(part) or part > (figure.value_to or figure.value):
            reader.fault(f"parts.{name} is not a part of value")
    for name, share in figure.shares.items():
        if not isinstance(share, float) or not 0 < share < 1:
            reader.fault(f"shares.{name} is not between 0 and 1")


def _is_positive(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


class _Reader:
    """Reads one entry and collects every fault, so that an organiser mends them in one go."""

    def __init__(self, key: str, entry: Mapping[str, Any], languages: tuple[str, ...]) -> None:
        self.key = key
        self.entry = entry
        self.languages = languages
        self.faults: list[str] = []
        self.written: dict[str, TextPerLanguage] = {}
        if not KEY.fullmatch(key):
            self.fault("the key is not made of small letters, digits and single hyphens")

    def fault(self, words: str) -> None:
        self.faults.append(words)

    def finish(self, kind: type[Figure] | type[Reference]) -> None:
        known = {member.name for member in fields(kind)} - {"key"} | {"source_urls"}
        self.faults += [f"{name} is not a known field" for name in self.entry if name not in known]
        spoken = {language for texts in self.written.values() for language in texts} - set(self.languages)
        self.faults += [
            f"{name}.{language} is missing"
            for name, texts in self.written.items()
            for language in sorted(spoken - set(texts))
        ]
        if self.faults:
            raise FigureIncomplete(f"{self.key}: {'; '.join(self.faults)}")

    def positive(self, name: str) -> int:
        value = self.entry.get(name)
        if not _is_positive(value):
            self.fault(f"{name} is not a whole number above 0")
            return 1
        return int(value or 1)

    def one_of(self, name: str, allowed: tuple[str, ...], default: str = "") -> str:
        value = self.entry.get(name, default)
        if value not in allowed:
            self.fault(f"{name} is not one of {', '.join(allowed)}")
        return str(value)

    def day(self, name: str) -> date:
        value = self.entry.get(name)
        if type(value) is not date:  # a datetime is a date too, and has no place here
            self.fault(f"{name} is not a day")
            return date.max
        return value

    def table(self, name: str) -> Mapping[str, Any]:
        found = self.entry.get(name, {})
        if not isinstance(found, Mapping):
            self.fault(f"{name} is not a table")
            return {}
        return found

    def texts(self, name: str) -> TextPerLanguage:
        found = self.optional_texts(name)
        if name not in self.entry:
            self.fault(f"{name} is missing")
        return found

    def optional_texts(self, name: str) -> TextPerLanguage:
        if name not in self.entry:
            return {}
        found = self.entry[name] if isinstance(self.entry[name], Mapping) else {}
        for language in self.languages:
            if not str(found.get(language, "")).strip():
                self.fault(f"{name}.{language} is missing")
        texts = {language: BLANKS.sub(" ", str(text)).strip() for language, text in found.items()}
        self.written[name] = {language: text for language, text in texts.items() if text}
        return texts

    def source(self) -> Source:
        listed = self.entry.get("source_urls")
        urls = tuple(listed) if isinstance(listed, list) else ()
        if not urls:
            self.fault("source_urls is not a list of addresses")
        for url in urls:
            address = urlsplit(str(url))
            if address.scheme != "https" or not address.hostname:
                self.fault(f"source_urls holds {url!r}, which is not an https address")
        return Source(names=self.texts("source"), urls=urls)

    def as_of(self) -> AsOf:
        """Read "2024-12-28", "2024-06" or "2019", with a "~" before it when the date is approximate."""
        found = AS_OF.fullmatch(str(self.entry.get("as_of", "")))
        try:
            day = date(*(int(found[part] or 1) for part in ("year", "month", "day"))) if found else None
        except ValueError:
            day = None
        if found is None or day is None:
            self.fault("as_of is not a day, month or year, such as 2024-12-28, 2024-06 or 2019")
            return AsOf(date.min)
        precision: Literal["day", "month", "year"] = (
            "day" if found["day"] else "month" if found["month"] else "year"
        )
        return AsOf(day, precision, is_approximate=bool(found["about"]))
