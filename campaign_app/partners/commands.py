"""`campaign partners …`: who they are, one more, one that rests. Endorsing is recorded and checked at the desk."""

import json
from typing import Any

import click
from flask.cli import with_appcontext

from ..audit.rules import BY_COMMAND
from ..clock import utc_now
from ..config import settings
from ..extensions import db
from ..languages import LANGUAGES
from . import operations, queries
from .models import Partner
from .rules import ACTIVE, CODE, LONGEST_CONTACT, LONGEST_NAME, MOST_ORIGINS, PAUSED, NotAnOrigin, origin_of


@click.group("partners")
def partners() -> None:
    """See, add and pause the organisations whose sites may show the form."""


@partners.command("list")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def list_partners(as_json: bool) -> None:
    """List every partner: its code, state and sites."""
    rows = [_told(each) for each in queries.partners()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['code']}\t{row['state']}\t{row['name']}\t{' '.join(row['sites']) or 'no site'}")


@partners.command("add")
@click.argument("code")
@click.option("--name", required=True, help="The organisation, as it writes itself.")
@click.option(
    "--site", "sites", multiple=True, help="An exact site, such as https://example.org. Repeat for more."
)
@click.option("--contact", default="", help="Its office's e-mail address or page; never a person's.")
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="ar", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def add(code: str, name: str, sites: tuple[str, ...], contact: str, language: str, as_json: bool) -> None:
    """Add a partner whose visitors are counted under CODE. Safe to repeat: what is there already is refused."""
    if not CODE.fullmatch(code):
        raise click.ClickException("a code is 1 to 32 small Latin letters, digits, hyphens and underscores")
    if not name.strip() or max(len(name) - LONGEST_NAME, len(contact) - LONGEST_CONTACT) > 0:
        raise click.ClickException(
            f"a name has 1 to {LONGEST_NAME} letters, a contact at most {LONGEST_CONTACT}"
        )
    described = operations.Described(
        name=" ".join(name.split()), origins=_origins(sites), contact=contact.strip(), language=language
    )
    try:
        found = operations.add(code=code, described=described, by=BY_COMMAND, now=utc_now())
    except operations.CodeTaken:
        raise click.ClickException(f"the code {code} is taken; a code is never given twice") from None
    db.session.commit()
    _say(found, as_json)


@partners.command("pause")
@click.argument("code")
@click.option("--resume", is_flag=True, help="Let it go on instead.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def pause(code: str, resume: bool, as_json: bool) -> None:
    """Let a partner's sites show the form no more, for a while. Safe to repeat."""
    found = queries.partner_by_code(code)
    if found is None:
        raise click.ClickException(f"there is no partner {code}")
    to = ACTIVE if resume else PAUSED
    if found.state != to:
        try:
            operations.move(partner=found, to=to, by=BY_COMMAND, now=utc_now())
        except operations.CannotMove:
            raise click.ClickException(f"the partnership with {code} has ended") from None
    db.session.commit()
    _say(found, as_json)


def _origins(sites: tuple[str, ...]) -> tuple[str, ...]:
    """Return the exact sites that were named. Raises ClickException for the first that is none."""
    found = []
    for site in sites:
        try:
            found.append(origin_of(site, may_be_http=not settings().is_production))
        except NotAnOrigin as problem:
            raise click.ClickException(f"{site!r} is not an exact site ({problem.why})") from None
    if len(set(found)) > MOST_ORIGINS:
        raise click.ClickException(f"at most {MOST_ORIGINS} sites")
    return tuple(dict.fromkeys(found))


def _say(partner: Partner, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(_told(partner), ensure_ascii=False))
    else:
        click.echo(f"{partner.code} is {partner.state}", err=True)


def _told(partner: Partner) -> dict[str, Any]:
    return {
        "code": partner.code,
        "name": partner.name,
        "state": partner.state,
        "sites": partner.origins,
        "contact": partner.contact,
        "language": partner.language,
        "has_private_link": partner.link_hash is not None,
    }


commands: list[click.Command] = [partners]
