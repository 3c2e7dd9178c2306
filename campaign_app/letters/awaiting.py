"""What a letter waits for once it is issued: its documents, an office that can be reached, an answer in good time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from ..audit.operations import record
from ..bodies import queries as directory
from ..bodies.models import Body
from ..bodies.obstacles import Obstacle
from ..bodies.rules import BodyUnknown
from ..extensions import db
from ..languages import format_month
from . import queries, rules
from .about import recipient_of
from .frozen import NUMBERS_SHEET
from .models import Letter, LetterDelivery, LetterReply
from .templates import COUNCIL_PRESIDENT, template

AT_THE_OFFICE = ("channel-missing", "channel-unverified", "channel-old", "office-vacant")


@dataclass(frozen=True)
class Wait:
    """How long an answer has been awaited. days: since it was sent. reminders: follow-ups that are due and not done."""

    letter: Letter
    days: int
    reminders: int
    is_customary: bool


def languages_without_documents(letter: Letter) -> list[str]:
    """Return the languages in which a letter lacks the documents that leave: its PDF, and the words of a mail."""
    files = queries.files_of(letter)
    made = {each.language for each in files if each.media_type == "application/pdf"}
    if letter.kind != NUMBERS_SHEET:  # which is never mailed
        made &= {each.language for each in files if each.media_type.startswith("text/")}
    return [lang for lang in letter.languages if lang not in made]


def against_mail(letter: Letter, to: Body, *, is_copy: bool, now: datetime) -> list[Obstacle]:
    """Return what stands against a mail to an office today: what was in order at issuing may be old by now."""
    found = [
        each
        for each in directory.obstacles(
            to,
            form=template(letter.template).form,
            channel_kind=rules.MAIL,
            lang=letter.languages[0],
            today=now.date(),
        )
        if each.code in AT_THE_OFFICE and not each.is_warning
    ]
    return found if is_copy else [*found, *against_the_month(letter, now=now)]


def against_the_month(letter: Letter, *, now: datetime) -> list[Obstacle]:
    """Return why a letter to the Council's President must not leave today, if another presides."""
    if letter.body_month is None or template(letter.template).recipient != COUNCIL_PRESIDENT:
        return []
    month = letter.body_month
    shown = LazyString(lambda: format_month(month))
    if month != rules.first_of_month(now.date()):
        says = _l(
            "The letter is addressed to the President of the Council for %(month)s, and today is no day of that month. "
            "In another month it takes a letter of its own: correct this one.",
            month=shown,
        )
        return [Obstacle("other-month", says)]
    presides = recipient_of(letter)
    if presides is None or presides.key != letter.body_key:
        says = _l(
            "Another State presides over the Council in %(month)s than when the letter was issued. Correct it: the new "
            "one names the right office.",
            month=shown,
        )
        return [Obstacle("other-president", says)]
    return []


def waits(*, now: datetime) -> Sequence[Wait]:
    """Return the letters whose answer is awaited, those sent first at the top."""
    states = sorted(rules.AWAITS_REPLY | {rules.OVERDUE})
    found = db.session.scalars(select(Letter).where(Letter.state.in_(states)).order_by(Letter.sent_at))
    return [wait_of(each, now=now) for each in found if each.sent_at is not None and each.body_key]


def undelivered() -> Sequence[Letter]:
    """Return the letters of which an office has nothing: what was tried last there failed or came back.

    What somebody stopped on purpose is not among them, nor what is closed or taken back.
    """
    last = select(func.max(LetterDelivery.id)).group_by(LetterDelivery.letter_id, LetterDelivery.body_key)
    failed = select(LetterDelivery.letter_id).where(
        LetterDelivery.id.in_(last),
        LetterDelivery.state.in_([rules.FAILED, rules.BOUNCED]),
        LetterDelivery.trouble != rules.STOPPED,
    )
    asked = select(Letter).where(Letter.id.in_(failed), Letter.state.not_in([rules.CLOSED, rules.WITHDRAWN]))
    return db.session.scalars(asked.order_by(Letter.id)).all()


def publishable() -> Sequence[Letter]:
    """Return the public letters with a reply that somebody agreed to show, and that is not shown."""
    replied = select(LetterReply.letter_id).where(
        LetterReply.consent_note != "", LetterReply.is_published.is_(False)
    )
    asked = select(Letter).where(Letter.id.in_(replied), Letter.visibility == rules.PUBLIC)
    return db.session.scalars(asked.order_by(Letter.id)).all()


def wait_of(letter: Letter, *, now: datetime) -> Wait:
    """Return how long a letter's answer has been awaited. It has to have been sent."""
    sent_at = letter.sent_at or now
    due = rules.reminders_due(sent_at=sent_at, now=now) - letter.reminded
    return Wait(letter, (now - sent_at).days, max(0, due), is_reply_customary(letter))


def is_reply_customary(letter: Letter) -> bool:
    """Whether the office of a letter usually answers."""
    try:
        return bool(letter.body_key) and directory.body(letter.body_key).is_reply_customary
    except BodyUnknown:
        return False


def call_overdue(*, now: datetime) -> int:
    """Call a letter overdue whose office usually answers and has not in time; return how many. Never commits."""
    late = [
        each
        for each in waits(now=now)
        if each.letter.state != rules.OVERDUE
        and (
            silent := rules.silence(
                each.letter.state,
                sent_at=each.letter.sent_at or now,
                now=now,
                is_reply_customary=each.is_customary,
            )
        )
        and silent.is_overdue
    ]
    for each in late:
        db.session.refresh(each.letter, with_for_update={"of": Letter})
        if each.letter.state not in rules.AWAITS_REPLY:
            continue  # answered a moment ago
        each.letter.state = rules.OVERDUE
        db.session.flush()
        subject = each.letter.reference or each.letter.key
        record(action="letter.overdue", by="system", subject=subject, details={"days": each.days}, now=now)
    return len(late)
