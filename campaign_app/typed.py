"""What was typed into a form of many fields, kept as it was, with what is wrong where. Knows no form.

A form here has as many fields as there are languages and rows: each is read from the post itself and kept, so that a
page with errors shows it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _

from .languages import fold_digits, format_number

# What Unicode has to turn the direction of all that follows, and to end it: it would reach beyond the text.
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass
class Typed:
    """What was typed, by the id of its field, and what is wrong with it: (field id, message)."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, field_id: str, message: str) -> None:
        """Note what to correct."""
        self.errors.append((field_id, message))

    def wrong(self, field_id: str) -> list[str]:
        """Return the messages of one field."""
        return [message for place, message in self.errors if place == field_id]


def clean(text: str) -> str:
    """Return text with plain line ends and nothing around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def check_text(typed: Typed, place: str, text: str, longest: int) -> None:
    """Refuse what is too long, and invisible characters that would turn or break the text around it."""
    if len(text) > longest:
        message = _(
            "This has %(count)s letters; at most %(longest)s fit here.",
            count=format_number(len(text)),
            longest=format_number(longest),
        )
        typed.refuse(place, message)
    if any(letter in DIRECTION_MARKS or (ord(letter) < 32 and letter not in "\n\t") for letter in text):
        typed.refuse(place, _("There are unsupported characters in this text: invisible ones."))


def read_day(typed: Typed, post: Mapping[str, str], name: str) -> date | None:
    """Return the day of a field; None where it is empty or no day, and then that is refused."""
    written = typed.values[name] = fold_digits(post.get(name, "")).strip()
    if not written:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        typed.refuse(name, _("Write the day as 2027-03-05."))
        return None


def read_address(typed: Typed, post: Mapping[str, str], name: str, longest: int) -> str:
    """Return the https address of a field, or nothing where it is empty; any other is refused."""
    written = typed.values[name] = str(post.get(name, "")).strip()
    if written and not is_https(written):
        typed.refuse(name, _("Write an address that begins with https://."))
    check_text(typed, name, written, longest)
    return written


def is_https(address: str) -> bool:
    """Whether a text is an https address with a host, and leads where it reads as if it led.

    No user before the host, and no backslash, which browsers take for a slash: "https://one.example\\@two.example"
    leads to the one and reads as the other.
    """
    try:
        found = urlsplit(address)
        is_plain = (
            not any(letter.isspace() or letter == "\\" for letter in address) and "@" not in found.netloc
        )
        return found.scheme == "https" and bool(found.hostname) and is_plain
    except ValueError:
        return False
