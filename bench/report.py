"""Medians of rounds, and the tables in which they are quoted."""

import os
import platform
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median

MARKER = "<!-- bench -->"


@dataclass
class Measurements:
    """Values of each figure, one for every round."""

    values: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, value: float) -> None:
        """Keep the value of one round."""
        self.values[name].append(value)

    def median(self, name: str) -> float:
        """Return the median of the rounds."""
        return median(self.values[name])

    def ratio(self, name: str, yardstick: str) -> float:
        """Return the median of the ratios of two figures, each taken in the same round."""
        pairs = zip(self.values[name], self.values[yardstick], strict=True)
        return median(value / least for value, least in pairs)


@dataclass(frozen=True)
class Line:
    """A line of a table. goal: what is accepted, and in brackets what is aimed at."""

    what: str
    cells: Sequence[str]
    goal: str = ""


def table(heads: Sequence[str], lines: Sequence[Line]) -> str:
    """Return a Markdown table."""
    rows = [list(heads), ["---", *["--:"] * (len(heads) - 1)]]
    rows += [[line.what, *line.cells, line.goal] for line in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def machine() -> str:
    """Describe what was measured on, in one line."""
    named = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("Flask", "Werkzeug", "SQLAlchemy", "gunicorn")
    )
    return (
        f"{len(os.sched_getaffinity(0))} cores ({named[0] if named else platform.machine()}) shared by server, "
        f"database and load, {platform.system()}, Python {platform.python_version()}, {packages}"
    )


def write_between_markers(path: Path, content: str) -> None:
    """Replace what stands between the two markers of a file."""
    before, _, rest = path.read_text(encoding="utf-8").partition(MARKER)
    _, _, after = rest.partition(MARKER)
    path.write_text(f"{before}{MARKER}\n{content}\n{MARKER}{after}", encoding="utf-8")
