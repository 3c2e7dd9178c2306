"""Storing a request: the token that it used up, the request itself, its mail. All three once, or none.

SQLite lives in this process, where three inserts cost what they write. PostgreSQL does not, and there a round
trip costs as much as an insert: so the three are one statement.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, insert, select
from sqlalchemy.dialects import postgresql

from ..extensions import db
from ..mail import operations as mail
from ..mail.models import OutboxMail
from ..shield import operations as shield
from ..shield.models import Spent
from .models import Pending

_SPENT: Table = Spent.__table__  # type: ignore[assignment]
_PENDING: Table = Pending.__table__  # type: ignore[assignment]
_OUTBOX: Table = OutboxMail.__table__  # type: ignore[assignment]
_INSERT_PENDING = insert(_PENDING)


def store(
    *,
    nonce: bytes,
    body_mac: bytes,
    pending: Mapping[str, Any],
    kind: str,
    sealed_mail: bytes,
    not_before: datetime,
    now: datetime,
) -> bool:
    """Store a new request and return True; the same body under the same nonce changes nothing.

    pending: its columns. kind, sealed_mail, not_before: of its mail.
    Raises shield's NonceSpent where the nonce came with another body. Executes; never commits.
    """
    letter = {
        "kind": kind,
        "about": pending["id"],
        "sealed": sealed_mail,
        "not_before": not_before,
        "expires_on": pending["expires_on"],
    }
    if db.session.connection().dialect.name == "postgresql":
        return _store_at_once(
            shield.spent_row(nonce=nonce, body_mac=body_mac, now=now), pending, mail.waiting_row(**letter)
        )
    if shield.spend(nonce=nonce, body_mac=body_mac, now=now) == "same":
        return False
    db.session.connection().execute(_INSERT_PENDING, pending)
    mail.queue(**letter)
    return True


def _store_at_once(spent: Mapping[str, Any], pending: Mapping[str, Any], letter: Mapping[str, Any]) -> bool:
    values = {f"spent_{name}": value for name, value in spent.items()}
    values.update((f"pending_{name}", value) for name, value in pending.items())
    values.update((f"outbox_{name}", value) for name, value in letter.items())
    if db.session.connection().execute(_AT_ONCE, values).rowcount:
        return True
    shield.accept_repeat(spent)
    return False


def _parameters(table: Table, *, without: tuple[str, ...] = ()) -> dict[str, BindParameter[Any]]:
    """Return a parameter for each column; its name begins with the table's, since three tables share one statement."""
    return {
        column.name: bindparam(f"{table.name}_{column.name}", type_=column.type)
        for column in table.columns
        if column.name not in without
    }


def _at_once() -> Any:
    """Build WITH spent AS (INSERT … ON CONFLICT DO NOTHING …), pending AS (INSERT … SELECT … FROM spent …) INSERT …

    A nonce that was spent before returns no row, and so nothing else is inserted.
    """
    spent = (
        postgresql.insert(_SPENT)
        .values(_parameters(_SPENT))
        .on_conflict_do_nothing()
        .returning(_SPENT.c.hash)
        .cte("newly_spent")
    )
    of_pending = _parameters(_PENDING)
    pending = (
        insert(_PENDING)
        .from_select(list(of_pending), select(*of_pending.values()).select_from(spent))
        .returning(_PENDING.c.id)
        .cte("newly_pending")
    )
    of_mail = _parameters(_OUTBOX, without=("last_error", "claimed_until"))
    queued = insert(_OUTBOX).from_select(
        list(of_mail), select(*of_mail.values()).select_from(pending), include_defaults=False
    )
    return queued.execution_options(preserve_rowcount=True)


_AT_ONCE = _at_once()
