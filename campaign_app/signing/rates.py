"""Confirmation rates: of the people a provider's mailboxes were asked, how many opened the link and confirmed.

A low rate tells which provider loses our mails. Taken for each calendar week, once: two weeks have no request in
common, so nothing can be worked out by comparing them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import func, select

from ..extensions import db
from ..petitions.models import Petition
from ..sealing import tags
from ..shield.providers import OTHER, familiar_domains, provider_group, providers
from ..tally.models import RATES, TallySnapshot
from ..tally.snapshots import last_settled_day, latest_body
from .models import Pending, Signature

FEWEST_REQUESTS = 100  # behind a published rate
WEEK = timedelta(days=6)  # from its first day to its last
SUNDAY = 6


class Requests(NamedTuple):
    """How many people were asked by mail, and how many of them confirmed."""

    mailed: int
    confirmed: int


@dataclass(frozen=True)
class ConfirmationRate:
    """One published row. percent: whole. first_on, last_on: UTC days."""

    code: str
    label: str
    percent: int
    first_on: date
    last_on: date


def publishable(groups: Mapping[str, Requests]) -> list[tuple[str, int]]:
    """Return (code, whole per cent) of each group that may be published, `other` last.

    Groups of fewer than FEWEST_REQUESTS go into `other`. Since the sum of all requests is known, so do the smallest
    of the rest, until that sum leaves open by FEWEST_REQUESTS how large each published group is: a percentage of an
    unknown number gives away no small one.
    """
    large = {
        code: asked for code, asked in groups.items() if code != OTHER and asked.mailed >= FEWEST_REQUESTS
    }
    everybody = _sum(groups)
    while large:
        rest = _without(everybody, _sum(large))
        published = large | ({OTHER: rest} if rest.mailed >= FEWEST_REQUESTS else {})
        if everybody.mailed >= FEWEST_REQUESTS * (len(published) + 1):
            return [(code, round(100 * asked.confirmed / asked.mailed)) for code, asked in published.items()]
        del large[min(large, key=lambda code: large[code].mailed)]
    return []


def take(*, now: datetime) -> int:
    """Publish the rates of the week that ended at the last UTC midnight; return for how many petitions.

    Only on the day after a week: later, requests that were never answered are already deleted.
    Safe to repeat. Flushes; never commits.
    """
    last_on = last_settled_day(now)
    if last_on.weekday() != SUNDAY:
        return 0
    known = select(TallySnapshot.petition_id).filter_by(kind=RATES, day=last_on)
    petitions = db.session.scalars(select(Petition.id).where(Petition.id.not_in(known))).all()
    taken = 0
    for petition_id in petitions:
        rows = publishable(_requests_by_group(petition_id, last_on))
        if rows:
            db.session.add(
                TallySnapshot(petition_id=petition_id, kind=RATES, day=last_on, body={"rows": rows})
            )
            taken += 1
    db.session.flush()
    return taken


def confirmation_rates(petition_id: int, *, now: datetime) -> list[ConfirmationRate]:
    """Return the rates of the last week that had requests enough, in the order of the providers. Reads one row."""
    found = latest_body(petition_id, RATES, now=now)
    if found is None:
        return []
    last_on, body = found
    names = {provider.code: provider.name for provider in providers()} | {OTHER: _("Other providers")}
    return [
        ConfirmationRate(code, names.get(code, code), percent, last_on - WEEK, last_on)
        for code, percent in body["rows"]
    ]


def _requests_by_group(petition_id: int, last_on: date) -> dict[str, Requests]:
    """Return the requests of one week: those still open, and those that were confirmed in it."""
    first_on = last_on - WEEK
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
    if sum(waiting.values()) + sum(confirmed.values()) < FEWEST_REQUESTS:
        return {}
    key = tags.petition_tag_key(petition_id, session=db.session)
    group_of = {tags.domain_tag(key, domain): provider_group(domain) for domain in familiar_domains()}
    groups = dict.fromkeys([*(provider.code for provider in providers()), OTHER], Requests(0, 0))
    for domain_tag in waiting.keys() | confirmed.keys():
        code = group_of.get(domain_tag, OTHER)
        answered = confirmed.get(domain_tag, 0)
        groups[code] = _sum(
            {"": groups[code], "new": Requests(answered + waiting.get(domain_tag, 0), answered)}
        )
    return groups


def _by_domain_tag(model: type[Pending] | type[Signature], *conditions: Any) -> dict[Any, int]:
    rows = db.session.execute(
        select(model.domain_tag, func.count()).where(*conditions).group_by(model.domain_tag)
    )
    return {domain_tag: count for domain_tag, count in rows}


def _sum(groups: Mapping[str, Requests]) -> Requests:
    return Requests(
        sum(asked.mailed for asked in groups.values()), sum(asked.confirmed for asked in groups.values())
    )


def _without(everybody: Requests, some: Requests) -> Requests:
    return Requests(everybody.mailed - some.mailed, everybody.confirmed - some.confirmed)
