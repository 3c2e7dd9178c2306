"""Which words of a right-to-left text keep their own direction: addresses, references, sums, names in Latin letters."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Turned around in Arabic although no letter in them says their direction: days as 2026-12-05, and telephone numbers.
_FIGURES = re.compile(r"\+\d[\d ()-]*\d|\d+(?:-\d+)+")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_OPENING, _CLOSING = "([{«<\"'“‘", ")]}»>\"'”’"


@dataclass(frozen=True)
class Span:
    """A part of a line. is_ltr: it stands apart, from left to right, whatever is around it."""

    text: str
    is_ltr: bool


def direction_of(text: str) -> str:
    """Return "rtl" or "ltr" by the first letter that has a direction; "" where none has."""
    for one in text:
        kind = unicodedata.bidirectional(one)
        if kind == "L":
            return "ltr"
        if kind in ("R", "AL"):
            return "rtl"
    return ""


def spans(text: str) -> list[Span]:
    """Return the parts of a line of a right-to-left text. Joined, they are the line."""
    if not any(unicodedata.bidirectional(one) in _RIGHT_TO_LEFT for one in text):
        return _at_the_edges(text) if direction_of(text) == "ltr" else list(_figures(text))
    found: list[Span] = []
    for part, is_latin in _by_letters(text):
        found += [Span(part, True)] if is_latin else _figures(part)
    return found


def _at_the_edges(text: str) -> list[Span]:
    """Return a line without right-to-left letters as one stretch; the spaces around it belong to what is beside it."""
    words = text.strip(" ")
    before, after = text[: text.index(words)], text[text.index(words) + len(words) :]
    return [span for span in (Span(before, False), Span(words, True), Span(after, False)) if span.text]


def _by_letters(text: str) -> Iterator[tuple[str, bool]]:
    """Yield (part, whether it is a stretch of Latin or other left-to-right letters)."""
    place = 0
    for found in re.finditer(r"[^\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\n]+", text):
        first, last = _trimmed(text, found.start(), found.end())
        if first < last and direction_of(text[first:last]):
            if place < first:
                yield text[place:first], False
            yield text[first:last], True
            place = last
    if place < len(text):
        yield text[place:], False


def _trimmed(text: str, first: int, last: int) -> tuple[int, int]:
    """Return the stretch without marks at its ends that belong to the sentence around it.

    It begins with a left-to-right letter, or with digits that are joined to one ("3fa9…"), and ends with a letter, a
    digit or the bracket that was opened in it.
    """
    begins = next((i for i in range(first, last) if unicodedata.bidirectional(text[i]) == "L"), last)
    while begins > first and (text[begins - 1].isalnum() or text[begins - 1] in "/@._+#-"):
        begins -= 1
    while begins < last and not text[begins].isalnum():
        begins += 1
    ends = last
    while ends > begins and not (text[ends - 1].isalnum() or text[ends - 2 : ends].strip("/").isalnum()):
        if text[ends - 1] in _CLOSING and _is_opened(text[begins:ends]):
            break
        ends -= 1
    return begins, ends


def _is_opened(text: str) -> bool:
    opening = _OPENING[_CLOSING.index(text[-1])]
    return opening != text[-1] and text.count(opening) >= text.count(text[-1])


def _figures(text: str) -> Iterator[Span]:
    place = 0
    for found in _FIGURES.finditer(text):
        if place < found.start():
            yield Span(text[place : found.start()], False)
        yield Span(found.group(), True)
        place = found.end()
    if place < len(text):
        yield Span(text[place:], False)
