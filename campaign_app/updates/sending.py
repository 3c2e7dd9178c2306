"""The worker's part: puts the mails of a mailing into the outbox, a few seconds' worth at a time.

Each portion is one transaction: the place in the file moves with the mails that it put into the outbox, so a crash
repeats or loses none of them. Of those in the outbox a crash repeats at most the one that was on its way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import case, insert, select, update
from sqlalchemy.exc import IntegrityError

from ..audit.operations import record
from ..audit.rules import BY_SYSTEM
from ..clock import utc_day
from ..config import settings
from ..database import reading
from ..extensions import db
from ..mail import operations as mail
from ..mail.models import OutboxMail
from ..mail.queries import first_expiry, waiting_about
from ..mail.rules import UPDATE
from ..sealing import mailing as sealing
from ..sealing.keys import MailKey, keyring
from ..sealing.mail import seal_mail
from ..sealing.problems import CannotOpen, KeyProblem
from ..sealing.tokens import token_hash
from ..signing.models import Signature
from . import bounces, queries, rules
from .keeping import content_key, forget_what_is_over, make_key
from .mails import of_mailbox, tag_key, wanted
from .models import Mailing, UpdateLink
from .queries import mark_of
from .recipients_file import forget_cut_off, read_rows, recipients_path


@dataclass
class Portion:
    """What comes next of a mailing. rows: how many were read; place: the byte where the next begins."""

    place: int
    rows: int = 0
    unwanted: int = 0
    recipients: list[rules.Recipient] = field(default_factory=list)
    sealed: list[bytes] = field(default_factory=list)


def prepare(now: datetime) -> None:
    """Do what is due of every mailing. Called by the worker before each batch of mails. Commits."""
    with reading():
        is_locked_down = queries.is_locked_down()
        found = db.session.execute(
            select(
                Mailing.id, Mailing.reference, Mailing.state, Mailing.key_point.is_(None).label("lacks_key")
            )
            .where(Mailing.state.in_((rules.RELEASED, *rules.RUNNING)))
            .order_by(Mailing.id)
        ).all()
    for mailing in found:
        if mailing.state != rules.RELEASED and (is_locked_down or mailing.state == rules.PAUSED):
            _keep_waiting(mailing.reference, now)
        elif is_locked_down:
            continue
        elif mailing.state == rules.SENDING:
            _go_on(mailing.id, now)
        elif mailing.lacks_key:
            make_key(mailing.id, now)
    forget_what_is_over(now)
    forget_cut_off(settings().home, now=now)


def _keep_waiting(reference: str, now: datetime) -> None:
    """Let no mail expire in the outbox while its mailing stands still: it goes once that goes on. Commits."""
    mark, until = mark_of(reference), utc_day(now + rules.MAIL_KEPT)
    with reading():
        first = first_expiry(mark)
    if first is not None and first < until:
        mail.keep_until(about=mark, day=until)
        db.session.commit()


def _go_on(mailing_id: int, now: datetime) -> None:
    """Put the next mails of a mailing into the outbox, or find that it is done."""
    with reading():
        mailing = db.session.get_one(Mailing, mailing_id)
        db.session.expunge(mailing)
        waiting = waiting_about(mark_of(mailing.reference))
    if mailing.rows_read >= mailing.recipients:
        if not waiting:
            _finish(mailing, now)
        return
    size = rules.portion(mailing.pace)
    if waiting >= rules.PORTIONS_WAITING * size or (mailing.next_at and now < mailing.next_at):
        return
    try:
        opens_rows = content_key(mailing)
        with reading():
            portion = _read(mailing, opens_rows, size)
        _seal(portion, mailing, keyring().mail_public)
    except (OSError, KeyProblem, CannotOpen, rules.NotAMailing) as problem:
        _note_trouble(mailing, type(problem).__name__)
        return
    try:
        _put(portion, mailing, now)
    except IntegrityError:  # somebody was erased at this moment: the next round looks again
        db.session.rollback()


def _read(mailing: Mailing, content_key: bytes, size: int) -> Portion:
    """Read rows and keep those where somebody is counted and wants news now, each mailbox once."""
    path = recipients_path(settings().home, mailing.reference)
    rows, place = read_rows(path, place=mailing.place, limit=size)
    portion = Portion(place=place, rows=len(rows))
    if not rows:
        raise rules.NotAMailing(rules.CUT_SHORT)  # the file is not the one that was loaded
    found: dict[bytes, rules.Recipient] = {}
    for number, sealed in enumerate(rows, mailing.rows_read + 1):
        try:
            recipient = rules.recipient_of(sealing.open_row(sealed, number=number, content_key=content_key))
        except (CannotOpen, rules.NotAMailing):
            continue  # counted at the end, among those that could not be delivered
        if token_hash(recipient.stop) in found:
            portion.unwanted += 1
        found.setdefault(token_hash(recipient.stop), recipient)
    had = set(
        db.session.scalars(
            select(UpdateLink.token_hash).where(
                UpdateLink.token_hash.in_(list(found)), UpdateLink.mailing_id == mailing.id
            )
        )
    )
    ids = [each for recipient in found.values() for each in recipient.signatures]
    wanting, key = wanted(ids, petition_id=mailing.petition_id), tag_key(mailing.petition_id)
    for digest, recipient in found.items():
        theirs = of_mailbox(recipient, wanting, key)
        if digest in had or not theirs:
            portion.unwanted += 1
        else:
            portion.recipients.append(replace(recipient, signatures=theirs))
    return portion


def _seal(portion: Portion, mailing: Mailing, key: MailKey) -> None:
    """Seal what the worker needs for each mail, before any transaction that writes."""
    portion.sealed = [
        seal_mail(
            {
                "to": recipient.to,
                "language": recipient.language,
                "mailing": mailing.id,
                "ids": [each.hex() for each in recipient.signatures],
                "stop": recipient.stop,
            },
            key=key,
        )
        for recipient in portion.recipients
    ]


def _put(portion: Portion, mailing: Mailing, now: datetime) -> None:
    """Put a portion into the outbox and move on in the file, both or neither. Commits."""
    moved: Any = db.session.execute(
        update(Mailing)
        .where(Mailing.id == mailing.id, Mailing.state == rules.SENDING, Mailing.place == mailing.place)
        .values(
            place=portion.place,
            rows_read=Mailing.rows_read + portion.rows,
            unwanted=Mailing.unwanted + portion.unwanted,
            next_at=rules.next_portion_at(
                mailing.next_at, mails=len(portion.recipients), pace=mailing.pace, now=now
            ),
            trouble="",
        )
    )
    if not moved.rowcount:  # paused, stopped, or another worker was first
        db.session.rollback()
        return
    _keep_links(portion.recipients, mailing.id)
    rows = [
        mail.waiting_row(
            kind=UPDATE,
            about=mark_of(mailing.reference),
            not_before=now,
            sealed=sealed,
            expires_on=utc_day(now + rules.MAIL_KEPT),
        )
        for sealed in portion.sealed
    ]
    if rows:
        db.session.execute(insert(OutboxMail), rows)
    db.session.commit()


def _keep_links(recipients: Sequence[rules.Recipient], mailing_id: int) -> None:
    """Let the link in each mail stop updates to every signature of its mailbox, for as long as these are kept."""
    hashes = {token_hash(recipient.stop): recipient for recipient in recipients}
    known = {
        (row.token_hash, row.signature_id)
        for row in db.session.execute(
            select(UpdateLink.token_hash, UpdateLink.signature_id).where(
                UpdateLink.token_hash.in_(list(hashes))
            )
        )
    }
    # Where the mailing before this one did not come back, what came back earlier was no row of failures.
    in_a_row = case((UpdateLink.bounced_mailing_id == UpdateLink.mailing_id, UpdateLink.bounces), else_=0)
    db.session.execute(
        update(UpdateLink)
        .where(UpdateLink.token_hash.in_(list(hashes)))
        .values(mailing_id=mailing_id, bounces=in_a_row)
    )
    there = {
        each
        for each in db.session.scalars(
            select(Signature.id).where(
                Signature.id.in_([each for recipient in recipients for each in recipient.signatures])
            )
        )
    }
    new = [
        {
            "token_hash": digest,
            "signature_id": signature_id,
            "mailing_id": mailing_id,
            "bounce_mark": bounces.mark_of(rules.bounce_reference(recipient.stop)),
            "bounces": 0,
        }
        for digest, recipient in hashes.items()
        for signature_id in dict.fromkeys(recipient.signatures)
        if signature_id in there and (digest, signature_id) not in known
    ]
    if new:
        db.session.execute(insert(UpdateLink), new)


def _finish(mailing: Mailing, now: datetime) -> None:
    """Note that every mail was sent, left out or given up. Commits."""
    done: Any = db.session.execute(
        update(Mailing)
        .where(Mailing.id == mailing.id, Mailing.state == rules.SENDING)
        .values(
            state=rules.DONE,
            ended_at=now,
            undeliverable=Mailing.recipients - Mailing.sent - Mailing.unwanted,
            trouble="",
        )
    )
    if done.rowcount:
        details = {"recipients": mailing.recipients, "sent": mailing.sent, "left_out": mailing.unwanted}
        record(action="updates.done", by=BY_SYSTEM, subject=mailing.reference, details=details, now=now)
    db.session.commit()


def _note_trouble(mailing: Mailing, trouble: str) -> None:
    if mailing.trouble != trouble:
        db.session.execute(update(Mailing).where(Mailing.id == mailing.id).values(trouble=trouble[:40]))
        db.session.commit()
