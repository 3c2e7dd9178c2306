"""`campaign export` writes counts or a sealed sheet; `campaign open-export` opens one where the secret key is."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from ..approvals.problems import ApprovalRefused
from ..audit.operations import record
from ..audit.rules import BY_COMMAND
from ..clock import utc_now
from ..database import one_moment
from ..errors import Refusal
from ..extensions import db
from ..languages import FIRST_LANGUAGE, LANGUAGES
from ..petitions.rules import PetitionUnknown
from ..sealing.campaign_secret import CampaignSecret, NotASecret, secret_from_text, secret_from_words
from ..sealing.key_files import CAMPAIGN_SECRET, parse_key_file
from ..sealing.problems import SealingProblem
from . import operations, sheets
from .all_or_nothing import AlreadyThere, all_or_nothing, refuse_to_overwrite
from .count_files import KINDS, write_counts
from .counts import counts_of
from .models import SealedSheet
from .opening import Opening, csv_of, require_key
from .rules import LAYOUTS, LONGEST_HEADER, PLAIN, TAKEN, NotASheet, header_of

NOT_WHOLE = 3
LARGEST_FILE_BYTES = 10_000
PROGRESS_ROWS = 5_000


@click.command("export")
@click.option(
    "--counts", metavar="SLUG|all", help="The counts of a petition, or of all: no signer is in them."
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(KINDS),
    default="xlsx",
    show_default=True,
    help="Of counts: a workbook, CSV files, or JSON for machines.",
)
@click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    default=FIRST_LANGUAGE,
    show_default=True,
    help="Of counts: the language of headings and names.",
)
@click.option("--sealed", is_flag=True, help="A sealed sheet, which only the campaign's secret keys open.")
@click.option(
    "--approved",
    "reference",
    metavar="REFERENCE",
    help="Of a sealed sheet: what was asked for at /desk/exports and may leave. It leaves once.",
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The sheet to write; of counts, the folder."
)
@with_appcontext
def export(
    counts: str | None,
    kind: str,
    lang: str,
    sealed: bool,
    reference: str | None,
    out: Path,
) -> None:
    """Write the counts of petitions, or a sealed sheet that was approved at the desk; a manifest beside them.

    Nothing is overwritten, and whoever stops it with Ctrl-C finds no half of a file. What left is on record.
    """
    if (counts is None) != sealed:
        raise click.UsageError("say what to write: --counts SLUG, --counts all, or --sealed")
    try:
        if counts is not None:
            _write_counts(counts, kind, lang, out)
        elif reference is None:
            raise click.UsageError(
                "a sealed sheet needs --approved REFERENCE: ask for it at /desk/exports, where a second person "
                "approves it"
            )
        else:
            _write_sheet(reference, out)
    except PetitionUnknown as unknown:
        raise click.ClickException(f"there is no petition {counts}") from unknown
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    except KeyboardInterrupt:
        raise click.ClickException("stopped: nothing was written") from None
    finally:
        db.session.rollback()


def _write_counts(petition: str, kind: str, lang: str, folder: Path) -> None:
    """Write counts to a folder, which is made if it is not there."""
    now = utc_now()
    with one_moment():
        found = counts_of(petition, lang=lang, now=now)
    folder.mkdir(exist_ok=True)
    with all_or_nothing(folder) as unfinished:
        files = write_counts(found, kind, unfinished)
        refuse_to_overwrite(unfinished, folder)
        sums = {file.name: file.sha256 for file in files}
        details = {"format": kind, "language": lang, "sha256": sums}
        record(action="export.counts", by=BY_COMMAND, subject=petition, details=details, now=now)
        db.session.commit()
    for file in files:
        click.echo(f"{file.name}: rows {file.rows}, sha256 {file.sha256}", err=True)
    for each in found.petitions:
        click.echo(f"{each.slug}: people {each.statement.people}", err=True)


def _write_sheet(reference: str, out: Path) -> None:
    """Write a sealed sheet that may leave, for its owner's eyes only. Its release is used up with it, or not at all."""
    now, manifest_name = utc_now(), f"{out.name}.manifest.json"
    if out.exists() or out.with_name(manifest_name).exists():  # asked before the work too
        raise AlreadyThere(f"{out.name} or its manifest exists already; choose another name")
    how = _release(reference)
    db.session.rollback()  # asked only: it is released for good together with the record of what left
    with all_or_nothing(out.absolute().parent) as unfinished:
        path = unfinished / out.name
        path.touch(mode=0o600)
        with path.open("wb") as file, one_moment():
            sheet = _sheet(reference)
            manifest = operations.write_sealed_sheet(
                petition_id=sheet.petition_id,
                kind=sheet.kind,
                purpose=sheet.purpose,
                release=how,
                out=file,
                now=now,
                progress=_say_how_far,
            )
        (unfinished / manifest_name).write_text(manifest.text, encoding="utf-8")
        if _release(reference) != how:
            raise Refusal("who works here changed meanwhile: look at it again at /desk/exports")
        sheets.finish(
            sheet_id=_sheet(reference).id, manifest=manifest, by=BY_COMMAND, state=TAKEN, now=utc_now()
        )
        db.session.commit()
    click.echo(f"{manifest.header.rows} sealed rows in {out}, sha256 {manifest.sha256}", err=True)
    click.echo(operations.NOTES[how], err=True)


def _release(reference: str) -> str:
    """Let an approved sheet leave, in the caller's transaction."""
    try:
        return sheets.release(sheet=_sheet(reference), by=BY_COMMAND, now=utc_now())
    except ApprovalRefused as refused:
        raise Refusal(f"{refused}. See /desk/exports") from refused


def _sheet(reference: str) -> SealedSheet:
    found = sheets.sheet_by_reference(reference)
    if found is None:
        raise Refusal(f"nobody asked for {reference}: ask for it at /desk/exports")
    return found


def _say_how_far(done: int, rows: int) -> None:
    click.echo(f"{done} of {rows} …", err=True)


@click.command("open-export")
@click.argument("sheet", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    "secret_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A secret key file.",
)
@click.option(
    "--columns",
    "layout",
    type=click.Choice(list(LAYOUTS)),
    default=PLAIN,
    show_default=True,
    help="All that was kept, or what CiviCRM's import of contacts takes.",
)
@click.option(
    "--words", is_flag=True, help="Ask for the 24 words, or for the text of the QR code, of a backup."
)
def open_export(sheet: Path, secret_file: Path | None, words: bool, layout: str) -> None:
    """Open SHEET with a campaign's secret key and write CSV to standard output.

    Exit codes: 0 whole; 1 nothing could be opened; 3 rows are missing or did not open (the rest is written).
    """
    if (secret_file is None) == (not words):
        raise click.UsageError("give either --key FILE or --words")
    try:
        secret = secret_of(secret_file)
        with sheet.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            opening = Opening(header_of(lines.readline(LONGEST_HEADER)))
            require_key(opening.header, secret)
            output = sys.stdout.buffer  # bytes: the line ends of CSV must survive
            for line in csv_of(lines, opening=opening, secret=secret, layout=layout):
                output.write(line.encode())
                if opening.seen % PROGRESS_ROWS == 0 and opening.seen:
                    click.echo(f"{opening.seen} of {opening.header.rows} …", err=True)
    except (NotASheet, NotASecret, SealingProblem) as problem:
        raise click.ClickException(str(problem)) from problem
    for sentence in opening.report:
        click.echo(sentence, err=True)
    if not opening.is_whole:
        sys.exit(NOT_WHOLE)


commands: list[click.Command] = [export, open_export]


def secret_of(secret_file: Path | None) -> CampaignSecret:
    """Return the secret key of a file, or, without one, of the words that are typed. Raises NotASecret."""
    return _secret_in(secret_file) if secret_file else _typed_secret()


def _secret_in(path: Path) -> CampaignSecret:
    with path.open("rb") as file:
        key = parse_key_file(file.read(LARGEST_FILE_BYTES), name=path.name)
    if key.kind != CAMPAIGN_SECRET:
        raise NotASecret(f"{path.name} holds a {key.kind} key; a campaign's secret key is needed")
    return CampaignSecret(key.key)


def _typed_secret() -> CampaignSecret:
    """Ask for the words without showing them; a pipe may deliver them instead."""
    if sys.stdin.isatty():
        typed = click.prompt("The 24 words", hide_input=True, err=True)
    else:
        typed = sys.stdin.read(LARGEST_FILE_BYTES)
    return secret_from_text(typed) if ":" in typed else secret_from_words(typed)
