"""Begins, cancels and undoes a run that takes signatures out of the count; the worker takes its steps.

Flushes; never commits. Each act goes on record in the transaction that does it.
"""

from datetime import datetime, timedelta

from sqlalchemy import select

from ..accounts.models import Organiser
from ..audit.operations import record
from ..audit.rules import BY_SYSTEM
from ..clock import utc_day, utc_now
from ..errors import Refusal
from ..extensions import db
from ..petitions.models import Petition
from . import batches
from .models import Invalidation
from .rules import ACTIVE, ENDS_AS, Rule

STEPS_LAST = timedelta(seconds=10)  # then the worker looks after its mail again


class NothingStated(Refusal):
    """A rule that states nothing would take out everyone."""


class NobodyFits(Refusal):
    """Nobody counted fits the rule."""


class PreviewOutdated(Refusal):
    """More people fit the rule than the preview showed."""


class AnotherRunUnderWay(Refusal):
    """One run at a time takes out or puts back signatures of a petition."""


class NotInThatState(Refusal):
    """The run has ended, or was undone already."""


def invalidate(
    *,
    petition: Petition,
    rule: Rule,
    reason: str,
    note: str,
    expected: int,
    fitting: int,
    by: Organiser,
    now: datetime,
) -> Invalidation:
    """Have the worker take everyone out of the count whom a rule fits; return the run.

    expected: how many the preview showed. fitting: how many fit now: signatures of the day may have come since,
    but no more than one in ten. reason: one of INVALIDATION_REASONS, published. note: for organisers.
    Raises NothingStated, NobodyFits, PreviewOutdated, AnotherRunUnderWay. Flushes; never commits.
    """
    if not rule.says_something:
        raise NothingStated
    if not fitting:
        raise NobodyFits
    if fitting > expected * 1.1:
        raise PreviewOutdated
    _lock(petition)
    if active_run(petition.id) is not None:
        raise AnotherRunUnderWay
    until = min(rule.last_on or utc_day(now), utc_day(now))
    run = Invalidation(
        petition_id=petition.id,
        domain_tag=rule.domain_tag,
        source=rule.source,
        path=rule.path,
        country=rule.country,
        language=rule.language,
        first_on=rule.first_on,
        last_on=until,
        reason=reason,
        note=note,
        state="running",
        expected=fitting,
        started_by_id=by.id,
        started_at=now,
    )
    db.session.add(run)
    db.session.flush()
    told = {"run": run.id, "reason": reason, "note": note, "expected": fitting, "rule": run.rule.told}
    record(action="integrity.invalidate", by=by.audit_name, subject=petition.slug, details=told, now=now)
    return run


def cancel(*, run: Invalidation, by: Organiser, now: datetime) -> None:
    """Stop a run and have the worker put back whom it took out so far. Raises NotInThatState. Never commits."""
    _change(run, {"running"}, "cancelling", by, now)


def undo(*, run: Invalidation, by: Organiser, now: datetime) -> None:
    """Have the worker put back everyone whom a run took out and who is still out. Raises as `cancel`, or
    AnotherRunUnderWay. Never commits.
    """
    _lock(run.petition)
    if active_run(run.petition_id) not in (None, run):
        raise AnotherRunUnderWay
    _change(run, {"done"}, "undoing", by, now)


def active_run(petition_id: int) -> Invalidation | None:
    """Return the run of a petition that the worker has still to do with."""
    return db.session.scalar(
        select(Invalidation).where(Invalidation.petition_id == petition_id, Invalidation.state.in_(ACTIVE))
    )


def work(*, now: datetime) -> int:
    """Take steps of the runs under way, for some seconds, and commit each; return how many steps that were.

    A worker that dies on the way leaves whole steps; another goes on from there.
    """
    steps = 0
    until = utc_now() + STEPS_LAST
    while utc_now() < until and step(now=now):
        db.session.commit()
        steps += 1
    return steps


def step(*, now: datetime) -> bool:
    """Take one step of the oldest run under way; return whether there was one. Flushes; never commits."""
    run = db.session.scalar(
        select(Invalidation)
        .where(Invalidation.state.in_(ACTIVE))
        .order_by(Invalidation.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if run is None:
        return False
    if run.state == "running":
        is_over = _take_out(run, now)
    else:
        moved = batches.put_back(run, now)
        run.put_back += moved
        is_over = not moved
    if is_over:
        _end(run, now)
    db.session.flush()
    return True


def _take_out(run: Invalidation, now: datetime) -> bool:
    """Take a batch out, or go on to the next day; return whether there is no further one."""
    if run.day is not None:
        moved = batches.take_out(run, now)
        run.taken_out += moved
        if moved:
            return False
    run.day = batches.next_day(run.petition_id, run.day, run.rule)
    return run.day is None


def _end(run: Invalidation, now: datetime) -> None:
    run.state, run.ended_at, run.day = ENDS_AS[run.state], now, None
    db.session.flush()
    told = {"run": run.id, "taken_out": run.taken_out, "put_back": run.put_back}
    record(action=f"integrity.{run.state}", by=BY_SYSTEM, subject=run.petition.slug, details=told, now=now)


def _change(run: Invalidation, states: set[str], to: str, by: Organiser, now: datetime) -> None:
    db.session.refresh(run, with_for_update=True)
    if run.state not in states:
        raise NotInThatState
    run.state = to
    db.session.flush()
    told = {"run": run.id, "taken_out": run.taken_out}
    record(action=f"integrity.{to}", by=by.audit_name, subject=run.petition.slug, details=told, now=now)


def _lock(petition: Petition) -> None:
    """Let one organiser at a time begin a run of a petition."""
    db.session.execute(select(Petition.id).where(Petition.id == petition.id).with_for_update())
