"""What changes a letter until it has left: drafted, edited, agreed to, issued, taken back, corrected.

Each is put on record in the same transaction. Delivery and replies are in delivering.py; the documents are made by
the worker (making.py) from what `issue` froze.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from ..accounts.models import Organiser
from ..approvals import operations as approvals
from ..approvals.problems import NotAsked
from ..approvals.queries import approval_of
from ..approvals.rules import LETTER, OPEN_STATES
from ..audit.operations import record
from ..bodies import queries as directory
from ..bodies.obstacles import Obstacle
from ..errors import Refusal
from ..extensions import db
from ..languages import LANGUAGES
from ..petitions.queries import petition_by_id
from . import frozen, obstacles, queries, rules
from .freezing import put_together, recipient_of
from .models import Letter, LetterVersion
from .queries import ROOM
from .templates import COUNCIL_MEMBER, COUNCIL_PRESIDENT, NOBODY, Template, template

TRIES = 3
KEY_BYTES = 9


class NotInThisState(Refusal):
    """The letter has moved on: somebody else was here, or the page was old."""


class ChangedMeanwhile(Refusal):
    """Somebody else changed the draft since it was shown."""


class LanguageMissing(Refusal):
    """The template has no text in a language that was chosen. languages: which; empty where none was chosen."""

    def __init__(self, languages: Sequence[str]) -> None:
        super().__init__("the template has no text in " + ", ".join(languages))
        self.languages = languages


class RecipientMissing(Refusal):
    """The template needs a recipient, or the month of the Council's President."""


class ObstaclesLeft(Refusal):
    """Something stands against issuing. found: what, without what is only worth knowing."""

    def __init__(self, found: Sequence[Obstacle]) -> None:
        super().__init__("; ".join(each.code for each in found))
        self.found = found


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
    _record("letter.draft", letter, by, now, template=letter.template, recipient=letter.body_key)
    return letter


def edit(*, letter: Letter, edit: Edit, by: str, now: datetime, seen: str | None = None) -> None:
    """Change a draft that nobody is asked to approve. It never becomes more open than its template.

    seen: queries.digest_of(letter) as whoever edits saw it. Raises NotInThisState, ChangedMeanwhile. Flushes; never
    commits.
    """
    _require_plain_draft(letter, now)
    _require_as_seen(letter, seen)
    before = (letter.texts, letter.typed, letter.parts)
    put_in(letter, edit)
    letter.edited_at = now
    db.session.flush()
    if before != (letter.texts, letter.typed, letter.parts):
        _keep_version(letter, by, now)
    _record("letter.edit", letter, by, now)


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
    letter.way, letter.embargo_until, letter.has_names = edit.way, edit.embargo_until, edit.has_names
    if made_from.recipient == COUNCIL_PRESIDENT and edit.month is not None:
        letter.body_month = rules.first_of_month(edit.month)
        president = recipient_of(letter)
        letter.body_key = president.key if president else ""


def ask(*, letter: Letter, by: Organiser, now: datetime, seen: str | None = None) -> None:
    """Let the words stand still and ask a second person to agree.

    seen: queries.digest_of(letter) as whoever asks saw it. Raises ObstaclesLeft, NotInThisState, ChangedMeanwhile.
    Flushes; never commits.
    """
    _require_plain_draft(letter, now)
    _require_as_seen(letter, seen)
    _require_no_obstacles(letter, now)
    approvals.ask(
        kind=LETTER,
        room=ROOM,
        subject=letter.template,
        reference=letter.key,
        digest=queries.digest_of(letter),
        says={lang: _sentence(letter, lang) for lang in LANGUAGES},
        by=by,
        now=now,
    )


def take_back(*, letter: Letter, by: Organiser, now: datetime) -> None:
    """Make a draft of it again that can be edited: whoever agreed has to again.

    Raises NotInThisState, and what approvals.cancel raises. Flushes; never commits.
    """
    _hold(letter, rules.DRAFT)
    approval = approval_of(ROOM, letter.key)
    if approval is None or approval.state not in OPEN_STATES:
        raise NotInThisState
    approvals.cancel(approval=approval, by=by, now=now)


def issue(*, letter: Letter, by: Organiser, now: datetime) -> None:
    """Freeze a letter that may leave: its words, numbers, recipient and reference. The worker makes its documents.

    Raises ObstaclesLeft, NotInThisState, and what approvals.release raises. Flushes; never commits.
    """
    _hold(letter, rules.DRAFT)
    _require_no_obstacles(letter, now)
    approval = approval_of(ROOM, letter.key)
    if approval is None:
        raise NotAsked
    released = approvals.release(
        approval=approval, digest=queries.digest_of(letter), by=by.audit_name, now=now
    )
    letter.how, letter.issued_at, letter.code = released.how, now, _code()
    to = recipient_of(letter)
    letter.body_key = to.key if to else ""
    _number(letter, now)
    put = put_together(
        letter, now=now, reference=letter.reference or "", code=letter.code, released=released.how
    )
    letter.frozen, letter.frozen_sha256 = put.letter.text, put.letter.sha256
    letter.state = rules.ISSUED
    db.session.flush()
    _record(
        "letter.issue",
        letter,
        by.audit_name,
        now,
        recipient=letter.body_key,
        visibility=letter.visibility,
        release=released.how,
        people=put.letter.statement.people if put.letter.statement else None,
        sha256=letter.frozen_sha256,
    )


def withdraw(*, letter: Letter, reason: str, by: Organiser, now: datetime) -> None:
    """Throw a draft away, or take back what was issued and has not left. reason: goes on record.

    Raises NotInThisState, and what approvals.cancel raises. Flushes; never commits.
    """
    before = _hold(letter, rules.DRAFT, rules.ISSUED)
    rules.require_transition(before, rules.WITHDRAWN)
    if queries.is_on_its_way(letter):
        raise NotInThisState
    approval = approval_of(ROOM, letter.key)
    if approval is not None and approval.state in OPEN_STATES:
        approvals.cancel(approval=approval, by=by, now=now)
    letter.state, letter.closed_at = rules.WITHDRAWN, now
    db.session.flush()
    _record("letter.withdraw", letter, by.audit_name, now, reason=" ".join(reason.split()))


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
        corrects=letter,
        written_by=by,
        written_at=now,
        edited_at=now,
    )
    db.session.add(new)
    db.session.flush()
    _keep_version(new, by, now)
    _record("letter.correct", new, by, now, corrects=letter.reference)
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


def _sentence(letter: Letter, lang: str) -> str:
    """Return what an approver reads. Nothing of it is markup."""
    to = recipient_of(letter)
    title = template(letter.template).titles[lang]
    with force_locale(lang):
        if to is None:
            return str(_("%(title)s, to be given to the press", title=title))
        return str(_("%(title)s, to %(body)s", title=title, body=to.names.get(lang) or to.names["en"]))


def _require_no_obstacles(letter: Letter, now: datetime) -> None:
    found = [
        each
        for each in obstacles.against(letter, put_together(letter, now=now), now=now)
        if not each.is_warning
    ]
    if found:
        raise ObstaclesLeft(found)


def _require_plain_draft(letter: Letter, now: datetime) -> None:
    """Refuse to touch what somebody is asked to agree to, or has agreed to."""
    _hold(letter, rules.DRAFT)
    approval = approval_of(ROOM, letter.key)
    if approval is not None and approval.state in OPEN_STATES:
        raise NotInThisState


def _require_as_seen(letter: Letter, seen: str | None) -> None:
    if seen is not None and seen != queries.digest_of(letter):
        raise ChangedMeanwhile


def _hold(letter: Letter, *states: str) -> str:
    """Read a letter anew and hold its row until the transaction ends; return its state. Raises NotInThisState."""
    db.session.refresh(letter, with_for_update={"of": Letter})
    if letter.state not in states:
        raise NotInThisState
    return letter.state


def _number(letter: Letter, now: datetime) -> None:
    """Give a letter the next number of its year. Two at once: the second takes the one after."""
    year = now.year
    for _attempt in range(TRIES):
        latest = db.session.scalar(select(func.max(Letter.number)).where(Letter.year == year)) or 0
        try:
            with db.session.begin_nested():
                letter.year, letter.number = year, latest + 1
                letter.reference = rules.reference(year, latest + 1)
                db.session.flush()
        except IntegrityError:
            continue
        return
    raise NotInThisState


def _code() -> str:
    """Return the unguessable part of the address where a letter can be checked: 80 bits in letters and 2 to 7."""
    return base64.b32encode(secrets.token_bytes(rules.CODE_LETTERS * 5 // 8)).decode()


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


def _record(action: str, letter: Letter, by: str, now: datetime, **details: object) -> None:
    record(action=action, by=by, subject=letter.reference or letter.key, details=details, now=now)
