"""What became of a letter: replies filed and, with consent, published; follow-ups done; closed."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePosixPath

from sqlalchemy import select

from ..accounts.models import Organiser
from ..audit.operations import record
from ..errors import Refusal
from ..extensions import db
from . import rules
from .models import Letter, LetterReply
from .problems import NotInThisState

LARGEST_SCAN_BYTES = 5 * 1024 * 1024
LONGEST_FILE_NAME = 120
# A scan is what its first bytes say, whatever its name says: type → how it begins, and how its name ends.
SCANS = {
    "application/pdf": (b"%PDF-", ".pdf"),
    "image/png": (b"\x89PNG\r\n\x1a\n", ".png"),
    "image/jpeg": (b"\xff\xd8\xff", ".jpg"),
}


class NotAScan(Refusal):
    """A file is no PDF, PNG or JPEG, or larger than LARGEST_SCAN_BYTES."""


class FiledMeanwhile(Refusal):
    """A reply was filed since the page was opened: a double click, or somebody else."""


class NoConsent(Refusal):
    """Nobody noted who agreed that a reply is shown."""


@dataclass(frozen=True, kw_only=True)
class Filing:
    """A reply as it is filed. scan: the bytes of a PDF, PNG or JPEG, or none. consent_note: who lets it be shown.

    body_key: of an office that got a copy, where that wrote it; "" for the recipient.
    """

    kind: str
    received_on: date
    language: str
    text: str
    scan: bytes = b""
    scan_name: str = ""
    consent_note: str = ""
    body_key: str = ""


def replies_of(letter: Letter) -> Sequence[LetterReply]:
    """Return what an office said, the newest first, without the scans."""
    asked = select(LetterReply).where(LetterReply.letter_id == letter.id)
    return db.session.scalars(asked.order_by(LetterReply.received_on.desc(), LetterReply.id.desc())).all()


def newest(letter: Letter) -> int:
    """Return the number of the reply that was filed last; 0 for none."""
    return max((each.id for each in replies_of(letter)), default=0)


def file_reply(*, letter: Letter, filing: Filing, seen: int, by: Organiser, now: datetime) -> LetterReply:
    """File a reply; the letter's state follows it, where its recipient says more than it did.

    seen: `newest` of the page that was shown. Raises NotInThisState before a letter has left, FiledMeanwhile, NotAScan.
    Flushes; never commits.
    """
    _hold(letter)
    if newest(letter) != seen:
        raise FiledMeanwhile
    media_type = media_type_of(filing.scan) if filing.scan else ""
    reply = LetterReply(
        letter_id=letter.id,
        body_key="" if filing.body_key == letter.body_key else filing.body_key,
        kind=filing.kind,
        received_on=filing.received_on,
        language=filing.language,
        text=filing.text.strip(),
        consent_note=" ".join(filing.consent_note.split()),
        file_name=_plain_name(filing.scan_name, media_type) if filing.scan else "",
        media_type=media_type,
        sha256=hashlib.sha256(filing.scan).hexdigest() if filing.scan else "",
        content=filing.scan or None,
        filed_by=by.audit_name,
        filed_at=now,
    )
    db.session.add(reply)
    after = rules.STATE_AFTER_REPLY[filing.kind]
    if after in rules.TRANSITIONS[letter.state] and not reply.body_key:
        letter.state = after
    db.session.flush()
    _record("letter.file-reply", letter, by.audit_name, now, kind=filing.kind, scan=reply.sha256)
    return reply


def publish_reply(*, reply: LetterReply, consent_note: str, by: Organiser, now: datetime) -> None:
    """Show a reply to the public. consent_note: who agreed to that, and when. Raises NoConsent. Never commits."""
    letter = _of(reply)
    note = " ".join(consent_note.split())
    if not note:
        raise NoConsent
    reply.is_published, reply.consent_note = True, note
    db.session.flush()
    _record("letter.publish-reply", letter, by.audit_name, now, reply=reply.id)


def hide_reply(*, reply: LetterReply, by: Organiser, now: datetime) -> None:
    """Take a reply out of public view. Flushes; never commits."""
    letter = _of(reply)
    reply.is_published = False
    db.session.flush()
    _record("letter.hide-reply", letter, by.audit_name, now, reply=reply.id)


def note_follow_up(*, letter: Letter, by: Organiser, now: datetime) -> None:
    """Note that somebody asked the office again: the reminders that are due by now are done.

    Raises NotInThisState, also where none is due. Flushes; never commits.
    """
    _hold(letter)
    if letter.sent_at is None or letter.state not in rules.AWAITS_REPLY | {rules.OVERDUE}:
        raise NotInThisState
    due = rules.reminders_due(sent_at=letter.sent_at, now=now)
    if due <= letter.reminded:
        raise NotInThisState  # a double click, or somebody else has noted it
    letter.reminded = due
    db.session.flush()
    _record("letter.follow-up", letter, by.audit_name, now, reminders=letter.reminded)


def close(*, letter: Letter, by: Organiser, now: datetime) -> None:
    """Await nothing of a letter any more. Raises NotInThisState. Flushes; never commits."""
    _hold(letter)
    if rules.CLOSED not in rules.TRANSITIONS[letter.state]:
        raise NotInThisState
    letter.state, letter.closed_at = rules.CLOSED, now
    db.session.flush()
    _record("letter.close", letter, by.audit_name, now)


def media_type_of(scan: bytes) -> str:
    """Return what a file is, by how it begins. Raises NotAScan."""
    if len(scan) <= LARGEST_SCAN_BYTES:
        for media_type, (begins, _ending) in SCANS.items():
            if scan.startswith(begins):
                return media_type
    raise NotAScan


def _plain_name(name: str, media_type: str) -> str:
    """Return a file's name without a path or anything invisible, with the ending of what it is."""
    ending = SCANS[media_type][1]
    visible = "".join(each for each in name if unicodedata.category(each)[0] != "C")
    stem = PurePosixPath(visible.replace("\\", "/")).stem or "reply"
    return stem[: LONGEST_FILE_NAME - len(ending)] + ending


def _of(reply: LetterReply) -> Letter:
    letter = db.session.get_one(Letter, reply.letter_id)
    return letter


def _hold(letter: Letter) -> None:
    db.session.refresh(letter, with_for_update={"of": Letter})
    if letter.state not in rules.HAS_LEFT:
        raise NotInThisState


def _record(action: str, letter: Letter, by: str, now: datetime, **details: object) -> None:
    record(action=action, by=by, subject=letter.reference or letter.key, details=details, now=now)
