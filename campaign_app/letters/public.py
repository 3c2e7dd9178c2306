"""What of letters the public may see. Nothing else asks for them on a public page, so that nothing slips through.

A letter shows nothing before it has left and its embargo is over; a confidential one never does. Whatever may not be
shown is left out by the database itself: for the page, and for the time it takes, it is as if it were not there.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement, and_, func, or_, select

from ..bodies import queries as directory
from ..bodies.models import Body
from ..bodies.rules import in_language
from ..clock import utc_day
from ..extensions import db
from ..languages import direction, format_month, format_number
from . import rules
from .frozen import NUMBERS_SHEET, Addressed, FrozenLetter, from_json
from .models import Letter, LetterFile, LetterReply
from .queries import files_of

ON_A_PAGE = 60
NO_CODE = "-" * rules.CODE_LETTERS  # compared with where there is no letter, so that it takes as long


@dataclass(frozen=True)
class Words:
    """Words with the language they are in, where it may be another than the page's."""

    text: str
    lang: str

    @property
    def direction(self) -> str:
        """Return "rtl" or "ltr"."""
        return direction(self.lang)


@dataclass(frozen=True, kw_only=True)
class LetterInList:
    """A public letter in a list. recipient: None for a sheet of numbers. standing: what became of it, as a sentence.

    state: one of rules.HAS_LEFT. kind: one of frozen.KINDS.
    """

    reference: str
    kind: str
    state: str
    recipient: Words | None
    petition_id: int | None
    sent_on: date
    standing: str


@dataclass(frozen=True, kw_only=True)
class LetterOnPage:
    """A letter on the page where it can be checked. What only a public letter shows is empty for any other.

    corrects, corrected_by: references of letters that are shown to whoever reads this page → whether they have a page
    without a code. others: number of a reply → the office, where it is not the recipient. has_names: whether its
    documents hold names of signers, and so are not given out.
    """

    reference: str
    is_public: bool
    petition_id: int | None
    frozen: FrozenLetter
    issued_on: date
    sent_on: date
    recipient: Words | None
    standing: str
    files: Sequence[LetterFile]
    replies: Sequence[LetterReply]
    others: Mapping[int, str]
    corrects: Mapping[str, bool]
    corrected_by: Mapping[str, bool]
    has_names: bool


@dataclass(frozen=True, kw_only=True)
class ReplyTold:
    """A published reply to a public letter. number: of the reply. writer: the office's name; "" where none is known."""

    number: int
    reference: str
    writer: str
    received_on: date
    language: str
    text: str


def shown(now: datetime) -> ColumnElement[bool]:
    """Return `rules.is_shown` in the database's words."""
    return and_(
        Letter.visibility != rules.CONFIDENTIAL,
        Letter.state.in_(rules.HAS_LEFT),
        or_(Letter.embargo_until.is_(None), Letter.embargo_until <= now),
    )


def public_letter(reference: str, *, now: datetime) -> Letter | None:
    """Return a letter that everybody may read; None for any other, whatever the reason."""
    asked = select(Letter).where(Letter.reference == reference, Letter.visibility == rules.PUBLIC, shown(now))
    return db.session.scalar(asked)


def letter_behind(reference: str, code: str, *, now: datetime) -> Letter | None:
    """Return a letter that whoever has its whole address may check; None for any other, whatever the reason."""
    found = db.session.execute(
        select(Letter.id, Letter.code).where(Letter.reference == reference, shown(now))
    ).first()
    is_right = secrets.compare_digest(((found and found.code) or NO_CODE).encode(), code.encode())
    return db.session.get(Letter, found.id) if found and is_right else None


def letters_sent(
    lang: str, *, now: datetime, petition_id: int | None = None, page: int = 1
) -> tuple[list[LetterInList], bool]:
    """Return the public letters, those sent last first, and whether older ones follow. page: from 1."""
    asked = select(Letter).where(Letter.visibility == rules.PUBLIC, shown(now))
    if petition_id is not None:
        asked = asked.where(Letter.petition_id == petition_id)
    asked = asked.order_by(Letter.sent_at.desc(), Letter.id.desc())
    rows = db.session.scalars(asked.offset((page - 1) * ON_A_PAGE).limit(ON_A_PAGE + 1)).all()
    return _in_list(rows[:ON_A_PAGE], lang, now), len(rows) > ON_A_PAGE


def count_sent(*, now: datetime, petition_id: int | None = None) -> int:
    """Return how many letters `letters_sent` has on all its pages together."""
    asked = select(func.count()).select_from(Letter).where(Letter.visibility == rules.PUBLIC, shown(now))
    if petition_id is not None:
        asked = asked.where(Letter.petition_id == petition_id)
    return db.session.scalar(asked) or 0


def in_list(letter: Letter, lang: str, *, now: datetime) -> LetterInList:
    """Return one letter that `public_letter` gave as a list shows it."""
    return _in_list([letter], lang, now)[0]


def letter_page(letter: Letter, lang: str, *, now: datetime) -> LetterOnPage:
    """Return what the page of a letter that `public_letter` or `letter_behind` gave shows."""
    is_public, frozen = letter.visibility == rules.PUBLIC, from_json(letter.frozen or "")
    bodies = {each.key: each for each in directory.bodies()}
    replies = _replies([letter.id])
    return LetterOnPage(
        reference=letter.reference or "",
        is_public=is_public,
        petition_id=letter.petition_id,
        frozen=frozen,
        issued_on=utc_day(_moment(letter.issued_at)),
        sent_on=utc_day(_moment(letter.sent_at)),
        recipient=recipient(frozen.addressed, lang) if is_public else None,
        standing=_standing(letter, bodies, replies, now) if is_public else "",
        files=files_of(letter),
        replies=[each for each in replies if each.is_published] if is_public else [],
        others={
            each.id: in_language(bodies[each.body_key].names, lang)
            for each in replies
            if is_public and each.is_published and each.body_key in bodies
        },
        corrects=_references([Letter.id == (letter.corrects_id or 0)], is_public, now),
        corrected_by=_references([Letter.corrects_id == letter.id], is_public, now),
        has_names=letter.has_names,
    )


def replies_told(lang: str, *, now: datetime, at_most: int) -> list[ReplyTold]:
    """Return the replies that were published of all public letters, the latest first."""
    asked = (
        select(LetterReply, Letter.reference, Letter.body_key)
        .join(Letter, Letter.id == LetterReply.letter_id)
        .where(LetterReply.is_published, Letter.visibility == rules.PUBLIC, shown(now))
        .order_by(LetterReply.received_on.desc(), LetterReply.id.desc())
        .limit(at_most)
    )
    rows = db.session.execute(asked).all()
    names = {each.key: each.names for each in directory.bodies()} if rows else {}
    return [
        ReplyTold(
            number=reply.id,
            reference=reference or "",
            writer=in_language(names.get(reply.body_key or recipient_key, {}), lang),
            received_on=reply.received_on,
            language=reply.language,
            text=reply.text,
        )
        for reply, reference, recipient_key in rows
    ]


def recipient(addressed: Addressed | None, lang: str) -> Words | None:
    """Return whom a letter is addressed to in a page's language, or in one of its own; None where it is to nobody."""
    if addressed is None:
        return None
    told = next((each for each in (lang, "en", *addressed.names) if addressed.names.get(each)), lang)
    name = in_language(addressed.names, told)
    if not addressed.month:
        return Words(name, told)
    month = format_month(date.fromisoformat(f"{addressed.month}-01"), lang)
    return Words(
        _("President of the Security Council for %(month)s: %(office)s", month=month, office=name), lang
    )


def letters_with_petition(petition_id: int, lang: str, *, now: datetime) -> list[tuple[Letter, LetterInList]]:
    """Return the letters with a petition's numbers that are shown in any way, those issued last first."""
    asked = select(Letter).where(Letter.petition_id == petition_id, shown(now)).order_by(Letter.id.desc())
    rows = db.session.scalars(asked).all()
    return list(zip(rows, _in_list(rows, lang, now), strict=True))


def _in_list(rows: Sequence[Letter], lang: str, now: datetime) -> list[LetterInList]:
    bodies = {each.key: each for each in directory.bodies()} if rows else {}
    replies: dict[int, list[LetterReply]] = {}
    for reply in _replies([each.id for each in rows]):
        replies.setdefault(reply.letter_id, []).append(reply)
    return [
        LetterInList(
            reference=each.reference or "",
            kind=each.kind,
            state=each.state,
            recipient=recipient(from_json(each.frozen or "").addressed, lang),
            petition_id=each.petition_id,
            sent_on=utc_day(_moment(each.sent_at)),
            standing=_standing(each, bodies, replies.get(each.id, ()), now),
        )
        for each in rows
    ]


def _standing(
    letter: Letter, bodies: Mapping[str, Body], replies: Iterable[LetterReply], now: datetime
) -> str:
    """Say what became of a letter: silence as plainly as an answer."""
    has_answer = any(each.kind in (rules.ANSWER, rules.REFUSAL) and not each.body_key for each in replies)
    if letter.kind == NUMBERS_SHEET:
        said = _("Given to the press.")
    elif letter.state == rules.ANSWERED:
        said = _("Answered.")
    elif letter.state == rules.DECLINED:
        said = _("Declined.")
    elif letter.state == rules.CLOSED:
        said = _("Closed after a reply.") if has_answer else _("Closed without a reply.")
    else:
        to = bodies.get(letter.body_key)
        said = _silence(letter, is_reply_customary=bool(to and to.is_reply_customary), now=now)
    return str(said)


def _silence(letter: Letter, *, is_reply_customary: bool, now: datetime) -> str:
    """Say how long nobody has answered; where no reply is customary, that none is expected."""
    found = rules.silence(
        letter.state, sent_at=_moment(letter.sent_at), now=now, is_reply_customary=is_reply_customary
    )
    is_acknowledged = letter.state == rules.ACKNOWLEDGED
    if found is None:
        said = _("Receipt acknowledged; no reply expected.") if is_acknowledged else _("No reply expected.")
    elif found.days == 0:
        said = _("Receipt acknowledged; no reply yet.") if is_acknowledged else _("No reply yet.")
    elif is_acknowledged:
        said = ngettext(
            "Receipt acknowledged; no reply, %(number)s day.",
            "Receipt acknowledged; no reply, %(number)s days.",
            found.days,
            number=format_number(found.days),
        )
    else:
        said = ngettext(
            "No reply, %(number)s day.",
            "No reply, %(number)s days.",
            found.days,
            number=format_number(found.days),
        )
    return str(said)


def _replies(letter_ids: Sequence[int]) -> Sequence[LetterReply]:
    asked = select(LetterReply).where(LetterReply.letter_id.in_(letter_ids))
    return db.session.scalars(asked.order_by(LetterReply.received_on, LetterReply.id)).all()


def _references(which: Iterable[ColumnElement[bool]], is_public: bool, now: datetime) -> dict[str, bool]:
    """Return references of letters → whether they are public. Whoever reads a public page is told of no other."""
    asked = select(Letter.reference, Letter.visibility).where(*which, shown(now)).order_by(Letter.id)
    found = {name or "": visibility == rules.PUBLIC for name, visibility in db.session.execute(asked)}
    return {name: is_open for name, is_open in found.items() if is_open or not is_public}


def _moment(at: datetime | None) -> datetime:
    """Return a moment that every letter that has left has."""
    if at is None:
        raise ValueError("a letter that has left was issued and sent at some moment")
    return at
