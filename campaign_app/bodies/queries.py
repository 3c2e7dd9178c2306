"""The directory as letters and the desk read it: bodies, who sits in the Council, who presides, whom to address."""

import hashlib
import json
from datetime import date
from typing import Any

from sqlalchemy import select

from ..config import settings
from ..extensions import db
from ..languages import format_month
from . import obstacles as wording
from .content import FIELDS, office_words, president_words
from .models import Body, BodyChannel, CouncilTerm, PresidencyOverride
from .obstacles import Obstacle
from .rules import (
    CHANNEL_FIELDS,
    TERM_FIELDS,
    BodyUnknown,
    Recipient,
    Term,
    in_language,
    is_in_term,
    is_stale,
    lines_of,
    month_text,
    president_of,
    seated,
)


def body(key: str) -> Body:
    """Return a body. Raises BodyUnknown."""
    found = db.session.scalar(select(Body).filter_by(key=key))
    if found is None:
        raise BodyUnknown(key)
    return found


def bodies(kind: str | None = None) -> list[Body]:
    """Return the bodies, or those of a kind, by their English names."""
    asked = select(Body) if kind is None else select(Body).filter_by(kind=kind)
    return sorted(db.session.scalars(asked), key=lambda each: in_language(each.names, "en").casefold())


def channels_of(found: Body) -> list[BodyChannel]:
    """Return the ways in of a body, as they were entered."""
    asked = select(BodyChannel).filter_by(body_id=found.id).order_by(BodyChannel.id)
    return list(db.session.scalars(asked))


def all_channels() -> dict[int, list[BodyChannel]]:
    """Return every way in by the body's number."""
    found: dict[int, list[BodyChannel]] = {}
    for channel in db.session.scalars(select(BodyChannel).order_by(BodyChannel.id)):
        found.setdefault(channel.body_id, []).append(channel)
    return found


def said_of(found: Body) -> dict[str, Any]:
    """Return all that can be edited of a body, as a form shows it."""
    return {
        **{name: getattr(found, name) for name in FIELDS},
        "channels": [{name: getattr(each, name) for name in CHANNEL_FIELDS} for each in channels_of(found)],
        "terms": [{name: getattr(each, name) for name in TERM_FIELDS} for each in terms_of(found)],
    }


def fingerprint(found: Body) -> str:
    """Return a short mark of all that can be edited of a body, to tell whether somebody changed it meanwhile."""
    text = json.dumps(said_of(found), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def terms() -> list[Term]:
    """Return every term in the Council; `key` is that of the mission."""
    asked = select(Body.key, CouncilTerm.state, CouncilTerm.first_year, CouncilTerm.last_year).join(
        CouncilTerm, CouncilTerm.body_id == Body.id
    )
    return [Term(*row) for row in db.session.execute(asked)]


def terms_of(found: Body) -> list[CouncilTerm]:
    """Return the terms of a mission, the oldest first."""
    asked = select(CouncilTerm).filter_by(body_id=found.id).order_by(CouncilTerm.first_year)
    return list(db.session.scalars(asked))


def members(on: date) -> list[Body]:
    """Return the missions whose States sit in the Council that day, in the Council's order."""
    by_key = {each.key: each for each in bodies("mission")}
    return [by_key[term.key] for term in seated(on.year, terms())]


def president(year: int, month: int) -> Body | None:
    """Return the mission that presides in a month: as it was overridden, else by the order; None where unknown."""
    override = override_of(year, month)
    if override is not None:
        return db.session.get(Body, override.body_id)
    key = president_of(year, month, terms())
    return body(key) if key else None


def override_of(year: int, month: int) -> PresidencyOverride | None:
    """Return what an organiser said of a month, if anybody did."""
    return db.session.scalar(select(PresidencyOverride).filter_by(year=year, month=month))


def state_name(found: Body, lang: str) -> str:
    """Return the State of a mission, as texts name it."""
    return in_language(found.short_names, lang)


def recipient(found: Body, *, form: str, lang: str, month: date | None = None, today: date) -> Recipient:
    """Return whom a letter is addressed to, in its language.

    month: any day of the month over whose Council the body presides; None: as itself. Words that lack the language
    are given in English: `obstacles` stops such a letter. form: what the letter is, of rules.FORMS.
    """
    addressed_to = in_language(found.addressed_to, lang)
    if month is not None:
        pattern = in_language(president_words(settings().content_dir), lang)
        office = in_language(office_words(settings().content_dir, found.key), lang) or addressed_to
        addressed_to = pattern.replace("{month}", format_month(month, lang)).replace("{office}", office)
    post = [
        each for each in channels_of(found) if each.kind == "post" and not is_stale(each.verified_on, today)
    ]
    return Recipient(
        key=found.key,
        kind=found.kind,
        name=in_language(found.names, lang),
        addressed_to=addressed_to,
        address_lines=lines_of(post[-1].value) if post else [],
        salutation=in_language(found.salutation, lang),
        close=in_language(found.close, lang),
        holder=shown_holder(found, today),
        month=month_text(month) if month else "",
        languages=list(found.languages),
    )


def shown_holder(found: Body, today: date) -> str:
    """Return the holder's name where it may be shown: checked within 90 days, and the term runs. Else empty."""
    is_fresh = not is_stale(found.holder_verified_on, today)
    runs = is_in_term(found.holder_from, found.holder_until, today)
    return found.holder_name if is_fresh and runs and not found.is_vacant else ""


def obstacles(found: Body, *, form: str, channel_kind: str | None, lang: str, today: date) -> list[Obstacle]:
    """Return what stands against such a letter, in words; those with `is_warning` are only said."""
    return wording.against(
        found, channels_of(found), form=form, channel_kind=channel_kind, lang=lang, today=today
    )


def president_obstacles(month: date) -> list[Obstacle]:
    """Return what stands against a letter to the President of a month: that nobody is known to preside."""
    return [] if president(month.year, month.month) else [wording.no_president(month)]
