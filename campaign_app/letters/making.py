"""What the worker does for letters: makes the documents of each that was issued, from what was frozen alone."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import exists, select

from ..anonymous_logs import place_of
from ..audit.operations import record
from ..audit.rules import BY_SYSTEM
from ..extensions import db
from ..lockdown.queries import parts_in_force
from ..lockdown.rules import NAMES
from ..signing.models import Signature
from ..tally.models import TallyCell
from . import rules
from .documents import making as documents
from .documents.making import Made
from .frozen import NUMBERS_SHEET, FrozenLetter, ShownName, from_json
from .models import Letter, LetterFile

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEXT = "text/plain; charset=utf-8"
PNG = "image/png"
logger = logging.getLogger(__name__)


def make_documents(*, now: datetime) -> None:
    """Make the documents of every issued letter that has none yet. Commits after each; safe to repeat after a crash."""
    without = select(Letter.id).where(
        Letter.state == rules.ISSUED, ~exists().where(LetterFile.letter_id == Letter.id)
    )
    for letter_id in db.session.scalars(without.order_by(Letter.id)).all():
        try:
            make(db.session.get_one(Letter, letter_id), now=now)
        except Exception as problem:  # the next letter may do better; the desk says that this one has none
            db.session.rollback()
            logger.error("letters: the documents of a letter could not be made: %s", place_of(problem))
        db.session.commit()


def make(letter: Letter, *, now: datetime) -> None:
    """Make and keep the documents of one issued letter; two workers at once keep one set. Never commits."""
    frozen = from_json(letter.frozen or "")
    names = shown_names(letter.petition_id) if frozen.annexes.has_names and letter.petition_id else ()
    db.session.commit()  # nothing is held while documents are made
    files = list(_files(letter.id, frozen, names))
    db.session.refresh(letter, with_for_update={"of": Letter})
    if letter.state != rules.ISSUED or db.session.scalar(
        select(exists().where(LetterFile.letter_id == letter.id))
    ):
        return
    db.session.add_all(files)
    db.session.flush()
    record(
        action="letter.documents",
        by=BY_SYSTEM,
        subject=frozen.reference,
        details={"sha256": {file.name: file.sha256 for file in files}},
        now=now,
    )


def shown_names(petition_id: int) -> Sequence[ShownName]:
    """Return everybody who is counted and chose to be named, by the days they signed; nobody in a lockdown.

    Within a day the order is that of random keys: it tells nothing.
    """
    if NAMES in parts_in_force():
        return ()
    rows = db.session.execute(
        select(Signature.public_name, TallyCell.country, Signature.signed_on)
        .join(TallyCell, TallyCell.id == Signature.tally_cell_id)
        .where(
            Signature.petition_id == petition_id,
            Signature.state == "counted",
            Signature.public_name.is_not(None),
        )
        .order_by(Signature.signed_on, Signature.id)
    )
    return [ShownName(name=name or "", country=country, on=day.isoformat()) for name, country, day in rows]


def _files(letter_id: int, frozen: FrozenLetter, names: Sequence[ShownName]) -> Iterator[LetterFile]:
    for lang in frozen.languages:
        stem = f"{frozen.reference}-{lang}"
        made = documents.pdf(frozen, lang, names=names)
        yield _file(letter_id, lang, f"{stem}.pdf", PDF, made)
        if frozen.kind == NUMBERS_SHEET:
            yield _file(letter_id, lang, f"{stem}.png", PNG, Made(documents.png(frozen, lang), made.replaced))
            continue
        yield _file(letter_id, lang, f"{stem}.docx", DOCX, documents.docx(frozen, lang, names=names))
        text = documents.plain_text(frozen, lang).encode()
        yield _file(letter_id, lang, f"{stem}.txt", TEXT, Made(text, []))


def _file(letter_id: int, lang: str, name: str, media_type: str, made: Made) -> LetterFile:
    return LetterFile(
        letter_id=letter_id,
        language=lang,
        name=name,
        media_type=media_type,
        sha256=hashlib.sha256(made.content).hexdigest(),
        size_bytes=len(made.content),
        replaced=made.replaced,
        content=made.content,
    )
