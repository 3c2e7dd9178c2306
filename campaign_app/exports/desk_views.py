"""The desk's exports: counts for anybody, and sealed sheets, which leave only after a second person or a wait."""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..approvals import queries as approved
from ..approvals.desk_views import refusal
from ..approvals.problems import ApprovalRefused, MayNot, NotReleasedYet
from ..approvals.rules import PERSONAL_DATA, Standing
from ..audit.operations import record
from ..clock import utc_now
from ..database import one_moment
from ..extensions import db
from ..languages import LANGUAGES, current_language
from ..petitions.queries import PetitionRecord, public_petition, public_petitions
from ..petitions.rules import PetitionUnknown
from . import rules, sheets
from .count_files import KINDS, stem_of, write_counts
from .counts import ALL, counts_of
from .forms import SheetForm
from .models import SealedSheet
from .operations import people_in

blueprint = Blueprint("exports", __name__, url_prefix="/exports")


@dataclass(frozen=True)
class Choice:
    """A petition that may be exported, and how many people each kind of sheet would hold now."""

    petition: PetitionRecord
    title: str
    delivery: int
    contacts: int


@dataclass(frozen=True)
class Shown:
    """A sheet and how the approval of it stands."""

    sheet: SealedSheet
    standing: Standing

    @property
    def state(self) -> str:
        """Return how it stands in one word: as the approval says, until it is released."""
        return self.standing.state if self.sheet.state == rules.ASKED else self.sheet.state


@blueprint.get("/")
def overview() -> ResponseReturnValue:
    """Show what can be exported, and the sheets that were asked for."""
    return _page(SheetForm())


@blueprint.post("/counts")
def counts() -> ResponseReturnValue:
    """Give out the counts of a petition, or of all, as one ZIP: the tables, and the manifest that names each file."""
    petition, kind = request.form.get("petition", ""), request.form.get("format", "")
    lang = request.form.get("language", "")
    if kind not in KINDS or lang not in LANGUAGES:
        abort(400)
    now = utc_now()
    try:
        with one_moment():
            found = counts_of(petition, lang=lang, now=now)
    except PetitionUnknown:
        abort(404)
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as name:
        files = write_counts(found, kind, Path(name))
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(name).iterdir()):
                archive.write(path, path.name)
    packed.seek(0)
    details = {"format": kind, "language": lang, "sha256": {file.name: file.sha256 for file in files}}
    record(action="export.counts", by=organiser().audit_name, subject=petition, details=details, now=now)
    db.session.commit()
    return send_file(packed, "application/zip", as_attachment=True, download_name=f"{stem_of(found)}.zip")


@blueprint.post("/")
def ask() -> ResponseReturnValue:
    """Ask for a sealed sheet. Nothing is made yet."""
    form = SheetForm()
    form.slugs = frozenset(each.slug for each in public_petitions())
    if not form.validate():
        return _page(form, form.error_list), 422
    try:
        sheet = sheets.ask(
            petition=public_petition(form.petition.data or ""),
            kind=form.kind.data or "",
            purpose=form.purpose.data or "",
            by=organiser(),
            now=utc_now(),
        )
    except sheets.NobodyInIt:
        db.session.rollback()
        return _page(
            form, [("petition", _("Nobody would be in this sheet, so there is nothing to ask for."))]
        ), 422
    reference = sheet.reference
    db.session.commit()
    flash(_("Asked for. Nothing has left yet."), "success")
    return redirect(url_for(".sheet", reference=reference), 303)


@blueprint.get("/<reference>")
def sheet(reference: str) -> ResponseReturnValue:
    """Show one sheet: whom it holds, what for, how it stands, and what can be done now."""
    return _sheet_page(_found(reference))


@blueprint.post("/<reference>/make")
def make(reference: str) -> ResponseReturnValue:
    """Release a sheet and let the worker make its file; or make it anew, once it is released."""
    found, me, now = _found(reference), organiser(), utc_now()
    try:
        if found.state == rules.ASKED:
            sheets.start(sheet=found, by=me.audit_name, now=now)
        else:
            sheets.start_anew(sheet=found, by=me, now=now)
    except ApprovalRefused as problem:
        db.session.rollback()
        flash(_why_not(problem), "error")
        return _sheet_page(_found(reference)), 403
    except sheets.NotReady:
        return _over(reference)
    db.session.commit()
    flash(_("The file is being made."), "success")
    return redirect(url_for(".sheet", reference=reference), 303)


@blueprint.post("/<reference>/download")
def download(reference: str) -> ResponseReturnValue:
    """Give out the sealed file; an older one is made anew first, if the numbers moved since."""
    found, me, now = _found(reference), organiser(), utc_now()
    if found.how is None:
        flash(_("Nothing has left: it is not released yet."), "error")
        return _sheet_page(found), 403
    try:
        if found.state == rules.READY and (
            sheets.is_behind(found, now=now) or not sheets.path_of(found).is_file()
        ):
            sheets.start_anew(sheet=found, by=me, now=now)
            db.session.commit()
            flash(
                _("People came or went since this file was made, so it is made anew. Ask again in a moment."),
                "info",
            )
            return redirect(url_for(".sheet", reference=reference), 303)
        path = sheets.take(sheet=found, by=me, now=now)
        name = f"{found.petition.slug}-{found.kind}-{found.file_name}"
        # Opened before it stands on record: whoever deletes the file from here on takes nothing away.
        answer = send_file(
            path, "application/octet-stream", as_attachment=True, download_name=name, etag=False
        )
    except (sheets.NotReady, FileNotFoundError):
        return _over(reference)
    db.session.commit()
    return answer


@blueprint.get("/<reference>/manifest")
def manifest(reference: str) -> ResponseReturnValue:
    """Give out what a sheet says of itself: filters, totals, how it was released, its SHA-256. It names nobody."""
    found = _found(reference)
    if found.manifest is None:
        abort(404)
    body = io.BytesIO(found.manifest.encode())
    return send_file(
        body, "application/json", as_attachment=True, download_name=f"{found.file_name}.manifest.json"
    )


@blueprint.post("/<reference>/cancel")
def cancel(reference: str) -> ResponseReturnValue:
    """End a sheet for good and delete its file."""
    found = _found(reference)
    path = sheets.path_of(found)
    try:
        sheets.cancel(sheet=found, by=organiser(), now=utc_now())
    except ApprovalRefused as problem:
        db.session.rollback()
        flash(refusal(problem), "error")
        return _sheet_page(_found(reference)), 403 if isinstance(problem, MayNot) else 409
    db.session.commit()
    path.unlink(missing_ok=True)
    flash(_("Cancelled. Its file, if there was one, is deleted."), "success")
    return redirect(url_for(".sheet", reference=reference), 303)


def _found(reference: str) -> SealedSheet:
    found = sheets.sheet_by_reference(reference)
    if found is None:
        abort(404)
    return found


def _shown(found: Sequence[SealedSheet]) -> list[Shown]:
    approvals = approved.approvals_of(sheets.ROOM, [each.reference for each in found])
    standings = approved.standings(list(approvals.values()), utc_now())
    return [Shown(each, standings[approvals[each.reference].id]) for each in found]


def _page(form: SheetForm, errors: list[tuple[str, str]] | None = None) -> str:
    lang = current_language()
    choices = [
        Choice(
            each,
            each.text(lang).title,
            people_in(each.id, rules.DELIVERY),
            people_in(each.id, rules.CONTACTS),
        )
        for each in public_petitions()
    ]
    return render_template(
        "exports/overview.html",
        form=form,
        errors=errors or [],
        choices=choices,
        formats=KINDS,
        wait=approved.wait_of(organiser(), PERSONAL_DATA, utc_now()),
        all=ALL,
        sheets=_shown(sheets.newest()),
        titles={each.petition.id: each.title for each in choices},
    )


def _sheet_page(found: SealedSheet) -> str:
    approval, me, now = sheets.approval_of(found), organiser(), utc_now()
    standing = approved.standing(approval, now)
    return render_template(
        "exports/sheet.html",
        shown=Shown(found, standing),
        approval=approval,
        me=me,
        title=public_petition(found.petition.slug).text(current_language()).title,
        people_now=people_in(found.petition_id, found.kind),
        may_approve=approved.may_approve(approval, me),
        may_cancel=approved.may_cancel(approval, me) and found.state in rules.CANCELLABLE,
        days=rules.KEPT_FOR.days,
    )


def _why_not(problem: ApprovalRefused) -> str:
    if isinstance(problem, NotReleasedYet):
        return str(
            _("Nothing has left: a second person must approve it first.")
            if problem.releasable_at is None
            else _("Nothing has left: the wait is not over yet.")
        )
    return refusal(problem)


def _over(reference: str) -> ResponseReturnValue:
    db.session.rollback()
    flash(_("There is no file to give out: it is not made yet, or is over."), "error")
    return redirect(url_for(".sheet", reference=reference), 303)
