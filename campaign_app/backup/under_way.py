"""What was under way when a backup was made ends with its restore, since nobody knows any more what became of it.

A release that was used since must not be used twice, a sheet that was cancelled since must not come back, and no update
may go once more to those whom it reached. Whoever still wants it asks anew. What was shut here stays shut.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from ..approvals.models import Approval
from ..approvals.rules import CANCELLED, OPEN_STATES
from ..audit.rules import BY_COMMAND
from ..database import one_moment
from ..exports import rules as sheets
from ..exports.models import SealedSheet
from ..extensions import db
from ..lockdown import operations as lockdown
from ..lockdown.models import LockdownOrder
from ..lockdown.rules import STAYS
from ..updates import rules as updates
from ..updates.models import Mailing
from .rows import tables_of


def shut_here() -> list[str]:
    """Return the parts of a lockdown that are in force in the database that a restore replaces."""
    with one_moment() as connection:
        if not tables_of(connection, [LockdownOrder.__tablename__]):
            return []
        return list(connection.scalars(select(LockdownOrder.part).where(LockdownOrder.part.in_(STAYS))))


def end(*, shut: Collection[str], now: datetime) -> int:
    """End what was under way in the current database, and shut what was shut; return how many things that ended.

    shut: as `shut_here` told it before. Executes; never commits.
    """
    for part in shut:
        lockdown.order(part=part, by=BY_COMMAND, now=now)
    ended: int = _set(Approval, OPEN_STATES, CANCELLED, settled_at=now)
    ended += _set(SealedSheet, sheets.CANCELLABLE, sheets.CANCELLED)
    ended += _set(Mailing, (updates.ASKED,), updates.DRAFT)
    ended += _set(Mailing, updates.HAS_KEY, updates.STOPPED, ended_at=now)
    return ended


def _set(model: Any, states: Collection[str], to: str, **more: Any) -> int:
    changed = update(model).where(model.state.in_(states)).values(state=to, **more)
    return db.session.connection().execute(changed).rowcount
