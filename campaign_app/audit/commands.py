"""`campaign verify audit` says whether the record is one unbroken chain; `campaign audit export` writes it out."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date, datetime

import click
from flask.cli import with_appcontext

from ..database import reading
from . import queries
from .queries import Filter
from .rules import HASH, Entry, Verified, verified

BROKEN = 3


@click.group()
def verify() -> None:
    """Prove that what is kept here fits together."""


@click.group()
def audit() -> None:
    """Read the record of what was done here, and by whom."""


@verify.command("audit")
@click.option(
    "--head",
    metavar="HASH",
    help="The head that an earlier run printed, kept elsewhere: it must be in the chain.",
)
@click.option(
    "--file",
    "lines",
    type=click.File(encoding="utf-8"),
    help="Read what `campaign audit export` wrote, not the database.",
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def verify_audit(head: str | None, lines: Iterable[str] | None, as_json: bool) -> None:
    """Read the whole record, print its head, and name the first entry that does not fit.

    Keep the head where nobody who runs this server can change it, and give it back with --head: without one, a record
    that was cut off at its end, or written anew from the start, looks whole.

    Exit codes: 0 whole; 3 an entry does not fit, or the given head is not in the chain; 1 it could not be read.
    """
    if head is not None and not HASH.fullmatch(head):
        raise click.UsageError("a head is 64 digits and letters a to f, as this command prints it")
    if lines is None:
        with reading():
            found = queries.verify(expected_head=head)
    else:
        found = verified(_entries_in(lines), expected_head=head)
    if as_json:
        click.echo(json.dumps({**asdict(found), "is_whole": found.is_whole}))
    else:
        click.echo(found.head)
        for sentence in _sentences(found):
            click.echo(sentence, err=True)
    sys.exit(0 if found.is_whole else BROKEN)


@audit.command("export")
@click.option("--action", default="", help='Only what begins so: "petition" or "petition.move".')
@click.option("--by", default="", help='Only what was done by this one: "command", "organiser:3".')
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="From this UTC day on.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Up to this UTC day.")
@with_appcontext
def export(action: str, by: str, since: datetime | None, until: datetime | None) -> None:
    """Write entries to standard output, oldest first, one JSON object a line.

    `details` is the text that was hashed; whoever holds all lines can check the chain without this program.
    """
    wanted = Filter(action=action, by=by, first_day=_day(since), last_day=_day(until))
    count = 0
    with reading():
        for entry in queries.oldest_first(wanted):
            click.echo(json.dumps(asdict(entry), ensure_ascii=False))
            count += 1
    click.echo(f"entries: {count}", err=True)


commands: list[click.Command] = [verify, audit]


def _entries_in(lines: Iterable[str]) -> Iterator[Entry]:
    """Yield the entries of an exported file. Raises ClickException for a line that is none."""
    for number, line in enumerate(lines, 1):
        try:
            yield Entry(**json.loads(line))
        except (ValueError, TypeError, RecursionError):
            raise click.ClickException(f"line {number} is not an entry of the record") from None


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _sentences(found: Verified) -> list[str]:
    """Return what a reading came to, for a person."""
    told = [f"entries that fit together, from the first on: {found.entries}"]
    if found.broken_at is not None:
        told.append(f"BROKEN at entry {found.broken_at}: {found.reason}")
    if found.has_expected_head is False:
        told.append("the head you gave is NOT in this chain: entries are missing, or were written anew")
    if found.is_whole:
        told.append("the chain is whole; keep its head, printed above, where nobody here can change it")
    return told
