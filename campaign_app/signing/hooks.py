"""What rooms above add to a signer's private page. Signing knows no letters, so `create_app` brings them together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Flask, current_app

EXTENSION = "nidaa_signing_hooks"


@dataclass(frozen=True)
class Counted:
    """One person of a private page, as far as a number that was frozen may hold them.

    signed_on: the UTC day since when they are counted. is_counted: whether they are now.
    """

    signed_on: date
    is_counted: bool


@dataclass(frozen=True, kw_only=True)
class LetterOfMine:
    """A letter whose number holds people of a private page.

    reference: as it is printed. address: of its page, or "" where it has none for everybody. recipient, recipient_lang,
    standing: "" where only reference and day may be told. certain: of so many people it is sure, of `possible` more it
    may be.
    """

    reference: str
    address: str
    sent_on: date
    recipient: str
    recipient_lang: str
    standing: str
    certain: int
    possible: int


LettersOf = Callable[[int, Sequence[Counted], str, datetime], Sequence[LetterOfMine]]


def _none(petition_id: int, people: Sequence[Counted], lang: str, now: datetime) -> Sequence[LetterOfMine]:
    return ()


@dataclass
class Hooks:
    """letters_of: petition's number, people, language, now → the letters that may be told, the latest first."""

    letters_of: LettersOf = _none


def hooks(app: Flask | None = None) -> Hooks:
    """Return the hooks of an application, by default the current one."""
    found: Hooks = (app or current_app).extensions.setdefault(EXTENSION, Hooks())
    return found
