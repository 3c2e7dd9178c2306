"""Looks for what stands out among those who signed in the last weeks, from domain tags and cells: no addresses.

The worker looks, since it means counting all of them; a page reads what it found.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select

from ..clock import utc_day
from ..database import end_transaction, reading
from ..extensions import db
from ..petitions.models import Petition
from ..sealing import tags
from ..sealing.problems import KeyProblem, PetitionKeyShredded
from ..shield.providers import familiar_domains, provider_group, providers
from ..signing.models import Signature
from ..tally.models import TallyCell
from ..tally.queries import statement
from . import rules
from .models import ArrivalReport
from .rules import WINDOW, Finding

MOST_FINDINGS = 50
MOST_DOMAINS = 100
ASKED_IN = timedelta(days=14)  # until then a request is answered, or over
GROUPED_BY = {
    "source": TallyCell.source,
    "path": TallyCell.path,
    "country": TallyCell.country,
    "language": TallyCell.language,
}


@dataclass(frozen=True)
class Report:
    """What was found. domains: (tag, people in the last weeks), the largest first. more: findings beyond those shown.

    providers: tag → name, of the mail domains that everybody knows.
    """

    taken_at: datetime
    findings: list[Finding]
    more: int
    domains: list[tuple[bytes, int]]
    providers: dict[bytes, str] = field(default_factory=dict)

    def domain_with(self, label: str) -> bytes | None:
        """Return the tag of a domain that is in the report, by the label that a page shows."""
        known = [tag for tag, _people in self.domains]
        known += [
            bytes.fromhex(found.code) for found in self.findings if found.kind == "domain" and found.code
        ]
        return next((tag for tag in known if rules.label_of(tag) == label), None)


def look(*, now: datetime) -> int:
    """Look at each petition that anybody signed or left since the last time; return how many those were.

    Counts inside a transaction that only reads, so that nobody who signs waits. Flushes; never commits.
    """
    end_transaction()
    with reading():
        rows = db.session.execute(select(ArrivalReport.petition_id, ArrivalReport.seen))
        known = {petition_id: seen for petition_id, seen in rows}
        found = {}
        for petition_id in db.session.scalars(select(Petition.id)).all():
            numbers = statement(petition_id, now=now)
            seen = f"{utc_day(now)} {numbers.confirmed} {numbers.departures} {numbers.restored}"
            if known.get(petition_id) != seen and numbers.confirmed:
                found[petition_id] = (seen, _body(petition_id, utc_day(now)))
    for petition_id, (seen, body) in found.items():
        db.session.merge(ArrivalReport(petition_id=petition_id, taken_at=now, seen=seen, body=body))
    db.session.flush()
    return len(found)


def report(petition_id: int) -> Report | None:
    """Return what was found when the worker last looked at a petition, or None. Reads one row."""
    row = db.session.get(ArrivalReport, petition_id)
    if row is None:
        return None
    return Report(
        taken_at=row.taken_at,
        findings=[_finding(each) for each in row.body["findings"]],
        more=row.body["more"],
        domains=[(bytes.fromhex(tag), people) for tag, people in row.body["domains"]],
        providers={bytes.fromhex(tag): name for tag, name in row.body["providers"].items()},
    )


def _body(petition_id: int, today: date) -> dict[str, Any]:
    first_on = today - WINDOW
    counts = _by_place(petition_id, first_on)
    totals = {day: sum(codes.values()) for day, codes in counts["path"].items()}
    domains, largest = _by_domain(petition_id, first_on, totals)
    findings = rules.bursts(totals) + rules.standing_out("domain", domains)
    for kind, by_day in counts.items():
        findings += rules.standing_out(kind, by_day)
    findings += _unconfirmed(petition_id, today)
    findings.sort(key=lambda each: (each.people, each.kind, each.code), reverse=True)
    known = {*(tag for tag, _people in largest), *(f.code for f in findings if f.kind == "domain")}
    return {
        "findings": [_plain(each) for each in findings[:MOST_FINDINGS]],
        "more": max(0, len(findings) - MOST_FINDINGS),
        "domains": largest,
        "providers": _provider_names(petition_id, known),
    }


def _arrived(petition_id: int, first_on: date) -> tuple[ColumnElement[bool], ...]:
    """Return what `ix_signature_arrivals` answers by itself."""
    return (
        Signature.petition_id == petition_id,
        Signature.signed_on >= first_on,
        Signature.state == "counted",
    )


def _by_place(petition_id: int, first_on: date) -> dict[str, dict[date, dict[str, int]]]:
    """Return, for each kind of group, the people of each code on each day. Reads the arrivals once."""
    arrived = (
        select(Signature.signed_on, Signature.tally_cell_id, func.count().label("people"))
        .where(*_arrived(petition_id, first_on))
        .group_by(Signature.signed_on, Signature.tally_cell_id)
        .subquery()
    )
    rows = db.session.execute(
        select(arrived.c.signed_on, *GROUPED_BY.values(), func.sum(arrived.c.people))
        .join(TallyCell, TallyCell.id == arrived.c.tally_cell_id)
        .group_by(arrived.c.signed_on, *GROUPED_BY.values())
    )
    counts: dict[str, dict[date, dict[str, int]]] = {kind: {} for kind in GROUPED_BY}
    for day, *codes, people in rows:
        for kind, code in zip(GROUPED_BY, codes, strict=True):
            of_day = counts[kind].setdefault(day, defaultdict(int))
            of_day[code] += int(people)
    return counts


def _by_domain(
    petition_id: int, first_on: date, totals: Mapping[date, int]
) -> tuple[dict[date, dict[str, int]], list[tuple[str, int]]]:
    """Return the people of each large domain on each day, those of all others under "", and the largest domains.

    A domain is large that had enough people on some day to stand out; there may be hundreds of thousands of others.
    """
    by_day = (
        select(Signature.signed_on, Signature.domain_tag, func.count())
        .where(*_arrived(petition_id, first_on), Signature.domain_tag.is_not(None))
        .group_by(Signature.signed_on, Signature.domain_tag)
    )
    hot = {row[1] for row in db.session.execute(by_day.having(func.count() >= rules.FEWEST_IN_A_GROUP))}
    counts: dict[date, dict[str, int]] = {day: {} for day in totals}
    for day, tag, people in db.session.execute(by_day.where(Signature.domain_tag.in_(hot))):
        counts.setdefault(day, {})[(tag or b"").hex()] = people
    for day, codes in counts.items():
        codes[""] = max(0, totals.get(day, 0) - sum(codes.values()))
    count = func.count().label("people")
    largest = db.session.execute(
        select(Signature.domain_tag, count)
        .where(*_arrived(petition_id, first_on), Signature.domain_tag.is_not(None))
        .group_by(Signature.domain_tag)
        .having(count >= rules.FEWEST_IN_A_GROUP)
        .order_by(count.desc())
        .limit(MOST_DOMAINS)
    )
    return counts, [(tag.hex(), people) for tag, people in largest if tag is not None]


def _unconfirmed(petition_id: int, today: date) -> list[Finding]:
    """Return the groups whose requests of the last two weeks were hardly answered."""
    days = (today - ASKED_IN, today)
    found = []
    for kind in ("source", "path"):
        rows = db.session.execute(
            select(TallyCell.event, GROUPED_BY[kind], func.sum(TallyCell.people))
            .where(
                TallyCell.petition_id == petition_id,
                TallyCell.day >= days[0],
                TallyCell.event.in_(("requested", "confirmed")),
                TallyCell.path != "added",  # nobody was mailed
            )
            .group_by(TallyCell.event, GROUPED_BY[kind])
        )
        counts: dict[str, dict[str, int]] = {"requested": {}, "confirmed": {}}
        for event, code, people in rows:
            counts[event][code] = int(people)
        found += rules.unconfirmed(kind, counts["requested"], counts["confirmed"], days)
    return found


def _provider_names(petition_id: int, known: Iterable[str]) -> dict[str, str]:
    """Return the names of the big providers among some domain tags; of no other domain do we know the name."""
    wanted = set(known)
    try:
        key = tags.petition_tag_key(petition_id, session=db.session)
    except (PetitionKeyShredded, KeyProblem):
        return {}
    names = {provider.code: provider.name for provider in providers()}
    return {
        tag: names[provider_group(domain)]
        for domain in familiar_domains()
        if (tag := tags.domain_tag(key, domain).hex()) in wanted
    }


def _plain(found: Finding) -> dict[str, Any]:
    days = {"first_on": found.first_on.isoformat(), "last_on": found.last_on.isoformat()}
    return asdict(found) | days


def _finding(kept: dict[str, Any]) -> Finding:
    days = {name: date.fromisoformat(kept[name]) for name in ("first_on", "last_on")}
    return Finding(**(kept | days))
