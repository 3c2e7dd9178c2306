"""`campaign export` writes a sealed sheet; `campaign open-export` opens one where the secret key is."""

import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from ..clock import utc_now
from ..database import reading
from ..errors import Refusal
from ..extensions import db
from ..petitions.queries import public_petition
from ..petitions.rules import PetitionUnknown
from ..sealing.campaign_secret import CampaignSecret, NotASecret, secret_from_text, secret_from_words
from ..sealing.key_files import CAMPAIGN_SECRET, parse_key_file
from ..sealing.problems import SealingProblem
from . import operations
from .opening import Opening, csv_of, require_key
from .rules import LONGEST_HEADER, NotASheet, header_of

NOT_WHOLE = 3
LARGEST_FILE_BYTES = 10_000
PROGRESS_ROWS = 5_000


@click.command("export")
@click.option("--sealed", is_flag=True, help="A sealed sheet, which only the campaign's secret keys open.")
@click.option("--petition", "slug", required=True, metavar="SLUG", help="Whose signatures.")
@click.option("--purpose", required=True, help="What it is for; everyone who opens the sheet reads it.")
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The file to write."
)
@with_appcontext
def export(sealed: bool, slug: str, purpose: str, out: Path) -> None:
    """Write the signatures of a petition to a sealed sheet, and a manifest beside it."""
    if not sealed:
        raise click.UsageError("this version writes sealed sheets only: add --sealed")
    manifest_path = out.with_name(f"{out.name}.manifest.json")
    if out.exists() or manifest_path.exists():
        raise click.ClickException(f"{out.name} or its manifest exists already; choose another name")
    unfinished = out.with_name(f"{out.name}.unfinished")
    try:
        with unfinished.open("wb") as file, reading():
            unfinished.chmod(0o600)
            manifest = operations.write_sealed_sheet(
                petition_id=public_petition(slug).id, purpose=purpose, out=file, now=utc_now()
            )
        manifest_path.write_text(manifest.text, encoding="utf-8")
        unfinished.replace(out)
    except PetitionUnknown as unknown:
        raise click.ClickException(f"there is no petition {slug}") from unknown
    except Refusal as refusal:
        raise click.ClickException(str(refusal)) from refusal
    finally:
        db.session.rollback()
        unfinished.unlink(missing_ok=True)
    click.echo(f"{manifest.header.rows} sealed rows in {out}, sha256 {manifest.sha256}", err=True)
    click.echo(
        "released from the command line, without the approval of two persons: the manifest says so", err=True
    )


@click.command("open-export")
@click.argument("sheet", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--key",
    "secret_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A secret key file.",
)
@click.option(
    "--words", is_flag=True, help="Ask for the 24 words, or for the text of the QR code, of a backup."
)
def open_export(sheet: Path, secret_file: Path | None, words: bool) -> None:
    """Open SHEET with a campaign's secret key and write CSV to standard output.

    Exit codes: 0 whole; 1 nothing could be opened; 3 rows are missing or did not open (the rest is written).
    """
    if (secret_file is None) == (not words):
        raise click.UsageError("give either --key FILE or --words")
    try:
        secret = _secret_in(secret_file) if secret_file else _typed_secret()
        with sheet.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            opening = Opening(header_of(lines.readline(LONGEST_HEADER)))
            require_key(opening.header, secret)
            output = sys.stdout.buffer  # bytes: the line ends of CSV must survive
            for line in csv_of(lines, opening=opening, secret=secret):
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
