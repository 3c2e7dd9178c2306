"""Reads letters: by key or reference, how each stands, its documents."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from ..approvals import queries as approvals
from ..approvals import rules as approval_rules
from ..approvals.models import Approval
from ..approvals.rules import Standing
from ..errors import Refusal
from ..extensions import db
from . import rules
from .models import Letter, LetterDelivery, LetterFile, LetterVersion

ROOM = "letters"  # as approvals names it


class LetterUnknown(Refusal):
    """There is no letter of this key or reference."""


@dataclass(frozen=True)
class Shown:
    """A letter and how it stands. state: one of rules.STATES. approval: what was last asked of a draft, if anything."""

    letter: Letter
    state: str
    approval: Approval | None = None
    standing: Standing | None = None


def letter(name: str) -> Letter:
    """Return a letter by its reference or its key. Raises LetterUnknown."""
    column = Letter.reference if rules.REFERENCE.fullmatch(name) else Letter.key
    found = db.session.scalar(select(Letter).where(column == name))
    if found is None:
        raise LetterUnknown(name)
    return found


def letters(
    *,
    state: str | None = None,
    batch: str | None = None,
    petition_id: int | None = None,
    limit: int | None = None,
) -> Sequence[Letter]:
    """Return letters, those edited last first. state: a stored one."""
    asked = select(Letter).order_by(Letter.edited_at.desc(), Letter.id.desc())
    if state is not None:
        asked = asked.where(Letter.state == state)
    if batch is not None:
        asked = asked.where(Letter.batch == batch)
    if petition_id is not None:
        asked = asked.where(Letter.petition_id == petition_id)
    return db.session.scalars(asked.limit(limit) if limit else asked).all()


def shown(found: Sequence[Letter], *, now: datetime) -> list[Shown]:
    """Return how letters stand: of a draft, as its approval says."""
    drafts = [each.key for each in found if each.state == rules.DRAFT]
    asked = approvals.approvals_of(ROOM, drafts) if drafts else {}
    standings = approvals.standings(list(asked.values()), now)
    rows = []
    for each in found:
        approval = asked.get(each.key) if each.state == rules.DRAFT else None
        standing = standings[approval.id] if approval else None
        rows.append(Shown(each, _state(each, standing), approval, standing))
    return rows


def _state(found: Letter, standing: Standing | None) -> str:
    if standing is None:
        return found.state
    if standing.state in (approval_rules.APPROVED, approval_rules.RELEASABLE):
        return rules.APPROVED
    if standing.state in (approval_rules.ASKED, approval_rules.WAITING):
        return rules.ASKED
    return found.state


def corrections_of(found: Letter) -> Sequence[Letter]:
    """Return the letters that correct one, drafts too, the oldest first."""
    return db.session.scalars(select(Letter).where(Letter.corrects_id == found.id).order_by(Letter.id)).all()


def last_signatory() -> Mapping[str, str]:
    """Return who signs the letter that was edited last, as a beginning for the next; empty where nobody does."""
    rows = db.session.scalars(select(Letter.signatory).order_by(Letter.edited_at.desc()).limit(10))
    return next((each for each in rows if each.get("name")), {})


def plain_numbers(found: Letter) -> Mapping[str, Sequence[str]]:
    """Return by language the numbers that a letter states without a source, for whoever approves it."""
    numbers = {
        lang: list(dict.fromkeys(rules.PLAIN_MARK.findall(f"{text.get('subject')}\n{text.get('body')}")))
        for lang, text in found.texts.items()
    }
    return {lang: each for lang, each in numbers.items() if each}


def digest_of(found: Letter) -> str:
    """Return the SHA-256, hexadecimal, over everything of a draft that is approved."""
    text = json.dumps(_agreed_to(found), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def files_of(found: Letter) -> Sequence[LetterFile]:
    """Return the documents of an issued letter, without their bytes; empty until they are made."""
    asked = select(LetterFile).where(LetterFile.letter_id == found.id).order_by(LetterFile.name)
    return db.session.scalars(asked).all()


def file_of(found: Letter, name: str) -> LetterFile | None:
    """Return one document of a letter."""
    return db.session.scalar(
        select(LetterFile).where(LetterFile.letter_id == found.id, LetterFile.name == name)
    )


def is_on_its_way(found: Letter) -> bool:
    """Whether a mail with it waits in the outbox, or any office has it, were it only a copy."""
    states = (rules.QUEUED, rules.LEFT, rules.RECEIVED)
    asked = select(LetterDelivery.id).where(
        LetterDelivery.letter_id == found.id, LetterDelivery.state.in_(states)
    )
    return db.session.scalar(asked.limit(1)) is not None


def versions_of(found: Letter) -> Sequence[LetterVersion]:
    """Return what a draft said after each edit, the newest first."""
    asked = select(LetterVersion).where(LetterVersion.letter_id == found.id)
    return db.session.scalars(asked.order_by(LetterVersion.version.desc())).all()


def _agreed_to(found: Letter) -> dict[str, Any]:
    """Return what a second person agrees to: everything of a draft that its reader would see, but the numbers."""
    names = "kind petition_id template template_version body_key languages texts typed parts signatory way"
    fields: dict[str, Any] = {name: getattr(found, name) for name in names.split()}
    return {
        **fields,
        "visibility": found.visibility,
        "has_names": found.has_names,
        "has_endorsements": found.has_endorsements,
        "month": found.body_month.isoformat() if found.body_month else "",
        "embargo": found.embargo_until.isoformat() if found.embargo_until else "",
        "corrects": found.corrects_id,
    }
