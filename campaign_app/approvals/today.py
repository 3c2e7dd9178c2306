"""What the home says of approvals: how many wait for a second person, and for somebody who is alone."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import ngettext

from ..accounts.today import Line
from ..languages import format_number
from . import queries, rules

ENDPOINT = "approvals.waiting"


def approval_lines(now: datetime) -> Iterable[Line]:
    """Say what waits to be approved, what is approved, and what waits because nobody else can approve it."""
    found = queries.standings(queries.open_approvals(), now)
    states = [each.state for each in found.values()]
    asked = states.count(rules.ASKED)
    approved = states.count(rules.APPROVED)
    alone = states.count(rules.WAITING) + states.count(rules.RELEASABLE)
    if asked:
        says = ngettext(
            "%(count)s release waits for a second person.",
            "%(count)s releases wait for a second person.",
            asked,
            count=format_number(asked),
        )
        yield Line(urgency="now", says=says, endpoint=ENDPOINT)
    if approved:
        says = ngettext(
            "%(count)s release is approved: whoever asked for it can go on.",
            "%(count)s releases are approved: whoever asked for them can go on.",
            approved,
            count=format_number(approved),
        )
        yield Line(urgency="soon", says=says, endpoint=ENDPOINT)
    if alone:
        says = ngettext(
            "%(count)s release was asked for by somebody who is alone; an owner can cancel it.",
            "%(count)s releases were asked for by somebody who is alone; an owner can cancel them.",
            alone,
            count=format_number(alone),
        )
        yield Line(urgency="now", says=says, endpoint=ENDPOINT)
