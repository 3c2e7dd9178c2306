"""Sealed sheets asked for at the desk: asked, released, made by the worker, downloaded, deleted."""

import secrets
from datetime import datetime
from pathlib import Path

from flask_babel import force_locale, ngettext
from sqlalchemy import select, update

from ..accounts.models import Organiser
from ..approvals import operations as approvals
from ..approvals import queries as approved
from ..approvals.models import Approval
from ..approvals.problems import NotAsked, NotYours
from ..approvals.rules import PERSONAL_DATA, RELEASED
from ..audit.operations import record
from ..config import settings
from ..errors import Refusal
from ..extensions import db
from ..languages import LANGUAGES, format_number
from ..petitions.queries import PetitionRecord, petition_by_id
from ..tally.queries import statement
from . import rules
from .models import SealedSheet
from .operations import Manifest, people_in, purpose_in

ROOM = "exports"
FOLDER = "exports"
REFERENCE_BYTES = 8


class NobodyInIt(Refusal):
    """Nobody's contact would be in such a sheet."""


class NotReady(Refusal):
    """There is no file: it is not made yet, or was deleted when its time came."""


def ask(*, petition: PetitionRecord, kind: str, purpose: str, by: Organiser, now: datetime) -> SealedSheet:
    """Ask for a sheet. Nothing is made before it is released. Flushes; never commits.

    Raises PurposeMissing, NobodyInIt.
    """
    purpose = purpose_in(purpose)
    expected = people_in(petition.id, kind)
    if not expected:
        raise NobodyInIt("nobody's contact would be in this sheet")
    sheet = SealedSheet(
        reference=secrets.token_hex(REFERENCE_BYTES),
        kind=kind,
        petition_id=petition.id,
        purpose=purpose,
        expected=expected,
        state=rules.ASKED,
        asked_by=by,
        asked_at=now,
    )
    db.session.add(sheet)
    db.session.flush()
    approvals.ask(
        kind=PERSONAL_DATA,
        room=ROOM,
        subject=petition.slug,
        reference=sheet.reference,
        digest=digest(sheet),
        says={code: _sentence(sheet, petition, code) for code in LANGUAGES},
        by=by,
        now=now,
    )
    return sheet


def digest(sheet: SealedSheet) -> str:
    """Return what stands for exactly this sheet: its filters and purpose as they are now."""
    slug = petition_by_id(sheet.petition_id).slug
    return rules.digest_of(reference=sheet.reference, kind=sheet.kind, petition=slug, purpose=sheet.purpose)


def approval_of(sheet: SealedSheet) -> Approval:
    """Return the approval of a sheet. Raises NotAsked."""
    found = approved.approval_of(ROOM, sheet.reference)
    if found is None:
        raise NotAsked("nobody asked for it")
    return found


def release(*, sheet: SealedSheet, by: str, now: datetime) -> str:
    """Let a sheet leave, and say how: "two-people" or "one-person". Uses the release up. Flushes; never commits.

    Raises NotReleasedYet, ReleasedBefore, NotAsked, Changed.
    """
    done = approvals.release(approval=approval_of(sheet), digest=digest(sheet), by=by, now=now)
    sheet.how = done.how
    db.session.flush()
    return done.how


def start(*, sheet: SealedSheet, by: str, now: datetime) -> None:
    """Release a sheet and let a worker make it. Raises as `release` does. Flushes; never commits."""
    release(sheet=sheet, by=by, now=now)
    sheet.state = rules.QUEUED
    db.session.flush()


def start_anew(*, sheet: SealedSheet, by: Organiser, now: datetime) -> None:
    """Let a worker make a released sheet once more: it failed, or people may have withdrawn since. Never commits.

    Raises NotReady for a sheet that was never released, or is over.
    """
    db.session.refresh(sheet, with_for_update={"of": SealedSheet})
    if sheet.state not in (rules.READY, rules.FAILED) or sheet.how is None:
        raise NotReady("there is nothing to make anew")
    sheet.state, sheet.done, sheet.beat_at = rules.QUEUED, 0, None
    db.session.flush()
    record(action="export.make-anew", by=by.audit_name, subject=sheet.audit_name, now=now)


def cancel(*, sheet: SealedSheet, by: Organiser, now: datetime) -> None:
    """End a sheet for good; the caller deletes its file once that is committed. Never commits.

    Raises NotYours, or NotAsked where it is over already.
    """
    approval = approval_of(sheet)
    for held in (approval, sheet):  # in the order in which a release takes them
        db.session.refresh(held, with_for_update={"of": type(held)})
    if not approved.may_cancel(approval, by):
        raise NotYours("only whoever asked, or an owner, may cancel it")
    if sheet.state not in rules.CANCELLABLE:
        raise NotAsked("it is over already")
    if approval.state != RELEASED:
        approvals.cancel(approval=approval, by=by, now=now)
    sheet.state = rules.CANCELLED
    db.session.flush()
    record(action="export.cancel", by=by.audit_name, subject=sheet.audit_name, now=now)


def take(*, sheet: SealedSheet, by: Organiser, now: datetime) -> Path:
    """Put on record that somebody downloads a sheet, and return its file. Never commits.

    Held until then, so that nobody takes what another has just cancelled. Raises NotReady.
    """
    db.session.refresh(sheet, with_for_update={"of": SealedSheet})
    path = path_of(sheet)
    if sheet.state != rules.READY or not path.is_file():
        raise NotReady("there is no file")
    details = {"petition": petition_by_id(sheet.petition_id).slug, "sha256": sheet.sha256, "rows": sheet.rows}
    record(action="export.download", by=by.audit_name, subject=sheet.audit_name, details=details, now=now)
    return path


def is_behind(sheet: SealedSheet, *, now: datetime) -> bool:
    """Whether a file must be made anew before it leaves: it is minutes old, and the numbers moved since.

    So nobody who withdrew, or stopped the news, more than some minutes ago is in a file that leaves.
    """
    if sheet.ready_at is None or now - sheet.ready_at <= rules.MADE_LATELY:
        return False
    then = statement(sheet.petition_id, now=sheet.ready_at)
    since = statement(sheet.petition_id, now=now)
    return (then.people, then.departures, then.restored, sheet.rows) != (
        since.people,
        since.departures,
        since.restored,
        people_in(sheet.petition_id, sheet.kind),
    )


def finish(*, sheet_id: int, manifest: Manifest, by: str, state: str, now: datetime) -> bool:
    """Note that a file is whole, and put it on record; False where it was cancelled meanwhile. Never commits."""
    expected = rules.MAKING if state == rules.READY else rules.ASKED
    held = db.session.scalars(
        update(SealedSheet)
        .where(SealedSheet.id == sheet_id, SealedSheet.state == expected)
        .values(
            state=state,
            done=manifest.header.rows,
            rows=manifest.header.rows,
            sha256=manifest.sha256,
            size_bytes=manifest.size_bytes,
            manifest=manifest.text,
            ready_at=manifest.header.made_at,
        )
        .returning(SealedSheet.reference)
    ).all()
    if not held:
        return False
    subject = manifest.header.petition
    details = {**manifest.for_record, "reference": held[0]}
    record(action="export.sealed", by=by, subject=subject, details=details, now=now)
    return True


def sheet_by_reference(reference: str) -> SealedSheet | None:
    """Return a sheet by the name that people give it."""
    return db.session.scalar(select(SealedSheet).where(SealedSheet.reference == reference))


def newest(limit: int = 50) -> list[SealedSheet]:
    """Return the sheets that were asked for last, the newest first."""
    return list(db.session.scalars(select(SealedSheet).order_by(SealedSheet.id.desc()).limit(limit)))


def folder() -> Path:
    """Return where files wait to be downloaded; its owner alone may enter."""
    found = settings().home / FOLDER
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def path_of(sheet: SealedSheet) -> Path:
    """Return where the file of a sheet is, or would be."""
    return folder() / sheet.file_name


def _sentence(sheet: SealedSheet, petition: PetitionRecord, lang: str) -> str:
    """Return what an approver reads. Nothing of it is markup."""
    with force_locale(lang):
        values = {
            "count": format_number(sheet.expected, lang),
            "title": petition.text(lang).title,
            "purpose": sheet.purpose,
        }
        if sheet.kind == rules.CONTACTS:
            return str(
                ngettext(
                    "Sealed sheet of %(count)s person who signed “%(title)s” and wants news. Purpose: %(purpose)s",
                    "Sealed sheet of the %(count)s people who signed “%(title)s” and want news. Purpose: %(purpose)s",
                    sheet.expected,
                    **values,
                )
            )
        return str(
            ngettext(
                "Sealed sheet of %(count)s person who signed “%(title)s”. Purpose: %(purpose)s",
                "Sealed sheet of all %(count)s people who signed “%(title)s”. Purpose: %(purpose)s",
                sheet.expected,
                **values,
            )
        )
