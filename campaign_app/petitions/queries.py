"""Petitions as readers and signers need them: plain records, kept for a second in each process."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from ..extensions import db
from ..lockdown.queries import parts_in_force
from ..lockdown.rules import NAMES, SIGNING
from ..sealing.models import PetitionKey
from .models import Addressee, Goal, Petition, PetitionText, PetitionUpdate
from .rules import PUBLIC_STATES, PetitionClosed, PetitionUnknown, SigningStopped, is_accepting

KEPT_SECONDS = 1.0
CACHE = "nidaa_petitions"


@dataclass(frozen=True)
class TextRecord:
    """One version of the words. demand, background and next_steps are Markdown."""

    language: str
    version: int
    title: str
    summary: str
    demand: str
    background: str
    next_steps: str


@dataclass(frozen=True)
class GoalRecord:
    """A threshold of people and, per language, what happens when it is reached."""

    threshold: int
    meanings: Mapping[str, str]


@dataclass(frozen=True)
class UpdateRecord:
    """One piece of news, per language {"title", "body"}."""

    id: int
    published_on: date
    texts: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class PetitionRecord:
    """A petition without its session: what pages and the path of a signature read.

    has_marks: whether an address can still be recognised; 30 days after the close it cannot. is_stopped: nobody may
    sign or confirm for now; are_names_hidden: no shown name is shown for now; both hold for every petition.
    """

    id: int
    slug: str
    state: str
    opens_at: datetime | None
    closes_at: datetime | None
    closed_on: date | None
    delivered_on: date | None
    answered_on: date | None
    has_marks: bool
    people_per_mailbox: int
    home_language: str
    texts: Mapping[str, TextRecord]
    addressees: Sequence[Mapping[str, str]]
    goals: Sequence[GoalRecord]
    updates: Sequence[UpdateRecord]
    is_stopped: bool
    are_names_hidden: bool

    def text(self, language: str) -> TextRecord:
        """Return the words in a language, or in the petition's own where they are not translated."""
        return self.texts.get(language) or self.texts[self.home_language]

    def is_accepting(self, now: datetime) -> bool:
        """Whether people may sign at `now`."""
        return is_accepting(state=self.state, opens_at=self.opens_at, closes_at=self.closes_at, now=now)


def public_petition(slug: str) -> PetitionRecord:
    """Return a petition that the public may see, at most a second old. Raises PetitionUnknown."""
    for petition in public_petitions():
        if petition.slug == slug:
            return petition
    raise PetitionUnknown(slug)


def open_petition(slug: str, now: datetime) -> PetitionRecord:
    """Return a petition that accepts signatures. Raises PetitionUnknown, PetitionClosed, SigningStopped."""
    petition = public_petition(slug)
    if not petition.is_accepting(now):
        raise PetitionClosed(slug)
    if petition.is_stopped:
        raise SigningStopped
    return petition


def petition_by_id(petition_id: int) -> PetitionRecord:
    """Return a petition by its number. Raises PetitionUnknown."""
    for petition in public_petitions():
        if petition.id == petition_id:
            return petition
    raise PetitionUnknown(str(petition_id))


def public_petitions() -> Sequence[PetitionRecord]:
    """Return every petition but the drafts, in the order they were made, at most a second old."""
    kept: tuple[float, Sequence[PetitionRecord]] | None = current_app.extensions.get(CACHE)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    found = _load()
    current_app.extensions[CACHE] = (time.monotonic() + KEPT_SECONDS, found)
    return found


def signing_is_stopped() -> bool:
    """Whether nobody may sign or confirm for now, as known at most a second ago."""
    return any(petition.is_stopped for petition in public_petitions())


def forget_kept() -> None:
    """Drop the kept records of this process: after an operator's change, and between tests."""
    current_app.extensions.pop(CACHE, None)


def _load() -> list[PetitionRecord]:
    petitions = db.session.scalars(
        select(Petition).where(Petition.state.in_(PUBLIC_STATES)).order_by(Petition.id)
    ).all()
    texts = _by_petition(select(PetitionText).order_by(PetitionText.version))
    addressees = _by_petition(select(Addressee).order_by(Addressee.position))
    goals = _by_petition(select(Goal).order_by(Goal.threshold))
    shredded = set(
        db.session.scalars(select(PetitionKey.petition_id).where(PetitionKey.shredded_on.is_not(None)))
    )
    shut = parts_in_force()
    updates = _by_petition(
        select(PetitionUpdate)
        .where(PetitionUpdate.published_on.is_not(None))
        .order_by(PetitionUpdate.published_on.desc(), PetitionUpdate.id.desc())
    )
    return [
        PetitionRecord(
            id=petition.id,
            slug=petition.slug,
            state=petition.state,
            opens_at=petition.opens_at,
            closes_at=petition.closes_at,
            closed_on=petition.closed_on,
            delivered_on=petition.delivered_on,
            answered_on=petition.answered_on,
            has_marks=petition.id not in shredded,
            people_per_mailbox=petition.people_per_mailbox,
            home_language=petition.home_language,
            texts={row.language: _text_record(row) for row in texts.get(petition.id, [])},
            addressees=[row.names for row in addressees.get(petition.id, [])],
            goals=[GoalRecord(row.threshold, row.meanings) for row in goals.get(petition.id, [])],
            updates=[
                UpdateRecord(row.id, row.published_on, _whole(row.texts, petition.home_language))
                for row in updates.get(petition.id, [])
            ],
            is_stopped=SIGNING in shut,
            are_names_hidden=NAMES in shut,
        )
        for petition in petitions
    ]


def _whole(texts: Mapping[str, Mapping[str, str]], home_language: str) -> dict[str, Mapping[str, str]]:
    """Return news without translations that lack title or body: their readers get the petition's own language."""
    return {
        language: words
        for language, words in texts.items()
        if language == home_language or all(words.get(name, "").strip() for name in ("title", "body"))
    }


def _text_record(row: PetitionText) -> TextRecord:
    return TextRecord(
        row.language, row.version, row.title, row.summary, row.demand, row.background, row.next_steps
    )


def _by_petition(statement: Any) -> dict[int, list[Any]]:
    """Group rows by petition; of texts the last version in the order given wins later."""
    grouped: dict[int, list[Any]] = {}
    for row in db.session.scalars(statement):
        grouped.setdefault(row.petition_id, []).append(row)
    return grouped
