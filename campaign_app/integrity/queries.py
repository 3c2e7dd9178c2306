"""What the pages of integrity show: whom a rule would take out, the runs, the domains whose mail is held."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from ..extensions import db
from ..petitions.models import Petition
from ..signing.models import Pending, Signature
from ..tally.models import OutsideTotal, TallyCell
from ..tally.outside import taken_back
from .batches import arrivals_fitting, cells_fitting
from .models import Invalidation
from .rules import ACTIVE, Rule

MOST_MAILBOXES = 150_000


@dataclass(frozen=True)
class Preview:
    """Whom a rule would take out just now.

    mailboxes: of these people; others who share one stay counted. None where so many fit that counting them would
    keep the page waiting.
    """

    people: int
    mailboxes: int | None
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
    """Count whom a rule fits, by day and country. Reads the arrivals' index; the rows only of those it fits.

    The cells are looked up once each, and not once for every signature.
    """
    fits = arrivals_fitting(petition_id, rule)
    arrived = (
        select(Signature.tally_cell_id, func.count().label("people"))
        .where(*fits)
        .group_by(Signature.tally_cell_id)
        .subquery()
    )
    rows = db.session.execute(
        select(TallyCell.day, TallyCell.country, func.sum(arrived.c.people))
        .join(arrived, arrived.c.tally_cell_id == TallyCell.id)
        .where(*cells_fitting(rule))
        .group_by(TallyCell.day, TallyCell.country)
    )
    days: Counter[date] = Counter()
    countries: Counter[str] = Counter()
    for day, country, people in rows:
        days[day] += int(people)
        countries[country] += int(people)
    mailboxes = _mailboxes(petition_id, rule) if 0 < days.total() <= MOST_MAILBOXES else None
    return Preview(days.total(), mailboxes, sorted(days.items()), countries.most_common())


def _mailboxes(petition_id: int, rule: Rule) -> int:
    """Return how many mailboxes those have whom a rule fits. Reads their rows."""
    cells = select(TallyCell.id).where(TallyCell.petition_id == petition_id, *cells_fitting(rule))
    fits = arrivals_fitting(petition_id, rule)
    if cells_fitting(rule):
        fits.append(Signature.tally_cell_id.in_(cells))
    return db.session.scalar(select(func.count(func.distinct(Signature.tag))).where(*fits)) or 0


def petitions() -> Sequence[Petition]:
    """Return every petition, in the order they were made."""
    return db.session.scalars(select(Petition).order_by(Petition.id)).all()


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


def totals_to_destroy(on: date) -> int:
    """Return how many records are of sheets that should be destroyed before a UTC day, and are not noted as such."""
    query = select(func.count()).where(
        OutsideTotal.kind == "paper",
        OutsideTotal.destroy_by < on,
        OutsideTotal.destroyed_on.is_(None),
        OutsideTotal.takes_back_id.is_(None),
        OutsideTotal.id.not_in(taken_back()),
    )
    return db.session.scalar(query) or 0


def totals_to_check() -> int:
    """Return how many records wait for a second person."""
    return (
        db.session.scalar(
            select(func.count()).select_from(OutsideTotal).where(OutsideTotal.checked_at.is_(None))
        )
        or 0
    )
