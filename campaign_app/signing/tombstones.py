"""Wishes remembered for as long as a backup lives, so that a restore cannot undo them.

Of whoever withdrew, was erased, hid a name or stopped the news. That organisers took somebody out of the count is no
wish of a signer and is not here: the runs and whom they took out are in the backup itself.

Each is a row, and a line in a file that is shipped apart from the backups. The line is written and
synced before the transaction commits: a line too many repeats a wish that was expressed; a line too few
would bring a withdrawn signature back.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import delete, insert

from ..clock import utc_day
from ..columns import KEY_BYTES
from ..config import settings
from ..extensions import db
from .models import Tombstone
from .rules import TOMBSTONE_KEPT

KINDS = ("withdrawn", "erased", "hidden", "no-updates")
FILE_NAME = "tombstones.jsonl"


def add(*, signature_id: bytes, petition_id: int, kind: str, now: datetime) -> None:
    """Remember a wish about a signature. kind: one of KINDS. Executes; never commits."""
    day = utc_day(now)
    line = json.dumps(
        {"signature": signature_id.hex(), "petition": petition_id, "kind": kind, "day": day.isoformat()}
    )
    with _file_to_ourselves() as path:
        _write(path, [f"{line}\n"], os.O_APPEND)
    db.session.execute(
        insert(Tombstone).values(
            id=secrets.token_bytes(KEY_BYTES),
            signature_id=signature_id,
            petition_id=petition_id,
            kind=kind,
            day=day,
        )
    )


def file_path() -> Path:
    """Return where the lines are kept."""
    return settings().home / FILE_NAME


def lines(path: Path) -> Iterator[tuple[bytes, str, date]]:
    """Yield (signature id, kind, day) of every remembered wish, oldest first."""
    with path.open(encoding="ascii") as file:
        for line in file:
            row = json.loads(line)
            yield bytes.fromhex(row["signature"]), row["kind"], date.fromisoformat(row["day"])


def forget_old(*, now: datetime) -> None:
    """Delete the rows and lines that no living backup can need. Executes; never commits."""
    first_day = utc_day(now) - TOMBSTONE_KEPT
    db.session.execute(delete(Tombstone).where(Tombstone.day < first_day))
    with _file_to_ourselves() as path:
        found = path.read_text(encoding="ascii").splitlines(keepends=True) if path.exists() else []
        kept = [line for line in found if not _is_before(line, first_day)]
        if kept != found:
            unfinished = path.with_suffix(".unfinished")
            _write(unfinished, kept, os.O_TRUNC)
            unfinished.replace(path)


@contextmanager
def _file_to_ourselves() -> Iterator[Path]:
    """Let one process at a time write the lines."""
    path = file_path()
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield path
    finally:
        os.close(descriptor)


def _write(path: Path, written: list[str], how: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.writelines(written)
        file.flush()
        os.fsync(file.fileno())


def _is_before(line: str, day: date) -> bool:
    """Whether a line is of an earlier day; one that a crash cut short is kept."""
    try:
        return date.fromisoformat(json.loads(line)["day"]) < day
    except (ValueError, KeyError, TypeError):
        return False
