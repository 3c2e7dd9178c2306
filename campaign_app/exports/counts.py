"""The counts of petitions as they may leave the house: the statement, events by day, and each published breakdown.

Nothing is in them that the public pages do not say: exact numbers by day, and groups only as they were published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import force_locale

from ..config import settings
from ..petitions.queries import PetitionRecord, public_petition, public_petitions
from ..tally.breakdowns import Breakdown, public_breakdowns
from ..tally.queries import events_by_day, statement
from ..tally.rules import Statement

ALL = "all"
# How many asked on a single day, and how many of those requests ended, would tell who hesitated.
NOT_BY_DAY = frozenset({"requested", "expired"})


@dataclass(frozen=True)
class DayCount:
    """People whom one kind of event touched on one UTC day. reason: of invalidations."""

    day: date
    event: str
    reason: str
    people: int


@dataclass(frozen=True)
class PetitionCounts:
    """What may be said of one petition in numbers. address: of its public numbers, where they can be checked."""

    slug: str
    title: str
    state: str
    address: str
    statement: Statement
    days: Sequence[DayCount]
    breakdowns: Sequence[Breakdown]


@dataclass(frozen=True)
class Counts:
    """The counts of one petition or of all, as of one moment, with the words of one language."""

    petition: str
    language: str
    as_of: datetime
    petitions: Sequence[PetitionCounts]


def counts_of(petition: str, *, lang: str, now: datetime) -> Counts:
    """Return the counts of a petition, or of every one that the public may see.

    petition: a slug, or "all". Reads only; inside `one_moment()` everything agrees. Raises PetitionUnknown.
    """
    chosen = public_petitions() if petition == ALL else [public_petition(petition)]
    with force_locale(lang):
        found = [_of_petition(each, lang, now) for each in chosen]
    return Counts(petition=petition, language=lang, as_of=now, petitions=found)


def _of_petition(petition: PetitionRecord, lang: str, now: datetime) -> PetitionCounts:
    return PetitionCounts(
        slug=petition.slug,
        title=petition.text(lang).title,
        state=petition.state,
        address=f"{settings().base_url}/{lang}/petitions/{petition.slug}/numbers",
        statement=statement(petition.id, now=now),
        days=[
            DayCount(each.day, each.total.event, each.total.reason, each.total.people)
            for each in events_by_day(petition.id, now=now)
            if each.total.event not in NOT_BY_DAY
        ],
        breakdowns=public_breakdowns(petition.id, lang, now=now),
    )
