"""Files that belong together appear together, whole, or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from ..errors import Refusal

UNFINISHED = ".unfinished-"


class AlreadyThere(Refusal):
    """A file of that name exists: nothing is ever overwritten."""


@contextmanager
def all_or_nothing(folder: Path) -> Iterator[Path]:
    """Give a folder to write files into; at the end they move to `folder`, the newest last.

    Whatever ends the work before, an interrupt too, leaves nothing. Raises AlreadyThere, having moved nothing.
    """
    with tempfile.TemporaryDirectory(prefix=UNFINISHED, dir=folder) as unfinished:
        yield Path(unfinished)
        refuse_to_overwrite(Path(unfinished), folder)
        written = sorted(Path(unfinished).iterdir(), key=lambda path: path.stat().st_mtime_ns)
        moved: list[Path] = []
        try:
            for path in written:
                moved.append(folder / path.name)
                path.rename(moved[-1])
        except BaseException:
            for path in moved:
                path.unlink(missing_ok=True)
            raise


def refuse_to_overwrite(unfinished: Path, folder: Path) -> None:
    """Refuse where a file of one of these names is there. Asked before something is put on record as done, too.

    Raises AlreadyThere.
    """
    for path in unfinished.iterdir():
        if (folder / path.name).exists():
            raise AlreadyThere(f"{path.name} exists already; choose another name or folder")


def forget_unfinished(folder: Path, *, before: datetime) -> None:
    """Delete what work that was killed has left, where nothing was written since `before`: aware, any zone."""
    for left in folder.glob(f"{UNFINISHED}*"):
        with suppress(FileNotFoundError):  # it was finished at this moment
            last = max(path.stat().st_mtime for path in (left, *left.iterdir()))
            if datetime.fromtimestamp(last, UTC) < before:
                shutil.rmtree(left, ignore_errors=True)
