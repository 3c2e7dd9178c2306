"""`campaign recount` proves that the published numbers are the sum of the rows; `campaign petition show` and `move`.

A step in a petition's life decides what becomes of those who signed: it is said in numbers before it is taken.
"""

import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from ..audit.operations import record
from ..audit.rules import BY_COMMAND
from ..clock import utc_now
from ..database import reading
from ..extensions import db
from ..petitions import operations as petitions
from ..petitions.commands import petition as petition_group
from ..petitions.models import Petition
from ..petitions.obstacles import is_shredded, step_obstacles
from ..petitions.queries import forget_kept
from ..petitions.rules import (
    TRANSITIONS,
    NotReadyToOpen,
    NotYetTold,
    PetitionUnknown,
    TransitionRefused,
    check_transition,
)
from ..tally.queries import statement
from .recount import recount as count_again
from .retention import kept_of
from .rules import CONTACT_KEPT_AFTER_CLOSE
from .steps import what_follows


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def recount(as_json: bool) -> None:
    """Count every petition's rows again and hold them against its cells; exits with 1 where they differ."""
    with reading():
        results = {
            petition.slug: count_again(petition.id)
            for petition in db.session.scalars(select(Petition).order_by(Petition.id))
        }
    if as_json:
        click.echo(
            json.dumps(
                {
                    slug: {**asdict(result), "differences": len(result.differences), "agrees": result.agrees}
                    for slug, result in results.items()
                }
            )
        )
    else:
        for slug, result in results.items():
            verdict = "agrees" if result.agrees else "DIFFERS"
            click.echo(f"{slug}\tcells {result.people_by_cells}\trows {result.people_by_rows}\t{verdict}")
    sys.exit(0 if all(result.agrees for result in results.values()) else 1)


STEPS = {
    "open": "open",
    "close": "closed",
    "deliver": "delivered",
    "answer": "answered",
    "withdraw": "withdrawn",
}


@petition_group.command("show")
@click.argument("slug")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def show(slug: str, as_json: bool) -> None:
    """Show how a petition stands: its count, its days, what is kept of its signers, its next steps."""
    try:
        with reading():
            told = _told(petitions.petition_by_slug(slug), utc_now())
    except PetitionUnknown as unknown:
        raise click.ClickException(str(unknown)) from None
    if as_json:
        click.echo(json.dumps(told, default=str))
        return
    for name, value in told.items():
        shown = ", ".join(value) or "none" if isinstance(value, list) else value
        click.echo(f"{name.replace('_', ' ')}: {'-' if shown is None else shown}")


@petition_group.command("move")
@click.argument("slug")
@click.argument("step", type=click.Choice(list(STEPS)))
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@with_appcontext
def move(slug: str, step: str, yes: bool) -> None:
    """Take a petition to its next state: open, close, deliver, answer or withdraw.

    Closing, answering and withdrawing begin the time after which details of signers are destroyed: it says what, and
    asks. Handing over and answering need news on the petition's page that tells of them (`campaign petition update`).
    """
    to, now = STEPS[step], utc_now()
    try:
        with reading():
            found = petitions.petition_by_slug(slug)
            check_transition(found.state, to)
            follows = _what_follows(found, to, now)
        if follows and not yes:
            _ask(follows)
        found = petitions.petition_by_slug(slug)
        obstacles = step_obstacles(petition=found, to=to)
        before = found.state
        petitions.move(petition=found, to=to, obstacles=obstacles, now=now)
    except (PetitionUnknown, TransitionRefused, NotReadyToOpen, NotYetTold) as refusal:
        raise click.ClickException(str(refusal)) from None
    details = {"from": before, "to": found.state}
    record(action="petition.move", by=BY_COMMAND, subject=slug, details=details, now=now)
    db.session.commit()
    forget_kept()
    click.echo(f"{slug} is {found.state}", err=True)


def _told(petition: Petition, now: datetime) -> dict[str, Any]:
    """Return how a petition stands, field by field."""
    kept = kept_of(petition.id)
    destroyed_from = petition.closed_on and petition.closed_on + CONTACT_KEPT_AFTER_CLOSE
    return {
        "slug": petition.slug,
        "state": petition.state,
        "people": statement(petition.id, now=now).people,
        "unanswered_requests": kept.requests,
        "opens_at": petition.opens_at,
        "closes_at": petition.closes_at,
        "closed_on": petition.closed_on,
        "delivered_on": petition.delivered_on,
        "answered_on": petition.answered_on,
        "contacts_kept": kept.contacts,
        "contacts_kept_with_consent_to_news": kept.contacts_with_updates,
        "marks_of_addresses": "destroyed"
        if is_shredded(petition)
        else f"kept until {destroyed_from or '30 days after it closes'}",
        "next_steps": [step for step, to in STEPS.items() if to in TRANSITIONS[petition.state]],
    }


def _what_follows(petition: Petition, to: str, now: datetime) -> list[str]:
    """Return what a step that cannot be undone leads to, in sentences; nothing for the others."""
    if to not in ("closed", "answered", "withdrawn"):
        return []
    follows = what_follows(petition, to, now=now)
    kept = follows.kept
    told = [f"People counted: {follows.people}."]
    if to == "answered":
        last = kept.contacts_with_updates + kept.contacts
        return [*told, f"On {follows.destroyed_on} the last contacts, {last}, are destroyed."]
    if follows.confirmable_until:
        told.append(
            f"Requests that may still be confirmed, until {follows.confirmable_until}: {kept.requests}."
        )
    else:
        told.append(f"Requests that can no longer be confirmed: {kept.requests}.")
    told.append(
        f"On {follows.destroyed_on} the contacts without consent to news, {kept.contacts}, and every mark that "
        "recognises an address are destroyed."
    )
    told.append(f"Contacts with consent to news, kept longer: {kept.contacts_with_updates}.")
    return [*told, "Export what you need before then."]


def _ask(follows: list[str]) -> None:
    """Show what follows and go on only after a yes. Raises ClickException, Abort."""
    for sentence in follows:
        click.echo(sentence, err=True)
    if not _is_somebody_there():
        raise click.ClickException("nobody is there to ask; say --yes to go on")
    click.confirm("Go on?", abort=True, err=True)


def _is_somebody_there() -> bool:
    return sys.stdin.isatty()


commands: list[click.Command] = [recount]
