"""News of a petition: a draft first, then on its page for good."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select

from ..accounts.models import Organiser
from ..audit.operations import record
from ..clock import utc_day
from ..extensions import db
from .editing import fingerprint
from .models import Petition, PetitionUpdate
from .rules import ChangedMeanwhile, UpdateIncomplete, UpdatePublished


def save_news(
    *,
    petition: Petition,
    update: PetitionUpdate | None,
    texts: Mapping[str, Mapping[str, str]],
    began_from: str,
    by: Organiser,
    now: datetime,
) -> PetitionUpdate:
    """Keep a piece of news as a draft. Raises UpdatePublished, ChangedMeanwhile. Flushes; never commits."""
    if update is None:
        update = PetitionUpdate(petition_id=petition.id, texts={})
        db.session.add(update)
    elif update.published_on is not None:
        raise UpdatePublished
    elif began_from != fingerprint(update.texts):
        raise ChangedMeanwhile
    update.texts = {language: dict(words) for language, words in texts.items() if any(words.values())}
    db.session.flush()
    _record("petition.draft-news", petition, update, by, now)
    return update


def publish_news(*, petition: Petition, update: PetitionUpdate, by: Organiser, now: datetime) -> None:
    """Put a piece of news on a petition's page, dated today.

    Raises UpdatePublished, and UpdateIncomplete where a required language lacks title or body. Flushes; never commits.
    """
    if update.published_on is not None:
        raise UpdatePublished
    if lacking := lacking_news(petition, update.texts):
        raise UpdateIncomplete(", ".join(lacking))
    update.published_on = utc_day(now)
    db.session.flush()
    _record("petition.update", petition, update, by, now)


def drop_news(*, petition: Petition, update: PetitionUpdate, by: Organiser, now: datetime) -> None:
    """Throw a draft of news away. Raises UpdatePublished. Flushes; never commits."""
    if update.published_on is not None:
        raise UpdatePublished
    _record("petition.drop-news", petition, update, by, now)
    db.session.delete(update)
    db.session.flush()


def lacking_news(petition: Petition, texts: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return the required languages in which a piece of news lacks its title or body."""
    return [
        language
        for language in petition.required_languages
        if not all(texts.get(language, {}).get(name, "").strip() for name in ("title", "body"))
    ]


def news_of(petition_id: int) -> Sequence[PetitionUpdate]:
    """Return a petition's news, drafts first, then the newest."""
    return db.session.scalars(
        select(PetitionUpdate)
        .filter_by(petition_id=petition_id)
        .order_by(
            PetitionUpdate.published_on.is_not(None),
            PetitionUpdate.published_on.desc(),
            PetitionUpdate.id.desc(),
        )
    ).all()


def _record(action: str, petition: Petition, update: PetitionUpdate, by: Organiser, now: datetime) -> None:
    record(action=action, by=by.audit_name, subject=petition.slug, details={"news": update.id}, now=now)
