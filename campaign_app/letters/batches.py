"""Letters to every member of the Council of one month: drafted together, agreed to and issued by one press, one ZIP.

Each stays a letter of its own, with an approval, a reference and a fate of its own.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select

from ..accounts.models import Organiser
from ..approvals import operations as approvals
from ..audit.operations import record
from ..bodies import queries as directory
from ..bodies.rules import COUNCIL_SEATS
from ..errors import Refusal
from ..extensions import db
from . import awaiting, drafting, issuing, queries, rules
from .archives import Archive
from .documents import making as documents
from .freezing import put_together
from .frozen import FrozenLetter, from_json
from .making import PDF
from .models import Letter, LetterBatch, LetterFile
from .templates import COUNCIL_MEMBER, COUNCIL_PRESIDENT, Template, TemplateUnknown, template, templates

KEY_BYTES = 6
TO_THE_COUNCIL = (COUNCIL_MEMBER, COUNCIL_PRESIDENT)  # recipients of the templates that a batch is made from


class BatchUnknown(Refusal):
    """There is no batch of this key."""


class BatchExists(Refusal):
    """The letters of this petition, template and month are there already: a double click, or somebody else's."""

    def __init__(self, key: str) -> None:
        super().__init__(f"there is a batch already: {key}")
        self.key = key


class NobodySits(Refusal):
    """The Council's members of that month are not all entered."""


class DocumentsMissing(Refusal):
    """Not every letter of the batch is issued and has its documents."""


class NothingToRehearse(Refusal):
    """No letter of the batch is a draft any more in that language."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a batch begins from. template: to members; the President gets the President's own. month: any day of it."""

    petition_id: int
    template: str
    month: date
    languages: Sequence[str]
    signatory: Mapping[str, str] = field(default_factory=dict)
    way: str | None = None


@dataclass(frozen=True)
class Progress:
    """How far a batch is. made: letters whose documents are there. issued: letters that have a reference."""

    letters: int
    issued: int
    made: int

    @property
    def is_complete(self) -> bool:
        """Whether all of it can be downloaded."""
        return 0 < self.letters == self.made


def batch(key: str) -> LetterBatch:
    """Return a batch. Raises BatchUnknown."""
    found = db.session.scalar(select(LetterBatch).where(LetterBatch.key == key))
    if found is None:
        raise BatchUnknown(key)
    return found


def batches() -> Sequence[LetterBatch]:
    """Return every batch, the newest first."""
    return db.session.scalars(select(LetterBatch).order_by(LetterBatch.id.desc())).all()


def letters_of(found: LetterBatch) -> list[Letter]:
    """Return the letters of a batch that were not taken back, in the Council's order, the President's first."""
    order = {each.key: place for place, each in enumerate(directory.members(found.body_month))}
    kept = [each for each in queries.letters(batch=found.key) if each.state != rules.WITHDRAWN]
    return sorted(
        kept, key=lambda each: (each.template == found.template, order.get(each.body_key, 99), each.id)
    )


def draft_batch(*, plan: Plan, by: str, now: datetime) -> LetterBatch:
    """Draft one letter for each member of the Council of a month; its President gets the President's letter.

    Raises TemplateUnknown, PetitionUnknown, LanguageMissing, NobodySits, BatchExists. Flushes; never commits.
    """
    month = rules.first_of_month(plan.month)
    made_from, to_president = template(plan.template), _president_template()
    members = directory.members(month)
    if made_from.recipient != COUNCIL_MEMBER or len(members) != COUNCIL_SEATS:
        raise NobodySits
    _require_first(plan, month)
    found = LetterBatch(
        key=secrets.token_hex(KEY_BYTES),
        petition_id=plan.petition_id,
        template=made_from.key,
        body_month=month,
        languages=list(plan.languages),
        made_by=by,
        made_at=now,
    )
    db.session.add(found)
    db.session.flush()
    presides = directory.president(month.year, month.month)
    for member in members:
        is_president = presides is not None and member.key == presides.key
        beginning = drafting.Beginning(
            template=to_president.key if is_president else made_from.key,
            languages=plan.languages,
            petition_id=plan.petition_id,
            body_key="" if is_president else member.key,
            month=month,
            signatory=plan.signatory,
            way=plan.way,
            batch=found.key,
        )
        drafting.draft(beginning=beginning, by=by, now=now)
    details = {"template": found.template, "month": f"{month:%Y-%m}", "letters": len(members)}
    record(action="letter.batch", by=by, subject=found.key, details=details, now=now)
    return found


def ask_all(*, found: LetterBatch, by: Organiser, now: datetime) -> int:
    """Ask a second person to agree to each draft of a batch that nobody was asked about; return how many.

    Raises ObstaclesLeft of the first that something stands against. Flushes; never commits.
    """
    waiting = [each.letter for each in _shown(found, now) if each.state == rules.DRAFT]
    for each in waiting:
        issuing.ask(letter=each, by=by, now=now)
    return len(waiting)


def approve_all(*, found: LetterBatch, digests: Mapping[str, str], by: Organiser, now: datetime) -> int:
    """Agree to each letter of a batch that waits for it; return how many.

    digests: of what the page showed, by letter's key. Raises what approvals.approve raises. Flushes; never commits.
    """
    asked = [each for each in _shown(found, now) if each.state == rules.ASKED and each.approval is not None]
    for each in asked:
        if each.approval is not None:
            shown = digests.get(each.letter.key, "")
            approvals.approve(approval=each.approval, digest=shown, by=by, now=now)
    return len(asked)


def issue_all(*, found: LetterBatch, by: Organiser, now: datetime) -> int:
    """Issue each letter of a batch that was agreed to, all or none; return how many. The worker makes the documents.

    Raises what issuing.issue raises. Flushes; never commits.
    """
    ready = [each.letter for each in _shown(found, now) if each.state == rules.APPROVED]
    for each in ready:
        issuing.issue(letter=each, by=by, now=now)
    return len(ready)


def withdraw_all(*, found: LetterBatch, reason: str, by: Organiser, now: datetime) -> int:
    """Take back each letter of a batch that has not left and is not about to; return how many.

    Raises what issuing.withdraw raises. Flushes; never commits.
    """
    here = [each for each in letters_of(found) if may_be_withdrawn(each)]
    for each in here:
        issuing.withdraw(letter=each, reason=reason, by=by, now=now)
    return len(here)


def may_be_withdrawn(letter: Letter) -> bool:
    """Whether a letter is still here: a draft, or issued with no mail of it in the outbox."""
    return letter.state in (rules.DRAFT, rules.ISSUED) and not queries.is_on_its_way(letter)


def progress(found: LetterBatch) -> Progress:
    """Return how far a batch is."""
    letters = letters_of(found)
    issued = [each for each in letters if each.reference]
    made = [each for each in issued if not awaiting.languages_without_documents(each)]
    return Progress(len(letters), len(issued), len(made))


def packed(found: LetterBatch) -> bytes:
    """Return a ZIP with every document of a batch and a manifest of their SHA-256. Raises DocumentsMissing."""
    letters = letters_of(found)
    if not progress(found).is_complete:
        raise DocumentsMissing
    archive = Archive()
    for letter in letters:
        for file in queries.files_of(letter):
            archive.add(file.name, file.content, **said_of(letter, file))
    return archive.content(**about(found, letters))


def note_saved(found: LetterBatch, content: bytes, *, by: str, now: datetime) -> None:
    """Put on record that somebody saved a batch. Flushes; never commits."""
    details = {"month": f"{found.body_month:%Y-%m}", "bytes": len(content)}
    record(action="letter.save-batch", by=by, subject=found.key, details=details, now=now)


def rehearsed(found: LetterBatch, lang: str, *, now: datetime) -> bytes:
    """Return a ZIP with the PDF of every draft of a batch in one language, each page marked as a specimen.

    Raises NothingToRehearse, and NotMade where a draft lacks its subject or text.
    """
    drafts = [each for each in letters_of(found) if each.state == rules.DRAFT and lang in each.languages]
    if not drafts:
        raise NothingToRehearse
    archive = Archive()
    for number, letter in enumerate(drafts, start=1):
        put = put_together(letter, now=now).letter
        name = f"specimen-{number:02d}-{letter.body_key or letter.key}-{lang}.pdf"
        pdf = documents.pdf(put, lang, specimen=True).content
        archive.add(name, pdf, recipient=recipient_name(put, lang), language=lang, media_type=PDF)
    return archive.content(**about(found, drafts), is_specimen=True)


def said_of(letter: Letter, file: LetterFile) -> dict[str, str | None]:
    """Return what a manifest says of a document besides its size and sum."""
    frozen = from_json(letter.frozen or "")
    return {
        "reference": letter.reference,
        "recipient": recipient_name(frozen, letter.languages[0]),
        "language": file.language,
        "media_type": file.media_type,
        "released": letter.how,
    }


def about(found: LetterBatch, letters: Sequence[Letter]) -> dict[str, object]:
    """Return what a manifest says of a batch."""
    return {
        "batch": found.key,
        "month": f"{found.body_month:%Y-%m}",
        "letters": len(letters),
        "languages": found.languages,
    }


def recipient_name(frozen: FrozenLetter, lang: str) -> str:
    """Return the office that a letter goes to, in one of its languages; "" for a numbers sheet."""
    return frozen.addressed.names[lang] if frozen.addressed else ""


def _president_template() -> Template:
    for each in templates().values():
        if each.recipient == COUNCIL_PRESIDENT:
            return each
    raise TemplateUnknown("there is no template to the President of the Council")


def _require_first(plan: Plan, month: date) -> None:
    """Refuse the same letters a second time while any of the first are there."""
    same = select(LetterBatch).where(
        LetterBatch.petition_id == plan.petition_id,
        LetterBatch.template == plan.template,
        LetterBatch.body_month == month,
    )
    for each in db.session.scalars(same):
        if letters_of(each):
            raise BatchExists(each.key)


def _shown(found: LetterBatch, now: datetime) -> list[queries.Shown]:
    return queries.shown(letters_of(found), now=now)
