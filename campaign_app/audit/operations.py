"""The one way something is put on record: in the transaction of what was done, so that neither is without the other."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from ..extensions import db
from . import rules
from .models import AuditEntry
from .rules import BEGINNING, Entry

# Whoever appends on PostgreSQL holds this until the transaction ends. On SQLite it has the write turn already.
LOCK = int.from_bytes(b"nidaaudt")


def record(
    *,
    action: str,
    by: str,
    subject: str = "",
    details: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Append an entry to the record. Executes at once, in the caller's transaction; never commits.

    Writers wait for each other from here to their commit: call it last, after every other write, or two may wait
    for each other. A rollback takes the entry back without leaving a gap.

    action: words and dots, the room first: "petition.move". by: "organiser:<id>", "command" or "system".
    subject: what it was done to: a slug, the id of a key, "organiser:<id>". details: by name; text, numbers, yes or
    no, days, times, and lists and names of these. Nothing that names a supporter or opens anything. now: aware UTC.
    Raises NotAnEntry.
    """
    rules.check(by=by, action=action, subject=subject)
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    count, head = _head(connection)
    entry = Entry(
        id=count + 1,
        at=rules.time_text(now),
        by=by,
        action=action,
        subject=subject,
        details=rules.details_text(details or {}),
        previous_hash=head,
    )
    connection.execute(insert(AuditEntry), asdict(replace(entry, hash=entry.own_hash)))


def _head(connection: Connection) -> tuple[int, str]:
    """Return the number and the hash of the last entry."""
    last = connection.execute(
        select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    ).first()
    return (last.id, last.hash) if last else (0, BEGINNING)
