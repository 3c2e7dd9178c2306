"""`campaign keys …`: one command for each thing that can happen to a key. Words on stderr, data on stdout."""

import json
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from ..audit.operations import record
from ..audit.queries import is_there
from ..audit.rules import BY_COMMAND
from ..clock import utc_day, utc_now
from ..config import settings
from ..extensions import db
from . import operations, tags
from .key_files import MASTER, KeyFile, read_key_files
from .keys import fingerprint_of_points, newest_of, same_fingerprint
from .problems import SealingProblem

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")
LARGEST_FILE_BYTES = 10_000


@click.group()
def keys() -> None:
    """Make, prove, replace and destroy the keys that keep signers' names and addresses sealed."""


commands: list[click.Command] = [keys]


def plainly(command: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Show a refusal as one sentence and exit with 1."""

    @wraps(command)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        try:
            return command(*args, **kwargs)
        except SealingProblem as problem:
            raise click.ClickException(str(problem)) from problem

    return run


@keys.command()
@click.option("--demo", is_flag=True, help="Also make campaign keys for trying out; refused in production.")
@with_appcontext
@plainly
def make(demo: bool) -> None:
    """Make the server's own keys: the master key and the mail key pair. Existing ones are kept."""
    chosen, today = settings(), utc_day(utc_now())
    if demo and chosen.is_production:
        raise click.ClickException("demonstration keys are refused in production: make a key in opener.html")
    made = operations.make_server_keys(keys_dir=chosen.keys_dir, today=today)
    if demo:
        made += operations.make_demo_keys(keys_dir=chosen.keys_dir, today=today)
    for file in made:
        _say(f"made {file.name}")
    if made:
        _record("keys.make", files=[file.name for file in made])
    if not made:
        _say("nothing to make: the keys are there")
    if not operations.campaign_keys(keys_dir=chosen.keys_dir):
        _say("next: open opener.html, make a campaign key, and add it with `campaign keys add FILE`")


@keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, for scripts.")
@with_appcontext
@plainly
def list_keys(as_json: bool) -> None:
    """List the campaign keys: id, fingerprint, day made, and when its backup was read back."""
    found = operations.campaign_keys(keys_dir=settings().keys_dir)
    if as_json:
        click.echo(json.dumps([_described(file) for file in found], indent=1))
        return
    for file in found:
        proved = f"backup read {file.backup_read_on}" if file.backup_read_on else "backup NOT read back yet"
        kind = "DEMONSTRATION, " if file.is_demo else ""
        click.echo(f"{file.id}  {fingerprint_of_points([file.key])}  made {file.created_on}  {kind}{proved}")
    if not found:
        _say("there is no campaign key: nobody can sign")
    elif len(found) == 1:
        _say("there is only one campaign key: whoever loses it and its backup loses every contact")


@keys.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
@plainly
def add(file: Path) -> None:
    """Add the campaign public key in FILE, which opener.html saved (its name ends in .public.json)."""
    with file.open("rb") as opened:
        content = opened.read(LARGEST_FILE_BYTES)
    added = operations.add_campaign_key(keys_dir=settings().keys_dir, file_bytes=content)
    click.echo(added.id)
    _record("keys.add", added.id)
    if added.backup_read_on:
        _say(f"it was here already, and its backup was read back on {added.backup_read_on}")
    else:
        _say(f"added. Compare with the printed backup: {fingerprint_of_points([added.key])}")
        _say(
            f"next: read the backup back in opener.html, then `campaign keys confirm-backup {added.id} CODE`"
        )
    _announce()


@keys.command()
@click.argument("key_id", metavar="ID")
@click.confirmation_option(prompt="New contacts will no longer be sealed to this key. Remove it?")
@with_appcontext
@plainly
def remove(key_id: str) -> None:
    """Stop sealing to campaign key ID. Contacts sealed before stay readable with its backup."""
    operations.remove_campaign_key(keys_dir=settings().keys_dir, key_id=key_id)
    _say(f"removed campaign key {key_id}")
    _record("keys.remove", key_id)
    _announce()


@keys.command("confirm-backup")
@click.argument("key_id", metavar="ID")
@click.argument("code")
@with_appcontext
@plainly
def confirm_backup(key_id: str, code: str) -> None:
    """Record that a backup of key ID was read back: CODE is what opener.html then shows."""
    today = utc_day(utc_now())
    operations.confirm_backup(keys_dir=settings().keys_dir, key_id=key_id, code=code, today=today)
    _say(f"the backup of campaign key {key_id} is proved")
    _record("keys.confirm-backup", key_id)


@keys.command("fingerprint")
@with_appcontext
@plainly
def show_fingerprint() -> None:
    """Print the fingerprint over all campaign keys, for CAMPAIGN_KEY_FINGERPRINT."""
    found = operations.campaign_keys(keys_dir=settings().keys_dir)
    if not found:
        raise click.ClickException("there is no campaign key")
    click.echo(fingerprint_of_points(file.key for file in found))


@keys.command("prepare-master")
@with_appcontext
@plainly
def prepare_master() -> None:
    """Make the next master key without using it yet, to be carried to every host before `rotate-master`."""
    used = tags.used_masters(session=db.session)
    made = tags.prepare_master(keys_dir=settings().keys_dir, used=used, today=utc_day(utc_now()))
    db.session.rollback()
    _say(f"copy {made.name}, with its owner and mode, into KEYS_DIR of every host")
    _say("the next shredding takes it into use, or `campaign keys rotate-master` on one host")
    _record("keys.prepare-master", made.id)


@keys.command("rotate-master")
@with_appcontext
@plainly
def rotate_master() -> None:
    """Wrap every petition's tag key under a new master key and destroy the old one on this host."""
    newest = tags.rotate_master(session=db.session, today=utc_day(utc_now()))
    record(action="keys.rotate-master", by=BY_COMMAND, subject=newest, now=utc_now())
    db.session.commit()
    _say(f"petition keys are wrapped under master {newest}")
    destroy_and_say()


@keys.command("destroy-old-masters")
@with_appcontext
@plainly
def destroy_old_masters() -> None:
    """Destroy masters on this host that wrap nothing any more; run it on every host after rotating."""
    destroy_and_say()


@keys.command("rotate-mail")
@with_appcontext
@plainly
def rotate_mail() -> None:
    """Make a new mail key pair; the old secret goes eight days later, when no mail can wait for it."""
    made = operations.rotate_mail(keys_dir=settings().keys_dir, today=utc_day(utc_now()))
    _say(f"new mail is sealed to {made.id}; copy {made.name} to hosts that only serve pages")
    _record("keys.rotate-mail", made.id)


def destroy_and_say() -> None:
    """Destroy the masters on this host that wrap nothing any more, and say what other hosts and backups need."""
    keys_dir = settings().keys_dir
    destroyed = tags.destroy_old_masters(keys_dir=keys_dir, session=db.session)
    if not destroyed:
        _say("nothing to destroy: every master on this host is in use, or prepared for the next rotation")
        return
    for master_id in destroyed:
        _say(f"destroyed master {master_id} on this host")
    _record("keys.destroy-old-masters", masters=list(destroyed))
    _say("take a backup now: in older ones no petition's tags can be used any more")
    newest = newest_of(read_key_files(keys_dir, only=MASTER))
    _say(f"other hosts need {newest.name}, and `campaign keys destroy-old-masters` there")


def _announce() -> None:
    """Remind of the setting that an intruder on this disk cannot change."""
    chosen = settings()
    now = fingerprint_of_points(file.key for file in operations.campaign_keys(keys_dir=chosen.keys_dir))
    announced = chosen.campaign_key_fingerprint
    if announced and same_fingerprint(announced, now):
        return
    if announced:
        _say("signing is shut now, until CAMPAIGN_KEY_FINGERPRINT is set anew")
    _say(f"when every key is there, set CAMPAIGN_KEY_FINGERPRINT={now}")


def _described(file: KeyFile) -> dict[str, Any]:
    return {
        "id": file.id,
        "fingerprint": fingerprint_of_points([file.key]),
        "created_on": file.created_on.isoformat(),
        "demo": file.is_demo,
        "backup_read_on": file.backup_read_on.isoformat() if file.backup_read_on else None,
    }


def _record(action: str, subject: str = "", **lists: Sequence[str]) -> None:
    """Put what was done to key files on record, and commit; they may be there before the database is."""
    try:
        if is_there():
            record(action=action, by=BY_COMMAND, subject=subject, details=lists, now=utc_now())
            db.session.commit()
            return
        reason = "the database has no tables yet"
    except OperationalError:
        reason = "the database does not answer"
    db.session.rollback()
    _say(f"this is NOT in the audit record, since {reason}")


def _say(words: str) -> None:
    click.echo(words, err=True)
