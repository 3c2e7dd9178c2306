"""Periodic jobs, and the loop that `campaign worker` runs: mail first, then whatever is due.

A job is leased by a row, so that of several workers one runs it; a worker that dies loses its lease.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import Flask, current_app
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from ..anonymous_logs import place_of
from ..clock import utc_now
from ..database import reading
from ..extensions import db
from . import operations
from .hooks import hooks
from .models import JobLease
from .worker import run_batch

logger = logging.getLogger(__name__)

EXTENSION = "nidaa_jobs"
RETRY_AFTER_FAILURE = timedelta(minutes=5)
IDLE_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0  # between attempts while the database is away


@dataclass(frozen=True)
class Job:
    """Something done again and again, by one worker at a time.

    run: given the time; commits where it likes, and is committed at its end. It must be safe to
    repeat: after a crash it begins again. lease: longer than one run can take.
    """

    name: str
    every: timedelta
    run: Callable[[datetime], object]
    lease: timedelta = timedelta(hours=1)

    def may_begin(self, known: "_Lease | None", now: datetime) -> bool:
        """Whether it is due and nobody has it, as far as was read; only taking the lease settles that."""
        if known is None:
            return True
        is_free = known.until is None or known.until <= now
        return is_free and (known.last_run_at is None or known.last_run_at <= now - self.every)


class _Lease(NamedTuple):
    """When a job ran last, and until when a worker has it."""

    last_run_at: datetime | None
    until: datetime | None


def add_job(app: Flask, job: Job) -> None:
    """Have the workers of an application run a job. Raises ValueError when the name is taken."""
    jobs: dict[str, Job] = app.extensions.setdefault(EXTENSION, {})
    if job.name in jobs:
        raise ValueError(f"two jobs are called {job.name!r}")
    jobs[job.name] = job


def register(app: Flask) -> None:
    """Add the room's own job: mails whose links no longer work are deleted within the hour."""
    add_job(app, Job("expired mail", timedelta(hours=1), lambda now: operations.delete_expired(now=now)))


def run_due_jobs(*, now: datetime, stop: threading.Event | None = None) -> list[str]:
    """Run each job that is due and that no other worker runs; return their names. Commits.

    What is due is read first: on SQLite each lease takes the one turn to write, and this is asked every second.
    """
    done = []
    jobs: dict[str, Job] = current_app.extensions.get(EXTENSION, {})
    leases = _leases()
    for job in jobs.values():
        if stop is not None and stop.is_set():
            break
        if job.may_begin(leases.get(job.name), now) and _lease(job, now):
            _run(job, now)
            done.append(job.name)
    return done


def run_worker(app: Flask, stop: threading.Event, *, idle_seconds: float = IDLE_SECONDS) -> None:
    """Send mail and run jobs until `stop` is set; the mail in hand is finished first.

    While the database is away the loop waits longer and longer, up to half a minute.
    """
    wait = idle_seconds
    while not stop.is_set():
        try:
            is_busy = _round(app, stop)
            wait = 0.0 if is_busy else idle_seconds
        except SQLAlchemyError as problem:
            logger.error("worker: the database failed: %s", place_of(problem))
            wait = min(max(wait, idle_seconds) * 2, LONGEST_WAIT_SECONDS)
        except Exception as problem:  # a worker that ends sends nothing: say so and go on
            logger.error("worker: a round failed: %s", place_of(problem))
            wait = LONGEST_WAIT_SECONDS
        stop.wait(wait)


def _round(app: Flask, stop: threading.Event) -> bool:
    """Do what is due once, in a context of its own so that no session outlives it."""
    with app.app_context():
        for prepare in hooks().before_batch:
            _prepare(prepare)
        report = run_batch(now=utc_now(), stop=stop)
        run_due_jobs(now=utc_now(), stop=stop)
        return report.did_anything


def _prepare(prepare: Callable[[datetime], None]) -> None:
    """Let a room above put mails into the outbox. What fails there must not keep other mail waiting."""
    try:
        prepare(utc_now())
    except SQLAlchemyError:
        raise
    except Exception as problem:
        logger.error("worker: mails could not be prepared: %s", place_of(problem))
    db.session.rollback()


def _leases() -> dict[str, _Lease]:
    columns = JobLease.name, JobLease.last_run_at, JobLease.leased_until
    with reading():
        rows = db.session.execute(select(*columns))
        return {name: _Lease(last_run_at, until) for name, last_run_at, until in rows}


def _lease(job: Job, now: datetime) -> bool:
    """Take a due job for ourselves; False when it is not due or another worker has it. Commits."""
    is_free = or_(JobLease.leased_until.is_(None), JobLease.leased_until <= now)
    is_due = or_(JobLease.last_run_at.is_(None), JobLease.last_run_at <= now - job.every)
    taken = db.session.execute(
        update(JobLease)
        .where(JobLease.name == job.name, is_free, is_due)
        .values(leased_until=now + job.lease)
        .execution_options(synchronize_session=False)
    )
    if taken.rowcount == 1:  # type: ignore[attr-defined]
        db.session.commit()
        return True
    if db.session.scalar(select(JobLease.name).where(JobLease.name == job.name)) is not None:
        db.session.rollback()
        return False
    db.session.add(JobLease(name=job.name, leased_until=now + job.lease))
    try:
        db.session.commit()
    except IntegrityError:  # another worker was first
        db.session.rollback()
        return False
    return True


def _run(job: Job, now: datetime) -> None:
    outcome: dict[str, object] = {"last_run_at": now, "leased_until": None, "last_error": None}
    try:
        job.run(now)
        db.session.commit()
    except Exception as problem:  # the other jobs go on
        db.session.rollback()
        logger.error("worker: the job %s failed: %s", job.name, place_of(problem))
        retry_at = now + min(job.every, RETRY_AFTER_FAILURE)
        outcome = {"leased_until": retry_at, "last_error": type(problem).__name__}
    db.session.execute(
        update(JobLease)
        .where(JobLease.name == job.name, JobLease.leased_until == now + job.lease)
        .values(outcome)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
