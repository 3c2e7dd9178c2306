"""What changes the outbox. The worker calls most of it; other rooms queue, hurry and delete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, Table, and_, bindparam, delete, insert, not_, or_, select, update

from ..clock import utc_day
from ..columns import random_key
from ..extensions import db
from ..prepared import AnyConnection, Prepared
from ..sealing.keys import MailKey
from ..sealing.mail import seal_mail
from . import rules
from .models import OutboxMail

_OUTBOX: Table = OutboxMail.__table__  # type: ignore[assignment]
_WAITING_COLUMNS = ("id", "about", "kind", "sealed", "not_before", "expires_on", "attempts", "state")
_INSERT = Prepared(insert(_OUTBOX), columns=_WAITING_COLUMNS)
_DELETE_ABOUT = Prepared(delete(_OUTBOX).where(_OUTBOX.c.about == bindparam("pending_id")))


@dataclass(frozen=True)
class Claim:
    """A mail that one worker has in hand."""

    id: bytes
    about: bytes | None
    kind: str
    sealed: bytes
    attempts: int
    expires_on: date


def queue(
    *,
    kind: str,
    about: bytes | None,
    not_before: datetime,
    parameters: Mapping[str, Any] | None = None,
    key: MailKey | None = None,
    sealed: bytes | None = None,
    expires_on: date | None = None,
    connection: AnyConnection | None = None,
) -> bytes:
    """Put a mail into the outbox, inside the caller's transaction, and return its id.

    Either `sealed`, made before the transaction began, or `parameters` and the `key` to seal them with.
    not_before: now, or later for a mail that is held. expires_on: the last UTC day on which its link
    works; by default a week after not_before. connection: the session's, if at hand. Never commits.
    """
    if sealed is None:
        if parameters is None or key is None:
            raise TypeError("queue() needs sealed, or parameters and key")
        sealed = seal_mail(parameters, key=key)
    row = waiting_row(kind=kind, about=about, not_before=not_before, sealed=sealed, expires_on=expires_on)
    _INSERT.run(connection or db.session.connection(), row)
    mail_id: bytes = row["id"]
    return mail_id


def waiting_row(
    *, kind: str, about: bytes | None, not_before: datetime, sealed: bytes, expires_on: date | None = None
) -> dict[str, Any]:
    """Return the columns of a mail that waits: for `queue`, or for a caller's own statement."""
    return {
        "id": random_key(),
        "about": about,
        "kind": kind,
        "sealed": sealed,
        "not_before": not_before,
        "expires_on": expires_on or rules.expiry_day(utc_day(not_before)),
        "attempts": 0,
        "state": rules.WAITING,
    }


def delete_about(*, about: Sequence[bytes], connection: AnyConnection | None = None) -> int:
    """Forget the mails of pending signatures that were confirmed, erased or expired; return how many.

    connection: the session's by default. Never commits.
    """
    chosen = connection or db.session.connection()
    return sum(_DELETE_ABOUT.run(chosen, {"pending_id": pending_id}).rowcount for pending_id in about)


def delete_kind(*, kind: str) -> int:
    """Forget every mail of one kind that was not sent; return how many. Never commits."""
    gone = delete(OutboxMail).where(OutboxMail.kind == kind).returning(OutboxMail.id)
    return len(db.session.scalars(gone).all())


def release(*, about: Sequence[bytes] | Select[bytes], now: datetime) -> int:
    """Let held mails go now; return how many. A mail that the relay put off keeps its turn. Never commits.

    about: pending ids, or the query that finds them.
    """
    is_held = and_(
        OutboxMail.state == rules.WAITING, OutboxMail.attempts == 0, OutboxMail.kind == rules.CONFIRM
    )
    return _count(
        update(OutboxMail)
        .where(OutboxMail.about.in_(about), is_held, OutboxMail.not_before > now)
        .values(not_before=now)
    )


def hurry(*, about: bytes, now: datetime) -> int:
    """Let every waiting mail about something go now, whatever put it off; return how many. Never commits."""
    return _count(
        update(OutboxMail)
        .where(OutboxMail.about == about, OutboxMail.state == rules.WAITING)
        .values(not_before=now)
    )


def keep_until(*, about: bytes, day: date) -> int:
    """Let no mail about something expire before the end of a UTC day; return how many would have. Never commits."""
    return _count(
        update(OutboxMail)
        .where(OutboxMail.about == about, OutboxMail.expires_on < day)
        .values(expires_on=day)
    )


def send_again(*, about: Sequence[bytes], now: datetime) -> int:
    """Send the mails of pending signatures once more; return how many.

    One that was never sent keeps its own time: it is on its way, or held. Never commits.
    """
    not_yet_sent = and_(OutboxMail.kind == rules.CONFIRM, OutboxMail.state == rules.WAITING)
    return _count(
        update(OutboxMail)
        .where(OutboxMail.about.in_(about), not_(not_yet_sent))
        .values(state=rules.WAITING, not_before=now, attempts=0, last_error=None)
    )


def requeue_dead(*, now: datetime, ids: Sequence[bytes] | None = None) -> int:
    """Let mails that were refused for good be tried once more, all of them by default; return how many.

    Flushes; never commits.
    """
    statement = update(OutboxMail).where(OutboxMail.state == rules.DEAD)
    if ids is not None:
        statement = statement.where(OutboxMail.id.in_(ids))
    return _count(statement.values(state=rules.WAITING, not_before=now, attempts=0, last_error=None))


def delete_expired(*, now: datetime) -> int:
    """Delete every mail whose link no longer works; return how many. Never commits."""
    return _count(delete(OutboxMail).where(OutboxMail.expires_on < utc_day(now)))


def claim(*, now: datetime, until: datetime, limit: int) -> list[Claim]:
    """Take up to `limit` due mails in hand, the longest due first.

    One statement, so that two workers never hold the same mail: PostgreSQL skips what another is
    taking, SQLite has one writer. Never commits; the claim holds for others only once committed.
    """
    due = (
        select(OutboxMail.id)
        .where(
            OutboxMail.state == rules.WAITING,
            OutboxMail.not_before <= now,
            OutboxMail.expires_on >= utc_day(now),
            or_(OutboxMail.claimed_until.is_(None), OutboxMail.claimed_until <= now),
        )
        .order_by(OutboxMail.not_before)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    rows = db.session.execute(
        update(OutboxMail)
        .where(OutboxMail.id.in_(select(due.c.id)))
        .values(claimed_until=until)
        .returning(
            OutboxMail.not_before,
            OutboxMail.id,
            OutboxMail.about,
            OutboxMail.kind,
            OutboxMail.sealed,
            OutboxMail.attempts,
            OutboxMail.expires_on,
        )
        .execution_options(synchronize_session=False)
    ).all()
    return [Claim(*row[1:]) for row in sorted(rows, key=lambda row: row.not_before)]


def renew(*, ids: Sequence[bytes], held_until: datetime, until: datetime) -> int:
    """Hold claimed mails longer; return how many are still held. Never commits."""
    return _count(_held(update(OutboxMail), ids, held_until).values(claimed_until=until))


def let_go(*, ids: Sequence[bytes], held_until: datetime) -> int:
    """Give claimed mails back untouched. Never commits."""
    return _count(_held(update(OutboxMail), ids, held_until).values(claimed_until=None))


def is_held(*, mail_id: bytes, held_until: datetime) -> bool:
    """Whether a claimed mail is still there and still ours: its signature may have been erased meanwhile."""
    return db.session.scalar(_held(select(OutboxMail.id), [mail_id], held_until)) is not None


def note_sent(*, claim: Claim, held_until: datetime, now: datetime) -> bool:
    """Record that a mail left: a confirmation becomes its reminder, a reminder is kept, others are deleted.

    Returns whether the mail was still ours. Never commits.
    """
    if claim.kind == rules.CONFIRM:
        turn: dict[str, Any] = {"kind": rules.REMIND, "not_before": rules.reminder_due_at(now)}
    elif claim.kind == rules.REMIND:
        # No time of day stays on a row that only waits for "send again".
        turn = {"state": rules.KEPT, "not_before": rules.midnight(claim.expires_on)}
    else:
        return _count(_held(delete(OutboxMail), [claim.id], held_until)) == 1
    values = {**turn, "attempts": 0, "last_error": None, "claimed_until": None}
    return _count(_held(update(OutboxMail), [claim.id], held_until).values(values)) == 1


def note_settled(*, claim: Claim, held_until: datetime) -> bool:
    """Record that a request was settled and nothing of it needs to be kept. Never commits."""
    return _count(_held(delete(OutboxMail), [claim.id], held_until)) == 1


def note_postponed(*, claim: Claim, held_until: datetime, retry_at: datetime, reason: str) -> None:
    """Record that a mail did not leave and when it is tried again. reason: names no person. Never commits."""
    values = {
        "attempts": claim.attempts + 1,
        "not_before": retry_at,
        "last_error": reason,
        "claimed_until": None,
    }
    db.session.execute(_held(update(OutboxMail), [claim.id], held_until).values(values))


def note_dead(*, claim: Claim, held_until: datetime, reason: str) -> None:
    """Record that a mail is refused for good. reason: names no person. Never commits."""
    values = {
        "attempts": claim.attempts + 1,
        "state": rules.DEAD,
        "last_error": reason,
        "claimed_until": None,
    }
    db.session.execute(_held(update(OutboxMail), [claim.id], held_until).values(values))


def _held(statement: Any, ids: Sequence[bytes], held_until: datetime) -> Any:
    """Narrow a statement to mails whose claim is ours: whoever claims later writes another time."""
    return statement.where(OutboxMail.id.in_(ids), OutboxMail.claimed_until == held_until)


def _count(statement: Any) -> int:
    """Run a writing statement and return how many rows it touched."""
    options = {"synchronize_session": False}
    count: int = db.session.execute(statement, execution_options=options).rowcount  # type: ignore[attr-defined]
    return count
