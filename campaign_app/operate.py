"""Commands that run an installation: init, migrate, serve, worker, check."""

import signal
import subprocess
import sys
import threading

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from .app import create_app, refuse_unready
from .campaign import campaign as this_campaign
from .clock import utc_day, utc_now
from .config import ROOT, Settings, from_environment, settings, write_secret_key
from .extensions import db
from .mail.queries import outbox_state
from .mail.schedule import run_worker
from .petitions import operations as petitions
from .petitions.content import shipped_petitions
from .sealing.keys import KeyProblem, key_warnings, keyring, signing_obstacles
from .sealing.operations import ensure_development_keys, make_server_keys
from .sealing.tags import old_masters_remaining
from .shield.redis_store import RedisStore
from .supervisor import command, refuse_taken_port, supervise

NEEDS_ATTENTION = 3


@click.command()
@with_appcontext
def migrate() -> None:
    """Bring the database to the newest form. Safe to repeat."""
    upgrade(directory=str(ROOT / "migrations"))


@click.command()
@with_appcontext
def init() -> None:
    """Make what is missing: keys, database, the shipped petitions. Never touches an edited text. Safe to repeat."""
    initialise()


def initialise() -> None:
    """Do the work of `campaign init` in the current application."""
    chosen = settings()
    write_secret_key(chosen.secret_key_file)
    make = make_server_keys if chosen.is_production else ensure_development_keys
    for made in make(keys_dir=chosen.keys_dir, today=utc_day(utc_now())):
        click.echo(f"made key {made.id} ({made.kind})", err=True)
    upgrade(directory=str(ROOT / "migrations"))
    report = petitions.load_shipped(
        petitions=shipped_petitions(chosen.content_dir),
        open_at_once=not chosen.is_production,
        now=utc_now(),
    )
    db.session.commit()
    for slug in report.created:
        click.echo(f"petition {slug}: {'open' if not chosen.is_production else 'a draft'}", err=True)
    for name in report.rewritten:
        click.echo(f"petition {name}: new text version from the shipped content", err=True)
    for difference in report.differences:
        click.echo("edited here, so left alone; the shipped text differs:", err=True)
        click.echo(difference)


@click.command()
@click.option("--first-run", is_flag=True, help="Run `campaign init` before, as `make run` does.")
def serve(first_run: bool) -> None:
    """Run the web server and one worker until stopped."""
    chosen = from_environment()
    refuse_taken_port(chosen)
    if first_run and subprocess.run(command("init"), cwd=ROOT, check=False).returncode:
        sys.exit(1)  # it has said why
    refuse_unready(create_app(chosen))
    sys.exit(supervise(chosen, announce=lambda: _announce(chosen)))


def _announce(chosen: Settings) -> None:
    click.echo(f"Nidaa is at {chosen.base_url}/", err=True)
    if not chosen.is_production and not chosen.smtp_url:
        click.echo(f"Its mails are shown at {chosen.base_url}/dev/mail", err=True)


@click.command()
@with_appcontext
def worker() -> None:
    """Send mail and run the periodic jobs until stopped; the mail in hand is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # In a thread of its own: the handler may interrupt a wait that holds the event's lock.
        signal.signal(number, lambda *_: threading.Thread(target=stop.set).start())
    run_worker(current_app._get_current_object(), stop)  # type: ignore[attr-defined]


@click.group(invoke_without_command=True)
@click.pass_context
@with_appcontext
def check(context: click.Context) -> None:
    """Say in plain sentences whether people can sign here, and what should be mended."""
    if context.invoked_subcommand is not None:
        return
    obstacles, warnings = findings()
    for line in obstacles:
        click.echo(f"NOT READY  {line}")
    for line in warnings:
        click.echo(f"to mend    {line}")
    if not obstacles and not warnings:
        click.echo("ready: people can sign, and nothing needs attention")
    sys.exit(1 if obstacles else NEEDS_ATTENTION if warnings else 0)


def findings() -> tuple[list[str], list[str]]:
    """Return (what stands against signing, what should be mended)."""
    chosen = settings()
    obstacles: list[str] = []
    warnings: list[str] = []
    missing = this_campaign().missing
    if missing:
        (obstacles if chosen.is_production else warnings).append(
            f"content/campaign.toml lacks {', '.join(missing)}"
        )
    if chosen.limits_url:
        warnings += _limits_findings(chosen.limits_url)
    try:
        keys = keyring(fresh=True)
        obstacles += signing_obstacles(keys, chosen.environment)
        warnings += key_warnings(keys)
    except KeyProblem as problem:
        obstacles.append(str(problem))
    try:
        _database_findings(obstacles, warnings)
    except SQLAlchemyError:
        obstacles.append("the database does not answer")
    return obstacles, warnings


def _limits_findings(url: str) -> list[str]:
    try:
        keeps_files = RedisStore(url, b"").keeps_files()
    except RedisError:
        return ["the server of LIMITS_URL does not answer: limits are counted in each process meanwhile"]
    if keeps_files:
        return ['the server of LIMITS_URL writes to its disk: set its `save ""` and `appendonly no`']
    return []


def _database_findings(obstacles: list[str], warnings: list[str]) -> None:
    with db.engine.connect() as connection:
        has = MigrationContext.configure(connection).get_current_revision()
    wanted = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    if has != wanted:
        obstacles.append("the database is not at the newest form: run `campaign migrate`")
        return
    state = outbox_state(now=utc_now())
    if state.dead:
        warnings.append(f"mails that cannot be delivered: {state.dead}; see `campaign mail dead`")
    if state.relay_trouble:
        warnings.append(f"the mail relay: {state.relay_trouble}")
    old = old_masters_remaining(keys_dir=settings().keys_dir, session=db.session)
    if old:
        obstacles.append(f"old master keys still exist: {', '.join(old)}; run `campaign keys rotate-master`")
