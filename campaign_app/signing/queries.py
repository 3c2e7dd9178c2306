"""What the pages of a signature show: petition pages, cards, recent signers, the people of a mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import current_app
from markupsafe import Markup
from sqlalchemy import bindparam, select

from ..clock import utc_day
from ..extensions import db
from ..facts.queries import SourceLine, render_figures, sources
from ..languages import country_name
from ..petitions.queries import GoalRecord, PetitionRecord, TextRecord, public_petitions
from ..petitions.rules import goal_in_view, goals_reached, percent_of
from ..rich_text import render_markdown
from ..tally.models import TallyCell
from ..tally.queries import statement
from ..tally.rules import Statement
from .models import Signature
from .rules import expires_on

RENDERED = "nidaa_rendered_texts"
RECENT_SIGNERS = 12


_RECENT_SIGNERS = (
    select(Signature.public_name, TallyCell.country, Signature.signed_on)
    .join(TallyCell, TallyCell.id == Signature.tally_cell_id)
    .where(
        Signature.petition_id == bindparam("petition_id"),
        Signature.public_name.is_not(None),
        Signature.state == "counted",
    )
    .order_by(Signature.signed_on.desc(), Signature.id.desc())  # as ix_signature_shown lies
    .limit(RECENT_SIGNERS)
)


@dataclass(frozen=True)
class RenderedText:
    """A text version as HTML, with the sources of its figures."""

    demand: Markup
    background: Markup
    next_steps: Markup
    sources: Sequence[SourceLine]


@dataclass(frozen=True)
class GoalInView:
    """A goal as a page shows it. percent is rounded down; remaining is never negative."""

    threshold: int
    meaning: str
    percent: int
    remaining: int


@dataclass(frozen=True)
class UpdateOnPage:
    """One piece of news in the reader's language."""

    on: date
    title: str
    body_html: Markup


@dataclass(frozen=True)
class PetitionPage:
    """A petition in one language, rendered. is_fallback: the words are in another language than asked.

    goal: while it may still be reached. last_confirmed_on: of a closed one, while requests from before may still be
    confirmed, their last UTC day. is_stopped: nobody may sign for now, though it is accepting. has_marks: whether an
    address can still be recognised.
    """

    id: int
    slug: str
    title: str
    summary: str
    demand_html: Markup
    background_html: Markup
    next_steps_html: Markup
    sources: Sequence[SourceLine]
    addressees: Sequence[str]
    state: str
    is_accepting: bool
    is_stopped: bool
    opens_at: datetime | None
    closes_at: datetime | None
    closed_on: date | None
    last_confirmed_on: date | None
    delivered_on: date | None
    answered_on: date | None
    has_marks: bool
    text_version: int
    text_language: str
    is_fallback: bool
    people_per_mailbox: int
    goal: GoalInView | None
    past_goals: Sequence[GoalInView]
    updates: Sequence[UpdateOnPage]


@dataclass(frozen=True)
class PetitionCard:
    """A petition on the home page."""

    slug: str
    title: str
    summary: str
    state: str
    people: int
    as_of: datetime | None
    goal_threshold: int | None
    percent: int
    closes_at: datetime | None
    is_fallback: bool
    text_language: str


@dataclass(frozen=True)
class ShownSigner:
    """A signer who chose to be named: the day, never the hour."""

    name: str
    country_name: str
    on: date


@dataclass(frozen=True)
class PersonOnPage:
    """One person of a mailbox on the private page. name: only where it is shown to everyone."""

    nth: int
    name: str | None
    country_name: str
    is_shown: bool
    wants_updates: bool
    signed_on: date
    is_withdrawn: bool
    is_invalidated: bool
    text_language: str
    text_version: int


def petition_page(petition: PetitionRecord, lang: str, *, people: int, now: datetime) -> PetitionPage:
    """Return a petition as its page shows it. people: confirmed signers, for the goal."""
    text = petition.text(lang)
    rendered = _rendered(petition.id, text)
    thresholds = [goal.threshold for goal in petition.goals]
    shown = goal_in_view(thresholds, people)
    by_threshold = {goal.threshold: goal for goal in petition.goals}
    is_accepting = petition.is_accepting(now)
    return PetitionPage(
        id=petition.id,
        slug=petition.slug,
        title=text.title,
        summary=text.summary,
        demand_html=rendered.demand,
        background_html=rendered.background,
        next_steps_html=rendered.next_steps,
        sources=rendered.sources,
        addressees=[_in(names, lang, petition.home_language) for names in petition.addressees],
        state=petition.state,
        is_accepting=is_accepting,
        is_stopped=petition.is_stopped,
        opens_at=petition.opens_at,
        closes_at=petition.closes_at,
        closed_on=petition.closed_on,
        last_confirmed_on=_last_confirmed_on(petition, now),
        delivered_on=petition.delivered_on,
        answered_on=petition.answered_on,
        has_marks=petition.has_marks,
        text_version=text.version,
        text_language=text.language,
        is_fallback=text.language != lang,
        people_per_mailbox=petition.people_per_mailbox,
        goal=(
            _goal(by_threshold[shown], lang, petition.home_language, people)
            if shown is not None and is_accepting
            else None
        ),
        past_goals=[
            _goal(by_threshold[threshold], lang, petition.home_language, people)
            for threshold in goals_reached(thresholds, people)
        ],
        updates=[
            UpdateOnPage(update.published_on, words["title"], render_markdown(words["body"]))
            for update in petition.updates
            for words in [_in(update.texts, lang, petition.home_language)]
        ],
    )


def petition_cards(lang: str, *, now: datetime) -> list[PetitionCard]:
    """Return every public petition, for the home page."""
    return [_card(petition, lang, statement(petition.id, now=now)) for petition in public_petitions()]


def recent_signers(petition_id: int, lang: str) -> list[ShownSigner]:
    """Return the latest signers who chose to be named, newest day first; within a day in no order of arrival."""
    rows = db.session.connection().execute(_RECENT_SIGNERS, {"petition_id": petition_id})
    return [ShownSigner(name or "", country_name(country, lang), on) for name, country, on in rows]


def people_of_mailbox(petition_id: int, tag: bytes | None, opened: bytes, lang: str) -> list[PersonOnPage]:
    """Return the people that one private page speaks for, in the order of their places.

    tag: of the mailbox; None once tags were destroyed, when the page shows only its own signature.
    opened: the hash of the link.
    """
    mine = Signature.link_hash == opened if tag is None else Signature.tag == tag
    rows = db.session.execute(
        select(Signature, TallyCell.country)
        .join(TallyCell, TallyCell.id == Signature.tally_cell_id)
        .where(Signature.petition_id == petition_id, mine)
        .order_by(Signature.nth)
    )
    return [
        PersonOnPage(
            nth=signature.nth,
            name=signature.public_name,
            country_name=country_name(country, lang),
            is_shown=signature.public_name is not None,
            wants_updates=signature.wants_updates,
            signed_on=signature.signed_on,
            is_withdrawn=signature.state == "withdrawn",
            is_invalidated=signature.state == "invalidated",
            text_language=signature.text_language,
            text_version=signature.text_version,
        )
        for signature, country in rows
    ]


def _last_confirmed_on(petition: PetitionRecord, now: datetime) -> date | None:
    """Return the last day on which requests from before the close may be confirmed; None once it is over."""
    if petition.closed_on is None or petition.state == "withdrawn":
        return None
    last_on = expires_on(petition.closed_on)
    return last_on if utc_day(now) <= last_on else None


def _card(petition: PetitionRecord, lang: str, numbers: Statement) -> PetitionCard:
    text = petition.text(lang)
    threshold = goal_in_view([goal.threshold for goal in petition.goals], numbers.people)
    return PetitionCard(
        slug=petition.slug,
        title=text.title,
        summary=text.summary,
        state=petition.state,
        people=numbers.people,
        as_of=numbers.as_of,
        goal_threshold=threshold,
        percent=percent_of(threshold, numbers.people) if threshold else 0,
        closes_at=petition.closes_at,
        is_fallback=text.language != lang,
        text_language=text.language,
    )


def _goal(goal: GoalRecord, lang: str, home_language: str, people: int) -> GoalInView:
    return GoalInView(
        threshold=goal.threshold,
        meaning=_in(goal.meanings, lang, home_language),
        percent=percent_of(goal.threshold, people),
        remaining=max(0, goal.threshold - people),
    )


def _in(words: Any, lang: str, home_language: str) -> Any:
    """Return words per language in the asked one, or in the petition's own."""
    return words.get(lang) or words[home_language]


def _rendered(petition_id: int, text: TextRecord) -> RenderedText:
    """Return a text as HTML; a version and its figures never change, so it is rendered once a process."""
    kept: dict[Any, RenderedText] = current_app.extensions.setdefault(RENDERED, {})
    key = (petition_id, text.language, text.version)
    if key not in kept:
        parts = {
            name: render_figures(getattr(text, name), text.language, top_heading=3)
            for name in ("demand", "background", "next_steps")
        }
        found = sources(text.demand, text.background, text.next_steps, lang=text.language)
        kept[key] = RenderedText(**parts, sources=found)
    return kept[key]
