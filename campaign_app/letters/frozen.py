"""What a letter is made of once nothing of it may change: plain values that every document is made from, kept as JSON.

It knows no table, no request and no clock: a process that only makes documents imports it alone. Texts are keyed by the
code of a letter's language. Days are ISO 8601, UTC.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1

LETTER = "letter"
NUMBERS_SHEET = "numbers-sheet"
KINDS = (LETTER, NUMBERS_SHEET)

PARAGRAPH = "paragraph"
HEADING = "heading"
ORDERED = "ordered"
BULLETS = "bullets"


@dataclass(frozen=True)
class Run:
    """Some words of one look. url: where they lead, or "". ltr: never turned by the direction around them."""

    text: str
    strong: bool = False
    emphasis: bool = False
    url: str = ""
    ltr: bool = False


@dataclass(frozen=True)
class Block:
    """A paragraph, a heading, or a list. runs: of a paragraph or heading. items: of a list, each made of blocks.

    level: of a heading, from 2. start: the number of the first item of an ordered list.
    """

    kind: str
    runs: tuple[Run, ...] = ()
    items: tuple[tuple["Block", ...], ...] = ()
    level: int = 2
    start: int = 1


@dataclass(frozen=True, kw_only=True)
class Text:
    """A letter in one language.

    statement: the sentence about the signatures, with its numbers as they are printed; "" where the letter has none.
    sources: one line for each place where a fact in the text was read, in the order a reader meets them.
    figures: every number that the text states about signatures, as it is printed, by what it counts: see Statement.
    """

    subject: str
    blocks: tuple[Block, ...]
    statement: str = ""
    sources: tuple[str, ...] = ()
    figures: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """The numbers of a petition at the moment the letter was issued, as tally's statement gave them.

    countries: named in the published breakdown, each with at least ten people; None where none is published.
    taken_out: reason → people that were invalidated and not put back. largest_day: ISO day and people; largest_country:
    code and people, from the published breakdown; None where there is nothing to say. as_of: ISO 8601 moment, UTC.
    first_on, last_on: ISO days between which people signed. addresses: by the letter's languages, of the page
    that tells the method; address: what letters that were frozen before had for all languages.
    """

    people: int
    mailboxes: int
    withdrawn: int
    erased: int
    pending: int
    taken_out: Mapping[str, int]
    paper: int
    endorsements: int
    countries: int | None
    as_of: str
    first_on: str | None
    last_on: str | None
    largest_day: tuple[str, int] | None = None
    largest_country: tuple[str, int] | None = None
    address: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Addressed:
    """To whom a letter goes: an office. Texts are in the letter's languages.

    lines: what stands above the letter, the office first, then its address. holder: a name, only while verified.
    month: of the presidency, "2026-12", or "".
    """

    key: str
    names: Mapping[str, str]
    lines: Mapping[str, tuple[str, ...]]
    salutation: Mapping[str, str]
    close: Mapping[str, str]
    holder: str = ""
    month: str = ""


@dataclass(frozen=True, kw_only=True)
class Signatory:
    """Who signs, as an organiser typed it: never invented. contact: where a reply reaches them."""

    name: str
    role: str
    organisation: Mapping[str, str]
    address: str
    contact: str


@dataclass(frozen=True, kw_only=True)
class Breakdown:
    """People by one dimension ("country", "language", …): published groups only, rounded down to ten.

    on: the ISO day whose midnight it shows. rows: (code, people), the largest first. others: people in groups too
    small to be named.
    """

    dimension: str
    on: str
    rows: tuple[tuple[str, int], ...]
    others: int


@dataclass(frozen=True, kw_only=True)
class SignedText:
    """What was signed: one version in one language. on: the ISO day since when it stood."""

    language: str
    version: int
    on: str
    title: str
    demand: tuple[Block, ...]


@dataclass(frozen=True, kw_only=True)
class ShownName:
    """A signer who chose to be named, as of issuing. on: ISO day."""

    name: str
    country: str
    on: str


@dataclass(frozen=True, kw_only=True)
class Endorsement:
    """An organisation that supports the petition, and its country's code."""

    name: str
    country: str


@dataclass(frozen=True, kw_only=True)
class Annexes:
    """What stands behind the letter, in this order; what is empty is not annexed.

    has_names: whether the names of those who chose it are annexed. They are no part of what is frozen as JSON: they go
    into the documents once, at issuing, and are read from nowhere afterwards. has_numbers: whether the statement is
    annexed even where no breakdown is published yet; never of letters that were frozen before.
    """

    breakdowns: tuple[Breakdown, ...] = ()
    signed_texts: tuple[SignedText, ...] = ()
    endorsements: tuple[Endorsement, ...] = ()
    has_names: bool = False
    has_numbers: bool = False

    @property
    def count(self) -> int:
        """Return how many annexes there are."""
        parts = (self.has_numbers or self.breakdowns, self.signed_texts, self.endorsements, self.has_names)
        return sum(1 for part in parts if part)


@dataclass(frozen=True, kw_only=True)
class FrozenLetter:
    """A letter as it left, or as it would leave now: all that its documents say.

    reference: "NID-2026-0007"; "" of a draft or a rehearsal, whose pages are marked. issued_at: ISO 8601 moment, UTC.
    petition: slug, or "". titles: of the petition. campaign: its full name. visibility: see rules.py. addresses: where
    the letter can be checked, by language; empty where it has no page. corrects: reference of the letter it corrects,
    or "". copies: language → names of the offices that get a copy. released: "two-people" or "one-person", or "".
    """

    kind: str
    template: str
    template_version: int
    reference: str
    issued_at: str
    visibility: str
    languages: tuple[str, ...]
    campaign: Mapping[str, str]
    petition: str
    titles: Mapping[str, str]
    addressed: Addressed | None
    signatory: Signatory | None
    texts: Mapping[str, Text]
    statement: Statement | None
    annexes: Annexes
    addresses: Mapping[str, str] = field(default_factory=dict)
    copies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    corrects: str = ""
    released: str = ""

    @property
    def issued_on(self) -> str:
        """Return the ISO day it is dated."""
        return self.issued_at[:10]

    @property
    def text(self) -> str:
        """Return all of it as JSON that is the same for the same letter."""
        return json.dumps(
            {"format": FORMAT, **asdict(self)}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of its JSON, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def from_json(text: str) -> FrozenLetter:
    """Return the letter that `FrozenLetter.text` wrote. Raises ValueError for another format."""
    fields: dict[str, Any] = json.loads(text)
    if fields.pop("format") != FORMAT:
        raise ValueError("a letter was frozen in a format that is not known here")
    annexes = fields["annexes"]
    return FrozenLetter(
        **{
            **fields,
            "languages": tuple(fields["languages"]),
            "addressed": _addressed(fields["addressed"]),
            "signatory": Signatory(**fields["signatory"]) if fields["signatory"] else None,
            "texts": {lang: _text(each) for lang, each in fields["texts"].items()},
            "statement": _statement(fields["statement"]),
            "annexes": Annexes(
                breakdowns=tuple(
                    Breakdown(**{**each, "rows": _pairs(each["rows"])}) for each in annexes["breakdowns"]
                ),
                signed_texts=tuple(
                    SignedText(**{**each, "demand": _blocks(each["demand"])})
                    for each in annexes["signed_texts"]
                ),
                endorsements=tuple(Endorsement(**each) for each in annexes["endorsements"]),
                has_names=annexes["has_names"],
                has_numbers=annexes.get("has_numbers", False),
            ),
            "copies": {lang: tuple(names) for lang, names in fields["copies"].items()},
        }
    )


def _addressed(fields: dict[str, Any] | None) -> Addressed | None:
    if fields is None:
        return None
    return Addressed(**{**fields, "lines": {lang: tuple(each) for lang, each in fields["lines"].items()}})


def _text(fields: dict[str, Any]) -> Text:
    return Text(**{**fields, "blocks": _blocks(fields["blocks"]), "sources": tuple(fields["sources"])})


def _statement(fields: dict[str, Any] | None) -> Statement | None:
    if fields is None:
        return None
    pairs = {
        name: tuple(fields[name]) if fields[name] else None for name in ("largest_day", "largest_country")
    }
    return Statement(**{**fields, **pairs})


def _blocks(blocks: list[dict[str, Any]]) -> tuple[Block, ...]:
    return tuple(
        Block(
            **{
                **each,
                "runs": tuple(Run(**run) for run in each["runs"]),
                "items": tuple(_blocks(item) for item in each["items"]),
            }
        )
        for each in blocks
    )


def _pairs(rows: list[list[Any]]) -> tuple[tuple[str, int], ...]:
    return tuple((code, people) for code, people in rows)
