"""`campaign petition …`: list petitions, write a new text version, publish news.

`show` and `move` count signatures: they stand in `signing/commands.py`, and join the group here.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from ..audit.operations import record
from ..audit.rules import BY_COMMAND
from ..clock import utc_now
from ..errors import ConfigurationError
from ..extensions import db
from ..facts.rules import FigureUnresolved
from ..languages import LANGUAGES
from . import operations
from .content import read_text
from .models import Petition
from .queries import forget_kept
from .rules import PetitionUnknown, UpdateIncomplete


@click.group()
def petition() -> None:
    """See petitions, take them through their states, and write new versions of their texts."""


@petition.command("list")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def list_petitions(as_json: bool) -> None:
    """List every petition with its state and text versions."""
    rows: list[dict[str, Any]] = []
    for found in db.session.scalars(select(Petition).order_by(Petition.id)):
        texts = {code: operations.latest_text(found.id, code) for code in found.required_languages}
        versions = {code: text.version if text else 0 for code, text in texts.items()}
        rows.append({"slug": found.slug, "state": found.state, "text_versions": versions})
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        latest = ", ".join(f"{code} {version}" for code, version in row["text_versions"].items())
        click.echo(f"{row['slug']}\t{row['state']}\ttext versions: {latest}")


@petition.command("write")
@click.argument("slug")
@click.option("--lang", "language", required=True, type=click.Choice(list(LANGUAGES)), help="Its language.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def write(slug: str, language: str, file: Path) -> None:
    """Add a version of a petition's words from a TOML file like content/petitions/*/ar.toml.

    Signatures already given stay bound to the version they were given to.
    """
    try:
        found = operations.petition_by_slug(slug)
        version = operations.write_text(
            petition=found, language=language, text=read_text(file), now=utc_now()
        )
    except (PetitionUnknown, FigureUnresolved, ConfigurationError) as refusal:
        raise click.ClickException(str(refusal)) from None
    details = {"language": language, "version": version.version}
    record(action="petition.write", by=BY_COMMAND, subject=slug, details=details, now=utc_now())
    db.session.commit()
    forget_kept()
    click.echo(f"{slug} ({language}) is at version {version.version}", err=True)


@petition.command("update")
@click.argument("slug")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def update(slug: str, file: Path) -> None:
    """Publish a piece of news from a TOML file with a table per language: [ar] title, body; [en] title, body."""
    try:
        found = operations.petition_by_slug(slug)
        operations.publish_update(
            petition=found, texts=tomllib.loads(file.read_text(encoding="utf-8")), now=utc_now()
        )
    except (PetitionUnknown, UpdateIncomplete, tomllib.TOMLDecodeError, UnicodeDecodeError) as refusal:
        raise click.ClickException(str(refusal)) from None
    record(action="petition.update", by=BY_COMMAND, subject=slug, now=utc_now())
    db.session.commit()
    forget_kept()
    click.echo(f"published on the page of {slug}", err=True)


commands: list[click.Command] = [petition]
