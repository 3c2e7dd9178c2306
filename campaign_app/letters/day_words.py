"""The papers of content/letters/pack with every mark filled: for whom, when by the clocks there, which numbers."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from ..bodies import queries as directory
from ..bodies.rules import BodyUnknown
from ..campaign import campaign
from ..config import settings
from ..content_files import place_of
from ..errors import ConfigurationError, Refusal
from . import rules, statement, texts
from .frozen import Block, FrozenLetter
from .handing_over import Handing
from .marks import UNKNOWN, Filling
from .templates import read_written
from .words import word

FOLDER = ("letters", "pack")
LANGUAGES = ("ar", "en", "fr")
SECOND_LANGUAGE = "en"  # of the papers for a letter that is in none of these
RECEIPT = "receipt"
MINUTES = re.compile(r"-?[0-9]{1,4}")
# What a line of a paper may depend on, as {{with:…}} or {{without:…}}.
COVER_NOTE, SHEET, STATEMENT, PUBLIC, CONFIDENTIAL = CONDITIONS = (
    "cover-note",
    "numbers-sheet",
    "statement",
    "public",
    "confidential",
)
_CONDITION = re.compile(r"\{\{(with|without):(" + "|".join(CONDITIONS) + r")\}\}")


class PapersMissing(Refusal):
    """The content folder of this installation has no papers for the day of delivery, or they cannot be read."""


class MarkUnfilled(Refusal):
    """Nothing stands for a mark of a paper. paper, lang: which; mark: as it is written; reason: as in marks.py."""

    def __init__(self, paper: str, lang: str, mark: str, reason: str) -> None:
        super().__init__(f"{paper} ({lang}): {mark}: {reason}")
        self.paper, self.lang, self.mark, self.reason = paper, lang, mark, reason


@dataclass(frozen=True)
class Paper:
    """One paper with its words. name: of its file, without an ending. reference: at its head, or ""."""

    name: str
    lang: str
    title: str
    blocks: tuple[Block, ...]
    campaign: str
    reference: str


@dataclass(frozen=True, kw_only=True)
class DayWords:
    """What the papers of one day say of the letter that is handed over.

    titles: of the petition, by language, where the letter itself has none. recipients, references: of many letters at
    once, the first by language; empty for the letter's own. enclosed: which of COVER_NOTE and SHEET go along.
    """

    frozen: FrozenLetter
    handing: Handing
    titles: Mapping[str, str] = field(default_factory=dict)
    recipients: Mapping[str, str] = field(default_factory=dict)
    references: str = ""
    enclosed: Collection[str] = ()

    @property
    def languages(self) -> list[str]:
        """Return the languages of the papers: the letter's, where the papers exist in them."""
        return [lang for lang in self.frozen.languages if lang in LANGUAGES] or [SECOND_LANGUAGE]

    def paper(self, key: str, lang: str) -> Paper:
        """Return a paper in a language. Raises PapersMissing, MarkUnfilled."""
        try:
            written = read_written(place_of(settings().content_dir, *FOLDER, key) / f"{lang}.md")
        except ConfigurationError:
            raise PapersMissing("/".join((*FOLDER, key, f"{lang}.md"))) from None
        found = texts.resolve(written.subject, that_holds(written.body, self._holds()), self._fill(lang))
        for each in found.unresolved:
            raise MarkUnfilled(key, lang, each.mark, each.reason)
        return Paper(
            name=f"{key}-{lang}",
            lang=lang,
            title=found.subject,
            blocks=found.blocks,
            campaign=campaign().names.get(lang) or campaign().names["en"],
            reference=self.references or self.frozen.reference,
        )

    def receipt(self, of: FrozenLetter, lang: str) -> Paper:
        """Return the receipt for one of the letters, to be stamped. Raises PapersMissing, MarkUnfilled."""
        found = replace(self, frozen=of, recipients={}, references="").paper(RECEIPT, lang)
        office = of.reference or (of.addressed.key if of.addressed else of.template)
        return replace(found, name=f"{RECEIPT}-{office}-{lang}")

    def _holds(self) -> set[str]:
        frozen = self.frozen
        found = {*self.enclosed, *({STATEMENT} if frozen.statement else ())}
        return found | {each for each in (rules.PUBLIC, rules.CONFIDENTIAL) if each == frozen.visibility}

    def _fill(self, lang: str) -> texts.Fill:
        frozen = self.frozen
        numbers = frozen.statement
        known = Filling(
            lang=lang,
            recipient=None,
            addressed_to=self.recipients.get(lang) or _office(frozen, lang),
            month=None,
            title=frozen.titles.get(lang) or self.titles.get(lang) or None,
            # The numbers are those that the letter froze, in whatever language a paper says them.
            statement=statement.sentence(numbers, frozen.petition, lang).text
            if numbers and numbers.people
            else None,
            annexes=0,
        )
        digits = settings().arabic_digits
        own: Mapping[str, Callable[[], str]] = {
            "day": lambda: self.handing.day_text(lang, arabic_digits=digits),
            "reference": lambda: self.references or frozen.reference or word("specimen", lang),
        }

        def fill(kind: str, key: str) -> str:
            if kind == "hour":
                if not MINUTES.fullmatch(key):
                    raise texts.Unfilled(UNKNOWN)
                return self.handing.hour_text(int(key), lang, arabic_digits=digits)
            return own[kind]() if kind in own and not key else known.fill(kind, key)

        return fill


def that_holds(body: str, holds: Collection[str]) -> str:
    """Return a paper's Markdown without the lines whose condition fails; a heading takes along what is below it."""
    lines, is_skipped = [], False
    for line in body.splitlines():
        applies = all((key in holds) == (word == "with") for word, key in _CONDITION.findall(line))
        if line.startswith("#"):
            is_skipped = not applies
        if applies and not is_skipped:
            lines.append(_CONDITION.sub("", line))
    return "\n".join(lines)


def _office(frozen: FrozenLetter, lang: str) -> str:
    """Return the office as the letter addresses it; by its name where the letter is in no such language."""
    if frozen.addressed is None:
        return ""
    lines = frozen.addressed.lines.get(lang)
    if lines:
        return lines[0]
    try:
        names = directory.body(frozen.addressed.key).names
    except BodyUnknown:
        return ""
    return str(names.get(lang) or names["en"])
