"""What can be chosen for a new letter: offices that a template fits, months with who presides, languages, ways."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from ..bodies import queries as directory
from ..bodies.models import Body
from ..bodies.obstacles import Obstacle
from ..bodies.rules import is_stale
from ..extensions import db
from ..petitions.models import Petition
from ..petitions.queries import petition_by_id
from ..petitions.rules import PetitionUnknown
from .rules import WAYS, first_of_month
from .templates import COUNCIL_MEMBER, Template

MONTHS_AHEAD = 14
AGAINST_A_BODY = frozenset({"form-refused", "accepts-unknown", "office-vacant"})


@dataclass(frozen=True)
class Office:
    """A body that a letter could go to. why_not: why it takes no such letter, and what it takes."""

    body: Body
    why_not: Sequence[Obstacle]


@dataclass(frozen=True)
class Month:
    """A month of delivery. president: who presides over the Council then; None where nobody is known."""

    first_day: date
    president: Body | None


@dataclass(frozen=True)
class Way:
    """A way to bring a letter to a body. is_entered: whether an address for it is known; is_fresh: and was checked."""

    kind: str
    is_entered: bool
    is_fresh: bool


@dataclass(frozen=True)
class About:
    """A petition that a letter can be about, with its title in the reader's language."""

    id: int
    slug: str
    title: str


def petitions(lang: str) -> list[About]:
    """Return the petitions that the public may see: nobody could look up what a letter says of another."""
    rows = db.session.scalars(select(Petition.id).where(Petition.state != "draft").order_by(Petition.id))
    found = []
    for number in rows.all():
        try:
            record = petition_by_id(number)
        except PetitionUnknown:
            continue  # taken away a second ago
        found.append(About(record.id, record.slug, record.text(lang).title))
    return found


def offices(made_from: Template, *, today: date) -> list[Office]:
    """Return the bodies that a template is written for, with what stands against each."""
    if made_from.recipient == COUNCIL_MEMBER:
        found = {each.key: each for day in (today, _next(today)) for each in directory.members(day)}
        candidates = list(found.values())
    else:
        candidates = [
            each
            for each in directory.bodies()
            if (not made_from.bodies or each.key in made_from.bodies)
            and (not made_from.kinds or each.kind in made_from.kinds)
        ]
    return [Office(each, against(each, made_from, today=today)) for each in candidates]


def against(body: Body, made_from: Template, *, today: date) -> list[Obstacle]:
    """Return why a body takes no letter of a template, in words; none where it does."""
    lang = next(iter(body.languages), "en")
    found = directory.obstacles(body, form=made_from.form, channel_kind=None, lang=lang, today=today)
    return [each for each in found if each.code in AGAINST_A_BODY and not each.is_warning]


def months(today: date) -> list[Month]:
    """Return this month and those after it, with who presides over the Council."""
    found, day = [], first_of_month(today)
    for _each in range(MONTHS_AHEAD):
        found.append(Month(day, directory.president(day.year, day.month)))
        day = _next(day)
    return found


def languages(made_from: Template, body: Body | None) -> tuple[list[str], list[str]]:
    """Return the languages that a template exists in: those that the recipient takes, in its order, and the others."""
    if body is None:
        return list(made_from.texts), []
    taken = [lang for lang in body.languages if lang in made_from.texts]
    return taken, [lang for lang in made_from.texts if lang not in taken]


def ways(body: Body, *, today: date) -> list[Way]:
    """Return the ways to a body, whether an address is entered for each, and whether it was checked lately."""
    channels = directory.channels_of(body)
    found = []
    for kind in WAYS:
        fitting = [each for each in channels if each.kind == kind]
        is_fresh = any(not is_stale(each.verified_on, today) for each in fitting)
        found.append(Way(kind, bool(fitting), is_fresh))
    return found


def _next(day: date) -> date:
    """Return the first day of the month after."""
    return first_of_month(first_of_month(day) + timedelta(days=31))
