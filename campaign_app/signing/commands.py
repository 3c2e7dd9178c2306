"""`campaign recount`: prove that the published numbers are the sum of the rows."""

import json
import sys
from dataclasses import asdict

import click
from flask.cli import with_appcontext
from sqlalchemy import select

from ..database import reading
from ..extensions import db
from ..petitions.models import Petition
from .recount import recount as count_again


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


commands: list[click.Command] = [recount]
