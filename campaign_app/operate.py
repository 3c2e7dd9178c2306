"""Commands that run an installation: init, migrate, serve, worker, check."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from flask_migrate import upgrade
from sqlalchemy.exc import OperationalError

from .accounts.commands import announce_first_link
from .app import create_app, refuse_unready
from .audit.operations import record
from .audit.rules import BY_COMMAND
from .bodies import operations as bodies
from .bodies.content import shipped_bodies
from .clock import utc_day, utc_now
from .config import ROOT, Settings, from_environment, settings, write_secret_key
from .extensions import db
from .findings import findings
from .mail.findings import Level
from .mail.schedule import run_worker
from .petitions import operations as petitions
from .petitions.content import shipped_petitions
from .sealing.operations import ensure_development_keys, make_server_keys
from .supervisor import command, refuse_taken_port, supervise

NEEDS_ATTENTION = 3
LABELS: dict[Level, str] = {"bad": "NOT READY", "warning": "to mend", "unknown": "unknown", "good": "ok"}
LEVELS = list(LABELS)
WAIT_FOR_DATABASE_SECONDS = 60
LOOK_EVERY_SECONDS = 2


@click.command()
@with_appcontext
def migrate() -> None:
    """Bring the database to the newest form. Safe to repeat."""
    upgrade(directory=str(ROOT / "migrations"))


@click.command()
def init() -> None:
    """Make what is missing: keys, database, the shipped petitions. Never touches an edited text. Safe to repeat."""
    chosen = from_environment()
    write_secret_key(chosen.secret_key_file)  # without it no application is made
    with create_app(chosen).app_context():
        initialise()


def initialise() -> None:
    """Do the work of `campaign init` in the current application."""
    chosen = settings()
    make = make_server_keys if chosen.is_production else ensure_development_keys
    made = make(keys_dir=chosen.keys_dir, today=utc_day(utc_now()))
    if made:
        demo = " and two demonstration keys" if any(file.is_demo for file in made) else ""
        click.echo(f"made the server's own keys{demo}", err=True)
    upgrade(directory=str(ROOT / "migrations"))
    report = petitions.load_shipped(
        petitions=shipped_petitions(chosen.content_dir),
        open_at_once=not chosen.is_production,
        now=utc_now(),
    )
    directory = bodies.load_shipped(bodies=shipped_bodies(chosen.content_dir))
    if made:
        names = [file.name for file in made]
        record(action="keys.make", by=BY_COMMAND, details={"files": names}, now=utc_now())
    if report.created or report.rewritten:
        texts = {"created": list(report.created), "rewritten": list(report.rewritten)}
        record(action="petition.load", by=BY_COMMAND, details=texts, now=utc_now())
    if directory.created or directory.rewritten:
        loaded = {"created": directory.created, "rewritten": directory.rewritten}
        record(action="body.load", by=BY_COMMAND, details=loaded, now=utc_now())
    db.session.commit()
    for slug in report.created:
        click.echo(f"petition {slug}: {'open' if not chosen.is_production else 'a draft'}", err=True)
    for name in report.rewritten:
        click.echo(f"petition {name}: new text version from the shipped content", err=True)
    if directory.created or directory.rewritten:
        counts = f"{len(directory.created)} bodies new, {len(directory.rewritten)} as shipped now"
        click.echo(f"directory of recipients: {counts}", err=True)
    for difference in (*report.differences, *directory.differences):
        click.echo("edited here, so left alone; what is shipped differs:", err=True)
        click.echo(difference)
    announce_first_link()


@click.command()
@click.option("--first-run", is_flag=True, help="Run `campaign init` before, as `make run` does.")
def serve(first_run: bool) -> None:
    """Run the web server and one worker until stopped."""
    chosen = from_environment()
    refuse_taken_port(chosen)
    environment = {**os.environ, **chosen.places}
    if first_run and subprocess.run(command("init"), cwd=ROOT, env=environment, check=False).returncode:
        sys.exit(1)  # it has said why
    app = create_app(chosen)
    wait_for_database(app)
    refuse_unready(app)
    sys.exit(supervise(chosen, announce=lambda: _announce(chosen)))


def wait_for_database(app: Flask) -> None:
    """Give a database that starts together with us its time. Raises OperationalError when it does not come."""
    deadline = time.monotonic() + WAIT_FOR_DATABASE_SECONDS
    is_told = False
    with app.app_context():
        while True:
            try:
                db.engine.connect().close()
            except OperationalError:
                if db.engine.dialect.name == "sqlite" or time.monotonic() > deadline:
                    raise
            else:
                return
            if not is_told:
                click.echo("the database does not answer yet; waiting a minute for it", err=True)
                is_told = True
            time.sleep(LOOK_EVERY_SECONDS)


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
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.pass_context
@with_appcontext
def check(context: click.Context, as_json: bool) -> None:
    """Say in plain sentences whether people can sign here, and what should be mended.

    Exit code 1 says that something stands against signing, 3 that something should be mended.
    """
    if context.invoked_subcommand is not None:
        return
    found = findings()
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in found]))
    else:
        chosen = settings()
        click.echo(f"{chosen.environment} · {chosen.home} · {chosen.base_url}")
        for finding in sorted(found, key=lambda each: LEVELS.index(each.level)):
            click.echo(f"{LABELS[finding.level]:<9}  {finding.about}: {finding.says}")
    levels = {finding.level for finding in found}
    sys.exit(1 if "bad" in levels else NEEDS_ATTENTION if "warning" in levels else 0)
