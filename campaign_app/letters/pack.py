"""The pack for the day of delivery: letters, numbers sheet, receipts, checklist, what to say, photograph rules.

Of issued letters it holds the very documents that were issued. Of drafts it is a rehearsal: every page says so.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from sqlalchemy import select

from ..audit.operations import record
from ..bodies.obstacles import Obstacle
from ..errors import Refusal
from ..extensions import db
from ..languages import format_month
from . import awaiting, batches, queries, rules
from .about import petition_of, title_of
from .archives import Archive
from .day_words import COVER_NOTE, SHEET, DayWords, Paper
from .delivering import DocumentsMissing
from .documents import making as documents
from .freezing import put_together
from .frozen import NUMBERS_SHEET, FrozenLetter, from_json
from .handing_over import Handing
from .making import DOCX, PDF
from .models import Letter, LetterBatch
from .words import word

GENERAL_PAPERS = ("checklist", "talking-points", "photograph-rules")
# What a pack says that it lacks.
NO_NUMBERS_SHEET = "no numbers sheet of this petition is issued and made"
NO_COVER_NOTE = "no cover note to this office is issued and made"
MISSING = {SHEET: NO_NUMBERS_SHEET, COVER_NOTE: NO_COVER_NOTE}


class NotIssued(Refusal):
    """There is nothing to hand over: a letter is a draft, or was taken back."""


class NothingToRehearse(Refusal):
    """The letter is issued, or was taken back: only a draft is rehearsed."""


class CoverNoteAlone(Refusal):
    """A cover note lies on a letter, and none to the same office is issued and made."""


class OtherMonth(Refusal):
    """On that day another State presides than the letter is addressed to. found: why, in words."""

    def __init__(self, found: Sequence[Obstacle]) -> None:
        super().__init__("; ".join(each.code for each in found))
        self.found = found


File = tuple[str, bytes, dict[str, object]]  # name, content, what the manifest says of it


@dataclass(frozen=True)
class Pack:
    """A pack as it is saved. name: of its file. missing: what it would hold and does not. said: for the record."""

    name: str
    content: bytes
    missing: Sequence[str]
    subject: str
    said: Mapping[str, object]


@dataclass(frozen=True)
class _Enclosed:
    """A letter of a pack as its documents say it."""

    letter: Letter
    frozen: FrozenLetter


def of_letter(*, letter: Letter, handing: Handing, now: datetime, is_rehearsal: bool = False) -> Pack:
    """Return the pack of one letter, with the letter or cover note that goes along to the same office.

    Raises NotIssued, NothingToRehearse, DocumentsMissing, CoverNoteAlone, OtherMonth, MarkUnfilled, PapersMissing,
    and NotMade where a draft lacks its text. Reads only; who saves it is put on record by `note`.
    """
    along = [] if is_rehearsal else companions_of(letter)
    enclosed = _enclosed([letter, *along], now, is_rehearsal=is_rehearsal)
    # A cover note lies on top of a letter: that is what is handed over.
    main = next((each for each in enclosed if each.letter.template != COVER_NOTE), None)
    if main is None:
        raise CoverNoteAlone
    return _packed(
        enclosed,
        receipts=[main],
        subject=letter.reference or letter.key,
        words=_words(main, handing),
        about={"letter": main.frozen.reference},
        is_rehearsal=is_rehearsal,
        now=now,
    )


def of_batch(*, found: LetterBatch, handing: Handing, now: datetime, is_rehearsal: bool = False) -> Pack:
    """Return the pack of all letters of a batch, a receipt for each. Raises what `of_letter` raises."""
    letters = batches.letters_of(found)
    if is_rehearsal:
        letters = [each for each in letters if each.state == rules.DRAFT]
    if not letters:
        raise NothingToRehearse if is_rehearsal else NotIssued
    enclosed = _enclosed(letters, now, is_rehearsal=is_rehearsal)
    words = _words(enclosed[0], handing)
    recipients = {
        lang: word("council-members", lang, month=format_month(found.body_month, lang))
        for lang in words.languages
    }
    return _packed(
        enclosed,
        receipts=enclosed,
        subject=found.key,
        words=replace(words, recipients=recipients, references=_references(letters)),
        about=batches.about(found, letters),
        is_rehearsal=is_rehearsal,
        now=now,
    )


def note(made: Pack, *, by: str, now: datetime) -> None:
    """Put on record that somebody saved a pack. Flushes; never commits."""
    record(action="letter.pack", by=by, subject=made.subject, details=made.said, now=now)


def companions_of(letter: Letter) -> list[Letter]:
    """Return the other letters about the same petition that were issued to the same office, the latest of each kind."""
    same = select(Letter).where(
        Letter.petition_id == letter.petition_id,
        Letter.body_key == letter.body_key,
        Letter.kind == letter.kind,
        Letter.template != letter.template,
        Letter.state.in_({rules.ISSUED, *rules.HAS_LEFT}),
    )
    found: dict[str, Letter] = {}
    for each in db.session.scalars(same.order_by(Letter.id)):
        is_for_another_month = each.body_month and letter.body_month and each.body_month != letter.body_month
        is_pair = COVER_NOTE in (each.template, letter.template)
        if letter.petition_id and is_pair and not is_for_another_month and _is_made(each):
            found[each.template] = each
    return list(found.values())


def numbers_sheet_of(petition_id: int | None) -> Letter | None:
    """Return the numbers sheet of a petition that was issued last and has its documents."""
    asked = select(Letter).where(
        Letter.petition_id == petition_id,
        Letter.kind == NUMBERS_SHEET,
        Letter.state.in_({rules.ISSUED, *rules.HAS_LEFT}),
    )
    found = db.session.scalars(asked.order_by(Letter.id.desc())) if petition_id else ()
    return next((each for each in found if _is_made(each)), None)


def _enclosed(letters: Sequence[Letter], now: datetime, *, is_rehearsal: bool) -> list[_Enclosed]:
    found = []
    for letter in letters:
        if is_rehearsal:
            if letter.state != rules.DRAFT:
                raise NothingToRehearse
            found.append(_Enclosed(letter, put_together(letter, now=now).letter))
            continue
        if letter.state not in {rules.ISSUED, *rules.HAS_LEFT}:
            raise NotIssued
        if missing := awaiting.languages_without_documents(letter):
            raise DocumentsMissing(", ".join(missing))
        found.append(_Enclosed(letter, from_json(letter.frozen or "")))
    return found


def _words(main: _Enclosed, handing: Handing) -> DayWords:
    noon = datetime.combine(handing.day, time(12), UTC)  # whose month it is, the day of the place decides
    if found := awaiting.against_the_month(main.letter, now=noon):
        raise OtherMonth(found)
    petition = petition_of(main.letter)
    words = DayWords(frozen=main.frozen, handing=handing)
    return replace(words, titles={lang: title_of(petition, lang) for lang in words.languages})


def _references(letters: Sequence[Letter]) -> str:
    """Return the references of many letters, in their order: a row without a gap by its ends."""
    numbered = sorted(
        (each.year or 0, each.number or 0, each.reference) for each in letters if each.reference
    )
    names = [str(name) for _year, _number, name in numbered]
    if not names:
        return ""
    (first_year, first, _), (last_year, last, _) = numbered[0], numbered[-1]
    is_row = first_year == last_year and last - first == len(names) - 1 > 0
    return f"{names[0]} – {names[-1]}" if is_row else ", ".join(names)


def _packed(
    enclosed: Sequence[_Enclosed],
    *,
    receipts: Sequence[_Enclosed],
    subject: str,
    words: DayWords,
    about: dict[str, object],
    is_rehearsal: bool,
    now: datetime,
) -> Pack:
    sheet = numbers_sheet_of(enclosed[0].letter.petition_id)
    along = {
        SHEET: sheet is not None,
        COVER_NOTE: any(each.letter.template == COVER_NOTE for each in enclosed),
    }
    missing = [said for key, said in MISSING.items() if not along[key]]
    words = replace(words, enclosed=[key for key, is_there in along.items() if is_there])
    # Words first: where one of them is missing, no document is read or made.
    papers = [words.paper(key, lang) for lang in words.languages for key in GENERAL_PAPERS]
    papers += [words.receipt(each.frozen, lang) for lang in words.languages for each in receipts]
    archive = Archive()
    for each in enclosed:
        _add(archive, "letters", _documents(each, is_rehearsal=is_rehearsal))
    if sheet is not None:
        _add(archive, "numbers-sheet", _documents(_Enclosed(sheet, from_json(sheet.frozen or ""))))
    for paper in papers:
        made = _made(paper, now, is_rehearsal=is_rehearsal)
        archive.add(f"papers/{paper.name}.pdf", made, language=paper.lang, media_type=PDF)
    day, zone = words.handing.day.isoformat(), words.handing.zone
    when = {"at": words.handing.at.isoformat(timespec="minutes"), "day": day, "zone": zone}
    packed = archive.content(handing_over=when, is_specimen=is_rehearsal, missing=missing, **about)
    details = {"day": day, "zone": zone, "files": len(archive.files), "rehearsal": is_rehearsal}
    kind = "rehearsal" if is_rehearsal else "delivery"
    return Pack(f"{kind}-{subject}-{day}.zip", packed, missing, subject, details)


def _add(archive: Archive, folder: str, files: Iterable[File]) -> None:
    for name, content, said in files:
        archive.add(f"{folder}/{name}", content, **said)


def _documents(each: _Enclosed, *, is_rehearsal: bool = False) -> Iterator[File]:
    """Yield name, content and what the manifest says of each document that is handed over: no plain texts."""
    letter, frozen = each.letter, each.frozen
    if not is_rehearsal:
        for file in queries.files_of(letter):
            if not file.media_type.startswith("text/"):
                yield file.name, file.content, dict(batches.said_of(letter, file))
        return
    for lang in letter.languages:
        stem = f"specimen-{letter.body_key or letter.template}-{lang}"
        said: dict[str, object] = {"reference": None, "recipient": batches.recipient_name(frozen, lang)}
        said["language"] = lang
        pdf, docx = (make(frozen, lang, specimen=True) for make in (documents.pdf, documents.docx))
        yield f"{stem}.pdf", pdf.content, {**said, "media_type": PDF}
        yield f"{stem}.docx", docx.content, {**said, "media_type": DOCX}


def _made(paper: Paper, now: datetime, *, is_rehearsal: bool) -> bytes:
    return documents.day_paper(
        paper.title,
        paper.blocks,
        paper.lang,
        campaign=paper.campaign,
        made_at=now.isoformat(timespec="seconds"),
        reference=paper.reference,
        specimen=is_rehearsal,
    ).content


def _is_made(letter: Letter) -> bool:
    return not awaiting.languages_without_documents(letter)
