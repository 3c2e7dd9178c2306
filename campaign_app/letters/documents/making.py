"""The documents of a letter, each from what is frozen alone: PDF, DOCX, plain text, a picture, papers for the day.

Everything that a caller needs of this folder is here. The same letter gives the same bytes at any time, so that a sum
of them means something. It asks no table; words, numbers and countries are written as the application's settings say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..frozen import NUMBERS_SHEET, Block, FrozenLetter, ShownName
from . import day_papers, papers, plain, sheets, typesetting, word_document
from .characters import Cleaner
from .writing import Value, Writer

# From so many names on, a document is made in a process of its own, which gives its memory back.
NAMES_APART = 500


@dataclass(frozen=True)
class Made:
    """A document. replaced: characters of it that no font here has; each stands as U+FFFD in it."""

    content: bytes
    replaced: list[str]


def pdf(frozen: FrozenLetter, lang: str, *, specimen: bool = False, names: Sequence[ShownName] = ()) -> Made:
    """Return a letter or a numbers sheet in one of its languages as PDF/UA-1.

    specimen: every page says so. names: for the annex of names, where the letter has one. Raises typesetting.NotMade.
    """
    cleaner = Cleaner()
    paper = _paper(frozen, Writer(lang, cleaner), specimen=specimen, names=names)
    make = typesetting.pdf_apart if len(names) >= NAMES_APART else typesetting.pdf
    return Made(make(paper), cleaner.replaced)


def docx(frozen: FrozenLetter, lang: str, *, specimen: bool = False, names: Sequence[ShownName] = ()) -> Made:
    """Return a letter in one of its languages as DOCX. A numbers sheet has none: ValueError."""
    if frozen.kind == NUMBERS_SHEET:
        raise ValueError("a numbers sheet is a PDF and a picture, so that nobody edits it")
    cleaner = Cleaner()
    paper = _paper(frozen, Writer(lang, cleaner), specimen=specimen, names=names)
    return Made(word_document.docx_of(paper), cleaner.replaced)


def plain_text(frozen: FrozenLetter, lang: str, *, specimen: bool = False) -> str:
    """Return a letter or a numbers sheet in one of its languages for the body of a mail, without annexes."""
    paper = _paper(frozen, Writer(lang, Cleaner()), specimen=specimen)
    return plain.sheet_text(paper) if frozen.kind == NUMBERS_SHEET else plain.text(paper)


def png(frozen: FrozenLetter, lang: str, *, specimen: bool = False) -> bytes:
    """Return a numbers sheet in one of its languages as a picture of its page. Raises typesetting.NotMade."""
    return typesetting.png(sheets.numbers_sheet(frozen, Writer(lang, Cleaner()), specimen=specimen))


def day_paper(
    title: str,
    blocks: Sequence[Block],
    lang: str,
    *,
    campaign: str,
    made_at: str,
    reference: str = "",
    specimen: bool = False,
) -> Made:
    """Return a paper for the day of delivery as PDF/UA-1: content/letters/pack, resolved as a letter's text is.

    A paragraph that ends in dots becomes a line to write on; one that is a label alone, room for a stamp. campaign: its
    full name in that language. made_at: ISO 8601 moment in UTC. reference: of the letter that is delivered, or "".
    specimen: every page says so.
    """
    cleaner = Cleaner()
    paper = day_papers.day_paper(
        title,
        blocks,
        Writer(lang, cleaner),
        campaign=campaign,
        reference=reference,
        made_at=made_at,
        specimen=specimen,
    )
    return Made(typesetting.pdf(paper), cleaner.replaced)


def _paper(frozen: FrozenLetter, writer: Writer, *, specimen: bool, names: Sequence[ShownName] = ()) -> Value:
    if frozen.kind == NUMBERS_SHEET:
        return sheets.numbers_sheet(frozen, writer, specimen=specimen)
    return papers.letter(frozen, writer, specimen=specimen, names=names)
