"""Through which states a letter goes, when silence is told, who may see what: pure, knows no table and no clock."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

DRAFT = "draft"
ASKED = "asked"  # a second person is asked to approve it, or the wait of one who is alone runs
APPROVED = "approved"  # it may be issued now
ISSUED = "issued"  # frozen, with a reference; with nobody yet
SENT = "sent"
ACKNOWLEDGED = "acknowledged"
ANSWERED = "answered"
DECLINED = "declined"
OVERDUE = "overdue"
CLOSED = "closed"
WITHDRAWN = "withdrawn"  # thrown away as a draft, or taken back before it was sent
# Whether it is asked or approved is kept with its approval; the others stand on the letter.
STORED_STATES = (DRAFT, ISSUED, SENT, ACKNOWLEDGED, ANSWERED, DECLINED, OVERDUE, CLOSED, WITHDRAWN)
STATES = (DRAFT, ASKED, APPROVED, *STORED_STATES[1:])
TRANSITIONS: Mapping[str, frozenset[str]] = {
    DRAFT: frozenset({ASKED, WITHDRAWN}),
    ASKED: frozenset({DRAFT, APPROVED, WITHDRAWN}),
    APPROVED: frozenset({DRAFT, ISSUED, WITHDRAWN}),
    ISSUED: frozenset({SENT, WITHDRAWN}),
    SENT: frozenset({ACKNOWLEDGED, ANSWERED, DECLINED, OVERDUE, CLOSED}),
    ACKNOWLEDGED: frozenset({ANSWERED, DECLINED, OVERDUE, CLOSED}),
    OVERDUE: frozenset({ACKNOWLEDGED, ANSWERED, DECLINED, CLOSED}),
    ANSWERED: frozenset({CLOSED}),
    DECLINED: frozenset({ANSWERED, CLOSED}),
    CLOSED: frozenset(),
    WITHDRAWN: frozenset(),
}
HAS_LEFT = frozenset({SENT, ACKNOWLEDGED, ANSWERED, DECLINED, OVERDUE, CLOSED})
AWAITS_REPLY = frozenset({SENT, ACKNOWLEDGED})
# After sending: when a follow-up is due, and when silence is called overdue where a reply is customary.
REMINDERS = (timedelta(weeks=2), timedelta(weeks=4))
REPLY_WITHIN = timedelta(weeks=6)

PUBLIC = "public"
VERIFY_ONLY = "verify-only"
CONFIDENTIAL = "confidential"
VISIBILITIES = (PUBLIC, VERIFY_ONLY, CONFIDENTIAL)  # the most open first

MAIL = "mail"
POST = "post"
HAND = "hand"
FORM = "form"  # the body's own form on the web
WAYS = (MAIL, POST, HAND, FORM)

QUEUED = "queued"
LEFT = "left"  # the relay took it, or an organiser says so
BOUNCED = "bounced"
FAILED = "failed"
RECEIVED = "received"  # a receipt was given
# Why a mail did not leave, where it was ours to say: kept in English, as relays' answers are; the desk has its words.
STOPPED = "stopped before it left"
LOST = "its mail is no longer in the outbox; send it once more"
UNWANTED = "the letter was taken back or closed before its mail left"
WITHOUT_WORDS = "the letter has no plain text in its first language"
OTHER_DOCUMENT = "a document is not the one that was put on record when it was sent"
DELIVERY_STATES = (QUEUED, LEFT, BOUNCED, FAILED, RECEIVED)

ACKNOWLEDGEMENT = "acknowledgement"
ANSWER = "answer"
REFUSAL = "refusal"
REPLY_KINDS = (ACKNOWLEDGEMENT, ANSWER, REFUSAL)
STATE_AFTER_REPLY = {ACKNOWLEDGEMENT: ACKNOWLEDGED, ANSWER: ANSWERED, REFUSAL: DECLINED}

REFERENCE = re.compile(r"NID-(\d{4})-(\d{4,6})")
LONGEST_REFERENCE = 16
CODE_LETTERS = 16  # of base32: 80 bits beside the reference
LONGEST_SUBJECT = 300
LONGEST_BODY = 20_000
LONGEST_FIELD = 2_000

LONGEST_SIGNATORY = 120
LONGEST_REASON = 500
LONGEST_NOTE = 500
LONGEST_PLACE = 500
LONGEST_REPLY = 20_000
PLAIN_MARK = re.compile(r"\{\{plain:([a-z0-9_-]+)\}\}")
FACT_MARK = re.compile(r"\{\{fact:[a-z0-9_-]+\}\}")
_DIGITS = "0-9\u0660-\u0669\u06f0-\u06f9"
_MARK = re.compile(r"\{\{[^{}]*\}\}")
_ADDRESS = re.compile(r"(?:https://|mailto:)\S+")
_LIST_NUMBER = re.compile(rf"^\s*[{_DIGITS}]+[.)]\s", re.MULTILINE)
_YEAR = re.compile(r"(?:19|20)\d\d")
# A number in any of the three families of digits, or one of the words that stand for a great many.
_NUMBER = re.compile(
    rf"[{_DIGITS}]+(?:[.,\u066b\u066c'\u2019\u00a0\u202f ][{_DIGITS}]{{3}})*"
    r"|\b(?:hundreds?|thousands?|millions?|centaines?|milliers?|cientos|miles|millones)\b"
    r"|\b(?:сотни|сотен|тысячи|тысяч|миллионы|миллионов)\b|[百千万亿]+"
    r"|(?<!\w)(?:مئات|مئة|مائة|ألف|آلاف|ألوف|مليون|ملايين)(?!\w)",
    re.IGNORECASE,
)


class TransitionRefused(Exception):
    """A letter does not go from the one state to the other."""


@dataclass(frozen=True)
class Silence:
    """How long nobody has answered. days: since it was sent. is_overdue: whether a reply should be here by now."""

    days: int
    is_overdue: bool


def require_transition(before: str, after: str) -> None:
    """Raise TransitionRefused unless a letter may go from one state to the other."""
    if after not in TRANSITIONS[before]:
        raise TransitionRefused(f"a letter that is {before} does not become {after}")


def reference(year: int, number: int) -> str:
    """Return the reference of the letter that is the so manieth of its year, from 1: "NID-2026-0007"."""
    return f"NID-{year}-{number:04d}"


def silence(state: str, *, sent_at: datetime, now: datetime, is_reply_customary: bool) -> Silence | None:
    """Return how long an answer has been awaited; None where there is one, or where none is expected."""
    if not is_reply_customary or state not in AWAITS_REPLY | {OVERDUE}:
        return None
    waited = now - sent_at
    return Silence(waited.days, state == OVERDUE or waited >= REPLY_WITHIN)


def reminders_due(*, sent_at: datetime, now: datetime) -> int:
    """Return how many of REMINDERS are due by now."""
    return sum(1 for each in REMINDERS if now >= sent_at + each)


def bare_numbers(text: str) -> tuple[str, ...]:
    """Return the numbers that stand in a draft without a source: whatever is in no mark, no address and no list number.

    A year that stands alone says nothing that needs a source. Numbers written out as words are not found, but for the
    words that stand for a great many.
    """
    rest = _LIST_NUMBER.sub(" ", _ADDRESS.sub(" ", _MARK.sub(" ", text)))
    return tuple(found for found in _NUMBER.findall(rest) if not _YEAR.fullmatch(found))


def first_of_month(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def is_shown(*, state: str, visibility: str, embargo_until: datetime | None, now: datetime) -> bool:
    """Whether a letter has any trace outside the desk: it has left, its embargo is over, it is not confidential."""
    return (
        visibility != CONFIDENTIAL and state in HAS_LEFT and (embargo_until is None or now >= embargo_until)
    )
