"""Withdrawals and erasures remembered for as long as a backup lives, so that a restore cannot undo them.

Each is a row, and a line in a file that is shipped apart from the backups. The line is written and
synced before the transaction commits: a line too many repeats a wish that was expressed; a line too few
would bring a withdrawn signature back.
"""

import json
import os
import secrets
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import delete, insert

from ..clock import utc_day
from ..columns import KEY_BYTES
from ..config import settings
from ..extensions import db
from .models import Tombstone
from .rules import TOMBSTONE_KEPT

FILE_NAME = "tombstones.jsonl"


def add(*, signature_id: bytes, petition_id: int, kind: str, now: datetime) -> None:
    """Remember that a signature was withdrawn or erased. Executes; never commits."""
    day = utc_day(now)
    line = json.dumps(
        {"signature": signature_id.hex(), "petition": petition_id, "kind": kind, "day": day.isoformat()}
    )
    path = file_path()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a", encoding="ascii") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())
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
    """Yield (signature id, kind, day) of every remembered withdrawal, oldest first."""
    with path.open(encoding="ascii") as file:
        for line in file:
            row = json.loads(line)
            yield bytes.fromhex(row["signature"]), row["kind"], date.fromisoformat(row["day"])


def forget_old(*, now: datetime) -> None:
    """Delete the rows that no living backup can need. Executes; never commits."""
    db.session.execute(delete(Tombstone).where(Tombstone.day < utc_day(now) - TOMBSTONE_KEPT))
