"""Confirmation rates: of the people asked at a provider's mailboxes, how many opened the link and confirmed.

A low rate tells which provider loses our mails. A few people of each kind are left out in secret, as
`tally.suppression` does, so that rates and public totals together give away no small number. Taken once for each
calendar week, with secrets of its own: a window that moved by a day would let each day be worked out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select

from ..extensions import db
from ..petitions.models import Petition
from ..sealing import tags
from ..shield.providers import OTHER, familiar_domains, provider_group, providers
from ..tally.models import RATES, TallySnapshot
from ..tally.snapshots import last_settled_day, latest_body, newcomers_of
from ..tally.suppression import Draw, Group, begin, draw_secret
from .models import Pending, Signature
from .rules import percent_has_fallen

FEWEST_REQUESTS = 200  # behind a published rate: then a few people left out move it by less than a step
FEWEST_ANSWERS = (
    100  # confirmed, and unanswered, of all together: of fewer, those left out would be too large a part
)
STEP = 5  # rates are published in steps of so many per cent, since those left out may move one by as much
ODDS = 2  # one person of each kind is left out of a provider's numbers on average: a rate must stay near the truth
WEEK = timedelta(days=6)  # from its first day to its last
SUNDAY = 6


class Requests(NamedTuple):
    """How many people who were asked by mail confirmed, and how many have not."""

    confirmed: int
    waiting: int

    def __add__(self, other: "Requests") -> "Requests":  # type: ignore[override]
        return Requests(self.confirmed + other.confirmed, self.waiting + other.waiting)


@dataclass(frozen=True)
class ConfirmationRate:
    """One published row. percent: a multiple of STEP. first_on, last_on: UTC days."""

    code: str
    label: str
    percent: int
    first_on: date
    last_on: date


def draw_few() -> int:
    """Return how many people to leave out of one number."""
    return draw_secret(ODDS)


def leave_some_out(groups: Mapping[str, Requests], draw: Draw = draw_few) -> dict[str, Requests]:
    """Return the requests less a secret few of each kind; nothing where the sums of all are too small.

    One person more in one group and one fewer in another, with the secrets moved likewise, gives the same.
    """
    everybody = sum(groups.values(), Requests(0, 0))
    if min(everybody) < FEWEST_ANSWERS:
        return {}
    confirmed = begin({code: asked.confirmed for code, asked in groups.items()}, draw)
    waiting = begin({code: asked.waiting for code, asked in groups.items()}, draw)
    return {code: Requests(_left(confirmed[code]), _left(waiting[code])) for code in groups}


def rates_of(groups: Mapping[str, Requests]) -> list[tuple[str, int]]:
    """Return (code, per cent to the nearest STEP) of each group of at least FEWEST_REQUESTS, in their order.

    The smaller ones go into `other`, last; without a rate where they are too few together.
    """
    large = {code: asked for code, asked in groups.items() if code != OTHER and sum(asked) >= FEWEST_REQUESTS}
    rest = sum((asked for code, asked in groups.items() if code not in large), Requests(0, 0))
    if sum(rest) >= FEWEST_REQUESTS:
        large[OTHER] = rest
    return [(code, STEP * round(100 / STEP * asked.confirmed / sum(asked))) for code, asked in large.items()]


def take(*, now: datetime) -> int:
    """Publish the rates of the week that ended at the last UTC midnight; return of how many petitions.

    Only on the day after a week: later, requests that were never answered are already deleted.
    Safe to repeat. Flushes; never commits.
    """
    last_on = last_settled_day(now)
    if last_on.weekday() != SUNDAY:
        return 0
    first_on = last_on - WEEK
    known = select(TallySnapshot.petition_id).filter_by(kind=RATES, day=last_on)
    taken = 0
    for petition_id in db.session.scalars(select(Petition.id).where(Petition.id.not_in(known))).all():
        if newcomers_of(petition_id, first_on - timedelta(days=1), last_on) < FEWEST_ANSWERS:
            continue  # no rate can come of it, and the tally tells so without a look at the signatures
        rows = rates_of(leave_some_out(_requests_by_group(petition_id, first_on, last_on)))
        db.session.add(TallySnapshot(petition_id=petition_id, kind=RATES, day=last_on, body={"rows": rows}))
        taken += 1
    db.session.flush()
    return taken


def confirmation_rates(petition_id: int, *, now: datetime) -> list[ConfirmationRate]:
    """Return the rates of the last week taken, in the order of the providers; none if too few were asked in it.

    Reads one row.
    """
    found = latest_body(petition_id, RATES, now=now)
    if found is None:
        return []
    last_on, body = found
    is_alone = [code for code, _percent in body["rows"]] == [OTHER]
    rest = _("All providers") if is_alone else _("Other providers")
    names = {provider.code: provider.name for provider in providers()} | {OTHER: rest}
    return [
        ConfirmationRate(code, names.get(code, code), percent, last_on - WEEK, last_on)
        for code, percent in body["rows"]
    ]


@dataclass(frozen=True)
class FallenRate:
    """A provider at which far fewer confirmed in the last week taken than in the week before it."""

    label: str
    percent: int
    percent_before: int


def fallen_rates(petition_id: int, *, now: datetime) -> list[FallenRate]:
    """Return where the published rate fell much from one calendar week to the next. Reads two rows."""
    lately = confirmation_rates(petition_id, now=now)
    if not lately or now.date() - lately[0].last_on > 2 * WEEK:
        return []
    week_before = latest_body(petition_id, RATES, now=_midnight(lately[0].first_on))
    if week_before is None or week_before[0] != lately[0].first_on - timedelta(days=1):
        return []
    before = dict(week_before[1]["rows"])
    return [
        FallenRate(rate.label, rate.percent, before[rate.code])
        for rate in lately
        if rate.code in before and percent_has_fallen(before[rate.code], rate.percent)
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _requests_by_group(petition_id: int, first_on: date, last_on: date) -> dict[str, Requests]:
    """Return the requests of some days: those still open, and those that were confirmed in them."""
    waiting = _by_domain_tag(
        Pending,
        Pending.petition_id == petition_id,
        Pending.purpose == "sign",
        Pending.requested_on.between(first_on, last_on),
    )
    confirmed = _by_domain_tag(
        Signature,
        Signature.petition_id == petition_id,
        Signature.path != "added",  # nobody was mailed
        Signature.domain_tag.is_not(None),
        Signature.signed_on.between(first_on, last_on),
    )
    if not waiting or not confirmed:
        return {}
    key = tags.petition_tag_key(petition_id, session=db.session)
    group_of = {tags.domain_tag(key, domain): provider_group(domain) for domain in familiar_domains()}
    groups = dict.fromkeys([*(provider.code for provider in providers()), OTHER], Requests(0, 0))
    for domain_tag in waiting.keys() | confirmed.keys():
        code = group_of.get(domain_tag, OTHER)
        groups[code] += Requests(confirmed.get(domain_tag, 0), waiting.get(domain_tag, 0))
    return groups


def _by_domain_tag(model: type[Pending] | type[Signature], *conditions: Any) -> dict[Any, int]:
    rows = db.session.execute(
        select(model.domain_tag, func.count()).where(*conditions).group_by(model.domain_tag)
    )
    return {domain_tag: count for domain_tag, count in rows}


def _left(group: Group) -> int:
    return max(0, group.people - group.held_back)
