"""The file of a mailing's sealed recipients, on its way in and on the disk. Nothing here can open a row."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from . import rules
from .rules import FileHeader, NotAMailing

ROW = re.compile(rb"[A-Za-z0-9+/]{200,8000}={0,2}\n")
END = re.compile(rb'\{"end":true,"sha256":"([0-9a-f]{64})"\}\n?')
FOLDER = "mailings"


@dataclass(frozen=True, kw_only=True)
class Received:
    """A file that was checked. first_row_at: the byte where its first row begins."""

    recipients: int
    first_row_at: int
    sha256: str


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


def receive(stream: BinaryIO, *, expected: rules.MailingKey, key_id: str, home: Path) -> Received:
    """Check a file line by line while it is written to its place, where only its owner may read it.

    Memory does not grow with it. Nothing is left of one that is refused. Raises NotAMailing saying why.
    """
    path = recipients_path(home, expected.mailing)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            received = _copied(stream, out, expected, key_id)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return received


def _copied(stream: BinaryIO, out: BinaryIO, expected: rules.MailingKey, key_id: str) -> Received:
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
    return Received(recipients=rows, first_row_at=len(first), sha256=digest.hexdigest())


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
