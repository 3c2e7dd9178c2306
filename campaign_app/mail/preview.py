"""What a person will see in the list of their inbox, for the pages that ask them to look there."""

from typing import NamedTuple

from . import rules
from .messages import sender_name, subject


class InboxLines(NamedTuple):
    """The two lines by which a person finds the mail."""

    sender: str
    subject: str


def inbox_lines(lang: str, kind: str = rules.CONFIRM) -> InboxLines:
    """Return sender and subject of a kind of mail, letter by letter as it carries them."""
    return InboxLines(sender_name(kind, lang), subject(kind, lang))
