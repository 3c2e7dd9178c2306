"""`campaign mail …` and `campaign check mail`: what an operator sees of mail. No address is ever printed."""

import json
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

import click
from flask.cli import with_appcontext

from ..audit.operations import record
from ..audit.rules import BY_COMMAND
from ..clock import utc_day, utc_now
from ..config import settings
from ..extensions import db
from ..languages import FIRST_LANGUAGE, LANGUAGES
from ..sealing.tokens import new_token
from . import operations, queries, rules
from .findings import Finding
from .messages import compose, sender_name, subject, wording
from .received_copy import Expected, check_copy
from .sender_domain import check_domain
from .transport import for_app
from .troubles import MailTrouble

NEEDS_ATTENTION = 3
LARGEST_COPY_BYTES = 10_000_000
LABELS = {"good": "ok", "unknown": "unknown", "warning": "to mend", "bad": "WRONG"}


@click.group()
def mail() -> None:
    """See how mail stands, and let dead mails be tried once more."""


@mail.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def status(as_json: bool) -> None:
    """Say how many mails wait, are due and are dead, and whether the relay can be reached."""
    state = queries.outbox_state(now=utc_now())
    told = {
        "waiting": state.waiting,
        "due": state.due,
        "due_since": state.due_since.isoformat(timespec="minutes") if state.due_since else None,
        "dead": state.dead,
        "relay_trouble": state.relay_trouble,
    }
    if as_json:
        click.echo(json.dumps(told))
        return
    for name, value in told.items():
        click.echo(f"{name}\t{'-' if value is None else value}")


@mail.command()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def dead(as_json: bool) -> None:
    """List the mails that were refused for good: id, kind, attempts, last day, reason."""
    rows = [
        {
            "id": row.id.hex(),
            "kind": row.kind,
            "attempts": row.attempts,
            "expires_on": row.expires_on.isoformat(),
            "reason": row.last_error,
        }
        for row in queries.dead_mails()
    ]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo("\t".join(str(value) for value in row.values()))
    if not rows:
        click.echo("no mail is dead", err=True)


@mail.command()
@click.argument("ids", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All of them.")
@with_appcontext
def requeue(ids: Sequence[str], every: bool) -> None:
    """Let dead mails be tried once more: those named by their IDS, or all. Safe to repeat."""
    if every == bool(ids):
        raise click.UsageError("name the ids that `campaign mail dead` shows, or give --all")
    try:
        chosen = None if every else [bytes.fromhex(text) for text in ids]
    except ValueError:
        raise click.UsageError("an id is 32 hexadecimal digits, as `campaign mail dead` shows it") from None
    count = operations.requeue_dead(now=utc_now(), ids=chosen)
    record(action="mail.requeue", by=BY_COMMAND, details={"mails": count}, now=utc_now())
    db.session.commit()
    click.echo(f"mails that will be tried again: {count}", err=True)


@click.command("mail")
@click.option("--to", "address", help="Send a test mail to this address.")
@click.option(
    "--lang",
    type=click.Choice(list(LANGUAGES)),
    default=FIRST_LANGUAGE,
    show_default=True,
    help="Language of the test mail.",
)
@click.option(
    "--raw", type=click.File("rb"), help="A raw copy of a mail as it arrived; - reads standard input."
)
@click.option(
    "--dkim-selector", "selectors", multiple=True, help="Where a DKIM key lies; may be given again."
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@with_appcontext
def check_mail(
    address: str | None, lang: str, raw: BinaryIO | None, selectors: Sequence[str], as_json: bool
) -> None:
    """Send a test mail, look at SPF, DKIM and DMARC, or at what became of a mail on its way.

    Exit code 3 says that something should be mended, 1 that the test mail could not be sent.
    """
    if address is not None:
        _send_test(address, lang)
    found: Iterator[Finding] = iter(())
    if raw is not None:
        copy = raw.read(LARGEST_COPY_BYTES)
        found = check_copy(copy, expected_mail())
    if raw is None or selectors:
        domain = settings().mail_from.rpartition("@")[2]
        found = chain(found, check_domain(domain, selectors=selectors))
    sys.exit(_tell(list(found), as_json=as_json))


commands: list[click.Command] = [mail]


def expected_mail() -> Expected:
    """Return what our mails look like when they leave this installation."""
    # A letter to an office has a subject of its own, and is no mail of a supporter's.
    sent = [kind for kind in rules.KINDS if kind not in (rules.RESEND, rules.LETTER)]
    return Expected(
        base_url=settings().base_url,
        sender_domain=settings().mail_from.rpartition("@")[2].lower(),
        subjects={lang: frozenset(subject(kind, lang) for kind in sent) for lang in LANGUAGES},
        sender_names=frozenset(sender_name(kind, lang) for kind in sent for lang in LANGUAGES),
        text_of_test=lambda lang, link: wording(rules.OPERATOR_CHECK, lang, link=link).text,
    )


def _send_test(address: str, lang: str) -> None:
    """Send one test mail now, past the outbox, so that what the relay says is seen at once."""
    parameters = {"to": address, "language": lang, "token": new_token()}
    try:
        message = compose(
            kind=rules.OPERATOR_CHECK, parameters=parameters, expires_on=utc_day(utc_now()), now=utc_now()
        )
        with for_app() as transport:
            transport.send(message)
    except MailTrouble as trouble:
        raise click.ClickException(f"the test mail did not leave. {trouble.reason}") from None
    where = (
        "the relay took it"
        if settings().smtp_url
        else f"no SMTP_URL is set, so it lies in {settings().home / 'mail'}"
    )
    click.echo(f"the test mail left: {where}", err=True)
    click.echo(
        "when it arrives, save it with all its headers and run `campaign check mail --raw FILE`", err=True
    )


def _tell(found: Sequence[Finding], *, as_json: bool) -> int:
    """Print what was found and return the exit code."""
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in found]))
    else:
        for finding in found:
            click.echo(f"{LABELS[finding.level]:<8}  {finding.about}: {finding.says}")
    return NEEDS_ATTENTION if any(finding.needs_attention for finding in found) else 0
