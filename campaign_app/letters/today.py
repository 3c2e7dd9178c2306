"""What letters need of somebody today: to be issued, to be sent, to leave before another State presides."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from ..accounts.today import Line
from ..languages import format_month, format_number
from . import queries, rules
from .models import Letter
from .obstacles import MONTH_ENDS_WITHIN
from .templates import COUNCIL_PRESIDENT, templates

ENDPOINT = "letter_desk.overview"


def letter_lines(now: datetime) -> Iterable[Line]:
    """Say which letters wait for somebody here. Reads the drafts and what has not left; delivery says its own."""
    drafts = queries.shown(queries.letters(state=rules.DRAFT), now=now)
    issued = queries.letters(state=rules.ISSUED)
    yield from _months([each.letter for each in drafts] + list(issued), now)
    if approved := sum(each.state == rules.APPROVED for each in drafts):
        says = ngettext(
            "%(count)s letter may be issued: it was agreed to.",
            "%(count)s letters may be issued: they were agreed to.",
            approved,
            count=format_number(approved),
        )
        yield Line(urgency="soon", says=says, endpoint=ENDPOINT)
    if waiting := sum(1 for each in issued if each.kind == "letter"):
        says = ngettext(
            "%(count)s letter is issued and was not sent yet.",
            "%(count)s letters are issued and were not sent yet.",
            waiting,
            count=format_number(waiting),
        )
        yield Line(urgency="soon", says=says, endpoint=ENDPOINT)


def _months(found: Iterable[Letter], now: datetime) -> Iterable[Line]:
    this_month = rules.first_of_month(now.date())
    dated = [
        each.body_month
        for each in found
        if each.body_month
        and each.template in templates()
        and templates()[each.template].recipient == COUNCIL_PRESIDENT
    ]
    if any(month < this_month for month in dated):
        says = _(
            "A letter to the President of the Council was not sent in its month: another State presides."
        )
        yield Line(urgency="now", says=says, endpoint=ENDPOINT)
    ends = rules.first_of_month(now.date() + MONTH_ENDS_WITHIN) > this_month
    if ends and this_month in dated:
        says = _(
            "%(month)s ends within five days, and a letter to its President of the Council was not sent.",
            month=format_month(this_month),
        )
        yield Line(urgency="now", says=says, endpoint=ENDPOINT)
