"""`campaign backup` seals the database into a file; `campaign restore` puts one back, with the withdrawals since."""

import os
import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from ..clock import utc_now
from ..extensions import db
from ..findings import findings
from ..signing import tombstones
from . import operations, restoring
from .keys import PublicKey, SecretKey, new_secret_key, public_key, secret_key
from .problems import BackupProblem, NotABackupKey, RestoreRefused
from .replay import remembered_in
from .restoring import Present, Restored
from .rules import MOST_KEPT, Header, Withdrawal

NEEDS_ATTENTION = 3
LARGEST_KEY_FILE_BYTES = 10_000
AFTERWARDS = (
    "what was signed after the backup is lost, and who was not yet mailed then signs again",
    "look at the team: whoever was removed since the backup can sign in again",
    "the link that stops the news, in a mail sent since, stops none; the link to one's own signature does",
    "make a backup now",
)
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@click.option("--to", "folder", type=FOLDER, help="The folder that backups are kept in.")
@click.option(
    "--key", metavar="LINE_OR_FILE", help="The public line of `campaign backup key`, or a file that has it."
)
@click.option(
    "--keep", type=click.IntRange(1, MOST_KEPT), default=14, show_default=True, help="How many to keep."
)
@click.pass_context
@with_appcontext
def backup(context: click.Context, folder: Path | None, key: str | None, keep: int) -> None:
    """Seal the database into a new file in a folder, and copy the list of withdrawals beside it.

    The file holds neither keys nor mails that wait, and only the secret line opens it. People sign meanwhile. Backups
    older than 30 days go, and all but the newest --keep. Exit codes: 0 made; 1 not made, and older ones are untouched.
    """
    if context.invoked_subcommand is not None:
        return
    if folder is None or key is None:
        raise click.UsageError("say where it goes and whom it is sealed to: --to FOLDER --key LINE_OR_FILE")
    try:
        made = operations.back_up(folder=folder, key=_public(key), keep=keep, now=utc_now())
        db.session.commit()
    except BackupProblem as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(str(made.path))
    click.echo(
        f"{made.header.signatures} people, {sum(made.header.rows.values())} rows, {made.size_bytes} bytes",
        err=True,
    )
    for name in made.deleted:
        click.echo(f"deleted {name}", err=True)


@backup.command("withdrawals")
@click.option("--to", "folder", type=FOLDER, required=True, help="The folder that backups are kept in.")
@with_appcontext
def withdrawals(folder: Path) -> None:
    """Copy the list of withdrawals into a folder: quick, and to be done more often than a backup."""
    operations.copy_withdrawals(folder=folder)


@backup.command("key")
@click.option(
    "--secret",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A new file for the secret line.",
)
def make_key(path: Path | None) -> None:
    """Make a pair of keys: the public line on standard output, the secret one to keep elsewhere.

    Without --secret it is shown once, on the terminal, and stored nowhere.
    """
    secret = new_secret_key()
    if path is not None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{secret.line}\n")
        click.echo(f"the secret line is in {path}: take it off this machine", err=True)
    elif sys.stderr.isatty():
        click.echo("Keep this line where this machine is not, on paper or in a safe, twice:", err=True)
        click.echo(f"\n    {secret.line}\n", err=True)
        click.echo(
            "Whoever loses it loses every backup. Nothing here stores it. The server's line is:", err=True
        )
    else:
        raise click.ClickException("nobody is there to read the secret line; say --secret FILE")
    click.echo(secret.public.line)


@click.command()
@click.argument("file", type=FILE)
@click.option(
    "--secret", "secret_file", type=FILE, help="A file with the secret line; otherwise it is asked for."
)
@click.option(
    "--withdrawals",
    "lists",
    type=FILE,
    multiple=True,
    help="A copy of the list of withdrawals, besides the one here and the one beside FILE.",
)
@click.option(
    "--replace", "is_replacing", is_flag=True, help="Replace a database that people have signed in."
)
@click.option("--although-too-old", is_flag=True, help="Take a backup older than 30 days.")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@with_appcontext
def restore(
    file: Path,
    secret_file: Path | None,
    lists: tuple[Path, ...],
    is_replacing: bool,
    although_too_old: bool,
    yes: bool,
) -> None:
    """Put the backup FILE in the place of the database, and do again what signers wished since.

    Whoever withdrew or was erased since is taken out again; names hidden since are hidden, news stopped since is
    stopped.

    The whole file is read and proved first; it says what it will do, and asks. Stop the server before. Whatever
    happens on the way, the database is the old one or the new one. Safe to repeat.

    Exit codes: 0 restored, and people can sign; 1 refused, nothing was touched; 3 restored, and something must be
    mended first.
    """
    try:
        secret = _secret(secret_file)
        with file.open("rb") as sealed:
            restoring.refuse_in_use()
            click.echo("reading the backup to its end …", err=True)
            header = restoring.verified(sealed, secret)
            restoring.refuse_unfit(header, now=utc_now(), is_too_old_fine=although_too_old)
            remembered = _remembered(file, lists)
            _tell(header, restoring.present(), remembered, is_replacing=is_replacing)
            if not yes:
                _ask()
            done = restoring.restore(
                sealed,
                secret=secret,
                remembered=remembered,
                shows_names=header.remembers_all_wishes and not restoring.is_too_old(header, now=utc_now()),
                now=utc_now(),
            )
    except BackupProblem as problem:
        raise click.ClickException(str(problem)) from problem
    sys.exit(_say_outcome(done))


commands: list[click.Command] = [backup, restore]


def _tell(header: Header, here: Present, remembered: list[Withdrawal], *, is_replacing: bool) -> None:
    """Say in words and counts what is about to happen. Raises BackupProblem where it must be asked for expressly."""
    click.echo(
        f"The backup was made on {header.made_at:%d %B %Y, %H:%M} UTC by Nidaa {header.nidaa}.", err=True
    )
    for slug, people in header.people.items():
        click.echo(f"  {slug}: {people} people", err=True)
    click.echo(
        f"Wishes of signers remembered: {len(remembered)}; those since the backup are done again.",
        err=True,
    )
    if here.is_empty:
        click.echo("The database here holds no signature: it is replaced.", err=True)
        return
    what = f"{here.signatures} signatures, {here.requests} open requests, {here.petitions} petitions"
    if not is_replacing:
        raise RestoreRefused(f"the database here is not empty ({what}); to replace it, say --replace")
    click.echo(f"The database here ({what}) is REPLACED and cannot be had back.", err=True)


def _ask() -> None:
    if not sys.stdin.isatty():
        raise click.ClickException("nobody is there to ask; say --yes to go on")
    click.confirm("Go on?", abort=True, err=True)


def _say_outcome(done: Restored) -> int:
    """Say what came of it, and what `campaign check` now finds; return the exit code."""
    since = done.replayed
    click.echo(
        f"restored; since then withdrawn: {since['withdrawn']}, erased: {since['erased']}, "
        f"names hidden: {since['hidden']}, news stopped: {since['no-updates']}",
        err=True,
    )
    if done.hidden:
        click.echo(
            f"names hidden that were shown by choice: {done.hidden}; their owners can show them again",
            err=True,
        )
    if done.ended:
        click.echo(
            f"releases, sheets and updates that were under way then, and are over: {done.ended}; ask for them anew",
            err=True,
        )
    for slug, found in done.recounts.items():
        verdict = "agrees" if found.agrees else "DIFFERS"
        click.echo(f"{slug}\tcells {found.people_by_cells}\trows {found.people_by_rows}\t{verdict}")
    attention = [finding for finding in findings() if finding.needs_attention]
    for finding in attention:
        click.echo(f"{finding.about}: {finding.says}", err=True)
    for sentence in AFTERWARDS:
        click.echo(sentence, err=True)
    is_well = all(found.agrees for found in done.recounts.values()) and not attention
    return 0 if is_well else NEEDS_ATTENTION


def _remembered(file: Path, lists: tuple[Path, ...]) -> list[Withdrawal]:
    """Return what is remembered here, beside the backup, and in the copies that were named."""
    known = [tombstones.file_path(), file.with_name(tombstones.FILE_NAME)]
    return remembered_in([*(path for path in known if path.exists()), *lists])


def _public(given: str) -> PublicKey:
    try:
        return public_key(given)
    except NotABackupKey:
        path = Path(given)
        if ":" in given or not path.is_file():
            raise
    return public_key(_text(path))


def _secret(path: Path | None) -> SecretKey:
    """Read the secret line from a file, from a pipe, or ask for it without showing it."""
    if path is not None:
        return secret_key(_text(path))
    if sys.stdin.isatty():
        return secret_key(click.prompt("The secret line of the backup key", hide_input=True, err=True))
    return secret_key(sys.stdin.read(LARGEST_KEY_FILE_BYTES))


def _text(path: Path) -> str:
    with path.open(encoding="ascii", errors="replace") as file:
        return file.read(LARGEST_KEY_FILE_BYTES)
