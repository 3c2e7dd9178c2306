"""`campaign keys shred`: what the worker does by itself 30 days after a petition closed, done by hand.

Here and not in sealing: the tags, the links and the open requests go together with the key that made them.
"""

import click
from flask.cli import with_appcontext

from ..audit.operations import record
from ..audit.rules import BY_COMMAND
from ..clock import utc_day, utc_now
from ..extensions import db
from ..petitions.operations import petition_by_slug
from ..petitions.queries import forget_kept
from ..petitions.rules import PetitionUnknown
from ..sealing.commands import destroy_and_say, plainly
from . import retention
from .rules import CONTACT_KEPT_AFTER_CLOSE


@click.command()
@click.argument("slug")
@click.confirmation_option(
    prompt="No address can be tested against this petition ever again, and no private link opens. Destroy its marks?"
)
@with_appcontext
@plainly
def shred(slug: str) -> None:
    """Destroy the marks of addresses of petition SLUG and their key; refused until 30 days after it closed.

    The worker does so by itself: this is for a host whose worker did not run.
    """
    now = utc_now()
    try:
        petition = petition_by_slug(slug)
    except PetitionUnknown as unknown:
        raise click.ClickException(str(unknown)) from None
    if petition.closed_on is None:
        raise click.ClickException(
            f"{slug} is {petition.state}: marks are destroyed 30 days after a petition closed"
        )
    due_on = petition.closed_on + CONTACT_KEPT_AFTER_CLOSE
    if utc_day(now) < due_on:
        raise click.ClickException(
            f"{slug} closed on {petition.closed_on}: its marks are destroyed from {due_on} on"
        )
    retention.shred(petition_id=petition.id, now=now)
    record(action="keys.shred", by=BY_COMMAND, subject=slug, now=now)
    db.session.commit()
    forget_kept()
    click.echo(f"the marks of addresses of {slug} are destroyed, and their key with them", err=True)
    destroy_and_say()
