"""Which characters a document can show: what none of the shipped fonts has is replaced and told, never a failure.

PDF/UA-1 refuses a file in which one character could not be shown. Fonts are chosen for a base and its marks together.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONTS = Path(__file__).resolve().parent / "fonts"
REPLACEMENT = "\ufffd"
# In the order in which a document of the language looks for a letter. Each document names all of them.
ARABIC, EUROPEAN, CHINESE = "Noto Naskh Arabic", "Noto Serif", "Noto Sans SC"
FAMILIES = {
    "ar": (ARABIC, EUROPEAN, CHINESE),
    "zh": (CHINESE, EUROPEAN, ARABIC),
}
OTHER_FAMILIES = (EUROPEAN, ARABIC, CHINESE)

NON_JOINER, JOINER = "\u200c", "\u200d"
ARABIC_LETTER_MARK = "\u061c"
BREAK = "\u200b"  # where a word that fills more than a line may be parted
LONGEST_WORD = 40
BLANKS = re.compile(r"[ \n]+")
NO_BREAK_SPACES = "\u00a0\u202f\u2007"  # within a number, before a colon in French: they part no line
LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"


class Cleaner:
    """Makes text fit to be shown in a document, and remembers what it had to replace."""

    def __init__(self) -> None:
        self._replaced: dict[str, None] = {}

    @property
    def replaced(self) -> list[str]:
        """Return the characters that were replaced, each once, in the order they were met."""
        return list(self._replaced)

    def line(self, text: str) -> str:
        """Return text on one line: breaks and runs of space become one space."""
        return " ".join(part for part in BLANKS.split(self.text(text)) if part)

    def text(self, text: str) -> str:
        """Return text that the fonts can show, its line breaks kept as "\\n".

        Control characters, direction marks and other characters without a shape are taken out: the document sets
        directions itself. What no font has becomes U+FFFD and is remembered.
        """
        if _plain().issuperset(text):
            return text
        composed = unicodedata.normalize("NFC", _visible(text))
        return "".join(self._shown(cluster) for cluster in _clusters(composed))

    def _shown(self, cluster: str) -> str:
        if cluster == "\n" or any(family.issuperset(cluster) for family in coverage().values()):
            return cluster
        base, marks = cluster[0], cluster[1:]
        family = next((family for family in coverage().values() if base in family), None)
        if family is None:
            self._replaced |= dict.fromkeys(one for one in cluster if one not in (NON_JOINER, JOINER))
            return REPLACEMENT
        missing = [mark for mark in marks if mark not in family]
        self._replaced |= dict.fromkeys(one for one in missing if one not in (NON_JOINER, JOINER))
        return base + "".join(mark for mark in marks if mark in family)


def families(lang: str) -> tuple[str, ...]:
    """Return the font families of a document in a language, the first choice first."""
    return FAMILIES.get(lang, OTHER_FAMILIES)


@cache
def coverage() -> dict[str, frozenset[str]]:
    """Return the characters of each family, as tools/letter_fonts.py wrote them down."""
    found = {}
    for line in (FONTS / "coverage.txt").read_text(encoding="ascii").splitlines():
        family, ranges = line.split(": ")
        found[family] = frozenset(_characters(ranges))
    return found


@cache
def _plain() -> frozenset[str]:
    """Return the characters that stay what they are wherever they stand: nearly all that is ever written."""
    every = frozenset().union(*coverage().values())
    return frozenset(
        one
        for one in every
        if unicodedata.category(one)[0] in "LNPS" and unicodedata.is_normalized("NFC", one)
    ) | {" ", "\n"}


def with_breaks(text: str) -> str:
    """Return text in which a word longer than a line can be parted, so that nothing runs off the page."""
    if len(text) <= LONGEST_WORD:
        return text
    return " ".join(_parted(word) for word in text.split(" "))


def _parted(word: str) -> str:
    if len(word) <= LONGEST_WORD or any(_is_ideograph(one) for one in word[:LONGEST_WORD]):
        return word
    return BREAK.join(word[place : place + LONGEST_WORD] for place in range(0, len(word), LONGEST_WORD))


def _is_ideograph(one: str) -> bool:
    return "\u2e80" <= one <= "\uffdc" and not "\ufb00" <= one <= "\ufeff"


def _characters(ranges: str) -> Iterator[str]:
    for each in ranges.split():
        first, _, last = each.partition("-")
        for number in range(int(first, 16), int(last or first, 16) + 1):
            if chr(number) not in ("\x00", "\r"):
                yield chr(number)


def _visible(text: str) -> str:
    return "".join(_replace_unseen(one) for one in text.replace("\r\n", "\n"))


def _replace_unseen(one: str) -> str:
    if one in LINE_ENDS:
        return "\n"
    category = unicodedata.category(one)
    if category == "Zs" or one == "\t":
        return "\u00a0" if one in NO_BREAK_SPACES else " "
    if category == "Cf" and one not in (NON_JOINER, JOINER):
        # The signs over numbers of Arabic are format characters that have a shape.
        is_arabic_sign = "\u0600" <= one <= "\u08ff" and one != ARABIC_LETTER_MARK
        return one if is_arabic_sign else ""
    return "" if category == "Cc" or _is_variation_selector(one) else one


def _is_variation_selector(one: str) -> bool:
    return "\ufe00" <= one <= "\ufe0f" or "\U000e0100" <= one <= "\U000e01ef" or "\u180b" <= one <= "\u180d"


def _clusters(text: str) -> Iterator[str]:
    """Yield each character with the marks and joiners that follow it."""
    cluster = ""
    for one in text:
        follows = one in (NON_JOINER, JOINER) or unicodedata.category(one).startswith("M")
        if cluster and follows and cluster != "\n":
            cluster += one
            continue
        if cluster:
            yield cluster
        cluster = one
    if cluster:
        yield cluster
