"""`campaign seal-mailing`: seals those who want news to the key of one mailing, where the campaign's secret key is."""

import os
import sys
from pathlib import Path

import click

from ..errors import Refusal
from ..exports.commands import secret_of
from ..exports.rules import LONGEST_HEADER, NotASheet, header_of
from ..sealing.campaign_secret import NotASecret
from . import resealing
from .rules import mailing_key_of

NOT_WHOLE = 3
LARGEST_KEY_BYTES = 10_000


@click.command("seal-mailing")
@click.argument("sheet", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mailing",
    "mailing_file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The key of the mailing, as the desk gives it.",
)
@click.option(
    "--key",
    "secret_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A campaign's secret key file.",
)
@click.option(
    "--words", is_flag=True, help="Ask for the 24 words, or for the text of the QR code, of a backup."
)
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="The file of recipients to write."
)
def seal_mailing(sheet: Path, mailing_file: Path, secret_file: Path | None, words: bool, out: Path) -> None:
    """Open SHEET and seal everyone in it who wants news to the key of one mailing, once for each mailbox.

    Works without a network and without the server. What it writes is uploaded at the desk. Exit codes: 0 whole;
    1 nothing was written; 3 rows are missing or did not open (the others are written).
    """
    if (secret_file is None) == (not words):
        raise click.UsageError("give either --key FILE or --words")
    if out.exists():
        raise click.ClickException(f"{out.name} exists already; choose another name")
    try:
        secret = secret_of(secret_file)
        with mailing_file.open(encoding="utf-8", errors="replace") as opened:
            key = mailing_key_of(opened.read(LARGEST_KEY_BYTES))
        click.echo(f"the mailing's key is {key.fingerprint}; compare it with the desk", err=True)
        with sheet.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            work = resealing.begin(header_of(lines.readline(LONGEST_HEADER)), key, secret)
            resealing.gather(lines, resealing=work, secret=secret)
    except (NotASheet, NotASecret, Refusal) as problem:
        raise click.ClickException(str(problem)) from problem
    if not work.mailboxes:
        raise click.ClickException("nobody in this sheet wants news: nothing was written")
    _write(work, out)
    for sentence in work.report:
        click.echo(sentence, err=True)
    if not work.is_whole:
        sys.exit(NOT_WHOLE)


def _write(work: resealing.Resealing, out: Path) -> None:
    """Write the file whole or not at all, for its owner only."""
    unfinished = out.with_name(f".{out.name}.unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(resealing.sealed_lines(work))
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


commands: list[click.Command] = [seal_mailing]
