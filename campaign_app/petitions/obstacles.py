"""What stands against a step of a petition's life, as data: commands and the desk each say it in their own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from ..campaign import campaign
from ..config import settings
from ..extensions import db
from ..sealing.keys import KeyProblem, keyring, signing_obstacles
from ..sealing.models import PetitionKey
from .models import Addressee, Goal, Petition, PetitionText, PetitionUpdate
from .rules import TEXT_FIELDS, TOLD_STATES


@dataclass(frozen=True)
class Obstacle:
    """One thing that is missing.

    kind: "text" (none in a language), "field" (a field of it is empty), "addressees" (none), "addressee" (no name in
    a language), "goal" (no meaning in a language), "shredded", "past" (the closing time), "untold" (no news tells of
    the step), "campaign" (a line of campaign.toml is empty), "keys".
    language: of which words. name: the field, the position, the threshold, the line; of "keys" what the keys say.
    """

    kind: str
    language: str = ""
    name: str = ""


def missing_words(petition: Petition) -> list[Obstacle]:
    """Return the words that a petition lacks in the languages it must have."""
    found = []
    texts = latest_texts(petition.id)
    for language in petition.required_languages:
        text = texts.get(language)
        if text is None:
            found.append(Obstacle("text", language))
        else:
            empty = (name for name in TEXT_FIELDS if not getattr(text, name).strip())
            found += [Obstacle("field", language, name) for name in empty]
    addressees = addressees_of(petition.id)
    if not addressees:
        found.append(Obstacle("addressees"))
    for language in petition.required_languages:
        found += [
            Obstacle("addressee", language, str(number))
            for number, row in enumerate(addressees, 1)
            if not row.names.get(language, "").strip()
        ]
        found += [
            Obstacle("goal", language, str(goal.threshold))
            for goal in goals_of(petition.id)
            if not goal.meanings.get(language, "").strip()
        ]
    return found


def against_opening(petition: Petition) -> list[Obstacle]:
    """Return what stands against opening a petition.

    Every required language needs its words, and a repeat must still be recognisable; production also needs a
    responsible body, a contact, and campaign keys whose backups were read back.
    """
    found = missing_words(petition)
    if is_shredded(petition):
        found.append(Obstacle("shredded"))
    if not settings().is_production:
        return found
    found += [Obstacle("campaign", name=name) for name in campaign().missing]
    try:
        said = signing_obstacles(keyring(fresh=True), settings().environment)
    except KeyProblem as problem:
        said = [str(problem)]
    return [*found, *(Obstacle("keys", name=line) for line in said)]


def against_step(petition: Petition, to: str, *, now: datetime) -> list[Obstacle]:
    """Return what stands against a step: what opening needs, or the news that tells of the step."""
    if to == "open":
        is_past = petition.closes_at is not None and petition.closes_at <= now
        return [*against_opening(petition), *([Obstacle("past")] if is_past else [])]
    return _untold(petition, to)


def _untold(petition: Petition, to: str) -> list[Obstacle]:
    is_untold = to in TOLD_STATES and published_news(petition.id) <= petition.news_at_step
    return [Obstacle("untold")] if is_untold else []


def opening_obstacles(*, petition: Petition) -> list[str]:
    """Return what stands against opening a petition, a line each, for an operator."""
    return [_line(petition, each) for each in against_opening(petition)]


def step_obstacles(*, petition: Petition, to: str) -> list[str]:
    """Return what stands against a step, a line each, for an operator; that its time is over, `move` says itself."""
    found = against_opening(petition) if to == "open" else _untold(petition, to)
    return [_line(petition, each) for each in found]


def is_shredded(petition: Petition) -> bool:
    """Whether the marks that recognise an address were destroyed."""
    key = db.session.get(PetitionKey, petition.id)
    return key is not None and key.shredded_on is not None


def published_news(petition_id: int) -> int:
    """Return how many pieces of news were published."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(PetitionUpdate)
            .where(PetitionUpdate.petition_id == petition_id, PetitionUpdate.published_on.is_not(None))
        )
        or 0
    )


def latest_texts(petition_id: int) -> dict[str, PetitionText]:
    """Return the newest version of the words in each language that has any."""
    rows = db.session.scalars(
        select(PetitionText).filter_by(petition_id=petition_id).order_by(PetitionText.version)
    )
    return {row.language: row for row in rows}


def addressees_of(petition_id: int) -> Sequence[Addressee]:
    """Return whom a petition addresses, in its order."""
    return db.session.scalars(
        select(Addressee).filter_by(petition_id=petition_id).order_by(Addressee.position, Addressee.id)
    ).all()


def goals_of(petition_id: int) -> Sequence[Goal]:
    """Return a petition's goals, rising."""
    return db.session.scalars(select(Goal).filter_by(petition_id=petition_id).order_by(Goal.threshold)).all()


def _line(petition: Petition, obstacle: Obstacle) -> str:
    language, name = obstacle.language, obstacle.name
    return {
        "text": f"there is no text in {language}",
        "field": f"the text in {language} lacks its {name}",
        "addressees": "it addresses nobody",
        "addressee": f"addressee {name} has no name in {language}",
        "goal": f"the goal of {name} has no meaning in {language}",
        "shredded": "the key that recognises a repeat was destroyed 30 days after it closed: begin a new petition",
        "untold": f"publish first what happened, with `campaign petition update {petition.slug} FILE`",
        "campaign": f"{campaign().path} lacks {name}",
        "keys": name,
    }[obstacle.kind]
