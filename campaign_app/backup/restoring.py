"""Puts a backup in the place of the database: all of it or, whatever happens on the way, nothing of it.

On SQLite a new file is filled beside the old one and takes its name at the end; on PostgreSQL everything is one
transaction. Both are an application of their own, whose data folder is thrown away: what the replayed withdrawals
write down by themselves goes there.
"""

import fcntl
import os
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, Select, func, select, text, update

from ..app import create_app
from ..audit import operations as audit
from ..config import settings
from ..database import one_moment
from ..extensions import db
from ..petitions.models import Petition
from ..signing import tombstones
from ..signing.models import Pending, Signature
from ..signing.recount import Recount, recount
from . import under_way
from .envelope import opened
from .keys import SecretKey
from .operations import sync_folder
from .problems import NotABackup, RestoreRefused
from .replay import replay, write_list
from .rows import (
    bring_to,
    known_revisions,
    lines_of,
    load,
    make_tables,
    read_header,
    read_rows,
    tables_of,
)
from .rules import BACKUP_KEPT, Header, Withdrawal, file_name

BESIDE = "restoring"
LOCK = "restoring.lock"
IN_USE = "the database is in use: stop the server and its worker first (`systemctl stop nidaa`)"
OTHERS_LEAVE_SECONDS = 3
OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@dataclass(frozen=True)
class Present:
    """What a restore would take the place of. petitions: those that are no longer drafts."""

    signatures: int = 0
    requests: int = 0
    petitions: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nobody has signed here and no petition was ever opened, as after `campaign init`."""
        return not (self.signatures or self.requests or self.petitions)


@dataclass
class Restored:
    """What came of it. replayed: kind of withdrawal → how many. recounts: petition → cells against rows.

    hidden: how many names that were shown by choice are not shown any more. ended: how many releases, sheets and
    updates were under way on the day of the backup, and are over.
    """

    replayed: Counter[str] = field(default_factory=Counter)
    hidden: int = 0
    ended: int = 0
    recounts: dict[str, Recount] = field(default_factory=dict)


def verified(file: BinaryIO, secret: SecretKey) -> Header:
    """Read a sealed backup to its end and return what it says of itself; nothing is kept and nothing touched.

    Raises NotABackup, SealedToAnotherKey.
    """
    file.seek(0)
    lines = lines_of(opened(file, secret))
    header = read_header(lines)
    found: Counter[str] = Counter()
    for table, rows in read_rows(header, lines):
        found[table] += len(rows)
    if {table: count for table, count in header.rows.items() if count} != dict(found):
        raise NotABackup("this backup does not hold the rows that it says it holds")
    return header


def refuse_unfit(header: Header, *, now: datetime, is_too_old_fine: bool) -> None:
    """Refuse a backup of a newer version, and one that outlived the memory of withdrawals. Raises RestoreRefused."""
    if header.revision not in known_revisions():
        raise RestoreRefused(
            f"a newer version of Nidaa made this backup (tables of form {header.revision}): install that one first"
        )
    if is_too_old(header, now=now) and not is_too_old_fine:
        raise RestoreRefused(
            "this backup is older than 30 days: who withdrew soon after it is no longer remembered, and would be "
            "counted again. If you have no other, add --although-too-old"
        )


def is_too_old(header: Header, *, now: datetime) -> bool:
    """Whether a backup outlived the memory of what signers wished since."""
    return now - header.made_at > BACKUP_KEPT


def present() -> Present:
    """Return what the current database holds; a database without tables holds nothing."""
    with one_moment() as connection:
        names = {table.name for table in tables_of(connection)}
        if not {"signature", "pending", "petition"} <= names:
            return Present()
        return Present(
            signatures=_count(connection, select(func.count()).select_from(Signature)),
            requests=_count(connection, select(func.count()).select_from(Pending)),
            petitions=_count(connection, select(func.count(Petition.id)).where(Petition.state != "draft")),
        )


def refuse_in_use() -> None:
    """Find out before anything long begins that others use the database. Raises RestoreRefused."""
    db.session.remove()
    db.engine.dispose()
    with _nobody_else():
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect() as connection:
                _refuse_others(connection)
    db.engine.dispose()


def restore(
    file: BinaryIO, *, secret: SecretKey, remembered: Sequence[Withdrawal], shows_names: bool, now: datetime
) -> Restored:
    """Put the backup in the place of the current database, do again what signers wished since, and count again.

    file: as `verified` found it. shows_names: whether names are shown as on the day of the backup, but those hidden
    since; otherwise none is, since nobody remembers who has hidden theirs since.

    The server and its worker must not run. Commits; a process that is killed on the way leaves the old database as it
    was. Safe to repeat. Raises RestoreRefused where the database is in use.
    """
    shut = under_way.shut_here()
    db.session.remove()
    db.engine.dispose()
    own_list = tombstones.file_path()
    is_sqlite = db.engine.dialect.name == "sqlite"
    with _folder_beside() as folder, _nobody_else() as take_place:
        inner = replace(settings(), home=folder, database_url="" if is_sqlite else settings().database_url)
        with create_app(inner).app_context():
            try:
                outcome = _filled(file, secret, remembered, shut, now)
                if not shows_names:
                    outcome.hidden = _hide_names()
                # Before anything is final: a line too many repeats a wish, a line too few would lose one.
                write_list(own_list, remembered)
                db.session.commit()
            finally:
                db.session.remove()
                db.engine.dispose()
        take_place(folder)
    return outcome


def _filled(
    file: BinaryIO, secret: SecretKey, remembered: Sequence[Withdrawal], shut: Sequence[str], now: datetime
) -> Restored:
    """Do all of it in the session's one transaction."""
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        _refuse_others(connection)
    file.seek(0)
    lines = lines_of(opened(file, secret))
    header = read_header(lines)
    make_tables(connection, header)
    load(connection, header, read_rows(header, lines))
    bring_to(connection, "head")
    outcome = Restored(replayed=replay(remembered), ended=under_way.end(shut=shut, now=now))
    for petition_id, slug in db.session.execute(
        select(Petition.id, Petition.slug).order_by(Petition.id)
    ).all():
        outcome.recounts[slug] = recount(petition_id)
    audit.record(
        action="backup.restore",
        by="command",
        subject=file_name(header.made_at),
        details={kind: outcome.replayed[kind] for kind in tombstones.KINDS} | {"ended": outcome.ended},
        now=now,
    )
    return outcome


def _hide_names() -> int:
    hidden = update(Signature).where(Signature.public_name.is_not(None)).values(public_name=None)
    return db.session.connection().execute(hidden).rowcount


@contextmanager
def _folder_beside() -> Iterator[Path]:
    """Give an empty folder on the disk of the database, to one restore at a time; it goes with everything in it."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    parent = _database_file().parent if is_sqlite else settings().home
    lock = os.open(parent / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    folder = parent / BESIDE
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RestoreRefused("another restore is under way here") from None
        shutil.rmtree(folder, ignore_errors=True)  # of one that was killed
        folder.mkdir(mode=0o700)
        if (settings().home / "static").is_dir():  # made already: an application need not make it anew
            (folder / "static").symlink_to(settings().home / "static")
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


@contextmanager
def _nobody_else() -> Iterator[Callable[[Path], None]]:
    """Keep everybody else away from a SQLite file, and give what puts a new one in its place.

    Without a journal of its own beside it, which only the last connection can have taken away, the old file is
    whole by itself and so is the new one: the change of names is all there is to do. PostgreSQL needs none of it.
    """
    if db.engine.dialect.name != "sqlite":
        yield lambda folder: None
        return
    with closing(sqlite3.connect(_database_file(), isolation_level=None, timeout=0)) as old:
        try:
            old.execute("PRAGMA journal_mode=DELETE").fetchall()
            old.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise RestoreRefused(IN_USE) from None
        yield _take_place


def _take_place(folder: Path) -> None:
    filled, target = folder / "nidaa.sqlite3", _database_file()
    with closing(sqlite3.connect(filled, isolation_level=None)) as new:
        new.execute("PRAGMA journal_mode=DELETE").fetchall()
    filled.replace(target)
    sync_folder(target.parent)


def _refuse_others(connection: Connection) -> None:
    """Refuse while anybody else is connected to a PostgreSQL database. One that has just left may take a moment."""
    deadline = time.monotonic() + OTHERS_LEAVE_SECONDS
    while connection.execute(OTHERS).scalar():
        if time.monotonic() > deadline:
            raise RestoreRefused(IN_USE)
        time.sleep(0.1)


def _database_file() -> Path:
    return Path(str(db.engine.url.database)).resolve()


def _count(connection: Connection, statement: Select[int]) -> int:
    return int(connection.execute(statement).scalar_one())
