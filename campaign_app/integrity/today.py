"""What needs somebody today: groups that stand out, runs under way, sheets to destroy, totals to check."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from ..accounts.today import Line
from ..clock import utc_day
from ..languages import format_number
from . import arrivals, queries

ENDPOINT = "integrity.overview"


def integrity_lines(now: datetime) -> Iterable[Line]:
    """Say what to look at. Reads a row a petition."""
    if queries.runs_under_way():
        yield Line(
            urgency="soon",
            says=_("Signatures are being taken out of the count, or put back, just now."),
            endpoint=ENDPOINT,
        )
    standing_out = 0
    for petition in queries.petitions():
        report = arrivals.report(petition.id)
        standing_out += len(report.findings) + report.more if report else 0
    if standing_out:
        says = ngettext(
            "%(count)s group of signatures stands out. Have a look whether there is a good reason.",
            "%(count)s groups of signatures stand out. Have a look whether there is a good reason.",
            standing_out,
            count=format_number(standing_out),
        )
        yield Line(urgency="soon", says=says, endpoint=ENDPOINT)
    if overdue := queries.totals_to_destroy(utc_day(now)):
        says = ngettext(
            "%(count)s set of filled sheets should be destroyed by now. Destroy it, and note that here.",
            "%(count)s sets of filled sheets should be destroyed by now. Destroy them, and note that here.",
            overdue,
            count=format_number(overdue),
        )
        yield Line(urgency="now", says=says, endpoint=ENDPOINT)
    if waiting := queries.totals_to_check():
        says = ngettext(
            "%(count)s total from elsewhere or from paper waits for a second person to check it.",
            "%(count)s totals from elsewhere or from paper wait for a second person to check them.",
            waiting,
            count=format_number(waiting),
        )
        yield Line(urgency="soon", says=says, endpoint=ENDPOINT)
