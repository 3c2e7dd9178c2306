"""What organisers change of a petition at the desk. Each act refuses what somebody else changed meanwhile.

A form carries what it began from, as `fingerprint` writes it or as the version of a text; an act whose beginning is no
longer what is stored raises ChangedMeanwhile, and nothing is lost.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from ..accounts.models import Organiser
from ..audit.operations import record
from ..extensions import db
from ..languages import LANGUAGES
from ..tally.queries import statement
from . import operations
from .avoiding import Avoided, as_rows
from .models import Addressee, AvoidedWords, Goal, Petition, PetitionText
from .obstacles import addressees_of, goals_of, latest_texts
from .rules import (
    TEXT_FIELDS,
    ChangedMeanwhile,
    GoalReached,
    SlugRefused,
    check_slug,
    goals_reached,
)

Row = Mapping[str, Any]


def fingerprint(part: Any) -> str:
    """Return a short mark of a part of a petition, to tell whether somebody changed it meanwhile."""
    return hashlib.sha256(json.dumps(part, sort_keys=True, default=str).encode()).hexdigest()[:16]


def create(
    *,
    slug: str,
    home_language: str,
    required_languages: Sequence[str],
    people_per_mailbox: int,
    by: Organiser,
    now: datetime,
) -> Petition:
    """Begin a petition, as a draft that only the desk sees. Raises SlugRefused. Flushes; never commits."""
    check_slug(slug)
    petition = Petition(
        slug=slug,
        state="draft",
        home_language=home_language,
        required_languages=_required(home_language, required_languages),
        people_per_mailbox=people_per_mailbox,
    )
    try:
        with db.session.begin_nested():
            operations.begin(petition)
    except IntegrityError:
        raise SlugRefused("taken") from None
    details = {"home_language": home_language, "required_languages": petition.required_languages}
    record(action="petition.create", by=by.audit_name, subject=slug, details=details, now=now)
    return petition


def save_texts(
    *,
    petition: Petition,
    texts: Mapping[str, Mapping[str, str]],
    began_from: Mapping[str, int],
    is_correction: bool,
    by: Organiser,
    now: datetime,
) -> list[PetitionText]:
    """Add a version in each language whose words changed; return the new versions.

    Signatures stay bound to the version that they were given to. began_from: language → the version that the form
    showed, 0 for none. is_correction: only a slip of the pen is put right. Raises ChangedMeanwhile naming the languages
    that have a newer version, before anything is written, and facts' FigureUnresolved. Flushes; never commits.
    """
    operations.hold(petition)
    stored = latest_texts(petition.id)
    changed = {
        language: text
        for language, text in texts.items()
        if {name: text[name] for name in TEXT_FIELDS} != words_of(stored.get(language))
    }
    newer = [language for language in changed if version_of(stored.get(language)) != began_from.get(language)]
    if newer:
        raise ChangedMeanwhile(newer)
    written = [
        operations.write_text(
            petition=petition,
            language=language,
            text=text,
            now=now,
            written_by=by.audit_name,
            is_correction=is_correction and language in stored,
        )
        for language, text in changed.items()
    ]
    for version in written:
        details = {
            "language": version.language,
            "version": version.version,
            "is_correction": version.is_correction,
            "people": statement(petition.id, now=now).people,
        }
        record(action="petition.write", by=by.audit_name, subject=petition.slug, details=details, now=now)
    return written


def words_of(text: PetitionText | None) -> dict[str, str]:
    """Return the five fields of a version; empty ones where there is none."""
    return {name: getattr(text, name) if text else "" for name in TEXT_FIELDS}


def version_of(text: PetitionText | None) -> int:
    """Return the number of a version, 0 where there is none."""
    return text.version if text else 0


def addressees_part(petition: Petition) -> list[dict[str, Any]]:
    """Return whom a petition addresses, as rows."""
    return [{"kind": row.kind, "names": dict(row.names)} for row in addressees_of(petition.id)]


def set_addressees(
    *, petition: Petition, rows: Sequence[Row], began_from: str, by: Organiser, now: datetime
) -> bool:
    """Put other addressees in the place of those a petition had, in the order given; whether anything changed.

    rows: {"kind", "names"}. Raises ChangedMeanwhile. Flushes; never commits.
    """
    operations.hold(petition)
    before = addressees_part(petition)
    after = [{"kind": row["kind"], "names": dict(row["names"])} for row in rows]
    if not _differs(before, after, began_from):
        return False
    db.session.execute(delete(Addressee).where(Addressee.petition_id == petition.id))
    db.session.add_all(
        Addressee(petition_id=petition.id, position=position, **row) for position, row in enumerate(after)
    )
    db.session.flush()
    names = [row["names"].get(petition.home_language, "") for row in after]
    _record("petition.addressees", petition, by, now, addressees=names)
    return True


def goals_part(petition: Petition) -> list[dict[str, Any]]:
    """Return a petition's goals, as rows."""
    return [{"threshold": row.threshold, "meanings": dict(row.meanings)} for row in goals_of(petition.id)]


def set_goals(
    *, petition: Petition, rows: Sequence[Row], began_from: str, by: Organiser, now: datetime
) -> bool:
    """Give a petition other goals; whether anything changed.

    rows: {"threshold", "meanings"}, each threshold once. Raises ChangedMeanwhile, and GoalReached where one that was
    reached would go. Flushes; never commits.
    """
    operations.hold(petition)
    before = goals_part(petition)
    after = sorted(
        ({"threshold": row["threshold"], "meanings": dict(row["meanings"])} for row in rows),
        key=lambda row: int(row["threshold"]),
    )
    if not _differs(before, after, began_from):
        return False
    reached = goals_reached((row["threshold"] for row in before), statement(petition.id, now=now).people)
    kept = {row["threshold"] for row in after}
    if gone := [threshold for threshold in reached if threshold not in kept]:
        raise GoalReached(gone[0])
    db.session.execute(delete(Goal).where(Goal.petition_id == petition.id))
    db.session.add_all(Goal(petition_id=petition.id, **row) for row in after)
    db.session.flush()
    _record("petition.goals", petition, by, now, goals=[row["threshold"] for row in after])
    return True


def settings_part(petition: Petition) -> list[Any]:
    """Return when a petition opens and closes, and what it must have."""
    names = ("opens_at", "closes_at", "required_languages", "people_per_mailbox")
    return [getattr(petition, name) for name in names]


def change_settings(
    *,
    petition: Petition,
    opens_at: datetime | None,
    closes_at: datetime | None,
    required_languages: Sequence[str],
    people_per_mailbox: int,
    began_from: str,
    by: Organiser,
    now: datetime,
) -> bool:
    """Change when a petition opens and closes, and which languages it must have; whether anything changed.

    opens_at is looked at only for a draft: what has opened has opened. Raises ChangedMeanwhile. Flushes; never commits.
    """
    operations.hold(petition)
    before = settings_part(petition)
    opens_at = opens_at if petition.state == "draft" else petition.opens_at
    required = _required(petition.home_language, required_languages)
    if not _differs(before, [opens_at, closes_at, required, people_per_mailbox], began_from):
        return False
    petition.opens_at, petition.closes_at = opens_at, closes_at
    petition.required_languages, petition.people_per_mailbox = required, people_per_mailbox
    db.session.flush()
    _record(
        "petition.settings",
        petition,
        by,
        now,
        opens_at=str(opens_at or ""),
        closes_at=str(closes_at or ""),
        required_languages=required,
        people_per_mailbox=people_per_mailbox,
    )
    return True


def set_avoided(*, language: str, entries: Sequence[Avoided], by: Organiser, now: datetime) -> None:
    """Put another list of words to avoid in the place of a language's. Flushes; never commits."""
    edited = db.session.get(AvoidedWords, language) or AvoidedWords(language=language)
    edited.entries = as_rows(entries)
    db.session.add(edited)
    db.session.flush()
    details = {"language": language, "entries": len(entries)}
    record(action="words.change", by=by.audit_name, subject=language, details=details, now=now)


def use_shipped_words(*, language: str, by: Organiser, now: datetime) -> None:
    """Go back to the shipped list of words to avoid. Executes; never commits."""
    db.session.execute(delete(AvoidedWords).where(AvoidedWords.language == language))
    record(action="words.use-shipped", by=by.audit_name, subject=language, now=now)


def _required(home_language: str, wanted: Sequence[str]) -> list[str]:
    """Return required languages in their fixed order; the petition's own is always one."""
    return [code for code in LANGUAGES if code in wanted or code == home_language]


def _differs(before: Any, after: Any, began_from: str) -> bool:
    """Whether an act changes anything. Raises ChangedMeanwhile where it began from something else."""
    if fingerprint(before) == fingerprint(after):
        return False
    if fingerprint(before) != began_from:
        raise ChangedMeanwhile
    return True


def _record(action: str, petition: Petition, by: Organiser, now: datetime, **details: Any) -> None:
    record(action=action, by=by.audit_name, subject=petition.slug, details=details, now=now)
