"""What the directory needs of somebody today: next month's President within reach, recipients compared again."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from ..accounts.today import Line
from ..clock import utc_day
from ..languages import format_month, format_number
from . import queries
from .rules import is_stale, months_from


def recipient_lines(now: datetime) -> Iterable[Line]:
    """Say that next month's President is unknown or out of reach, and how many recipients were not compared lately.

    Of the many bodies only those count that a letter may go to now: the Council's members, and any with a way in.
    """
    today = utc_day(now)
    members = queries.members(today)
    if not members:
        return
    following = months_from(today, 2)[1]
    presides = queries.president(following.year, following.month)
    channels = queries.all_channels()
    month = format_month(following)
    if presides is None:
        says = _("Nobody is known to preside over the Security Council in %(month)s.", month=month)
        yield Line(urgency="soon", says=says, endpoint="bodies.council")
    elif all(is_stale(each.verified_on, today) for each in channels.get(presides.id, ())):
        says = _(
            "The President of the Security Council for %(month)s cannot be reached: no way there was compared with its "
            "source within 90 days.",
            month=month,
        )
        yield Line(urgency="soon", says=says, endpoint="bodies.council")
    used = {each.id for each in members} | set(channels)
    old = sum(each.id in used and is_stale(each.verified_on, today) for each in queries.bodies())
    if old:
        says = ngettext(
            "%(count)s recipient was not compared with its source for 90 days.",
            "%(count)s recipients were not compared with their sources for 90 days.",
            old,
            count=format_number(old),
        )
        yield Line(urgency="soon", says=says, endpoint="bodies.council")
