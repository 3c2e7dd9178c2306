"""`campaign letters pack`: the papers for the day of delivery in one file, as the desk gives them."""

import json
from datetime import UTC, date, datetime, time
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import force_locale

from ..audit.rules import BY_COMMAND
from ..clock import utc_now
from ..database import reading
from ..errors import Refusal
from ..extensions import db
from . import batches, handing_over, pack, queries
from .commands import letters
from .delivering import DocumentsMissing
from .documents.typesetting import NotMade
from .handing_over import Handing


@letters.command("pack")
@click.argument("name", required=False)
@click.option("--batch", "batch_key", default="", help="All letters of a batch, instead of one letter.")
@click.option("--day", required=True, help="Of handing over, by the clocks of the place, as 2026-12-10.")
@click.option(
    "--hour", default="10:00", show_default=True, help="Of handing over, by the clocks of the place."
)
@click.option(
    "--zone",
    default=handing_over.NEW_YORK,
    show_default=True,
    help=f"The clocks of the place: a name of the tz database; for Geneva {handing_over.GENEVA}.",
)
@click.option("--rehearsal", is_flag=True, help="Of drafts; every page is marked as a specimen.")
@click.option(
    "-o", "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The ZIP to write."
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def pack_papers(
    name: str | None,
    batch_key: str,
    day: str,
    hour: str,
    zone: str,
    rehearsal: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Write letters, numbers sheet, receipts, checklist, talking points and photograph rules as one ZIP."""
    if bool(name) == bool(batch_key):
        raise click.ClickException("give the name of one letter, or --batch with a key")
    if out.exists():
        raise click.ClickException(f"{out} is there already")
    now = utc_now()
    try:
        at = handing_over.handing(_day(day), _hour(hour), zone, now=now)
        with reading(), force_locale("en"):
            made = _made(name, batch_key, at, now, is_rehearsal=rehearsal)
    except (Refusal, NotMade) as problem:
        raise click.ClickException(_why_not(problem)) from None
    pack.note(made, by=BY_COMMAND, now=now)
    db.session.commit()
    out.write_bytes(made.content)
    if as_json:
        said = {"file": str(out), "bytes": len(made.content), "missing": list(made.missing)}
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    click.echo(str(out))
    for each in made.missing:
        click.echo(f"note: {each}", err=True)


def _made(name: str | None, batch_key: str, at: Handing, now: datetime, *, is_rehearsal: bool) -> pack.Pack:
    if name:
        return pack.of_letter(letter=queries.letter(name), handing=at, now=now, is_rehearsal=is_rehearsal)
    return pack.of_batch(found=batches.batch(batch_key), handing=at, now=now, is_rehearsal=is_rehearsal)


def _why_not(problem: Exception) -> str:
    """Return a refusal in a sentence for whoever runs the command."""
    says: dict[type[Exception], str] = {
        queries.LetterUnknown: "there is no letter of this name",
        batches.BatchUnknown: "there is no batch of this key",
        pack.NotIssued: "a letter is not issued, or was taken back; drafts are packed with --rehearsal only",
        pack.NothingToRehearse: "only drafts are rehearsed",
        DocumentsMissing: "the documents are not made yet: the worker makes them",
        handing_over.ZoneUnknown: "no clocks are known under the name of that zone",
        handing_over.NoSuchHour: "the clocks there are put forward over that hour on that day",
        handing_over.HourTwice: "the clocks there show that hour twice on that day",
        handing_over.DayOutOfReach: "the day is over, or more than a year ahead",
        pack.CoverNoteAlone: "a cover note is packed with the letter that it lies on, once that is issued",
        pack.OtherMonth: "the letter is addressed to the President of the Council for another month",
    }
    return says.get(type(problem)) or f"nothing was packed: {problem}"


def _day(typed: str) -> date:
    try:
        return datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise click.ClickException("a day is written as 2026-12-10") from None


def _hour(typed: str) -> time:
    try:
        return datetime.strptime(typed, "%H:%M").replace(tzinfo=UTC).time()
    except ValueError:
        raise click.ClickException("an hour is written as 10:30") from None
