"""What stands behind a letter, as values: the signers in numbers, the text as signed, organisations, names."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from ... import formats
from ..frozen import FrozenLetter, ShownName, SignedText
from ..words import counted, word
from . import numbers
from .writing import ANNEX_LEVEL, Value, Writer, language


def annexes(frozen: FrozenLetter, writer: Writer, names: Sequence[ShownName]) -> list[Value]:
    """Return the annexes of a letter in their order, each {"kind", "title", …}; those that it has, and no other.

    names: of those who chose it, as of issuing; they are annexed where the letter says that it has them.
    """
    parts = []
    if frozen.annexes.has_numbers or frozen.annexes.breakdowns:
        parts.append(_numbers(frozen, writer))
    if frozen.annexes.signed_texts:
        parts.append(_signed(frozen, writer))
    if frozen.annexes.endorsements:
        parts.append(_organisations(frozen, writer))
    if frozen.annexes.has_names:
        parts.append(_names(names, writer))
    letters = word("annex-letters", writer.lang)
    for letter, part in zip(letters, parts, strict=False):
        title = word("annex", writer.lang, letter=letter, title=word(f"annex-{part['kind']}", writer.lang))
        part["title"] = writer.line(title)
    return parts


def _numbers(frozen: FrozenLetter, writer: Writer) -> Value:
    tables: list[Value] = []
    if frozen.statement:
        tables = numbers.statement_tables(frozen.statement, writer)
    tables += [numbers.breakdown_table(each, writer) for each in frozen.annexes.breakdowns]
    proofs = numbers.proofs(writer, level=ANNEX_LEVEL) if frozen.statement else []
    return {"kind": "numbers", "tables": tables, "after": [block for each in proofs for block in each]}


def _signed(frozen: FrozenLetter, writer: Writer) -> Value:
    return {
        "kind": "text",
        "note": writer.line(word("signed-text-explained", writer.lang)),
        "texts": [_signed_text(each, writer) for each in frozen.annexes.signed_texts],
    }


def _signed_text(text: SignedText, writer: Writer) -> Value:
    """Return one text in its own language; the line about its version is in the letter's."""
    own = Writer(text.language, writer.cleaner)
    note = word(
        "version",
        writer.lang,
        version=writer.number(text.version),
        language=formats.language_name(text.language, writer.lang),
        day=writer.day(text.on),
    )
    return {
        **language(text.language),
        "title": own.runs(text.title),
        "note": writer.line(note),
        "blocks": own.blocks(text.demand, under=ANNEX_LEVEL),
    }


def _organisations(frozen: FrozenLetter, writer: Writer) -> Value:
    named = sorted(
        (numbers.country(each.country, writer.lang) if each.country else "", each.name)
        for each in frozen.annexes.endorsements
    )
    groups = [
        {
            "title": writer.line(country or word("not-stated", writer.lang)),
            "names": [writer.name(name) for _, name in each],
        }
        for country, each in groupby(named, key=lambda pair: pair[0])
    ]
    return {"kind": "endorsements", "groups": groups}


def _names(names: Sequence[ShownName], writer: Writer) -> Value:
    return {
        "kind": "names",
        "note": writer.line(counted("names-explained", len(names), writer.lang)),
        "comma": word("list-comma", writer.lang),
        "names": list(_name_lines(names, writer)),
    }


def _name_lines(names: Iterable[ShownName], writer: Writer) -> Iterable[Value]:
    """Yield a line for each name: {"t", "c", "d"?}, d where the name's direction is not the document's."""
    countries: dict[str, str] = {}
    own = "rtl" if writer.is_rtl else "ltr"
    for each in names:
        if each.country not in countries:
            country = numbers.country(each.country, writer.lang) if each.country else ""
            countries[each.country] = writer.line(country)
        yield writer.directed(each.name, own) | {"c": countries[each.country]}
