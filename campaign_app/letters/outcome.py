"""What the desk shows of an issued letter: to which offices it goes, what was tried, what they said, how long not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from ..bodies import queries as directory
from ..bodies.models import BodyChannel
from ..bodies.rules import in_language, is_stale
from ..languages import current_language
from . import awaiting, delivering, queries, replying, rules
from .models import Letter, LetterDelivery, LetterReply
from .templates import template

# What rules.py and mail/troubles.py say in English of a mail that did not arrive.
TROUBLES: Mapping[str, LazyString] = {
    rules.STOPPED: _l("It was stopped before it left."),
    rules.LOST: _l("Its mail is no longer in the outbox. Send it once more."),
    rules.UNWANTED: _l("The letter was taken back or closed before its mail left."),
    rules.WITHOUT_WORDS: _l("The letter has no plain text in its first language, so it did not leave."),
    rules.OTHER_DOCUMENT: _l("A document is not the one that was put on record, so it did not leave."),
    "there is no such mailbox": _l("There is no such mailbox."),
    "there is no such mail domain": _l("There is no such mail domain."),
    "the mailbox has moved": _l("The mailbox has moved."),
    "the domain accepts no mail": _l("The domain accepts no mail."),
    "the mailbox is disabled": _l("The mailbox is disabled."),
    "the mailbox is full": _l("The mailbox is full."),
    "the receiving side refuses our mail": _l("The receiving side refuses our mail."),
    "the receiving side wants SPF or DKIM": _l(
        "The receiving side wants SPF or DKIM, which the operator sets up."
    ),
    "the relay finds no route to the domain": _l("No way to the domain was found."),
    "the relay gave up waiting for the domain": _l("The domain did not answer for too long."),
    "the address has letters that the domain's server does not accept": _l(
        "The address has letters that the receiving side does not accept."
    ),
    "it could not be delivered": _l("It could not be delivered."),
    "refused for good": _l("The receiving side refused it for good."),
}


@dataclass(frozen=True)
class Office:
    """An office that gets a letter or a copy. channels: its ways in, those that can be recorded by hand."""

    key: str
    name: str
    is_copy: bool
    channels: Sequence[BodyChannel]

    def channel(self, way: str) -> str:
        """Return what the directory says of a way in; "" where nothing is entered."""
        return next((each.value.strip() for each in reversed(self.channels) if each.kind == way), "")


@dataclass(frozen=True)
class Attempt:
    """One delivery as it is shown. code: of a relay's answer. trouble: in the reader's language, or as it was typed."""

    delivery: LetterDelivery
    office: str
    code: str
    trouble: str


def offices_of(letter: Letter) -> list[Office]:
    """Return the offices that a letter goes to, the recipient first, then copies; none for a sheet of numbers."""
    if not letter.body_key:
        return []
    lang, known = current_language(), {each.key: each for each in directory.bodies()}
    channels = directory.all_channels()
    keys = (letter.body_key, *template(letter.template).copies)
    return [
        Office(
            key, in_language(known[key].names, lang), key != letter.body_key, channels.get(known[key].id, [])
        )
        for key in keys
        if key in known
    ]


def attempt_of(delivery: LetterDelivery, names: Mapping[str, str]) -> Attempt:
    """Return a delivery as it is shown. names: of offices, by their keys."""
    code, _between, meaning = delivery.trouble.rpartition(": ")
    known = TROUBLES.get(delivery.trouble) or TROUBLES.get(meaning)
    is_answer = delivery.trouble not in TROUBLES and meaning in TROUBLES
    return Attempt(
        delivery,
        names.get(delivery.body_key, delivery.body_key),
        code if is_answer else "",
        str(known) if known else delivery.trouble,
    )


def names_of(letter: Letter) -> dict[str, str]:
    """Return the names of all that got a letter, also of who is in its template no more."""
    lang = current_language()
    return {each.key: in_language(each.names, lang) for each in directory.bodies()} if letter.body_key else {}


def came_from(reply: LetterReply, letter: Letter, names: Mapping[str, str]) -> str:
    """Return the name of the office that a reply came from."""
    key = reply.body_key or letter.body_key
    return names.get(key, key)


def outcome_of(letter: Letter, *, now: datetime) -> dict[str, Any]:
    """Return what the page of an issued letter shows of its delivery and of what came of it."""
    if letter.issued_at is None:
        return {}
    names = names_of(letter)
    wait = awaiting.wait_of(letter, now=now)
    silence = rules.silence(
        letter.state, sent_at=letter.sent_at or now, now=now, is_reply_customary=wait.is_customary
    )
    return {
        "attempts": [attempt_of(each, names) for each in reversed(delivering.deliveries_of(letter))],
        "replies": [(each, came_from(each, letter, names)) for each in replying.replies_of(letter)],
        "waited": wait,
        "silence": silence,
        "is_awaited": letter.state in rules.AWAITS_REPLY | {rules.OVERDUE},
        "may_go": letter.state == rules.ISSUED or letter.state in rules.HAS_LEFT - {rules.CLOSED},
        "may_close": rules.CLOSED in rules.TRANSITIONS[letter.state],
        "is_on_its_way": queries.is_on_its_way(letter),
    }


def is_old(channel: BodyChannel, now: datetime) -> bool:
    """Whether a way in was compared too long ago, or never."""
    return is_stale(channel.verified_on, now.date())
