"""The frozen numbers of a letter, in words and tables: what annex A and the numbers sheet show. It never adds any."""

from collections.abc import Iterator
from datetime import datetime

from ... import formats, languages
from ..frozen import Breakdown, Statement
from ..words import WordUnknown, word
from .writing import Runs, Value, Writer

STATED = 2  # rows that a letter states: people, and mailboxes
COUNTRY, LANGUAGE = "country", "language"
Row = Value  # {"label": runs, "value": str}


def statement_rows(frozen: Statement, writer: Writer) -> list[Row]:
    """Return the numbers of a statement, a row for each kind; kinds of which there is none are left out.

    People and mailboxes always stand there, zero too: these two are what a letter states.
    """
    number = writer.number
    rows = [
        (word("signed-people", writer.lang), number(frozen.people)),
        (word("mailboxes", writer.lang), number(frozen.mailboxes)),
    ]
    if frozen.countries is not None:
        rows.append((word("countries", writer.lang), number(frozen.countries)))
    rows += [(word(key, writer.lang), number(n)) for key, n in _apart(frozen) if n]
    rows += _moments(frozen, writer)
    return [{"label": writer.runs(label), "value": writer.line(value)} for label, value in rows]


def statement_tables(frozen: Statement, writer: Writer) -> list[Value]:
    """Return the table of a statement, and that of what was taken out where anything was."""
    lang = writer.lang
    head = [word("group", lang), word("people", lang)]
    rows = statement_rows(frozen, writer)
    notes = [writer.runs(word("never-added", lang))]
    if line := method(frozen, writer):
        notes.append(line)
    tables: list[Value] = [{"title": "", "head": [as_of(frozen, writer)], "rows": rows, "notes": notes}]
    if taken_out := taken_out_rows(frozen, writer):
        title = writer.line(word("taken-out", lang))
        tables.append({"title": title, "head": head, "rows": taken_out, "notes": []})
    return tables


def breakdown_table(frozen: Breakdown, writer: Writer) -> Value:
    """Return a breakdown as a table with what its reader has to know of it."""
    lang = writer.lang
    named = {COUNTRY: "country", LANGUAGE: "language"}.get(frozen.dimension, "group")
    notes = [word("as-of-midnight", lang, day=writer.day(frozen.on)), word("rounded", lang)]
    return {
        "title": writer.line(word(f"by-{frozen.dimension}", lang)),
        "head": [writer.line(word(key, lang)) for key in (named, "people")],
        "rows": breakdown_rows(frozen, writer),
        "notes": [writer.runs(note) for note in notes],
    }


def proofs(writer: Writer, *, level: int) -> list[list[Value]]:
    """Return what the number proves, and what it does not: for each a heading of that level and a paragraph."""
    return [
        [
            {"kind": "heading", "level": level, "runs": writer.runs(word(key, writer.lang))},
            writer.paragraph(word(f"{key}-text", writer.lang)),
        ]
        for key in ("proves", "proves-not")
    ]


def taken_out_rows(frozen: Statement, writer: Writer) -> list[Row]:
    """Return how many people were taken out of the count, a row for each published reason."""
    return [
        {
            "label": writer.runs(_word_or_code(f"reason-{reason}", reason, writer.lang)),
            "value": writer.number(people),
        }
        for reason, people in sorted(frozen.taken_out.items(), key=lambda each: (-each[1], each[0]))
        if people
    ]


def breakdown_rows(frozen: Breakdown, writer: Writer) -> list[Row]:
    """Return the groups of a breakdown in their order, and what stands in groups too small to be named."""
    rows = [
        {
            "label": writer.runs(group_name(frozen.dimension, code, writer.lang)),
            "value": writer.number(people),
        }
        for code, people in frozen.rows
    ]
    if frozen.others:
        label = writer.runs(word("others", writer.lang))
        rows.append({"label": label, "value": writer.number(frozen.others)})
    return rows


def group_name(dimension: str, code: str, lang: str) -> str:
    """Return what a group of a breakdown is called; its code where nobody has named it."""
    if not code:
        return word("not-stated", lang)
    if dimension == COUNTRY:
        return country(code, lang)
    if dimension == LANGUAGE:
        return formats.language_name(code, lang)
    return _word_or_code(f"{dimension}-{code}", code, lang)


def country(code: str, lang: str) -> str:
    """Return the name of a country; its code where the campaign's list has none."""
    try:
        return languages.country_name(code, lang)
    except KeyError:
        return code


def as_of(frozen: Statement, writer: Writer) -> str:
    """Return the line that says of which moment the numbers are."""
    moment = languages.format_date_time(datetime.fromisoformat(frozen.as_of), writer.lang)
    return writer.line(word("as-of", writer.lang, moment=moment))


def method(frozen: Statement, writer: Writer) -> Runs:
    """Return the line with the address that tells how the numbers come about; empty where there is none."""
    address = frozen.addresses.get(writer.lang) or frozen.address
    if not address:
        return []
    return writer.sentence("method", address=writer.apart(address, address))


def _word_or_code(key: str, code: str, lang: str) -> str:
    """Return the word for a code; one that nobody has named, such as a partner's, stands for itself."""
    try:
        return word(key, lang)
    except WordUnknown:
        return code


def _apart(frozen: Statement) -> Iterator[tuple[str, int]]:
    yield "pending", frozen.pending
    yield "withdrawn", frozen.withdrawn
    yield "erased", frozen.erased
    yield "paper", frozen.paper
    yield "endorsements", frozen.endorsements


def _moments(frozen: Statement, writer: Writer) -> Iterator[tuple[str, str]]:
    lang = writer.lang
    if frozen.largest_day:
        day, people = frozen.largest_day
        yield word("largest-day", lang), _of_which(writer.day(day), writer.number(people), lang)
    if frozen.largest_country:
        code, people = frozen.largest_country
        yield word("largest-country", lang), _of_which(country(code, lang), writer.number(people), lang)
    if frozen.first_on:
        yield word("first-signature", lang), writer.day(frozen.first_on)
    if frozen.last_on:
        yield word("last-day", lang), writer.day(frozen.last_on)


def _of_which(name: str, people: str, lang: str) -> str:
    return word("of-which", lang, name=name, people=people)
