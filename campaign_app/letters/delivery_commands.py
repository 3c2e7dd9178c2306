"""`campaign letters batch` and `send --dry-run`: letters to a whole Council; what sending would do. Nothing leaves."""

import json
from collections.abc import Mapping

import click
from flask.cli import with_appcontext
from flask_babel import force_locale

from ..audit.rules import BY_COMMAND
from ..clock import utc_now
from ..database import reading
from ..errors import Refusal
from ..extensions import db
from ..languages import LETTER_LANGUAGES
from ..petitions.operations import petition_by_slug
from ..petitions.rules import PetitionUnknown
from . import awaiting, batches, delivering, queries, rules
from .commands import letters, month_of


@letters.command("batch")
@click.option("--petition", "slug", required=True, help="The petition that they are about.")
@click.option("--template", "key", required=True, help="To members; the President gets the President's own.")
@click.option("--month", required=True, help="Of delivery, as 2026-12: its members get the letters.")
@click.option(
    "--lang",
    "languages",
    multiple=True,
    required=True,
    type=click.Choice(list(LETTER_LANGUAGES)),
    help="Their languages; repeat for several.",
)
@click.option("--way", type=click.Choice(rules.WAYS), help="How they are to be delivered.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def draft_batch(
    slug: str, key: str, month: str, languages: tuple[str, ...], way: str | None, as_json: bool
) -> None:
    """Draft one letter for every member of the Council of a month. Approving and issuing are done at the desk."""
    try:
        found = batches.draft_batch(
            plan=batches.Plan(
                petition_id=petition_by_slug(slug).id,
                template=key,
                month=month_of(month),
                languages=languages,
                way=way,
            ),
            by=BY_COMMAND,
            now=utc_now(),
        )
        db.session.commit()
    except PetitionUnknown:
        raise click.ClickException(f"there is no petition {slug}") from None
    except batches.NobodySits:
        raise click.ClickException(
            "that template is not to members, or nobody entered that month's"
        ) from None
    except Refusal as problem:
        raise click.ClickException(str(problem)) from None
    rows = [
        {"name": each.key, "template": each.template, "to": each.body_key, "languages": each.languages}
        for each in batches.letters_of(found)
    ]
    if as_json:
        click.echo(json.dumps({"batch": found.key, "letters": rows}, ensure_ascii=False))
        return
    click.echo(found.key)
    for row in rows:
        click.echo(f"{row['name']}\t{row['template']}\t{row['to']}")


@letters.command("send")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Say what would go where. Nothing else is done from here.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def send(name: str, dry_run: bool, as_json: bool) -> None:
    """Say what sending an issued letter by mail would do, office by office. Sending is done at the desk."""
    if not dry_run:
        raise click.ClickException("letters are sent at the desk; here only --dry-run")
    with reading(), force_locale("en"):
        try:
            letter = queries.letter(name)
        except queries.LetterUnknown:
            raise click.ClickException(f"there is no letter {name}") from None
        if not letter.issued_at or letter.state in (rules.WITHDRAWN, rules.CLOSED):
            raise click.ClickException(
                "only a letter that is issued, and neither taken back nor closed, is sent"
            )
        missing = awaiting.languages_without_documents(letter)
        said = {
            "name": letter.reference,
            "documents": {each.name: each.sha256 for each in delivering.attachments_of(letter)},
            "documents_missing": missing,
            "offices": [
                {
                    "to": each.body_key,
                    "is_copy": each.is_copy,
                    "address": each.address,
                    "would_go": each.is_usual and not missing,
                    "obstacles": [str(obstacle) for obstacle in each.obstacles],
                    "last": each.last.state if each.last else "",
                }
                for each in delivering.outgoing(letter, now=utc_now())
            ],
        }
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    _say(said, missing)


def _say(said: Mapping[str, object], missing: list[str]) -> None:
    for lang in missing:
        click.echo(f"to mend: no documents are made in {lang} yet", err=True)
    offices = said["offices"]
    for each in offices if isinstance(offices, list) else []:
        verdict = "would go" if each["would_go"] else "would not go"
        click.echo(f"{verdict}\t{each['to']}\t{each['address'] or '-'}\t{'copy' if each['is_copy'] else ''}")
        for says in each["obstacles"]:
            click.echo(f"to mend: {says}", err=True)
