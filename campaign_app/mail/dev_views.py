"""The mailbox of a development server: mails that became files, shown as a reader would see them.

Registered in development only; with a relay configured, and in production, there is nothing to show.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from flask import Blueprint, Response, abort, make_response, render_template

from ..security_headers import allow
from .transport import mail_folder

blueprint = Blueprint("dev_mailbox", __name__, url_prefix="/dev/mail")

FILE_NAME = re.compile(r"[0-9T]+-[0-9]+-[0-9a-f]+\.eml")
URL = re.compile(r"(https?://[^\s<>\"]+)")
MOST_LISTED = 100
# A mail's styles stand at its elements, and the frame that shows it inherits this page's policy.
POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class ShownMail:
    """One mail for a page. text: pieces, each with whether it is a link."""

    name: str
    sender: str
    to: str
    subject: str
    sent_at: datetime
    headers: list[tuple[str, str]]
    text: list[tuple[str, bool]]
    html: str


@blueprint.get("")
def mailbox() -> Response:
    """List the newest mails."""
    paths = sorted(mail_folder().glob("*.eml"), reverse=True)[:MOST_LISTED]
    return _page(
        "mail/mailbox.html", mails=[_shown(path) for path in paths if FILE_NAME.fullmatch(path.name)]
    )


@blueprint.get("/<name>")
def message(name: str) -> Response:
    """Show one mail: its text, its HTML in a frame that can run nothing, and its headers."""
    path = mail_folder() / name
    if not FILE_NAME.fullmatch(name) or not path.is_file():
        abort(404)
    return _page("mail/message.html", mail=_shown(path))


def _page(template: str, **shown: object) -> Response:
    allow(is_personal=True)
    response = make_response(render_template(template, **shown))
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _shown(path: Path) -> ShownMail:
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)  # noqa: S101 - the policy makes it one
    pieces = enumerate(URL.split(_part(mail, "plain")))
    return ShownMail(
        name=path.name,
        sender=mail["From"].addresses[0].display_name,
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        sent_at=mail["Date"].datetime,
        headers=[(name, str(value)) for name, value in mail.items()],
        text=[(piece, place % 2 == 1) for place, piece in pieces if piece],
        # Links leave the frame: our own pages refuse to be shown in one.
        html=_part(mail, "html").replace("<head>", '<head><base target="_blank">', 1),
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
