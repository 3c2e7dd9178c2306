"""Brings issued letters to their offices: by mail from the outbox, or as an organiser says that it was brought.

A letter has been sent once the first delivery to its recipient left. Replies are in replying.py.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.exc import NoResultFound

from ..accounts.models import Organiser
from ..audit.operations import record
from ..bodies import queries as directory
from ..bodies.obstacles import Obstacle
from ..bodies.rules import is_stale
from ..errors import Refusal
from ..extensions import db
from ..mail import operations as outbox
from ..mail.models import OutboxMail
from ..mail.rules import LETTER as LETTER_MAIL
from ..sealing.keys import keyring
from . import awaiting, queries, rules
from .frozen import NUMBERS_SHEET
from .models import Letter, LetterDelivery, LetterFile
from .problems import NotInThisState
from .templates import template

SYSTEM = "system"
GONE = frozenset({rules.QUEUED, rules.LEFT, rules.RECEIVED})
NOT_ARRIVED = frozenset({rules.FAILED, rules.BOUNCED})
ABOUT_BYTES = 16


class DocumentsMissing(Refusal):
    """The documents of the letter are not made yet."""


class SentMeanwhile(Refusal):
    """Something was sent or recorded since the page was opened: a double click, or somebody else."""


class NothingToSend(Refusal):
    """No office was chosen that the letter can go to by mail."""


@dataclass(frozen=True)
class Outgoing:
    """What sending by mail would do for one office. address: "" where none is entered. last: its latest delivery."""

    body_key: str
    names: dict[str, str]
    is_copy: bool
    address: str
    obstacles: Sequence[Obstacle]
    last: LetterDelivery | None

    @property
    def is_possible(self) -> bool:
        """Whether it may leave now; what waits in the outbox does not go a second time."""
        is_queued = self.last is not None and self.last.state == rules.QUEUED
        return bool(self.address) and not self.obstacles and not is_queued

    @property
    def is_usual(self) -> bool:
        """Whether it is to go unless somebody says otherwise: it has not left yet."""
        return self.is_possible and (self.last is None or self.last.state in NOT_ARRIVED)


def deliveries_of(letter: Letter) -> Sequence[LetterDelivery]:
    """Return every attempt to bring a letter anywhere, the newest first."""
    asked = select(LetterDelivery).where(LetterDelivery.letter_id == letter.id)
    return db.session.scalars(asked.order_by(LetterDelivery.id.desc())).all()


def attachments_of(letter: Letter) -> list[LetterFile]:
    """Return the documents that go along with a mail: everything but the plain texts, which are its words."""
    return [each for each in queries.files_of(letter) if not each.media_type.startswith("text/")]


def outgoing(letter: Letter, *, now: datetime) -> list[Outgoing]:
    """Return what sending by mail would do, office by office: the recipient first, then who gets a copy."""
    if letter.kind == NUMBERS_SHEET:
        return []
    last = {each.body_key: each for each in reversed(deliveries_of(letter)) if each.way == rules.MAIL}
    keys = [(letter.body_key, False), *((key, True) for key in template(letter.template).copies)]
    offices = {each.key: each for each in directory.bodies()}
    found = []
    for key, is_copy in keys:
        to = offices.get(key)
        if to is None:
            continue  # the directory of this installation has no such office
        against = awaiting.against_mail(letter, to, is_copy=is_copy, now=now)
        address = next(
            (
                each.value.strip()
                for each in reversed(directory.channels_of(to))
                if each.kind == rules.MAIL and not is_stale(each.verified_on, now.date())
            ),
            "",
        )
        found.append(Outgoing(key, dict(to.names), is_copy, address, against, last.get(key)))
    return found


def send(
    *, letter: Letter, to: Collection[str], seen: int, by: Organiser, now: datetime
) -> list[LetterDelivery]:
    """Put a letter into the outbox, one mail for each office.

    to: keys of bodies. seen: number of the newest delivery on the page that was shown, 0 for none.
    Raises NotInThisState, DocumentsMissing, SentMeanwhile, NothingToSend, and KeyProblem. Flushes; never commits.
    """
    _hold_issued(letter)
    if missing := awaiting.languages_without_documents(letter):
        raise DocumentsMissing(", ".join(missing))
    _require_unchanged(letter, seen)
    sums = {each.name: each.sha256 for each in attachments_of(letter)}
    chosen = [each for each in outgoing(letter, now=now) if each.body_key in to and each.is_possible]
    if not chosen:
        raise NothingToSend
    made = []
    for each in chosen:
        delivery = LetterDelivery(
            letter_id=letter.id,
            body_key=each.body_key,
            is_copy=each.is_copy,
            way=rules.MAIL,
            sent_to=each.address,
            state=rules.QUEUED,
            sha256=sums,
            made_by=by.audit_name,
            made_at=now,
            changed_at=now,
        )
        db.session.add(delivery)
        db.session.flush()
        outbox.queue(
            kind=LETTER_MAIL,
            about=_about(delivery),
            not_before=now,
            parameters={"delivery": delivery.id},
            key=keyring().mail_public,
        )
        made.append(delivery)
    to_keys = [each.body_key for each in made]
    _record("letter.send", letter, by.audit_name, now, offices=to_keys, sha256=sums)
    return made


def stop(*, delivery: LetterDelivery, by: Organiser, now: datetime) -> None:
    """Take a mail out of the outbox before the worker has it in hand. Raises NotInThisState. Never commits."""
    letter = _hold_delivery(delivery, rules.QUEUED)
    is_free = or_(OutboxMail.claimed_until.is_(None), OutboxMail.claimed_until <= now)
    gone = delete(OutboxMail).where(OutboxMail.about == _about(delivery), is_free).returning(OutboxMail.id)
    if not db.session.scalars(gone).all():
        raise NotInThisState
    _change(delivery, rules.FAILED, now, trouble=rules.STOPPED)
    _record("letter.stop", letter, by.audit_name, now, office=delivery.body_key)


def record_delivery(
    *,
    letter: Letter,
    way: str,
    sent_to: str,
    left_at: datetime,
    note: str = "",
    is_received: bool = False,
    seen: int,
    body_key: str = "",
    by: Organiser,
    now: datetime,
) -> LetterDelivery:
    """Note that a letter was posted, handed over or entered in an office's form; a numbers sheet, given to the press.

    body_key: of an office that got a copy; "" for the recipient. left_at: not after now. is_received: with a receipt,
    which `note` tells. Raises NotInThisState, DocumentsMissing, SentMeanwhile. Flushes; never commits.
    """
    _hold_issued(letter)
    if awaiting.languages_without_documents(letter):
        raise DocumentsMissing
    _require_unchanged(letter, seen)
    delivery = LetterDelivery(
        letter_id=letter.id,
        body_key=body_key or letter.body_key,
        is_copy=bool(body_key) and body_key != letter.body_key,
        way=way,
        sent_to=sent_to.strip(),
        state=rules.RECEIVED if is_received else rules.LEFT,
        sha256={each.name: each.sha256 for each in attachments_of(letter)},
        note=note.strip(),
        made_by=by.audit_name,
        made_at=min(left_at, now),
        changed_at=now,
    )
    db.session.add(delivery)
    db.session.flush()
    _has_left(letter, delivery, at=delivery.made_at)
    _record("letter.deliver", letter, by.audit_name, now, way=way, office=delivery.body_key)
    return delivery


def note_receipt(*, delivery: LetterDelivery, note: str, by: Organiser, now: datetime) -> None:
    """Note who took a letter that had left. Raises NotInThisState. Flushes; never commits."""
    letter = _hold_delivery(delivery, rules.LEFT, rules.RECEIVED)
    delivery.note = note.strip()
    _change(delivery, rules.RECEIVED, now)
    _record("letter.receipt", letter, by.audit_name, now, office=delivery.body_key)


def note_returned(*, delivery: LetterDelivery, why: str, by: Organiser | None, now: datetime) -> None:
    """Note that a letter which had left came back. It can be sent again. Raises NotInThisState. Never commits.

    by: who says so; None for the mailbox that undeliverable mail comes back to.
    """
    letter = _hold_delivery(delivery, rules.LEFT)
    _change(delivery, rules.BOUNCED, now, trouble=" ".join(why.split()))
    _record("letter.not-delivered", letter, by.audit_name if by else SYSTEM, now, office=delivery.body_key)


def note_left(*, delivery: LetterDelivery, now: datetime) -> None:
    """Note that the relay took a mail. Flushes; never commits."""
    letter = _hold_delivery(delivery, *rules.DELIVERY_STATES)
    _change(delivery, rules.LEFT, now)
    _has_left(letter, delivery, at=now)
    _record("letter.left", letter, SYSTEM, now, office=delivery.body_key)


def note_failed(*, delivery: LetterDelivery, reason: str, now: datetime) -> None:
    """Note that a mail will not leave. reason: in our own words. Flushes; never commits."""
    letter = _hold_delivery(delivery, *rules.DELIVERY_STATES)
    _change(delivery, rules.FAILED, now, trouble=reason)
    _record("letter.not-delivered", letter, SYSTEM, now, office=delivery.body_key)


def find_lost(*, now: datetime) -> int:
    """Note of each queued mail that is no longer in the outbox that it did not leave; return how many.

    A mail expires there after a week, and a restored backup brings none. Flushes; never commits.
    """
    queued = db.session.scalars(select(LetterDelivery).where(LetterDelivery.state == rules.QUEUED)).all()
    waiting = set(db.session.scalars(select(OutboxMail.about).where(OutboxMail.kind == LETTER_MAIL)))
    lost = [each for each in queued if _about(each) not in waiting]
    for each in lost:
        note_failed(delivery=each, reason=rules.LOST, now=now)
    return len(lost)


def watch(*, now: datetime) -> None:
    """Do what the clock asks of letters: mails that were lost, silence that is overdue. Flushes; never commits."""
    find_lost(now=now)
    awaiting.call_overdue(now=now)


def _has_left(letter: Letter, delivery: LetterDelivery, *, at: datetime) -> None:
    """Let the first delivery to the recipient itself move the letter on."""
    if letter.state == rules.ISSUED and not delivery.is_copy:
        rules.require_transition(letter.state, rules.SENT)
        letter.state, letter.sent_at = rules.SENT, max(at, letter.issued_at or at)
        db.session.flush()


def _change(delivery: LetterDelivery, state: str, now: datetime, *, trouble: str = "") -> None:
    delivery.state, delivery.changed_at, delivery.trouble = state, now, trouble
    db.session.flush()


def _hold_issued(letter: Letter) -> None:
    db.session.refresh(letter, with_for_update={"of": Letter})
    if letter.state != rules.ISSUED and letter.state not in rules.HAS_LEFT - {rules.CLOSED}:
        raise NotInThisState


def _hold_delivery(delivery: LetterDelivery, *states: str) -> Letter:
    """Hold the letter's row, then the delivery's, so that of two who change it one comes second."""
    letter = db.session.get(
        Letter, delivery.letter_id, with_for_update={"of": Letter}, populate_existing=True
    )
    if letter is None:
        raise NoResultFound
    db.session.refresh(delivery, with_for_update={"of": LetterDelivery})
    if delivery.state not in states:
        raise NotInThisState
    return letter


def _require_unchanged(letter: Letter, seen: int) -> None:
    newest = next(iter(deliveries_of(letter)), None)
    if (newest.id if newest else 0) != seen:
        raise SentMeanwhile


def _about(delivery: LetterDelivery) -> bytes:
    return delivery.id.to_bytes(ABOUT_BYTES, "big")


def _record(action: str, letter: Letter, by: str, now: datetime, **details: object) -> None:
    record(action=action, by=by, subject=letter.reference or letter.key, details=details, now=now)
