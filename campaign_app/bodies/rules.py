"""What a body is, which letters it takes, when its details are stale, and who presides over the Council: pure.

The presidency (Security Council rules of procedure, rule 18): one calendar month each, in the English alphabetical
order of the members' names. The order is not begun anew in January: it goes on among whoever sits then. One known
month anchors it (Somalia, January 2026: domain.md §2).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

KINDS = (
    "mission",
    "secretariat",
    "un-office",
    "treaty-body",
    "procedure",
    "mechanism",
    "humanitarian",
    "national",
    "regional",
    "ngo",
    "government",
)
FORMS = (
    "letter",
    "joint-letter",
    "open-letter",
    "petition",
    "information",
    "general-allegation",
    "individual-case",
    "urgent-appeal",
    "request",
    "tracing-request",
    "complaint",
    "cover-note",
)
CHANNEL_KINDS = ("mail", "post", "form", "hand")
VISIBILITIES = ("public", "verify-only", "confidential")
CONFIDENCES = ("high", "medium", "low")  # H, M and L of domain.md
# The languages of the United Nations: a letter is written in these.
LANGUAGES = ("ar", "en", "fr", "es", "ru", "zh")
EVERYTHING_IN = ("ar", "en", "fr")  # mandate, refusals, notes; the others have what stands on a letter
KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[a-z]{2,3}")
LONGEST_KEY = 64
PLACES = frozenset({"council", "new"})  # the desk's own addresses among those of bodies
CHANNEL_FIELDS = ("kind", "value", "source_url")
TERM_FIELDS = ("state", "first_year", "last_year")
CHECK_EVERY = timedelta(days=90)
COUNCIL_SEATS = 15
ANCHOR = (2026, 1, "Somalia")
FIRST_YEAR, LAST_YEAR = 1966, 2200  # fifteen seats since 1966; beyond 2200 nobody asks

Words = Mapping[str, str]  # language → text


class BodyUnknown(Exception):
    """No body has this key."""


class BodyRefused(Exception):
    """A body cannot be stored so. `reason`: "key", "taken" or "names"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChangedMeanwhile(Exception):
    """Somebody else changed the same body since the form was opened."""


class NotSeated(Exception):
    """Only a mission whose State sits in the Council that month presides over it."""


@dataclass(frozen=True)
class Term:
    """Years of a seat, both included; last_year None: permanent. state: the English name that orders the Council."""

    key: str
    state: str
    first_year: int
    last_year: int | None = None

    def covers(self, year: int) -> bool:
        """Whether the seat is held in a year."""
        return self.first_year <= year and (self.last_year is None or year <= self.last_year)


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """Whom one letter is addressed to, in one language: plain strings, to be frozen with it.

    addressed_to: one line or two. address_lines: of a checked postal address; empty where there is none. holder: a
    name, only where somebody checked it within 90 days and its term runs. month: "2026-12" for the Council's
    President, else empty.
    """

    key: str
    kind: str
    name: str
    addressed_to: str
    salutation: str
    close: str
    address_lines: list[str] = field(default_factory=list)
    holder: str = ""
    month: str = ""
    languages: list[str] = field(default_factory=list)

    @property
    def as_json(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def seated(year: int, members: Iterable[Term]) -> list[Term]:
    """Return who sits in a year, in English alphabetical order; a State once."""
    by_state = {_order(term.state): term for term in members if term.covers(year)}
    return [by_state[name] for name in sorted(by_state)]


def president_of(
    year: int, month: int, members: Iterable[Term], *, seats: int = COUNCIL_SEATS, anchor: Any = ANCHOR
) -> str | None:
    """Return the key of the mission that presides in a month; None where it cannot be told.

    It cannot be told where the members of that year, or of a year on the way there from the anchor, are not all
    known (fewer or more than `seats`), nor where the anchor's State does not sit in its month. Before the anchor the
    order is walked backwards.
    """
    terms = list(members)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    first_year, first_month, state = anchor
    wanted, at = _month_number(year, month), _month_number(first_year, first_month)
    by_year = {each: seated(each, terms) for each in range(min(year, first_year), max(year, first_year) + 1)}
    if any(len(sitting) != seats for sitting in by_year.values()):
        return None
    president = next((term for term in by_year[first_year] if _order(term.state) == _order(state)), None)
    if president is None:
        return None
    step = 1 if wanted > at else -1
    while at != wanted:
        at += step
        sitting = by_year[(at - 1) // 12]
        president = _after(president, sitting) if step > 0 else _before(president, sitting)
    return president.key


def is_stale(checked_on: date | None, today: date) -> bool:
    """Whether something was never checked, or longer ago than 90 days; a day to come is a mistake, and stale."""
    return checked_on is None or not today - CHECK_EVERY <= checked_on <= today


def is_in_term(first: date | None, last: date | None, today: date) -> bool:
    """Whether a term runs today, as far as its ends are known; both days belong to it."""
    return (first is None or first <= today) and (last is None or today <= last)


def in_language(words: Words, language: str) -> str:
    """Return words in a language, or in English, or in whichever there is; empty where there are none."""
    return words.get(language) or words.get("en") or next((text for text in words.values() if text), "")


def lines_of(address: str) -> list[str]:
    """Return the lines of a postal address, without empty ones."""
    return [line for line in (" ".join(line.split()) for line in address.splitlines()) if line]


def month_text(day: date) -> str:
    """Return a month as "2026-12"."""
    return f"{day.year:04}-{day.month:02}"


def months_from(day: date, count: int) -> list[date]:
    """Return the first days of so many months, beginning with that of `day`."""
    first = _month_number(day.year, day.month)
    return [date((number - 1) // 12, (number - 1) % 12 + 1, 1) for number in range(first, first + count)]


def _month_number(year: int, month: int) -> int:
    return year * 12 + month


def _after(president: Term, sitting: Sequence[Term]) -> Term:
    return next((term for term in sitting if _order(term.state) > _order(president.state)), sitting[0])


def _before(president: Term, sitting: Sequence[Term]) -> Term:
    earlier = [term for term in sitting if _order(term.state) < _order(president.state)]
    return earlier[-1] if earlier else sitting[-1]


@lru_cache(maxsize=1_000)
def _order(state: str) -> str:
    """Return a name as the alphabet orders it: accents do not count, nor capital letters."""
    bare = unicodedata.normalize("NFKD", state)
    return "".join(letter for letter in bare if not unicodedata.combining(letter)).casefold().strip()
