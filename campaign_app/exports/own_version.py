"""Which Nidaa wrote a file: a manifest says it."""

import tomllib
from functools import cache

from ..config import ROOT


@cache
def own_version() -> str:
    """Return the version of this program."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])
