"""What changes a petition: loading the shipped ones, a new text version, the steps of its life."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from ..audit.operations import record
from ..audit.rules import BY_SYSTEM
from ..clock import utc_day
from ..extensions import db
from ..facts.queries import figures_used, render_figures
from ..languages import LANGUAGES
from ..sealing import tags
from .content import ShippedPetition, digest
from .models import Addressee, Goal, Petition, PetitionText, PetitionUpdate
from .obstacles import opening_obstacles, published_news
from .rules import (
    MARKDOWN_FIELDS,
    TEXT_FIELDS,
    TOLD_STATES,
    NotReadyToOpen,
    NotYetTold,
    PetitionUnknown,
    UpdateIncomplete,
    check_transition,
)


@dataclass
class LoadReport:
    """What `load_shipped` did. `differences`: unified diffs of shipped texts against edited ones, left alone."""

    created: list[str] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


def load_shipped(*, petitions: Sequence[ShippedPetition], open_at_once: bool, now: datetime) -> LoadReport:
    """Store what is missing and refresh what nobody edited; never touch a text edited here.

    open_at_once: petitions made now are open (development) rather than drafts (production).
    Safe to repeat. Flushes; never commits.
    """
    report = LoadReport()
    for shipped in petitions:
        petition = db.session.scalar(select(Petition).filter_by(slug=shipped.slug))
        if petition is None:
            petition = _create(shipped, open_at_once=open_at_once, now=now)
            report.created.append(shipped.slug)
        for language, text in shipped.texts.items():
            _load_text(petition, language, text, report, now)
    db.session.flush()
    return report


def write_text(
    *,
    petition: Petition,
    language: str,
    text: Mapping[str, str],
    now: datetime,
    shipped_digest: str | None = None,
    written_by: str = "",
    is_correction: bool = False,
) -> PetitionText:
    """Add a version of the words in one language; signatures given before stay bound to theirs.

    text: the five fields of `rules.TEXT_FIELDS`. shipped_digest: set only for a text that
    `campaign init` wrote; without it the text counts as edited here. Raises facts' FigureUnresolved for a
    text whose facts could not be shown: its page would be gone for everyone. Flushes; never commits.
    """
    if shipped_digest is None:
        for name in MARKDOWN_FIELDS:
            render_figures(text[name], language if language in LANGUAGES else petition.home_language)
    else:
        figures_used(*(text[name] for name in MARKDOWN_FIELDS))
    latest = db.session.scalar(
        select(func.max(PetitionText.version)).filter_by(petition_id=petition.id, language=language)
    )
    version = PetitionText(
        petition_id=petition.id,
        language=language,
        version=(latest or 0) + 1,
        written_at=now,
        shipped_digest=shipped_digest,
        is_edited=shipped_digest is None,
        written_by=written_by,
        is_correction=is_correction,
        **{name: text[name] for name in TEXT_FIELDS},
    )
    db.session.add(version)
    db.session.flush()
    return version


def move(*, petition: Petition, to: str, obstacles: Sequence[str], now: datetime) -> None:
    """Take a petition to another state of its life.

    obstacles: what stands against the step, a line each (`obstacles.step_obstacles`); they stop a step to "open",
    "delivered" or "answered". Raises TransitionRefused, NotReadyToOpen, NotYetTold. Flushes; never commits.
    """
    hold(petition)
    check_transition(petition.state, to)
    if to in TOLD_STATES and obstacles:
        raise NotYetTold("\n".join(obstacles))
    if to == "open":
        if petition.closes_at is not None and petition.closes_at <= now:
            obstacles = [*obstacles, "its closing time has passed"]
        if obstacles:
            raise NotReadyToOpen("\n".join(obstacles))
        # Opened by hand before the time it was to open by itself: it is open from now.
        petition.opens_at = min(petition.opens_at or now, now)
        petition.closed_on = None
    if to in ("closed", "withdrawn"):
        # Withdrawn after it was closed: what was to be deleted is not kept any longer for that.
        petition.closed_on = petition.closed_on or utc_day(now)
    if to == "delivered":
        petition.delivered_on = utc_day(now)
    if to == "answered":
        petition.answered_on = utc_day(now)
    petition.news_at_step = published_news(petition.id)
    petition.state = to
    db.session.flush()


def open_due_petitions(*, now: datetime) -> list[str]:
    """Open the drafts whose time has come and against which nothing stands; return their slugs.

    The others stay drafts, and the desk's home says so. Flushes; never commits.
    """
    due = db.session.scalars(
        select(Petition)
        .where(Petition.state == "draft", Petition.opens_at <= now)
        .with_for_update(key_share=True)
    ).all()
    opened = []
    for petition in due:
        try:
            move(petition=petition, to="open", obstacles=opening_obstacles(petition=petition), now=now)
        except NotReadyToOpen:
            continue
        details = {"from": "draft", "to": petition.state}
        record(action="petition.move", by=BY_SYSTEM, subject=petition.slug, details=details, now=now)
        opened.append(petition.slug)
    return opened


def hold(petition: Petition) -> None:
    """Read a petition anew and keep it until the transaction ends, so that of two changes one comes second.

    Whoever signs meanwhile need not wait: a signature only points at it.
    """
    db.session.refresh(petition, with_for_update={"key_share": True})


def petition_by_slug(slug: str) -> Petition:
    """Return a petition in any state, for an operator. Raises PetitionUnknown."""
    petition = db.session.scalar(select(Petition).filter_by(slug=slug))
    if petition is None:
        raise PetitionUnknown(f"no petition is called {slug!r}")
    return petition


def latest_text(petition_id: int, language: str) -> PetitionText | None:
    """Return the newest version of the words in one language."""
    return db.session.scalar(
        select(PetitionText)
        .filter_by(petition_id=petition_id, language=language)
        .order_by(PetitionText.version.desc())
        .limit(1)
    )


def _create(shipped: ShippedPetition, *, open_at_once: bool, now: datetime) -> Petition:
    petition = Petition(
        slug=shipped.slug,
        state="open" if open_at_once else "draft",
        opens_at=now if open_at_once else None,
        closes_at=shipped.closes_at,
        people_per_mailbox=shipped.people_per_mailbox,
        home_language=shipped.home_language,
        required_languages=list(shipped.required_languages),
    )
    begin(petition)
    db.session.add_all(
        Addressee(petition_id=petition.id, position=position, kind=row["kind"], names=row["names"])
        for position, row in enumerate(shipped.addressees)
    )
    db.session.add_all(
        Goal(petition_id=petition.id, threshold=row["threshold"], meanings=row["meanings"])
        for row in shipped.goals
    )
    return petition


def begin(petition: Petition) -> None:
    """Store a new petition and make the key that recognises a repeat. Flushes; never commits."""
    db.session.add(petition)
    db.session.flush()
    tags.create_petition_key(petition_id=petition.id, session=db.session)


def _load_text(
    petition: Petition, language: str, text: Mapping[str, str], report: LoadReport, now: datetime
) -> None:
    stored = latest_text(petition.id, language)
    shipped = digest(text)
    if stored is None:
        write_text(petition=petition, language=language, text=text, now=now, shipped_digest=shipped)
        return
    if shipped in (stored.shipped_digest, digest({name: getattr(stored, name) for name in TEXT_FIELDS})):
        return
    if stored.is_edited:
        report.differences.append(_difference(petition.slug, language, stored, text))
        return
    write_text(petition=petition, language=language, text=text, now=now, shipped_digest=shipped)
    report.rewritten.append(f"{petition.slug} ({language})")


def _difference(slug: str, language: str, stored: PetitionText, text: Mapping[str, str]) -> str:
    before = [line for name in TEXT_FIELDS for line in str(getattr(stored, name)).splitlines()]
    after = [line for name in TEXT_FIELDS for line in text[name].splitlines()]
    return "\n".join(
        difflib.unified_diff(
            before, after, f"{slug} ({language}) here", f"{slug} ({language}) shipped", lineterm=""
        )
    )


def publish_update(
    *, petition: Petition, texts: Mapping[str, Mapping[str, str]], now: datetime
) -> PetitionUpdate:
    """Add a piece of news to a petition's page, dated today.

    texts: language code → {"title", "body"}, body in Markdown. Raises UpdateIncomplete where a required
    language lacks either. Flushes; never commits.
    """
    lacking = [
        language
        for language in petition.required_languages
        if not all(str(texts.get(language, {}).get(name, "")).strip() for name in ("title", "body"))
    ]
    if lacking:
        raise UpdateIncomplete(f"the update lacks a title or body in {', '.join(lacking)}")
    update = PetitionUpdate(
        petition_id=petition.id,
        published_on=utc_day(now),
        texts={
            language: {"title": words["title"], "body": words["body"]} for language, words in texts.items()
        },
    )
    db.session.add(update)
    db.session.flush()
    return update
