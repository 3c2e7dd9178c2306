"""Pictures and papers that take tens of milliseconds to make, kept as files in the data folder: one made at a time.

They hold nothing that the public pages do not say. The folder may be emptied at any time.
"""

import fcntl
import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from ..config import settings

FOLDER = "shared"
LOCK = ".making"
SUM_DIGITS = 24

_one_at_a_time = Lock()  # within a process; the lock on the file is for the others of this machine


def kept(
    name: str, *, of: Mapping[str, Any], make: Callable[[], bytes], seconds: float = float("inf")
) -> bytes:
    """Return what was made of the same values, or make it.

    name: of the thing, with its suffix, such as "3-ar.png". of: what it must be made anew for when it changes. seconds:
    how long it may be shown although other things in it have changed. While somebody else makes it, an older one of the
    same values is good enough. Raises what `make` raises.
    """
    stem, suffix = name.rsplit(".", 1)
    path = _folder() / f"{stem}-{_sum_of(of)}.{suffix}"
    found = _read(path)
    if found is not None and _age(path) <= seconds:
        return found
    with _turn(is_patient=found is None) as is_mine:
        if not is_mine and found is not None:
            return found
        again = _read(path)
        if again is not None and _age(path) <= seconds:
            return again  # made by whoever had the turn before
        made = make()
        try:
            _write(path, made)
        except OSError as problem:  # a full disk: everybody still gets it, and each waits until it is made
            logging.getLogger(__name__).warning("a picture is not kept: %s", os.strerror(problem.errno or 0))
            return made
        _forget_others(path, stem, suffix)
        return made


def _folder() -> Path:
    folder = settings().home / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _sum_of(values: Mapping[str, Any]) -> str:
    written = json.dumps(values, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()[:SUM_DIGITS]


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


@contextmanager
def _turn(*, is_patient: bool) -> Iterator[bool]:
    """Give the turn to make something, and say whether it was given. is_patient: wait until it is."""
    if not _one_at_a_time.acquire(blocking=is_patient):
        yield False
        return
    try:
        with (_folder() / LOCK).open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if is_patient else fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
                return
            yield True  # closing the file gives the turn on
    finally:
        _one_at_a_time.release()


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all: others read meanwhile."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(content)
    part.replace(path)


def _forget_others(path: Path, stem: str, suffix: str) -> None:
    """Delete what was made under the same name of other values."""
    for other in path.parent.glob(f"{stem}-{'?' * SUM_DIGITS}.{suffix}"):
        if other != path:
            other.unlink(missing_ok=True)
