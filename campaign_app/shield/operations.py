"""Spend a single-use token, once. Core statements, built once: a supporter waits for them."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Table, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from ..errors import Refusal
from ..extensions import db
from ..prepared import AnyConnection, Prepared
from .models import Spent
from .rules import spent_until

_SPENT: Table = Spent.__table__  # type: ignore[assignment]
_INSERT = {
    "sqlite": Prepared(sqlite.insert(_SPENT).on_conflict_do_nothing()),
    "postgresql": Prepared(postgresql.insert(_SPENT).on_conflict_do_nothing()),
}
_BODY_MAC = Prepared(select(_SPENT.c.body_mac).where(_SPENT.c.hash == bindparam("hash")))


class NonceSpent(Refusal):
    """The token was used before, with another body: the form must be shown again, with a fresh one."""


def body_mac(*, nonce: bytes, body: Sequence[str]) -> bytes:
    """Return a digest of what a form carried, by which a double submit is recognised.

    Keyed with the nonce, which is not stored: from the stored digests nobody can test a name or an
    address, whatever other keys they hold.

    body: the values of the form that matter, always in the same order.
    """
    content = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
    return hmac.digest(nonce, content, "sha256")


def spend(
    *, nonce: bytes, body_mac: bytes, now: datetime, connection: AnyConnection | None = None
) -> Literal["new", "same"]:
    """Use a nonce in the caller's transaction: "new" once, then "same" for the same body.

    Two requests with one nonce at one moment: the database lets one insert it, and the other waits for
    that to commit. On "same" the caller changes nothing and shows the page it showed before.

    nonce: from `work.verify` or `check_token.check`. connection: the session's, if at hand.
    Raises NonceSpent. Executes; never commits.
    """
    row = spent_row(nonce=nonce, body_mac=body_mac, now=now)
    connection = connection or db.session.connection()
    if _INSERT[connection.dialect.name].run(connection, row).rowcount == 1:
        return "new"
    accept_repeat(row, connection)
    return "same"


def spent_row(*, nonce: bytes, body_mac: bytes, now: datetime) -> dict[str, Any]:
    """Return the columns that record a nonce as used: for `spend`, or for a caller's own statement."""
    return {"hash": hashlib.sha256(nonce).digest(), "body_mac": body_mac, "expires_at": spent_until(now)}


def accept_repeat(row: Mapping[str, Any], connection: AnyConnection) -> None:
    """Accept a nonce that is recorded already with the same body. Raises NonceSpent for another body."""
    known = _BODY_MAC.run(connection, {"hash": row["hash"]}).rows
    if not known or not hmac.compare_digest(known[0][0], row["body_mac"]):
        raise NonceSpent("used before, with another body")


def sweep_spent(*, now: datetime, limit: int = 5_000) -> int:
    """Delete records that have expired, at most `limit` at a time. Returns how many; never commits."""
    expired = select(_SPENT.c.hash).where(_SPENT.c.expires_at < now).limit(limit)
    deleted: Any = db.session.execute(delete(_SPENT).where(_SPENT.c.hash.in_(expired)))
    return int(deleted.rowcount)
