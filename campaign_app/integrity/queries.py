"""What the pages of integrity show: whom a rule would take out, the runs, the domains whose mail is held."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from ..extensions import db
from ..petitions.models import Petition
from ..petitions.operations import latest_text
from ..signing.models import Pending, Signature
from ..tally.models import OutsideTotal, TallyCell
from ..tally.outside import taken_back
from .batches import conditions
from .models import Invalidation
from .rules import ACTIVE, Rule


@dataclass(frozen=True)
class Preview:
    """Whom a rule would take out just now. mailboxes: of these people; others who share one stay counted."""

    people: int
    mailboxes: int
    by_day: list[tuple[date, int]]
    by_country: list[tuple[str, int]]


@dataclass(frozen=True)
class HeldDomain:
    """The requests of one mail domain whose mail goes out slowly. first_ends_on: when the oldest of them expires."""

    petition: Petition
    domain_tag: bytes
    requests: int
    first_ends_on: date


def preview(petition_id: int, rule: Rule) -> Preview:
    """Count whom a rule fits, by day and country. Reads the arrivals' index; the rows only of those it fits."""
    fits = conditions(petition_id, rule)
    if rule.first_on is not None:
        fits.append(Signature.signed_on >= rule.first_on)
    if rule.last_on is not None:
        fits.append(Signature.signed_on <= rule.last_on)
    is_of_cell = TallyCell.id == Signature.tally_cell_id
    rows = db.session.execute(
        select(Signature.signed_on, TallyCell.country, func.count())
        .join(TallyCell, is_of_cell)
        .where(*fits)
        .group_by(Signature.signed_on, TallyCell.country)
    )
    days: Counter[date] = Counter()
    countries: Counter[str] = Counter()
    for day, country, people in rows:
        days[day] += people
        countries[country] += people
    mailboxes = db.session.scalar(
        select(func.count(func.distinct(Signature.tag))).join(TallyCell, is_of_cell).where(*fits)
    )
    return Preview(days.total(), mailboxes or 0, sorted(days.items()), countries.most_common())


def petitions() -> Sequence[Petition]:
    """Return every petition, in the order they were made."""
    return db.session.scalars(select(Petition).order_by(Petition.id)).all()


def title_of(petition: Petition, lang: str) -> str:
    """Return a petition's title in a language, or in its own."""
    text = latest_text(petition.id, lang) or latest_text(petition.id, petition.home_language)
    return text.title if text else petition.slug


def runs(petition_id: int) -> Sequence[Invalidation]:
    """Return the runs of a petition, newest first."""
    return db.session.scalars(
        select(Invalidation).where(Invalidation.petition_id == petition_id).order_by(Invalidation.id.desc())
    ).all()


def runs_under_way() -> int:
    """Return how many runs the worker has still to do with."""
    return (
        db.session.scalar(
            select(func.count()).select_from(Invalidation).where(Invalidation.state.in_(ACTIVE))
        )
        or 0
    )


def held_domains() -> list[HeldDomain]:
    """Return the mail domains over their ceiling, those with the most requests first."""
    count = func.count()
    rows = db.session.execute(
        select(Petition, Pending.domain_tag, count, func.min(Pending.expires_on))
        .join(Petition, Petition.id == Pending.petition_id)
        .where(Pending.is_held)
        .group_by(Petition.id, Pending.domain_tag)
        .order_by(count.desc(), Pending.domain_tag)
    )
    return [HeldDomain(*row) for row in rows]


def outside_totals(petition_id: int) -> Sequence[OutsideTotal]:
    """Return what was recorded of elsewhere and of paper, newest first."""
    return db.session.scalars(
        select(OutsideTotal).where(OutsideTotal.petition_id == petition_id).order_by(OutsideTotal.id.desc())
    ).all()


def taken_back_ids(petition_id: int) -> set[int]:
    """Return the numbers of the records that a later and checked one says were a mistake."""
    return set(
        db.session.scalars(
            select(OutsideTotal.id).where(
                OutsideTotal.petition_id == petition_id, OutsideTotal.id.in_(taken_back())
            )
        )
    )


def totals_to_check() -> int:
    """Return how many records wait for a second person."""
    return (
        db.session.scalar(
            select(func.count()).select_from(OutsideTotal).where(OutsideTotal.checked_at.is_(None))
        )
        or 0
    )
