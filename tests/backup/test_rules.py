"""Which backups are kept, and which withdrawals are remembered."""

from datetime import date, timedelta

import pytest

from campaign_app.backup.rules import (
    BACKUP_KEPT,
    LEFT_OUT,
    MOST_KEPT,
    Header,
    NotAHeader,
    Withdrawal,
    file_name,
    header_of,
    made_at_of,
    merged,
    no_longer_kept,
    not_yet_applied,
    withdrawals_in,
)
from campaign_app.extensions import db
from campaign_app.signing.rules import TOMBSTONE_KEPT

from .situations import at

NOW = at("2026-03-31")
ROSA = Withdrawal(bytes(16), 1, "withdrawn", date(2026, 3, 5))
LATER = Withdrawal(bytes(16), 1, "withdrawn", date(2026, 3, 7))
ERASED = Withdrawal(bytes([1] * 16), 2, "erased", date(2026, 3, 6))


def name(days_ago: int) -> str:
    return file_name(NOW - timedelta(days=days_ago))


def test_the_newest_are_kept_and_whatever_is_no_backup():
    names = [name(days) for days in range(5)] + ["tombstones.jsonl", "nidaa-x.nidaa-backup", "note.txt"]

    assert set(no_longer_kept(names, keep=3, now=NOW)) == {name(3), name(4)}


def test_none_is_kept_that_outlives_the_memory_of_withdrawals_but_the_newest():
    assert no_longer_kept([name(31), name(30), name(2)], keep=30, now=NOW) == [name(31)]
    assert no_longer_kept([name(90)], keep=30, now=NOW) == []
    assert BACKUP_KEPT < TOMBSTONE_KEPT
    assert timedelta(days=MOST_KEPT) <= BACKUP_KEPT


def test_a_name_tells_when_a_backup_was_made():
    assert made_at_of(file_name(NOW)) == NOW
    assert made_at_of("nidaa-20261340T000000Z.nidaa-backup") is None


def test_a_header_is_read_as_it_was_written():
    header = Header(
        made_at=NOW,
        nidaa="0.1.0",
        revision="0002",
        tables={"petition": [("id", "plain"), ("opens_at", "datetime")]},
        rows={"petition": 2},
        people={"lists": 7},
    )

    assert header_of(header.line) == header
    assert header.signatures == 7


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"{}", b'{"format": "nidaa-backup", "version": 1, "made_at": "2026-03-31"}']
)
def test_a_line_that_is_no_header_is_refused(line):
    with pytest.raises(NotAHeader):
        header_of(line)


def test_a_header_of_a_newer_format_says_what_to_do():
    with pytest.raises(NotAHeader, match="restore it with that one"):
        header_of(b'{"format": "nidaa-backup", "version": 2}')


def test_what_a_crash_cut_short_hides_none_of_its_neighbours():
    torn = ROSA.line[:40] + ERASED.line + LATER.line

    assert withdrawals_in(torn) == ([ERASED, LATER], 40)
    assert withdrawals_in("") == ([], 0)


def test_copies_of_the_list_are_put_together_and_repeats_within_one_stay():
    assert merged([LATER, ROSA, ROSA], [ROSA, ERASED]) == [ROSA, ROSA, ERASED, LATER]


def test_a_wish_that_the_database_has_seen_is_not_done_again_though_the_same_came_twice():
    seen = (ROSA.signature, ROSA.kind, ROSA.day)

    assert not_yet_applied([ROSA, ERASED], [seen]) == [ERASED]
    assert not_yet_applied([ROSA, ROSA], [seen]) == [ROSA]


def test_what_is_left_out_is_called_as_the_tables_are():
    assert set(LEFT_OUT) <= set(db.metadata.tables)
