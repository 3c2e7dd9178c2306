"""What needs somebody today, from the rooms that have no page at the desk themselves: mail, its held domains, keys."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from ..accounts.today import Line
from ..config import settings
from ..extensions import db
from ..languages import format_number
from ..mail.queries import outbox_state
from ..sealing.keys import KeyProblem, key_warnings, keyring, signing_obstacles
from ..signing.models import Pending


def mail_lines(now: datetime) -> Iterable[Line]:
    """Say whether mail goes out, and what the relay refused for good."""
    state = outbox_state(now=now)
    if state.relay_trouble:
        yield Line(
            urgency="now",
            says=_("No mail is going out: the mail relay is in trouble. Nothing is lost; it is tried again."),
        )
    if state.dead:
        says = ngettext(
            "%(count)s mail was refused for good. Whoever runs the server sees why.",
            "%(count)s mails were refused for good. Whoever runs the server sees why.",
            state.dead,
            count=format_number(state.dead),
        )
        yield Line(urgency="soon", says=says)


def held_lines(now: datetime) -> Iterable[Line]:
    """Say how many requests wait because very many came from one mail domain that is not well known."""
    held = db.session.scalar(select(func.count()).select_from(Pending).where(Pending.is_held)) or 0
    if held:
        says = ngettext(
            "%(count)s signature is from a mail domain that suddenly sends very many; its mail goes out slowly.",
            "%(count)s signatures are from mail domains that suddenly send very many; their mail goes out slowly.",
            held,
            count=format_number(held),
        )
        yield Line(urgency="soon", says=says, endpoint="integrity.held_mail")


def key_lines(now: datetime) -> Iterable[Line]:
    """Say that the keys let nobody sign, or are about to be a problem. Which, is for the server's own check."""
    try:
        keys = keyring()
    except KeyProblem:
        yield Line(urgency="now", says=_("Nobody can sign: the keys on the server cannot be used."))
        return
    if signing_obstacles(keys, settings().environment):
        yield Line(urgency="now", says=_("Nobody can sign: a key is missing on the server."))
    elif key_warnings(keys):
        yield Line(
            urgency="soon", says=_("The keys on the server need attention: `campaign check` says which.")
        )
