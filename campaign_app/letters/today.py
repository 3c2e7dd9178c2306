"""What letters need of somebody today: to be issued, to be sent in time, to be asked after, to be sent once more."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from ..accounts.today import Line
from ..languages import format_month, format_number
from . import awaiting, queries, rules
from .awaiting import Wait
from .models import Letter
from .obstacles import MONTH_ENDS_WITHIN
from .templates import COUNCIL_PRESIDENT, templates

ENDPOINT = "letter_desk.overview"


def letter_lines(now: datetime) -> Iterable[Line]:
    """Say which letters wait for somebody here. Reads the drafts, what has not left, and what awaits an answer."""
    drafts = queries.shown(queries.letters(state=rules.DRAFT), now=now)
    issued = queries.letters(state=rules.ISSUED)
    yield from _months([each.letter for each in drafts] + list(issued), now)
    yield from _undelivered()
    yield from _waits(awaiting.waits(now=now))
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


def _undelivered() -> Iterable[Line]:
    if failed := len(awaiting.undelivered()):
        says = ngettext(
            "%(count)s letter did not arrive everywhere: it failed or came back. Send it again.",
            "%(count)s letters did not arrive everywhere: they failed or came back. Send them again.",
            failed,
            count=format_number(failed),
        )
        yield Line(urgency="now", says=says, endpoint=ENDPOINT)


def _waits(found: Sequence[Wait]) -> Iterable[Line]:
    """Say who has not answered; each letter in one line alone, the most pressing that fits."""
    overdue = [each for each in found if each.letter.state == rules.OVERDUE]
    if overdue:
        says = ngettext(
            "%(count)s letter has had no reply for %(days)s days or longer: its reply is overdue.",
            "%(count)s letters have had no reply for %(days)s days or longer: their replies are overdue.",
            len(overdue),
            count=format_number(len(overdue)),
            days=format_number(min(each.days for each in overdue)),
        )
        yield Line(urgency="now", says=says, endpoint=ENDPOINT)
    due = [each for each in found if each.reminders and each not in overdue]
    if due:
        says = ngettext(
            "%(count)s letter is to be asked after: two weeks, or four, have passed without a reply.",
            "%(count)s letters are to be asked after: two weeks, or four, have passed without a reply.",
            len(due),
            count=format_number(len(due)),
        )
        yield Line(urgency="soon", says=says, endpoint=ENDPOINT)
    rest = [each for each in found if each.is_customary and each not in overdue and each not in due]
    if rest:
        says = ngettext(
            "%(count)s letter awaits a reply.",
            "%(count)s letters await a reply.",
            len(rest),
            count=format_number(len(rest)),
        )
        yield Line(urgency="soon", says=says, endpoint=ENDPOINT)
    if agreed := len(awaiting.publishable()):
        says = ngettext(
            "%(count)s letter has a reply that may be published: somebody agreed to it.",
            "%(count)s letters have replies that may be published: somebody agreed to it.",
            agreed,
            count=format_number(agreed),
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
