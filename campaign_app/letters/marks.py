"""What each mark of a letter's text stands for: a fact with source and date, the statement, names, what is typed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from ..bodies.models import Body
from ..bodies.queries import state_name
from ..campaign import campaign
from ..facts.queries import figure_as_text
from ..facts.rules import FigureUnresolved
from ..languages import format_month
from . import words
from .texts import Unfilled

# Reasons why a mark cannot be filled; obstacles.py has words for each.
UNKNOWN = "unknown"
NO_FACT = "no-fact"
NO_PETITION = "no-petition"
NOBODY_SIGNED = "nobody-signed"
NO_MONTH = "no-month"
NO_RECIPIENT = "no-recipient"
NO_STATE = "no-state"
EMPTY_FIELD = "empty-field"
NO_WORDS = "no-words"
NAMED = ("statement", "petition", "campaign", "founded", "month", "state", "recipient", "annexes")


@dataclass(frozen=True, kw_only=True)
class Filling:
    """What is known of a letter in one language when its marks are filled.

    title: of the petition; statement: the sentence about its signatures; each None where there is none. typed: what an
    organiser typed, by the template's fields.
    """

    lang: str
    recipient: Body | None
    addressed_to: str
    month: date | None
    title: str | None
    statement: str | None
    annexes: int
    typed: Mapping[str, str] = field(default_factory=dict)

    def fill(self, kind: str, key: str) -> str:
        """Return the words for a mark. Raises Unfilled."""
        if kind == "fact":
            return self._fact(key)
        if kind == "field":
            return self._field(key)
        if kind == "plain" and key:
            return key  # a number that states no fact: whoever approves the letter is shown it
        named: Mapping[str, Callable[[], str]] = {
            "statement": self._statement,
            "petition": lambda: _required(self.title, NO_PETITION),
            "campaign": lambda: _required(campaign().names.get(self.lang), NO_WORDS),
            "founded": self._founded,
            "month": self._month,
            "state": self._state,
            "recipient": lambda: _required(self.addressed_to, NO_RECIPIENT),
            "annexes": lambda: words.counted("annexes", self.annexes, self.lang),
        }
        if key or kind not in named:
            raise Unfilled(UNKNOWN)
        return named[kind]()

    def _fact(self, key: str) -> str:
        try:
            return figure_as_text(key, self.lang)
        except FigureUnresolved:
            raise Unfilled(NO_FACT) from None

    def _field(self, name: str) -> str:
        return _required(self.typed.get(name, "").strip(), EMPTY_FIELD)

    def _statement(self) -> str:
        if self.title is None:
            raise Unfilled(NO_PETITION)
        return _required(self.statement, NOBODY_SIGNED)

    def _founded(self) -> str:
        try:
            return campaign().text("founded", self.lang)
        except KeyError:
            raise Unfilled(NO_WORDS) from None

    def _month(self) -> str:
        if self.month is None:
            raise Unfilled(NO_MONTH)
        return format_month(self.month, self.lang)

    def _state(self) -> str:
        if self.recipient is None or self.recipient.kind != "mission":
            raise Unfilled(NO_STATE)
        return _required(state_name(self.recipient, self.lang), NO_STATE)


def _required(found: str | None, reason: str) -> str:
    if not found:
        raise Unfilled(reason)
    return found
