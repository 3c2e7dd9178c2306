"""What of signing needs somebody today: far fewer confirm than before, so mail may not arrive."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from flask_babel import gettext as _

from ..accounts.today import Line
from ..clock import utc_day
from ..languages import current_language, format_share
from ..petitions.queries import public_petitions
from ..tally.queries import DayTotal, events_by_day
from .rates import fallen_rates
from .rules import BEFORE, LATELY, Answers, has_fallen

DAY = timedelta(days=1)


def rate_lines(now: datetime) -> Iterable[Line]:
    """Say where the confirmation rate falls: of an open petition, or at one company that runs mailboxes.

    Looks at whole days: of today's requests many are still to be answered.
    """
    for petition in public_petitions():
        if not petition.is_accepting(now) or petition.is_stopped:
            continue
        title = petition.text(current_language()).title
        yield from _falling(petition.id, title, now)
        for rate in fallen_rates(petition.id, now=now):
            says = _(
                "At mailboxes with %(provider)s %(lately)s confirmed last week, %(before)s the week before: "
                "“%(title)s”. Look whether our mail arrives there.",
                provider=rate.label,
                lately=format_share(rate.percent / 100),
                before=format_share(rate.percent_before / 100),
                title=title,
            )
            yield Line(urgency="soon", says=says, endpoint="numbers.petitions")


def _falling(petition_id: int, title: str, now: datetime) -> Iterable[Line]:
    yesterday = utc_day(now) - DAY
    days = events_by_day(petition_id, now=now)
    lately = _answers(days, yesterday - LATELY + DAY, yesterday)
    before = _answers(days, yesterday - LATELY - BEFORE + DAY, yesterday - LATELY)
    if has_fallen(before, lately):
        says = _(
            "Fewer confirm: %(lately)s of those asked in the last three days, %(before)s in the two weeks before: "
            "“%(title)s”. Look whether our mail arrives.",
            lately=format_share(lately.rate),
            before=format_share(before.rate),
            title=title,
        )
        yield Line(urgency="now", says=says, endpoint="numbers.petitions")


def _answers(days: Iterable[DayTotal], first_day: date, last_day: date) -> Answers:
    sums = {"requested": 0, "confirmed": 0}
    for each in days:
        if first_day <= each.day <= last_day and each.total.event in sums:
            sums[each.total.event] += each.total.people
    return Answers(sums["requested"], sums["confirmed"])
