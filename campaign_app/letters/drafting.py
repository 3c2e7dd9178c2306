"""Letters begun, edited and corrected: what is done to a draft's words before anybody is asked to agree to them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from ..bodies import queries as directory
from ..extensions import db
from ..petitions.queries import petition_by_id
from . import frozen, rules
from .about import recipient_of
from .holding import put_on_record, require_as_seen, require_plain_draft
from .models import Letter, LetterVersion
from .problems import LanguageMissing, NotInThisState, RecipientMissing
from .templates import COUNCIL_MEMBER, COUNCIL_PRESIDENT, NOBODY, Template, template

KEY_BYTES = 9


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """What a draft begins from. petition_id: None for a letter about none. month: any day of it."""

    template: str
    languages: Sequence[str]
    petition_id: int | None = None
    body_key: str = ""
    month: date | None = None
    signatory: Mapping[str, str] = field(default_factory=dict)
    way: str | None = None
    batch: str = ""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Everything of a draft that an organiser can change, as it shall be."""

    texts: Mapping[str, Mapping[str, str]]
    typed: Mapping[str, Mapping[str, str]]
    parts: Sequence[str]
    signatory: Mapping[str, str]
    visibility: str
    way: str | None
    month: date | None = None
    embargo_until: datetime | None = None
    has_names: bool = False
    has_endorsements: bool = True


def draft(*, beginning: Beginning, by: str, now: datetime) -> Letter:
    """Begin a letter from a template, its words ready to be edited. by: as the record names people.

    Raises TemplateUnknown, PetitionUnknown, BodyUnknown, LanguageMissing, RecipientMissing. Flushes; never commits.
    """
    made_from = template(beginning.template)
    missing = [lang for lang in beginning.languages if lang not in made_from.texts]
    if missing or not beginning.languages:
        raise LanguageMissing(missing)
    slug = petition_by_id(beginning.petition_id).slug if beginning.petition_id else ""
    letter = Letter(
        key=secrets.token_hex(KEY_BYTES),
        kind=frozen.NUMBERS_SHEET if made_from.recipient == NOBODY else frozen.LETTER,
        state=rules.DRAFT,
        petition_id=beginning.petition_id,
        template=made_from.key,
        template_version=made_from.version,
        languages=list(beginning.languages),
        texts={lang: _written(made_from, lang, slug) for lang in beginning.languages},
        typed={},
        parts=[],
        signatory=dict(beginning.signatory),
        way=beginning.way,
        batch=beginning.batch,
        written_by=by,
        written_at=now,
        edited_at=now,
        **_recipient(made_from, beginning),
    )
    db.session.add(letter)
    db.session.flush()
    _keep_version(letter, by, now)
    put_on_record("letter.draft", letter, by, now, template=letter.template, recipient=letter.body_key)
    return letter


def edit(*, letter: Letter, edit: Edit, by: str, now: datetime, seen: str | None = None) -> None:
    """Change a draft that nobody is asked to approve. It never becomes more open than its template.

    seen: queries.digest_of(letter) as whoever edits saw it. Raises NotInThisState, ChangedMeanwhile. Flushes; never
    commits.
    """
    require_plain_draft(letter, now)
    require_as_seen(letter, seen)
    before = (letter.texts, letter.typed, letter.parts)
    put_in(letter, edit)
    letter.edited_at = now
    db.session.flush()
    if before != (letter.texts, letter.typed, letter.parts):
        _keep_version(letter, by, now)
    put_on_record("letter.edit", letter, by, now)


def put_in(letter: Letter, edit: Edit) -> None:
    """Give a letter what an edit says, and nothing that its template does not know. Reads the directory only."""
    made_from = template(letter.template)
    letter.texts = {lang: _trimmed(edit.texts.get(lang, {})) for lang in letter.languages}
    letter.typed = {
        each.name: {lang: edit.typed.get(each.name, {}).get(lang, "").strip() for lang in letter.languages}
        for each in made_from.fields
    }
    letter.parts = [key for key in made_from.parts if key in edit.parts]
    letter.signatory = {name: " ".join(edit.signatory.get(name, "").split()) for name in ("name", "role")}
    letter.visibility = _at_least(made_from.visibility, edit.visibility)
    if letter.corrects is not None:  # it prints the reference of the letter that it corrects
        letter.visibility = _at_least(letter.corrects.visibility, letter.visibility)
    letter.way, letter.embargo_until = edit.way, edit.embargo_until
    letter.has_names, letter.has_endorsements = edit.has_names, edit.has_endorsements
    if made_from.recipient == COUNCIL_PRESIDENT and edit.month is not None:
        letter.body_month = rules.first_of_month(edit.month)
        president = recipient_of(letter)
        letter.body_key = president.key if president else ""


def correct(*, letter: Letter, by: str, now: datetime) -> Letter:
    """Begin a new letter that names the issued one and says what it said. Raises NotInThisState. Never commits."""
    if letter.state not in {rules.ISSUED, *rules.HAS_LEFT}:
        raise NotInThisState
    copied = (
        "kind petition_id template template_version body_key body_month languages texts typed parts signatory"
    )
    values: dict[str, Any] = {name: getattr(letter, name) for name in copied.split()}
    new = Letter(
        **values,
        key=secrets.token_hex(KEY_BYTES),
        state=rules.DRAFT,
        visibility=letter.visibility,
        way=letter.way,
        has_names=letter.has_names,
        has_endorsements=letter.has_endorsements,
        corrects=letter,
        written_by=by,
        written_at=now,
        edited_at=now,
    )
    db.session.add(new)
    db.session.flush()
    _keep_version(new, by, now)
    put_on_record("letter.correct", new, by, now, corrects=letter.reference)
    return new


def _recipient(made_from: Template, beginning: Beginning) -> dict[str, Any]:
    """Return the columns that say whom a letter goes to, and how open it is for that."""
    if made_from.recipient == NOBODY:
        return {"body_key": "", "body_month": None, "visibility": made_from.visibility or rules.PUBLIC}
    month = rules.first_of_month(beginning.month) if beginning.month else None
    if made_from.recipient == COUNCIL_PRESIDENT:
        if month is None:
            raise RecipientMissing("the month of delivery is missing")
        to = directory.president(month.year, month.month)
        return {
            "body_key": to.key if to else "",
            "body_month": month,
            "visibility": _at_least(made_from.visibility, to.default_visibility if to else rules.PUBLIC),
        }
    if not beginning.body_key:
        raise RecipientMissing("the recipient is missing")
    to = directory.body(beginning.body_key)
    return {
        "body_key": to.key,
        "body_month": month if made_from.recipient == COUNCIL_MEMBER else None,
        "visibility": _at_least(made_from.visibility, to.default_visibility),
    }


def _at_least(floor: str, wanted: str) -> str:
    """Return the more closed of two visibilities; an empty floor asks for nothing."""
    return max(floor or rules.PUBLIC, wanted, key=rules.VISIBILITIES.index)


def _written(made_from: Template, lang: str, slug: str) -> dict[str, str]:
    text = made_from.written(lang, slug)
    return {"subject": text.subject, "body": text.body}


def _trimmed(text: Mapping[str, str]) -> dict[str, str]:
    return {"subject": " ".join(text.get("subject", "").split()), "body": text.get("body", "").strip()}


def _keep_version(letter: Letter, by: str, now: datetime) -> None:
    latest = db.session.scalar(
        select(func.max(LetterVersion.version)).where(LetterVersion.letter_id == letter.id)
    )
    db.session.add(
        LetterVersion(
            letter_id=letter.id,
            version=(latest or 0) + 1,
            texts=letter.texts,
            typed=letter.typed,
            parts=letter.parts,
            written_by=by,
            written_at=now,
        )
    )
    db.session.flush()
