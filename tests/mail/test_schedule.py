"""Jobs run when they are due, one worker at a time; the worker's loop outlives what goes wrong."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from campaign_app.extensions import db
from campaign_app.mail import schedule
from campaign_app.mail.models import JobLease
from campaign_app.mail.schedule import Job, add_job, run_due_jobs, run_worker
from tests.statements import sent

from .situations import NOW, queue_confirmation, rows

MINUTE = timedelta(minutes=1)


@pytest.fixture
def count(mail_app):
    """Return the times at which a job that is due every ten minutes ran."""
    runs = []
    mail_app.extensions[schedule.EXTENSION].clear()
    add_job(mail_app, Job("count", 10 * MINUTE, runs.append, lease=30 * MINUTE))
    return runs


def lease_of(name):
    db.session.rollback()
    return db.session.scalar(select(JobLease).where(JobLease.name == name))


def test_a_job_runs_at_once_and_then_when_its_time_has_passed(count):
    for minutes in (0, 1, 9, 10, 11, 25):
        run_due_jobs(now=NOW + minutes * MINUTE)

    assert count == [NOW, NOW + 10 * MINUTE, NOW + 25 * MINUTE]


def test_of_several_workers_one_runs_the_job(mail_app, count):
    start = threading.Barrier(4)

    def work():
        with mail_app.app_context():
            start.wait()
            run_due_jobs(now=NOW)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert count == [NOW]


def test_to_find_that_nothing_is_due_takes_no_turn_to_write(mail_app, count):
    """A worker asks every second, and on SQLite whoever signs would wait for it."""
    for name in ("first", "second"):
        add_job(mail_app, Job(name, 10 * MINUTE, count.append))
    run_due_jobs(now=NOW)

    with sent() as statements:
        run_due_jobs(now=NOW + 9 * MINUTE)

    said = [statement for statement, _ in statements if not statement.startswith("PRAGMA")]
    assert [statement.split()[0] for statement in said if statement != "BEGIN"] == ["SELECT"]


def test_a_job_in_hand_is_not_started_by_another_worker(mail_app, count):
    inner = []

    def looks_again(now):
        inner.extend(run_due_jobs(now=now + 20 * MINUTE))

    add_job(mail_app, Job("outer", 10 * MINUTE, looks_again, lease=30 * MINUTE))
    run_due_jobs(now=NOW)

    assert "outer" not in inner


def test_a_job_whose_worker_died_is_run_by_another_once_its_lease_ends(count, mail_app):
    db.session.add(JobLease(name="count", leased_until=NOW + 30 * MINUTE))
    db.session.commit()

    run_due_jobs(now=NOW + 29 * MINUTE)
    assert count == []

    run_due_jobs(now=NOW + 30 * MINUTE)
    assert count == [NOW + 30 * MINUTE]


def test_what_a_job_wrote_is_committed(mail_app):
    mail_app.extensions[schedule.EXTENSION].clear()
    add_job(mail_app, Job("writes", MINUTE, lambda now: db.session.add(JobLease(name="written"))))

    run_due_jobs(now=NOW)

    assert lease_of("written") is not None


def test_a_job_that_fails_writes_nothing_stops_no_other_and_is_tried_again(mail_app, count, caplog):
    def fails(now):
        db.session.add(JobLease(name="half done"))
        db.session.flush()
        raise LookupError("signer@example.org")

    mail_app.extensions[schedule.EXTENSION].clear()
    add_job(mail_app, Job("fails", timedelta(hours=6), fails))
    add_job(mail_app, Job("count", 10 * MINUTE, count.append))

    first = run_due_jobs(now=NOW)
    too_soon = run_due_jobs(now=NOW + 4 * MINUTE)
    again = run_due_jobs(now=NOW + 5 * MINUTE)

    assert (first, too_soon, again) == (["fails", "count"], [], ["fails"])
    assert lease_of("half done") is None
    assert lease_of("fails").last_error == "LookupError"
    assert "signer" not in caplog.text


def test_two_jobs_cannot_share_a_name(mail_app, count):
    with pytest.raises(ValueError, match="count"):
        add_job(mail_app, Job("count", MINUTE, lambda now: None))


def test_expired_mail_is_deleted_by_the_rooms_own_job(mail_app):
    queue_confirmation(not_before=NOW - timedelta(days=9))

    run_due_jobs(now=NOW)

    assert rows() == []


# -- The loop --


def test_the_worker_sends_what_waits_and_leaves_when_it_is_told_to(relayed_app, relay, monkeypatch):
    monkeypatch.setattr(schedule, "utc_now", lambda: NOW)
    for number in range(3):
        queue_confirmation(to=f"signer{number}@example.org")
    stop = threading.Event()
    thread = threading.Thread(target=run_worker, args=[relayed_app, stop], kwargs={"idle_seconds": 0.01})

    thread.start()
    for _ in range(1000):
        if len(relay.received) == 3:
            break
        stop.wait(0.02)
    stop.set()
    thread.join(timeout=30)

    assert len(relay.received) == 3
    assert not thread.is_alive()


def test_the_worker_outlives_a_database_that_is_away_and_says_nothing_of_its_statements(
    mail_app, monkeypatch, caplog
):
    waits = []

    class Patient(threading.Event):
        def wait(self, timeout=None):
            waits.append(timeout)
            return self.is_set()

    stop = Patient()

    def rounds(app, stop):
        if len(waits) < 7:
            raise OperationalError("INSERT signer@example.org", {}, Exception("gone"))
        stop.set()
        return False

    monkeypatch.setattr(schedule, "_round", rounds)
    run_worker(mail_app, stop, idle_seconds=1.0)

    assert waits == [2, 4, 8, 16, 30, 30, 30, 1.0]
    assert "OperationalError" in caplog.text
    assert "signer" not in caplog.text


def test_the_worker_outlives_a_defect(mail_app, monkeypatch, caplog):
    stop = threading.Event()
    monkeypatch.setattr(schedule, "LONGEST_WAIT_SECONDS", 0.01)
    seen = []

    def rounds(app, stop):
        seen.append(1)
        if len(seen) == 1:
            raise KeyError("signer@example.org")
        stop.set()
        return False

    monkeypatch.setattr(schedule, "_round", rounds)
    run_worker(mail_app, stop)

    assert len(seen) == 2
    assert "signer" not in caplog.text
