"""Makes a sealed backup, puts it on record, and looks after the folder that backups are kept in."""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from ..audit import operations as audit
from ..config import own_version
from ..database import one_moment
from ..petitions.models import Petition
from ..signing import tombstones
from ..signing.models import Signature
from .envelope import Sealer
from .keys import PublicKey
from .problems import BackupProblem
from .rows import columns_of, counts, kept_tables, revision_of, written
from .rules import Header, file_name, no_longer_kept

OWNER_ONLY = 0o600
UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Backup:
    """What was made. deleted: the names of older backups that went."""

    path: Path
    header: Header
    size_bytes: int
    deleted: list[str]


def back_up(*, folder: Path, key: PublicKey, keep: int, now: datetime) -> Backup:
    """Seal the whole database, as it stands at one moment, into a new file; copy the list of withdrawals beside it.

    People sign meanwhile. The file appears when it is whole and on the disk; only then do older ones go.

    keep: how many to keep, this one included. Puts it on record; never commits.
    Raises BackupProblem where one of the same second exists.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / file_name(now)
    if path.exists():
        raise BackupProblem(f"{path.name} exists already: it was made a moment ago")
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        header = _write(unfinished, key, now)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_folder(folder)
    # After the rows: a wish that is in both is done once, one that is in neither would be lost.
    copy_withdrawals(folder=folder)
    deleted = no_longer_kept([each.name for each in folder.iterdir()], keep=keep, now=now)
    for name in deleted:
        (folder / name).unlink(missing_ok=True)
    rows = sum(header.rows.values())
    audit.record(action="backup.make", by="command", subject=path.name, details={"rows": rows}, now=now)
    return Backup(path, header, path.stat().st_size, deleted)


def copy_withdrawals(*, folder: Path) -> None:
    """Copy the list of withdrawals into a folder, whole or not at all. Safe to repeat, as often as you like."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    source, target = tombstones.file_path(), folder / tombstones.FILE_NAME
    if not source.exists():
        return
    unfinished = target.with_name(target.name + UNFINISHED)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as copy, source.open("rb") as lines:
        shutil.copyfileobj(lines, copy)
        copy.flush()
        os.fsync(copy.fileno())
    unfinished.replace(target)
    sync_folder(folder)


def _write(path: Path, key: PublicKey, now: datetime) -> Header:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file, one_moment() as connection:
        tables = kept_tables(connection)
        header = Header(
            made_at=now,
            nidaa=own_version(),
            revision=revision_of(connection),
            tables={table.name: columns_of(table) for table in tables},
            rows=counts(connection, tables),
            people=people_by_petition(connection),
        )
        sealer = Sealer(file, key)
        for line in written(connection, tables, header):
            sealer.write(line)
        sealer.finish()
        file.flush()
        os.fsync(file.fileno())
    return header


def people_by_petition(connection: Connection) -> dict[str, int]:
    """Return how many rows are counted, by petition."""
    rows = connection.execute(
        select(Petition.slug, func.count(Signature.id))
        .outerjoin(Signature, (Signature.petition_id == Petition.id) & (Signature.state == "counted"))
        .group_by(Petition.slug)
        .order_by(Petition.slug)
    )
    return {row[0]: int(row[1]) for row in rows}


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk before going on."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
