"""What the home says of updates: what is half way, and what does not go on."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from ..accounts.today import Line
from ..extensions import db
from . import rules
from .models import Mailing

ENDPOINT = "mailings.overview"


def update_lines(now: datetime) -> Iterable[Line]:
    """Say which updates need somebody. Reads a handful of rows."""
    found = db.session.execute(
        select(Mailing.state, Mailing.trouble).where(Mailing.state.in_(rules.HAS_KEY))
    ).all()
    if any(row.trouble for row in found):
        yield Line(
            urgency="now",
            says=_(
                "An update to supporters does not go on: its recipients or its key are not on the server."
            ),
            endpoint=ENDPOINT,
        )
    states = {row.state for row in found}
    if rules.PAUSED in states:
        yield Line(urgency="soon", says=_("An update to supporters is paused."), endpoint=ENDPOINT)
    if states & {rules.RELEASED, rules.LOADED}:
        yield Line(
            urgency="soon", says=_("An update to supporters is released and not sent yet."), endpoint=ENDPOINT
        )
