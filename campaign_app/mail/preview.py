"""What a person will see in the list of their inbox, for the page that asks them to look there."""

from typing import NamedTuple

from . import rules
from .messages import sender_name, subject


class InboxLines(NamedTuple):
    """The two lines by which a person finds the mail."""

    sender: str
    subject: str


def inbox_lines(lang: str) -> InboxLines:
    """Return sender and subject of the confirmation mail, letter by letter as it carries them."""
    return InboxLines(sender_name(lang), subject(rules.CONFIRM, lang))
