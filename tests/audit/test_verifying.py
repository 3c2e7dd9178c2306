"""A chain shows what was changed, taken out, put in or exchanged; its head, kept elsewhere, shows the rest."""

import json
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from campaign_app.audit import queries
from campaign_app.audit.commands import audit, verify
from campaign_app.audit.models import AuditEntry
from campaign_app.audit.operations import record
from campaign_app.audit.rules import BEGINNING, Entry, details_text, time_text, verified
from campaign_app.extensions import db
from tests.record import unguarded

NOW = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)
TEXTS = ("at", "by", "action", "subject", "details", "previous_hash", "hash")


def chain(length):
    """Return entries that follow each other."""
    entries, head = [], BEGINNING
    for nth in range(1, length + 1):
        entry = Entry(
            id=nth,
            at=time_text(NOW + timedelta(minutes=nth)),
            by="command",
            action="petition.move",
            subject=f"petition-{nth}",
            details=details_text({"to": "open", "nth": nth, "title": "نداء"}),
            previous_hash=head,
        )
        entries.append(replace(entry, hash=entry.own_hash))
        head = entries[-1].hash
    return entries


def rehashed(entry, **changes):
    """Return an entry that somebody changed and hashed anew."""
    changed = replace(entry, **changes)
    return replace(changed, hash=changed.own_hash)


positions = st.integers(0, 8)


def test_the_words_that_are_hashed_stay_as_they_are():
    """Whoever changes this changes every chain there is: raise VERSION and keep the old way beside the new one."""
    (entry,) = chain(1)

    assert entry.own_hash == "29b1f65f3e8f5847071630eca82a55edbf88b87ce0c62411ebe30c70262e0544"
    assert entry.details == '{"nth":1,"title":"نداء","to":"open"}'
    assert entry.at == "2026-03-05T12:31:00.000000+00:00"


@given(positions, st.sampled_from(TEXTS), st.data())
def test_any_changed_byte_is_found_where_it_is(position, name, data):
    entries = chain(9)
    text = getattr(entries[position], name)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(codec="utf-8").filter(lambda found: found != text[at]))
    entries[position] = replace(entries[position], **{name: text[:at] + letter + text[at + 1 :]})

    found = verified(entries)

    assert (found.broken_at, found.entries) == (position + 1, position)


@given(positions)
def test_an_entry_that_is_missing_is_found(position):
    entries = chain(9)
    head = entries[-1].hash
    del entries[position]

    found = verified(entries, expected_head=head)

    assert not found.is_whole
    assert found.broken_at == (position + 2 if position < 8 else None)


@given(positions, positions)
def test_two_entries_that_changed_places_are_found(one, other):
    entries = chain(9)
    entries[one], entries[other] = (
        replace(entries[other], id=entries[one].id),
        replace(entries[one], id=entries[other].id),
    )

    found = verified(entries)

    assert found.is_whole == (one == other)
    assert found.broken_at == (None if one == other else min(one, other) + 1)


@given(positions)
def test_an_entry_that_was_put_in_is_found_even_with_a_right_hash(position):
    entries = chain(9)
    new = rehashed(entries[position], subject="never happened")
    later = [replace(entry, id=entry.id + 1) for entry in entries[position:]]

    found = verified([*entries[:position], new, *later])

    assert found.broken_at == position + 2


@given(positions)
def test_a_changed_entry_that_was_hashed_anew_is_found_by_the_next_or_by_the_head(position):
    entries = chain(9)
    head = entries[-1].hash
    entries[position] = rehashed(entries[position], by="somebody else")

    found = verified(entries, expected_head=head)

    assert not found.is_whole
    assert found.broken_at == (position + 2 if position < 8 else None)


@given(positions)
def test_a_record_written_anew_from_some_entry_on_is_told_by_a_head_that_was_kept_and_by_nothing_else(
    position,
):
    kept = chain(9)
    anew = kept[:position]
    for entry in kept[position:]:
        head = anew[-1].hash if anew else BEGINNING
        anew.append(rehashed(entry, by="somebody else", previous_hash=head))

    assert verified(anew).is_whole
    assert not verified(anew, expected_head=kept[-1].hash).is_whole


def test_a_head_that_was_kept_stays_in_a_chain_that_grew():
    entries = chain(9)

    assert verified(entries, expected_head=entries[4].hash).is_whole
    assert verified(entries, expected_head=BEGINNING).is_whole


def test_an_entry_of_an_unknown_version_is_not_taken_for_a_good_one():
    entries = chain(2)
    entries[1] = rehashed(entries[1], version=2)

    assert verified(entries).reason == "it is of a version that is not known here"


@pytest.fixture
def recorded(context):
    """Three entries in the database; their head."""
    for nth in range(3):
        record(action="petition.move", by="command", subject=f"petition-{nth}", now=NOW)
    db.session.commit()
    return queries.verify().head


@pytest.fixture
def run(app):
    """A function that runs one command of a group."""
    return lambda group, *arguments: app.test_cli_runner().invoke(group, arguments)


ROW = {**asdict(chain(3)[2]), "id": 4, "previous_hash": "f" * 64}
TAMPERED = {
    "changed": (update(AuditEntry).where(AuditEntry.id == 2).values(subject="petition-2"), 2),
    "time made unreadable": (update(AuditEntry).where(AuditEntry.id == 2).values(at="yesterday"), 2),
    "taken out": (delete(AuditEntry).where(AuditEntry.id == 2), 3),
    "renumbered": (update(AuditEntry).where(AuditEntry.id == 3).values(id=7), 7),
    "put in": (insert(AuditEntry).values(ROW), 4),
}


@pytest.mark.parametrize(("statement", "broken_at"), TAMPERED.values(), ids=TAMPERED)
def test_the_command_names_the_first_entry_that_does_not_fit(recorded, run, statement, broken_at):
    with unguarded():
        db.session.execute(statement)
    db.session.commit()

    answer = run(verify, "audit")

    assert answer.exit_code == 3
    assert f"BROKEN at entry {broken_at}: " in answer.stderr


def test_the_command_prints_the_head_and_takes_it_back_later(recorded, run):
    first = run(verify, "audit")
    record(action="petition.move", by="command", now=NOW)
    db.session.commit()

    later = run(verify, "audit", "--head", first.stdout.strip(), "--json")

    assert (first.exit_code, first.stdout) == (0, f"{recorded}\n")
    assert later.exit_code == 0
    assert json.loads(later.stdout) == {
        "entries": 4,
        "head": queries.entries()[0].hash,
        "broken_at": None,
        "reason": None,
        "has_expected_head": True,
        "is_whole": True,
    }


def test_a_record_cut_off_at_its_end_is_told_by_the_head_that_was_kept(recorded, run):
    with unguarded():
        db.session.execute(delete(AuditEntry).where(AuditEntry.id == 3))
    db.session.commit()

    assert run(verify, "audit").exit_code == 0
    answer = run(verify, "audit", "--head", recorded)

    assert answer.exit_code == 3
    assert "NOT in this chain" in answer.stderr


def test_what_is_not_a_head_is_wrong_usage(context, run):
    assert run(verify, "audit", "--head", "abc").exit_code == 2


@pytest.mark.usefixtures("recorded")
def test_whoever_holds_the_exported_lines_can_check_the_chain_without_the_database(run):
    record(action="keys.add", by="organiser:1", subject="نداء", now=NOW + timedelta(days=1))
    db.session.commit()

    everything = run(audit, "export").stdout.splitlines()
    some = run(audit, "export", "--action", "keys", "--by", "organiser:1", "--since", "2026-03-06").stdout
    none = run(audit, "export", "--until", "2026-03-04").stdout

    entries = [Entry(**json.loads(line)) for line in everything]
    assert (verified(entries).is_whole, len(entries)) == (True, 4)
    assert some.splitlines() == everything[3:]
    assert none == ""


def test_an_exported_file_is_checked_by_the_command_too(recorded, run, tmp_path):
    lines = run(audit, "export").stdout.splitlines(keepends=True)

    def check(*found, head=recorded):
        file = tmp_path / "record.jsonl"
        file.write_text("".join(found))
        return run(verify, "audit", "--file", str(file), "--head", head)

    whole, cut, torn, other = (
        check(*lines),
        check(*lines[:2]),
        check(lines[0], lines[2]),
        check(*lines, "{}\n"),
    )

    assert [answer.exit_code for answer in (whole, cut, torn, other)] == [0, 3, 3, 1]
    assert "NOT in this chain" in cut.stderr
    assert "BROKEN at entry 3" in torn.stderr
    assert "NOT in this chain" not in torn.stderr  # nobody knows: it broke before
    assert "line 4 is not an entry" in other.stderr


@pytest.mark.usefixtures("context")
def test_a_long_record_is_read_a_part_at_a_time(monkeypatch):
    monkeypatch.setattr(queries, "ROWS_AT_A_TIME", 2)
    for _ in range(4):
        record(action="petition.move", by="command", now=NOW)
    db.session.commit()

    assert (queries.verify().is_whole, queries.verify().entries) == (True, 4)
