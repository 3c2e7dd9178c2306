"""The static files as a server publishes them: compressed once for a test process, and given to each installation."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from campaign_app.config import ROOT
from campaign_app.static_files import StaticFiles


def give_static_files(home: Path) -> None:
    """Lay the files into a home folder, where a server finds them made. To pack them takes a second each time."""
    shutil.copytree(_published().name, home / "static", dirs_exist_ok=True)


@cache
def _published() -> "tempfile.TemporaryDirectory[str]":
    folder = tempfile.TemporaryDirectory(prefix="static-")
    StaticFiles(ROOT / "static", Path(folder.name))
    return folder
