"""The file of a mailing's sealed recipients, on its way in and on the disk. Nothing here can open a row."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from . import rules
from .rules import FileHeader, NotAMailing

ROW = re.compile(rb"[A-Za-z0-9+/]{200,8000}={0,2}\n")
END = re.compile(rb'\{"end":true,"sha256":"([0-9a-f]{64})"\}\n?')
FOLDER = "mailings"
UNFINISHED = ".unfinished"
LEFT_ALONE_FOR = timedelta(
    hours=1
)  # an upload that nobody wrote to for so long was left by a process that died


@dataclass(frozen=True, kw_only=True)
class Received:
    """A file that was checked, and lies beside its place. first_row_at: the byte where its first row begins."""

    recipients: int
    first_row_at: int
    sha256: str
    lies_at: Path
    place: Path

    def put(self) -> None:
        """Move it to its place, over an earlier one."""
        self.lies_at.replace(self.place)


def recipients_path(home: Path, reference: str) -> Path:
    """Return where the recipients of a mailing lie until it is over."""
    return home / FOLDER / f"{reference}{rules.SUFFIX}"


def kept_references(home: Path) -> list[str]:
    """Return the mailings whose recipients are on this host."""
    folder = home / FOLDER
    return [path.stem for path in folder.glob(f"*{rules.SUFFIX}")] if folder.is_dir() else []


def forget(home: Path, reference: str) -> None:
    """Delete the recipients of a mailing on this host, if they are here."""
    recipients_path(home, reference).unlink(missing_ok=True)


def forget_cut_off(home: Path, *, now: datetime) -> None:
    """Delete uploads that a process which was killed left half way."""
    for path in (home / FOLDER).glob(f"*{UNFINISHED}"):
        with suppress(FileNotFoundError):  # it was finished at this moment
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - LEFT_ALONE_FOR:
                path.unlink()


@contextmanager
def receive(stream: BinaryIO, *, expected: rules.MailingKey, key_id: str, home: Path) -> Iterator[Received]:
    """Check a file line by line while it is written beside its place, where only its owner may read it.

    Memory does not grow with it. Whoever takes it calls `put`; otherwise nothing of it is left afterwards, nor of one
    that is refused. Raises NotAMailing saying why.
    """
    place = recipients_path(home, expected.mailing)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Of a name of its own, readable by its owner alone: two may upload at once.
    descriptor, name = tempfile.mkstemp(UNFINISHED, f"{expected.mailing}.", place.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            recipients, first_row_at, sha256 = _copied(stream, out, expected, key_id)
            out.flush()
            os.fsync(out.fileno())
        yield Received(
            recipients=recipients,
            first_row_at=first_row_at,
            sha256=sha256,
            lies_at=Path(name),
            place=place,
        )
    finally:
        Path(name).unlink(missing_ok=True)


def _copied(stream: BinaryIO, out: BinaryIO, expected: rules.MailingKey, key_id: str) -> tuple[int, int, str]:
    """Copy a file while checking it; return its recipients, the byte of its first row, and its SHA-256."""
    first = stream.readline(rules.LONGEST_LINE)
    header = rules.file_header_of(first)
    _refuse_others(header, expected, key_id)
    digest, rows = hashlib.sha256(first), 0
    out.write(first)
    while True:
        line = stream.readline(rules.LONGEST_LINE)
        if ROW.fullmatch(line) is None:
            break
        rows += 1
        if rows > header.recipients:
            raise NotAMailing(rules.CHANGED)
        digest.update(line)
        out.write(line)
    end = END.fullmatch(line)
    if end is None:
        raise NotAMailing(rules.CHANGED if line.endswith(b"\n") else rules.CUT_SHORT)
    if rows != header.recipients:
        raise NotAMailing(rules.CUT_SHORT)
    if end[1].decode() != digest.hexdigest() or stream.read(1):
        raise NotAMailing(rules.CHANGED)
    return rows, len(first), digest.hexdigest()


def _refuse_others(header: FileHeader, expected: rules.MailingKey, key_id: str) -> None:
    if header.mailing != expected.mailing or header.petition != expected.petition:
        raise NotAMailing(rules.OTHER_MAILING)
    if header.key != key_id:
        raise NotAMailing(rules.OTHER_MAILING)
    if not header.recipients:
        raise NotAMailing(rules.NO_RECIPIENTS)


def read_header(path: Path) -> FileHeader:
    """Return the header of a file. Raises FileNotFoundError, NotAMailing."""
    with path.open("rb") as file:
        return rules.file_header_of(file.readline(rules.LONGEST_LINE))


def read_rows(path: Path, *, place: int, limit: int) -> tuple[list[bytes], int]:
    """Return the sealed bytes of up to `limit` rows from a byte on, and the byte where the next begins."""
    rows: list[bytes] = []
    with path.open("rb") as file:
        file.seek(place)
        while len(rows) < limit:
            line = file.readline(rules.LONGEST_LINE)
            if ROW.fullmatch(line) is None:
                break
            rows.append(rules.sealed_of(line))
            place = file.tell()
    return rows, place
