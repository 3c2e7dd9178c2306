"""`campaign letters …`: draft a letter, look at it, see how it stands. Approving and issuing are done at the desk."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext
from flask_babel import force_locale

from ..audit.rules import BY_COMMAND
from ..bodies.rules import BodyUnknown
from ..clock import utc_now
from ..database import one_moment, reading
from ..errors import Refusal
from ..extensions import db
from ..languages import LETTER_LANGUAGES
from ..petitions.operations import petition_by_slug
from ..petitions.rules import PetitionUnknown
from . import drafting, obstacles, queries, rules
from .documents import making as documents
from .freezing import Put, put_together
from .frozen import NUMBERS_SHEET
from .models import Letter
from .templates import templates


@click.group()
def letters() -> None:
    """Draft letters, look at them, and see what became of them."""


@letters.command("draft")
@click.option("--template", "key", required=True, help="See `campaign letters templates`.")
@click.option("--petition", "slug", default="", help="The petition that it is about.")
@click.option("--to", "body_key", default="", help="Whom it goes to: a key of `campaign bodies list`.")
@click.option(
    "--month", default="", help="Of delivery, as 2026-12: its President of the Council gets the letter."
)
@click.option(
    "--lang",
    "languages",
    multiple=True,
    required=True,
    type=click.Choice(list(LETTER_LANGUAGES)),
    help="Its languages; repeat for several.",
)
@click.option("--way", type=click.Choice(rules.WAYS), help="How it is to be delivered.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def draft(
    key: str, slug: str, body_key: str, month: str, languages: tuple[str, ...], way: str | None, as_json: bool
) -> None:
    """Begin a letter from a template, and say what still stands against issuing it."""
    now = utc_now()
    try:
        letter = drafting.draft(
            beginning=drafting.Beginning(
                template=key,
                languages=languages,
                petition_id=petition_by_slug(slug).id if slug else None,
                body_key=body_key,
                month=month_of(month) if month else None,
                way=way,
            ),
            by=BY_COMMAND,
            now=now,
        )
        db.session.commit()
    except BodyUnknown as problem:
        raise click.ClickException(f"there is no body {problem}: see `campaign bodies list`") from None
    except PetitionUnknown:
        raise click.ClickException(f"there is no petition {slug}") from None
    except Refusal as problem:
        raise click.ClickException(str(problem)) from None
    _say(letter, now, as_json)


@letters.command("preview")
@click.argument("name")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the documents; each page is marked as a specimen.",
)
@with_appcontext
def preview(name: str, out: Path) -> None:
    """Write the documents of a letter as they would be now, each page marked as a specimen."""
    with reading():
        put = _put(_letter(name), utc_now())
        out.mkdir(parents=True, exist_ok=True)
        for path, content in _documents(out, name, put):
            path.write_bytes(content)
            click.echo(str(path))


@letters.command("status")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def status(name: str | None, as_json: bool) -> None:
    """Say how every letter stands; of one, also what stands against issuing it."""
    now = utc_now()
    with reading():
        if name:
            _say(_letter(name), now, as_json)
            return
        rows = [_row(each) for each in queries.shown(queries.letters(), now=now)]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo("\t".join(str(row[field]) for field in ("name", "state", "template", "to")))


@letters.command("templates")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def list_templates(as_json: bool) -> None:
    """List the templates, and the languages of each."""
    rows = [
        {"key": each.key, "title": each.titles["en"], "form": each.form, "languages": sorted(each.texts)}
        for each in templates().values()
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['key']}\t{row['title']}\t{', '.join(row['languages'])}")


def _letter(name: str) -> Letter:
    try:
        return queries.letter(name)
    except queries.LetterUnknown:
        raise click.ClickException(f"there is no letter {name}") from None


def _put(letter: Letter, now: datetime) -> Put:
    with one_moment():
        return put_together(letter, now=now)


def _documents(out: Path, name: str, put: Put) -> list[tuple[Path, bytes]]:
    found = []
    for lang in put.letter.languages:
        stem = f"specimen-{name}-{lang}"
        found.append((out / f"{stem}.pdf", documents.pdf(put.letter, lang, specimen=True).content))
        if put.letter.kind == NUMBERS_SHEET:
            found.append((out / f"{stem}.png", documents.png(put.letter, lang, specimen=True)))
            continue
        found.append((out / f"{stem}.docx", documents.docx(put.letter, lang, specimen=True).content))
        found.append((out / f"{stem}.txt", documents.plain_text(put.letter, lang, specimen=True).encode()))
    return found


def _row(each: queries.Shown) -> dict[str, Any]:
    letter = each.letter
    return {
        "name": letter.reference or letter.key,
        "state": each.state,
        "template": letter.template,
        "to": letter.body_key,
        "languages": letter.languages,
        "visibility": letter.visibility,
        "issued_at": letter.issued_at.isoformat() if letter.issued_at else None,
        "sent_at": letter.sent_at.isoformat() if letter.sent_at else None,
    }


def _say(letter: Letter, now: datetime, as_json: bool) -> None:
    (shown,) = queries.shown([letter], now=now)
    with force_locale("en"):
        found = obstacles.against(letter, _put(letter, now), now=now) if letter.state == rules.DRAFT else []
        says = [str(each) for each in found]
    row = _row(shown)
    if as_json:
        stands = [
            {"code": each.code, "is_warning": each.is_warning, "says": sentence}
            for each, sentence in zip(found, says, strict=True)
        ]
        click.echo(json.dumps({**row, "obstacles": stands}, ensure_ascii=False))
        return
    click.echo(f"{row['name']}\t{row['state']}")
    for each, sentence in zip(found, says, strict=True):
        click.echo(f"{'note' if each.is_warning else 'to mend'}: {sentence}", err=True)


def month_of(typed: str) -> date:
    """Return the first day of a month as it is typed. Raises ClickException."""
    try:
        return date.fromisoformat(f"{typed}-01")
    except ValueError:
        raise click.ClickException("a month is written as 2026-12") from None


commands = (letters,)
