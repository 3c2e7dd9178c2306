"""`campaign owner …`: the link of the first owner, and of one who is alone and lost every way in.

Everyone else is invited, and begins anew, at the desk.
"""

import click
from email_validator import EmailNotValidError, validate_email
from flask.cli import with_appcontext

from ..audit.rules import BY_COMMAND
from ..clock import utc_now
from ..config import settings
from ..extensions import db
from . import operations
from .queries import active_owners
from .rules import NotAnOwner, OwnerExists

DEVELOPMENT_EMAIL = "organiser@example.org"


@click.group()
def owner() -> None:
    """Let the first owner join, or the only one in again."""


@owner.command("invite")
@click.argument("email")
@with_appcontext
def invite_owner(email: str) -> None:
    """Print a link by which EMAIL becomes the first owner. It works once, for 24 hours.

    Refused (exit code 1) while an owner can sign in: then owners invite, at the desk.
    """
    try:
        address = validate_email(email, check_deliverability=False, test_environment=True).normalized
        token = operations.invite_first_owner(email=address, by=BY_COMMAND, now=utc_now())
    except EmailNotValidError:
        raise click.ClickException("that is not a mail address") from None
    except OwnerExists:
        raise click.ClickException(
            "there is an owner who can sign in; further people are invited at the desk, under Team"
        ) from None
    db.session.commit()
    click.echo("The link works once, within 24 hours, for whoever has it:", err=True)
    click.echo(_link(token))


@owner.command("begin-anew")
@click.argument("email")
@with_appcontext
def begin_anew(email: str) -> None:
    """Print a link by which EMAIL, the only owner, chooses a new password and second step. It works once, for 24 hours.

    Refused (exit code 1) while another owner can help at the desk. It is on record, and releases nothing: what one
    person releases alone still waits, and the owners are told by mail.
    """
    try:
        token = operations.begin_anew_alone(email=email, by=BY_COMMAND, now=utc_now())
    except NotAnOwner:
        raise click.ClickException("no owner who can sign in has this address") from None
    except OwnerExists:
        raise click.ClickException(
            "another owner can sign in, and sends a link to begin anew at the desk, under Team"
        ) from None
    db.session.commit()
    click.echo(
        "The link works once, within 24 hours, for whoever has it; until then all stays as it is:", err=True
    )
    click.echo(_link(token))


def announce_first_link() -> None:
    """In development, print a link into the desk as long as nobody has joined, so that a newcomer can look around."""
    if settings().is_production or active_owners():
        return
    token = operations.invite_first_owner(email=DEVELOPMENT_EMAIL, by=BY_COMMAND, now=utc_now())
    db.session.commit()
    click.echo(f"the organisers' desk, once and within 24 hours: {_link(token)}", err=True)


def _link(token: str) -> str:
    # Browsers know passkeys of names only, never of an address in figures.
    base = settings().base_url
    if not settings().is_production:
        base = base.replace("//127.0.0.1", "//localhost")
    return f"{base}/desk/invitation/{token}"


commands = (owner,)
