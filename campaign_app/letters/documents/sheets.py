"""The numbers sheet as a paper: the frozen numbers of a petition on one page, for the press."""

from ..frozen import Breakdown, FrozenLetter
from ..words import word
from . import numbers
from .papers import check, corrects, frame, is_in, meta
from .writing import Value, Writer

MOST_GROUPS = 12  # a breakdown with more would be shown in part only, which says something else


def numbers_sheet(frozen: FrozenLetter, writer: Writer, *, specimen: bool = False) -> Value:
    """Return the numbers sheet in the writer's language. Needs the letter's statement: ValueError without."""
    if frozen.statement is None:
        raise ValueError("a numbers sheet without numbers")
    text = frozen.texts[writer.lang]
    tables = numbers.statement_tables(frozen.statement, writer)
    blocks = writer.blocks(text.blocks)
    return {
        **frame(frozen, writer, text.subject, specimen=specimen),
        "template": "sheet.typ",
        "marks": [],
        "meta": meta(frozen, writer),
        "kind": word("numbers-sheet", writer.lang),
        "subject": writer.runs(text.subject),
        "corrects": corrects(frozen, writer),
        "blocks": blocks,
        "statement": []
        if not text.statement or is_in(text.statement, blocks)
        else writer.runs(text.statement),
        "stated": tables[0]["rows"][: numbers.STATED],
        "tables": [tables[0] | {"rows": tables[0]["rows"][numbers.STATED :]}],
        "beside": [*tables[1:], *_beside(frozen.annexes.breakdowns, writer)],
        "proofs": numbers.proofs(writer, level=2),
        "sources_label": word("sources", writer.lang),
        "sources": [writer.runs(each) for each in text.sources],
        "check": check(frozen, writer),
    }


def _beside(breakdowns: tuple[Breakdown, ...], writer: Writer) -> list[Value]:
    """Return the breakdown by country, where all of it fits."""
    return [
        numbers.breakdown_table(each, writer)
        for each in breakdowns
        if each.dimension == numbers.COUNTRY and len(each.rows) <= MOST_GROUPS
    ]
