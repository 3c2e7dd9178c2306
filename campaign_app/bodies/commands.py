"""`campaign bodies …`: the directory, and who presides over the Council."""

import json
from typing import Any

import click
from flask.cli import with_appcontext

from ..clock import utc_day, utc_now
from . import queries
from .rules import KINDS, in_language, is_stale, month_text, months_from

MONTHS_SHOWN = 14


@click.group("bodies")
def bodies() -> None:
    """See whom letters may go to. Changing and checking it is done at the desk."""


@bodies.command("list")
@click.option("--kind", type=click.Choice(KINDS), help="Only those of a kind.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def list_bodies(kind: str | None, as_json: bool) -> None:
    """List the bodies with what they accept, how they can be reached, and when that was last compared."""
    today, channels = utc_day(utc_now()), queries.all_channels()
    rows: list[dict[str, Any]] = [
        {
            "key": each.key,
            "kind": each.kind,
            "name": in_language(each.names, "en"),
            "accepts": each.accepts,
            "languages": each.languages,
            "channels": [channel.kind for channel in channels.get(each.id, ())],
            "verified_on": each.verified_on.isoformat() if each.verified_on else None,
            "needs_checking": is_stale(each.verified_on, today),
        }
        for each in queries.bodies(kind)
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        checked = row["verified_on"] or "never"
        ways = ", ".join(row["channels"]) or "none"
        click.echo(f"{row['key']}\t{row['kind']}\t{row['name']}\tways in: {ways}\tcompared: {checked}")


@bodies.command("presidency")
@click.option(
    "--months", type=click.IntRange(1, 120), default=MONTHS_SHOWN, help="How many, from this one on."
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def presidency(months: int, as_json: bool) -> None:
    """Say who presides over the Security Council in the coming months."""
    rows: list[dict[str, Any]] = []
    for first in months_from(utc_day(utc_now()), months):
        found = queries.president(first.year, first.month)
        said = queries.override_of(first.year, first.month)
        rows.append(
            {
                "month": month_text(first),
                "key": found.key if found else None,
                "state": queries.state_name(found, "en") if found else None,
                "is_override": said is not None,
            }
        )
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        state = row["state"] or "not known: the members of that year are not all entered"
        click.echo(f"{row['month']}\t{state}{' (entered by hand)' if row['is_override'] else ''}")


commands: list[click.Command] = [bodies]
