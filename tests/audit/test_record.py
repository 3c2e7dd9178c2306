"""What is put on record stands with what was done or not at all, and nobody changes it afterwards."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from campaign_app.audit import queries
from campaign_app.audit.models import AuditEntry
from campaign_app.audit.operations import record
from campaign_app.audit.queries import Filter
from campaign_app.audit.rules import BEGINNING, NotAnEntry
from campaign_app.extensions import db

NOW = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)
WRITERS, EACH = 8, 5


def write(count=1, *, action="petition.move", by="command", now=NOW, **more):
    """Put entries on record and commit."""
    for nth in range(count):
        record(action=action, by=by, subject=f"subject {nth}", now=now, **more)
    db.session.commit()


@pytest.mark.usefixtures("context")
def test_an_entry_says_what_was_done_by_whom_to_what_and_when():
    write(by="organiser:3", details={"to": "open", "on": date(2026, 3, 5), "people": 12, "title": "نداء"})

    (entry,) = queries.entries()

    assert (entry.id, entry.action, entry.by, entry.subject) == (
        1,
        "petition.move",
        "organiser:3",
        "subject 0",
    )
    assert entry.happened_at == NOW
    assert entry.told == {"to": "open", "on": "2026-03-05", "people": 12, "title": "نداء"}
    assert entry.previous_hash == BEGINNING


@pytest.mark.usefixtures("context")
def test_what_is_rolled_back_leaves_neither_entry_nor_gap():
    write(2)
    record(action="petition.move", by="command", now=NOW)
    db.session.rollback()
    write(1)

    assert [entry.id for entry in queries.oldest_first()] == [1, 2, 3]
    assert queries.verify().is_whole


@pytest.mark.parametrize(
    "wrong",
    [
        {"action": "move"},
        {"action": "Petition.move"},
        {"action": "petition." + "x" * 64},
        {"by": ""},
        {"by": "x" * 65},
        {"subject": "x" * 201},
        {"subject": "two\nlines"},
        {"details": {"never": {1, 2}}},
        {"details": {"never": float("nan")}},
        {"details": {"long": "x" * 20_000}},
        {"now": datetime(2026, 3, 5)},  # noqa: DTZ001 - naive is what is refused
    ],
)
@pytest.mark.usefixtures("context")
def test_what_no_entry_can_hold_is_refused(wrong):
    with pytest.raises(NotAnEntry):
        record(**{"action": "petition.move", "by": "command", "now": NOW, **wrong})

    assert queries.entries() == []


CHANGES = {
    "changed": update(AuditEntry).where(AuditEntry.id == 2).values(by="somebody else"),
    "deleted": delete(AuditEntry).where(AuditEntry.id == 2),
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
@pytest.mark.usefixtures("context")
def test_the_database_itself_refuses_to_change_an_entry(statement):
    write(3)

    with pytest.raises(DBAPIError, match="an entry of the record is never"):
        db.session.execute(statement)

    db.session.rollback()
    assert queries.verify().entries == 3


@pytest.mark.usefixtures("context")
def test_the_database_itself_refuses_to_empty_the_record_or_to_replace_an_entry():
    write(3)
    is_sqlite = db.session.connection().dialect.name == "sqlite"
    replaced = (
        insert(AuditEntry)
        .prefix_with("OR REPLACE")
        .from_select(
            [column.key for column in AuditEntry.__table__.c], select(AuditEntry).where(AuditEntry.id == 2)
        )
    )

    with pytest.raises(DBAPIError, match="an entry of the record is never"):
        db.session.execute(replaced if is_sqlite else text("TRUNCATE audit_entry"))

    db.session.rollback()
    assert queries.verify().entries == 3


def test_many_writers_at_once_leave_one_unbroken_chain(app):
    def work(number):
        with app.app_context():
            for _ in range(EACH):
                write(by=f"organiser:{number}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with app.app_context():
        found = queries.verify()
        assert (found.is_whole, found.entries) == (True, WRITERS * EACH)
        assert {entry.by for entry in queries.oldest_first()} == {f"organiser:{n}" for n in range(WRITERS)}


@pytest.mark.usefixtures("context")
def test_entries_are_found_by_what_was_done_by_whom_and_on_which_days():
    write(1, now=NOW - timedelta(days=1))
    write(1, action="petition.write", by="organiser:1")
    write(1, action="keys.add", now=NOW + timedelta(days=1))
    write(1, action="petitions.x", now=NOW + timedelta(days=2))

    def found(**wanted):
        return [entry.id for entry in queries.entries(Filter(**wanted))]

    assert found() == [4, 3, 2, 1]
    assert found(action="petition.") == [2, 1]
    assert found(action="petition%") == []
    assert found(by="organiser:1") == [2]
    assert found(first_day=NOW.date(), last_day=NOW.date()) == [2]
    assert found(first_day=NOW.date() + timedelta(days=1)) == [4, 3]


@pytest.mark.usefixtures("context")
def test_pages_of_entries_follow_each_other_newest_first():
    write(5)

    first = queries.entries(limit=2)
    second = queries.entries(limit=2, before=first[-1].id)

    assert [entry.id for entry in (*first, *second)] == [5, 4, 3, 2]
