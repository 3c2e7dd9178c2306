"""Letters agreed to, issued and taken back. The worker makes the documents (making.py) from what `issue` froze.

Each act is put on record in the same transaction. Delivery and replies are in delivering.py and replying.py.
"""

import base64
import secrets
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from ..accounts.models import Organiser
from ..approvals import operations as approvals
from ..approvals.problems import NotAsked
from ..approvals.queries import approval_of
from ..approvals.rules import LETTER, OPEN_STATES
from ..extensions import db
from ..languages import LANGUAGES
from . import obstacles, queries, rules
from .about import recipient_of
from .freezing import put_together
from .holding import hold, put_on_record, require_as_seen, require_plain_draft
from .models import Letter
from .problems import NotInThisState, ObstaclesLeft
from .queries import ROOM
from .templates import template

TRIES = 3


def ask(*, letter: Letter, by: Organiser, now: datetime, seen: str | None = None) -> None:
    """Let the words stand still and ask a second person to agree.

    seen: queries.digest_of(letter) as whoever asks saw it. Raises ObstaclesLeft, NotInThisState, ChangedMeanwhile.
    Flushes; never commits.
    """
    require_plain_draft(letter, now)
    require_as_seen(letter, seen)
    _require_no_obstacles(letter, now)
    approvals.ask(
        kind=LETTER,
        room=ROOM,
        subject=letter.template,
        reference=letter.key,
        digest=queries.digest_of(letter),
        says={lang: _sentence(letter, lang) for lang in LANGUAGES},
        by=by,
        now=now,
    )


def take_back(*, letter: Letter, by: Organiser, now: datetime) -> None:
    """Make a draft of it again that can be edited: whoever agreed has to again.

    Raises NotInThisState, and what approvals.cancel raises. Flushes; never commits.
    """
    hold(letter, rules.DRAFT)
    approval = approval_of(ROOM, letter.key)
    if approval is None or approval.state not in OPEN_STATES:
        raise NotInThisState
    approvals.cancel(approval=approval, by=by, now=now)


def issue(*, letter: Letter, by: Organiser, now: datetime) -> None:
    """Freeze a letter that may leave: its words, numbers, recipient and reference. The worker makes its documents.

    Raises ObstaclesLeft, NotInThisState, and what approvals.release raises. Flushes; never commits.
    """
    hold(letter, rules.DRAFT)
    _require_no_obstacles(letter, now)
    approval = approval_of(ROOM, letter.key)
    if approval is None:
        raise NotAsked
    released = approvals.release(
        approval=approval, digest=queries.digest_of(letter), by=by.audit_name, now=now
    )
    letter.how, letter.issued_at, letter.code = released.how, now, _code()
    to = recipient_of(letter)
    letter.body_key = to.key if to else ""
    _number(letter, now)
    put = put_together(
        letter, now=now, reference=letter.reference or "", code=letter.code, released=released.how
    )
    letter.frozen, letter.frozen_sha256 = put.letter.text, put.letter.sha256
    letter.state = rules.ISSUED
    db.session.flush()
    put_on_record(
        "letter.issue",
        letter,
        by.audit_name,
        now,
        recipient=letter.body_key,
        visibility=letter.visibility,
        release=released.how,
        people=put.letter.statement.people if put.letter.statement else None,
        sha256=letter.frozen_sha256,
    )


def withdraw(*, letter: Letter, reason: str, by: Organiser, now: datetime) -> None:
    """Throw a draft away, or take back what was issued and has not left. reason: goes on record.

    Raises NotInThisState, and what approvals.cancel raises. Flushes; never commits.
    """
    before = hold(letter, rules.DRAFT, rules.ISSUED)
    rules.require_transition(before, rules.WITHDRAWN)
    if queries.is_on_its_way(letter):
        raise NotInThisState
    approval = approval_of(ROOM, letter.key)
    if approval is not None and approval.state in OPEN_STATES:
        approvals.cancel(approval=approval, by=by, now=now)
    letter.state, letter.closed_at = rules.WITHDRAWN, now
    db.session.flush()
    put_on_record("letter.withdraw", letter, by.audit_name, now, reason=" ".join(reason.split()))


def _sentence(letter: Letter, lang: str) -> str:
    """Return what an approver reads. Nothing of it is markup."""
    to = recipient_of(letter)
    title = template(letter.template).titles[lang]
    with force_locale(lang):
        if to is None:
            return str(_("%(title)s, to be given to the press", title=title))
        return str(_("%(title)s, to %(body)s", title=title, body=to.names.get(lang) or to.names["en"]))


def _require_no_obstacles(letter: Letter, now: datetime) -> None:
    found = [
        each
        for each in obstacles.against(letter, put_together(letter, now=now), now=now)
        if not each.is_warning
    ]
    if found:
        raise ObstaclesLeft(found)


def _number(letter: Letter, now: datetime) -> None:
    """Give a letter the next number of its year. Two at once: the second takes the one after."""
    year = now.year
    for _attempt in range(TRIES):
        latest = db.session.scalar(select(func.max(Letter.number)).where(Letter.year == year)) or 0
        try:
            with db.session.begin_nested():
                letter.year, letter.number = year, latest + 1
                letter.reference = rules.reference(year, latest + 1)
                db.session.flush()
        except IntegrityError:
            continue
        return
    raise NotInThisState


def _code() -> str:
    """Return the unguessable part of the address where a letter can be checked: 80 bits in letters and 2 to 7."""
    return base64.b32encode(secrets.token_bytes(rules.CODE_LETTERS * 5 // 8)).decode()
