"""What the worker does for sealed sheets: makes what was released, and deletes files whose time has come."""

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import or_, select, update

from ..anonymous_logs import place_of
from ..approvals.models import Approval
from ..audit.rules import BY_SYSTEM
from ..clock import utc_now
from ..database import beside, one_moment
from ..extensions import db
from . import operations, rules, sheets
from .all_or_nothing import all_or_nothing, forget_unfinished
from .models import SealedSheet

logger = logging.getLogger(__name__)


class _Cancelled(Exception):
    """Somebody cancelled the sheet while it was written."""


def make_released(*, now: datetime) -> None:
    """Make every sheet that was released and is not made yet. Commits; safe to repeat after a crash."""
    while (sheet_id := _claim(now)) is not None:
        try:
            _make(sheet_id, now)
        except _Cancelled:
            db.session.rollback()
        except Exception as problem:  # the next sheet may do better, and the desk says that this one did not
            db.session.rollback()
            logger.error("exports: a sheet could not be made: %s", place_of(problem))
            _give_up(sheet_id)


def delete_old(*, now: datetime) -> None:
    """Delete the files that are over, and whatever lies there without a sheet that is ready. Commits.

    The time runs from the release: however often a file is made anew, nobody lives on one release for ever. A worker
    that was killed leaves half a file, which nobody else would ever delete.
    """
    released = select(Approval.reference).where(
        Approval.room == sheets.ROOM, Approval.released_at <= now - rules.KEPT_FOR
    )
    db.session.execute(
        update(SealedSheet)
        .where(SealedSheet.state.in_((rules.READY, rules.FAILED)), SealedSheet.reference.in_(released))
        .values(state=rules.OVER)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    kept = set(db.session.scalars(select(SealedSheet).where(SealedSheet.state == rules.READY)))
    names = {sheet.file_name for sheet in kept}
    db.session.rollback()
    for path in sheets.folder().glob("*.nidaa-sheet"):
        if path.name not in names:
            path.unlink(missing_ok=True)
    forget_unfinished(sheets.folder(), before=now - rules.LEFT_ALONE_FOR)


def _claim(now: datetime) -> int | None:
    """Take one sheet in hand that nobody makes, or whose maker was not heard of for minutes. Commits."""
    is_free = or_(
        SealedSheet.state == rules.QUEUED,
        (SealedSheet.state == rules.MAKING) & (SealedSheet.beat_at < now - rules.SILENT_FOR),
    )
    next_one = (
        select(SealedSheet.id)
        .where(is_free)
        .order_by(SealedSheet.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    sheet_id = db.session.scalar(next_one)
    if sheet_id is not None:
        begun = {"state": rules.MAKING, "beat_at": utc_now(), "done": 0}
        db.session.execute(update(SealedSheet).where(SealedSheet.id == sheet_id).values(begun))
    db.session.commit()
    return sheet_id


def _make(sheet_id: int, now: datetime) -> None:
    """Write the file beside its place; it moves there once it is whole and on record."""
    sheet = db.session.get_one(SealedSheet, sheet_id)
    petition_id, kind, purpose, how = sheet.petition_id, sheet.kind, sheet.purpose, sheet.how or ""
    path = sheets.path_of(sheet)
    path.unlink(missing_ok=True)  # an earlier one
    made_at = utc_now()
    with all_or_nothing(path.parent) as unfinished:
        (unfinished / path.name).touch(mode=0o600)
        with (unfinished / path.name).open("wb") as file, one_moment():
            manifest = operations.write_sealed_sheet(
                petition_id=petition_id,
                kind=kind,
                purpose=purpose,
                release=how,
                out=file,
                now=made_at,
                progress=_tell(sheet_id),
            )
        if not sheets.finish(
            sheet_id=sheet_id, manifest=manifest, by=BY_SYSTEM, state=rules.READY, now=utc_now()
        ):
            raise _Cancelled
        db.session.commit()


def _tell(sheet_id: int) -> Callable[[int, int], None]:
    """Return what notes how far it has come, for whoever looks at the desk, and ends the work once it is cancelled."""

    def _note(done: int, rows: int) -> None:
        note = (
            update(SealedSheet)
            .where(SealedSheet.id == sheet_id, SealedSheet.state == rules.MAKING)
            .values(done=done, rows=rows, beat_at=utc_now())
        )
        with beside() as connection:
            if not connection.execute(note).rowcount:
                raise _Cancelled

    return _note


def _give_up(sheet_id: int) -> None:
    db.session.execute(
        update(SealedSheet)
        .where(SealedSheet.id == sheet_id, SealedSheet.state == rules.MAKING)
        .values(state=rules.FAILED)
    )
    db.session.commit()
