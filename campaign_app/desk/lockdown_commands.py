"""`campaign lockdown`: for whoever has only the terminal. It shuts and never opens: an owner does that at the desk."""

import click
from flask.cli import with_appcontext

from ..audit.rules import BY_COMMAND
from ..clock import utc_now
from ..database import reading
from ..extensions import db
from ..lockdown.rules import KEYS, NAMES, PURGE, SESSIONS, SIGNING, USUAL
from ..petitions.queries import forget_kept
from . import lockdown as work

NEEDS_ATTENTION = 3


@click.command()
@click.option("--signing", "chosen", flag_value=SIGNING, multiple=True, help="Stop signing and confirming.")
@click.option("--names", "chosen", flag_value=NAMES, multiple=True, help="Hide every name that is shown.")
@click.option(
    "--sessions", "chosen", flag_value=SESSIONS, multiple=True, help="Sign everybody out at the desk."
)
@click.option(
    "--keys", "chosen", flag_value=KEYS, multiple=True, help="Have the worker replace the server's own keys."
)
@click.option(
    "--purge",
    "chosen",
    flag_value=PURGE,
    multiple=True,
    help="Delete every request that waits to be confirmed.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_appcontext
def lockdown(chosen: tuple[str, ...], yes: bool) -> None:
    """Shut what must be shut at once: without options signing, names, sessions and keys, and no request is deleted.

    Signing and names are opened again by an owner, at the desk under Lockdown. Sessions that ended, keys that were
    replaced and requests that were deleted do not come back. Safe to repeat.
    """
    parts = chosen or USUAL
    with reading():
        found = work.reach()
    for words in _would_do(parts, found):
        click.echo(words, err=True)
    if not yes:
        click.confirm("Lock down now?", abort=True, err=True)
    now = utc_now()
    done = work.lock(parts=parts, by=BY_COMMAND, now=now)
    db.session.commit()
    forget_kept()
    if PURGE in done.parts:
        work.finish_purge(now=now, told=lambda gone: click.echo(f"deleted: {done.purged + gone}", err=True))
    click.echo(
        "locked down; every web process knows within a second, and kept pages are gone within seven", err=True
    )
    if KEYS in done.parts:
        click.echo("the worker replaces the keys within a minute: look with `campaign check`", err=True)


def _would_do(parts: tuple[str, ...], found: work.Reach) -> list[str]:
    """Return a sentence for each part, before anything is done."""
    words = {
        SIGNING: "nobody can sign or confirm until an owner lets it go on, at the desk",
        NAMES: f"names that are shown now, and are hidden until an owner shows them again: {found.names}",
        SESSIONS: f"sessions at the desk that end, yours too; who works here signs in anew: {found.sessions}",
        KEYS: "the worker wraps the petitions' keys under a new master and makes a new mail key; other hosts need both",
        PURGE: f"requests that wait and are deleted for good; who asked must sign once more: {found.pendings}",
    }
    return [words[part] for part in words if part in parts]


commands: list[click.Command] = [lockdown]
