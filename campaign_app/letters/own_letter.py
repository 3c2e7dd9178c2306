"""A supporter's own letter: whom it may go to, what it may say, and the words as they leave. Keeps nothing of it.

The sentences stand in content/letters/own-letter, the same in each language, so that one may be chosen in the language
of the page and written in that of the letter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import quote

from ..bodies import queries as directory
from ..bodies.models import Body, BodyChannel
from ..bodies.rules import in_language, is_stale
from ..config import settings
from ..content_files import place_of, read_toml
from ..facts.queries import figure_as_text
from ..languages import LETTER_LANGUAGES
from . import words
from .frozen import BULLETS, Block
from .rules import CONFIDENTIAL, MAIL, POST
from .templates import read_written
from .texts import Unfilled, plain, resolve

FOLDER = ("letters", "own-letter")
ABOUT = "own-letter.toml"
FORM = "letter"  # of the directory's words for what a body takes
LONGEST_WORDS = 2_000
# Beyond it some mail programs cut an address without a word; a letter of ours that does not fit is copied instead.
LONGEST_MAIL_ADDRESS = 1_900


@dataclass(frozen=True)
class Sentences:
    """What may be said in one language, every fact with source and date. points: statements; asks: requests."""

    subject: str
    points: Sequence[str]
    asks: Sequence[str]


@dataclass(frozen=True)
class Offered:
    """What the content folder has of it. to_states: "points", "asks" → places, from 0, that speak to a State."""

    kinds: Sequence[str]
    states: Sequence[str]
    to_states: Mapping[str, Sequence[int]]
    languages: Sequence[str]


@dataclass(frozen=True)
class Office:
    """A body to choose. name: as the list shows it, within its kind. languages: that it reads and we have words in."""

    key: str
    kind: str
    name: str
    languages: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What somebody chose and typed. points, asks: places from 0. own_words: plain text."""

    body: Body
    lang: str
    points: Sequence[int]
    asks: Sequence[int]
    own_words: str


@dataclass(frozen=True)
class OwnLetter:
    """A finished letter. paragraphs: each of one line or several. mail, post: of the office, "" where not known."""

    lang: str
    subject: str
    paragraphs: Sequence[str]
    mail: str
    post: str

    @property
    def text(self) -> str:
        """Return it as plain text, without its subject."""
        return "\n\n".join(self.paragraphs)

    @property
    def whole_mail(self) -> str:
        """Return the address that opens it in a mail program, or "" where it is too long for some of them."""
        found = f"{self.empty_mail}&body={quote(self.text.replace(chr(10), chr(13) + chr(10)), safe='')}"
        return found if len(found) <= LONGEST_MAIL_ADDRESS else ""

    @property
    def empty_mail(self) -> str:
        """Return the address that opens a mail with its subject alone."""
        return f"mailto:{quote(self.mail, safe='@')}?subject={quote(self.subject, safe='')}"


def offered() -> Offered | None:
    """Return what there is to choose from; None in a content folder that has nothing of it."""
    return _offered(settings().content_dir)


def offices(found: Offered, lang: str) -> list[Office]:
    """Return the bodies that take a letter from anybody, by kind, then by name in the language of the page."""
    listed = [_office(each, found, lang) for each in directory.bodies() if _takes_letters(each, found)]
    return sorted(
        (each for each in listed if each.languages),
        key=lambda each: (found.kinds.index(each.kind), each.name.casefold()),
    )


def sentences(lang: str) -> Sentences:
    """Return what may be said in a language of letters. Raises FigureUnresolved for a fact without words in it."""
    written = read_written(place_of(settings().content_dir, *FOLDER) / f"{lang}.md")
    found = resolve(written.subject, written.body, lambda kind, key: _fact(kind, key, lang))
    return Sentences(
        found.subject, _items(found.blocks, is_bullets=True), _items(found.blocks, is_bullets=False)
    )


def compose(chosen: Chosen, found: Offered, *, today: date) -> OwnLetter:
    """Return the letter: the office, what was chosen and typed, in the order in which a letter says it."""
    lang, said = chosen.lang, sentences(chosen.lang)
    to = directory.recipient(chosen.body, form=FORM, lang=lang, today=today)
    points = [said.points[nth] for nth in _fitting(chosen.points, "points", chosen.body, found)]
    asks = [said.asks[nth] for nth in _fitting(chosen.asks, "asks", chosen.body, found)]
    numbered = [f"{place}. {ask}" for place, ask in enumerate(asks, 1)]
    paragraphs = [
        to.addressed_to,
        words.word("subject", lang, subject=said.subject),
        to.salutation,
        *points,
        *_paragraphs(chosen.own_words),
        *(["\n".join(numbered)] if numbered else []),
        to.close,
    ]
    return OwnLetter(
        lang=lang,
        subject=said.subject,
        paragraphs=[each for each in paragraphs if each],
        mail=_public_way(chosen.body, MAIL, today=today),
        post=_public_way(chosen.body, POST, today=today),
    )


def is_left_out(body: Body, found: Offered, group: str, nth: int) -> bool:
    """Whether a sentence speaks to a State, and the body is none."""
    return body.kind not in found.states and nth in found.to_states.get(group, ())


@cache
def _offered(content_dir: Path) -> Offered | None:
    folder = place_of(content_dir, *FOLDER)
    if not (folder / ABOUT).exists():
        return None
    about = read_toml(folder / ABOUT)
    return Offered(
        kinds=about["kinds"],
        states=about["states"],
        to_states={group: [nth - 1 for nth in places] for group, places in about["to_states"].items()},
        languages=[lang for lang in LETTER_LANGUAGES if (folder / f"{lang}.md").exists()],
    )


def _takes_letters(body: Body, found: Offered) -> bool:
    return body.kind in found.kinds and FORM in body.accepts and body.default_visibility != CONFIDENTIAL


def _office(body: Body, found: Offered, lang: str) -> Office:
    """Return a body as it is listed; of a mission, its State."""
    named = body.short_names if body.kind == "mission" and body.short_names else body.names
    return Office(
        key=body.key,
        kind=body.kind,
        name=in_language(named, lang),
        languages=[
            code
            for code in found.languages
            if code in body.languages
            and all(code in each for each in (body.addressed_to, body.salutation, body.close))
        ],
    )


def _public_way(body: Body, kind: str, *, today: date) -> str:
    """Return the address of a body that was checked lately and that a public source gives; else ""."""
    found = [each for each in directory.channels_of(body) if each.kind == kind and _is_public(each, today)]
    return found[-1].value.strip() if found else ""


def _is_public(channel: BodyChannel, today: date) -> bool:
    return bool(channel.source_url) and not is_stale(channel.verified_on, today)


def _fitting(places: Sequence[int], group: str, body: Body, found: Offered) -> list[int]:
    return [nth for nth in places if not is_left_out(body, found, group, nth)]


def _paragraphs(text: str) -> list[str]:
    return [each.strip("\n") for each in text.split("\n\n") if each.strip()]


def _items(blocks: Sequence[Block], *, is_bullets: bool) -> list[str]:
    return [
        plain(item)
        for block in blocks
        if block.items and (block.kind == BULLETS) == is_bullets
        for item in block.items
    ]


def _fact(kind: str, key: str, lang: str) -> str:
    if kind != "fact":
        raise Unfilled("unknown")
    return figure_as_text(key, lang)
