"""The mails themselves: subject, text and HTML of each kind, and the headers around them.

Subject and sender say nothing about the campaign, since a phone shows them on its lock screen; the body
does, after neutral first lines. Knows no table and no relay.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from flask import current_app
from flask_babel import force_locale

from ..campaign import campaign
from ..config import settings
from ..languages import LANGUAGES, direction, format_date_time, format_day
from . import rules
from .wire import MESSAGE_POLICY, carried_address

# Mail programs know neither logical properties nor our fonts: each direction says its side and what it can use.
LOOKS = {
    "rtl": {
        "side": "right",
        "font": "'Segoe UI', Tahoma, 'Geeza Pro', 'Noto Naskh Arabic', 'Noto Sans Arabic', sans-serif",
        "line_height": "1.8",
    },
    "ltr": {
        "side": "left",
        "font": "'Segoe UI', -apple-system, Roboto, 'Helvetica Neue', Arial, sans-serif",
        "line_height": "1.55",
    },
}


@dataclass(frozen=True)
class Wording:
    """What a reader sees of one mail. `subject` is one line."""

    subject: str
    text: str
    html: str


def compose(*, kind: str, parameters: Mapping[str, Any], expires_on: date, now: datetime) -> EmailMessage:
    """Return the finished mail of a kind that is sent; "resend" is settled, not sent.

    parameters: "to", "language" and "token"; where they apply "title" and "name", or "what", "about" and "moment".
    expires_on: the last UTC day on which its link works. Raises DeliveryRefused for an impossible address.
    """
    lang = parameters["language"]
    words = wording(
        kind,
        lang,
        link=_link(kind, lang, parameters["token"]),
        title=_one_line(parameters.get("title", "")),
        name=_one_line(parameters.get("name", "")),
        what=parameters.get("what", ""),
        about=parameters.get("about", ""),
        moment=_moment(parameters.get("moment", ""), lang),
        last_day=format_day(expires_on, lang),
    )
    message_id = _message_id(kind, parameters["token"])
    return finished(words, kind=kind, to=parameters["to"], lang=lang, message_id=message_id, now=now)


def finished(
    words: Wording,
    *,
    kind: str,
    to: str,
    lang: str,
    message_id: str,
    now: datetime,
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """Return a mail. headers: further ones. Raises DeliveryRefused for an impossible address."""
    message = EmailMessage(policy=MESSAGE_POLICY)
    message["From"] = Address(sender_name(kind, lang), addr_spec=carried_address(settings().mail_from))
    message["To"] = carried_address(to)
    message["Subject"] = words.subject
    message["Date"] = now
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answer comes back
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content(words.text)
    message.add_alternative(words.html, subtype="html")
    message["Content-Language"] = lang  # last, since making alternatives moves such headers to the first part
    return message


def _link(kind: str, lang: str, token: str) -> str:
    """Return the address that a mail brings: the page with one button, or for an organiser the way to the desk."""
    places = {rules.INVITATION: f"desk/invitation/{token}", rules.APPROVAL_NOTICE: "desk/approvals/"}
    return f"{settings().base_url}/{places.get(kind, f'{lang}/confirm/{token}')}"


def _moment(written: str, lang: str) -> str:
    return format_date_time(datetime.fromisoformat(written), lang) if written else ""


def wording(kind: str, lang: str, **values: str) -> Wording:
    """Return subject, text and HTML of a kind in a language. values: what its templates name."""
    environment = current_app.jinja_env
    heart = campaign()
    shown = {
        "lang": lang,
        "direction": direction(lang),
        **LOOKS[direction(lang)],
        "sender_name": sender_name(kind, lang),
        "campaign_name": heart.name(lang),
        "responsible_body": heart.responsible_body,
        "contact_email": heart.contact_email,
        "privacy_url": f"{settings().base_url}/{lang}/privacy",
        "subject": subject(kind, lang),
        **values,
    }
    # Rendered without Flask's context processors: they may look at a request, and the worker has none.
    with force_locale(LANGUAGES[lang].code):
        return Wording(
            subject=shown["subject"],
            text=_tidy(environment.get_template(f"email/{kind}/body.txt").render(shown)),
            html=environment.get_template(f"email/{kind}/body.html").render(shown),
        )


def subject(kind: str, lang: str) -> str:
    """Return the subject line of a kind, as campaign.toml gives it: neutral, the same for every petition."""
    return _one_line(campaign().text(f"mail_subject_{kind.replace('-', '_')}", lang))


def sender_name(kind: str, lang: str) -> str:
    """Return the neutral name that a kind of mail comes from: its own in campaign.toml, or the one of all mails."""
    own = f"mail_sender_{kind.replace('-', '_')}"
    return _one_line(campaign().text(own if own in campaign().details else "mail_sender", lang))


def unsubscribe_headers(url: str) -> dict[str, str]:
    """Return the headers of RFC 8058 one-click unsubscribe, for mailings that someone subscribed to.

    url: https, names one subscription, and unsubscribes by a POST with the body List-Unsubscribe=One-Click.
    Confirmations, reminders and asked-for links do not carry them: there is no subscription to end.
    Raises ValueError for an address that mail programs would not call.
    """
    if not re.fullmatch(r"https://[!-;=?-~]+", url):
        raise ValueError("one-click unsubscribe needs an https address without spaces or angle brackets")
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _message_id(kind: str, token: str) -> str:
    """Return the same id each time one mail is tried, so that a mailbox can drop a second copy.

    Made from the token and not from the row, so that a relay's log cannot be joined with a stolen database.
    """
    digest = hmac.digest(token.encode(), f"nidaa message id\0{kind}".encode(), hashlib.sha256)
    return as_message_id(digest[:20].hex())


def as_message_id(name: str) -> str:
    """Return a Message-ID of our domain. name: letters, digits and dots."""
    return f"<{name}@{carried_address(settings().mail_from).rpartition('@')[2]}>"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _tidy(text: str) -> str:
    """Return text without the empty lines that template tags leave behind."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"
