"""A month's letters to all members of the Council at the desk: begun, agreed to, issued together, downloaded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from ..accounts.sessions import organiser
from ..approvals import queries as approvals
from ..approvals.desk_views import refusal as approval_refusal
from ..approvals.problems import ApprovalRefused
from ..approvals.rules import ASKED as APPROVAL_ASKED
from ..approvals.rules import LETTER
from ..bodies import queries as directory
from ..clock import utc_now
from ..database import reading
from ..extensions import db
from ..languages import LETTER_LANGUAGES, current_language, format_number
from ..typed import Typed
from . import batches, choosing, forms, pack, problems, queries, rules
from .desk_pages import Mending, blueprint, drawn, may_read, saved
from .documents.typesetting import NotMade
from .models import Letter, LetterBatch
from .templates import templates

LOOK_AGAIN_SECONDS = 5


@dataclass(frozen=True)
class Row:
    """One member's letter on the page of a batch. files: documents made. plain: numbers that state no fact."""

    shown: queries.Shown
    office: str
    mendings: Sequence[Mending]
    files: int
    plain: Sequence[str]
    may_approve: bool

    @property
    def letter(self) -> Letter:
        """Return the letter."""
        return self.shown.letter

    @property
    def stops(self) -> list[Mending]:
        """Return what is to be mended before it may be issued."""
        return [each for each in self.mendings if not each.is_warning]


@blueprint.get("/batches/")
def batch_list() -> ResponseReturnValue:
    """List the batches, the newest first."""
    found = batches.batches()
    return render_template(
        "letters/desk/batches.html",
        batches=[(each, batches.progress(each)) for each in found],
        titles={each.id: each.title for each in choosing.petitions(current_language())},
        letter_languages=LETTER_LANGUAGES,
    )


@blueprint.get("/batches/<key>")
def show_batch(key: str) -> ResponseReturnValue:
    """Show each member's letter, how it stands and what comes next for all; anew by itself while documents are made."""
    found = batch_or_404(key)
    made = batches.progress(found)
    answer = make_response(_page(found))
    if made.issued > made.made and _is_watched():
        answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
    return answer


@blueprint.post("/batches/<key>/ask")
def ask_batch(key: str) -> ResponseReturnValue:
    """Ask a second person to agree to each draft."""
    found = batch_or_404(key)
    return _done(
        found,
        lambda: batches.ask_all(found=found, by=organiser(), now=utc_now()),
        lambda count: ngettext(
            "The words of %(count)s letter stand still now, and a second person is asked to agree.",
            "The words of %(count)s letters stand still now, and a second person is asked to agree.",
            count,
            count=format_number(count),
        ),
    )


@blueprint.post("/batches/<key>/approve")
def approve_batch(key: str) -> ResponseReturnValue:
    """Agree, as a second person, to exactly the letters that were shown."""
    found = batch_or_404(key)
    digests = {each.key: request.form.get(f"digest-{each.key}", "") for each in batches.letters_of(found)}
    return _done(
        found,
        lambda: batches.approve_all(found=found, digests=digests, by=organiser(), now=utc_now()),
        lambda count: ngettext(
            "Approved: %(count)s letter. Whoever asked can issue it now.",
            "Approved: %(count)s letters. Whoever asked can issue them now.",
            count,
            count=format_number(count),
        ),
    )


@blueprint.post("/batches/<key>/issue")
def issue_batch(key: str) -> ResponseReturnValue:
    """Freeze each letter that was agreed to under its reference, all or none."""
    found = batch_or_404(key)
    return _done(
        found,
        lambda: batches.issue_all(found=found, by=organiser(), now=utc_now()),
        lambda count: ngettext(
            "Issued: %(count)s letter. Nothing of it changes any more; its documents are being made.",
            "Issued: %(count)s letters. Nothing of them changes any more; their documents are being made.",
            count,
            count=format_number(count),
        ),
    )


@blueprint.post("/batches/<key>/withdraw")
def withdraw_batch(key: str) -> ResponseReturnValue:
    """Take back every letter of a batch that has not left."""
    found, typed = batch_or_404(key), forms.read_reason(request.form)
    if typed.errors:
        return _page(found, typed), 422
    reason = typed.values["reason"]
    return _done(
        found,
        lambda: batches.withdraw_all(found=found, reason=reason, by=organiser(), now=utc_now()),
        lambda count: ngettext(
            "Taken back: %(count)s letter. It stays in the list, and the record says why.",
            "Taken back: %(count)s letters. They stay in the list, and the record says why.",
            count,
            count=format_number(count),
        ),
    )


@blueprint.post("/batches/<key>/download")
def download_batch(key: str) -> ResponseReturnValue:
    """Give every document of a batch in one file with its manifest."""
    found = batch_or_404(key)
    try:
        with reading():  # nobody waits for it
            content = batches.packed(found)
    except batches.DocumentsMissing:
        return _refused(
            found, _("Not every letter is issued and has its documents yet. Look again in a moment.")
        )
    batches.note_saved(found, content, by=organiser().audit_name, now=utc_now())
    db.session.commit()
    return saved(content, f"letters-{found.body_month:%Y-%m}.zip", "application/zip")


@blueprint.get("/batches/<key>/specimen/<lang>.zip")
def rehearse_batch(key: str, lang: str) -> ResponseReturnValue:
    """Give the drafts of a batch in one language, each page marked as a specimen."""
    found = batch_or_404(key)
    try:
        content = batches.rehearsed(found, lang, now=utc_now())
    except batches.NothingToRehearse:
        abort(404)
    except NotMade:
        return _refused(found, _("A document cannot be made yet: a letter lacks a subject or a text."))
    return saved(content, f"specimen-{found.body_month:%Y-%m}-{lang}.zip", "application/zip")


def batch_or_404(key: str) -> LetterBatch:
    """Return a batch, or answer that there is none."""
    try:
        return batches.batch(key)
    except batches.BatchUnknown:
        abort(404)


def _is_watched() -> bool:
    """Whether the page may look again by itself: whoever reads it aloud or enlarged can stop that."""
    return request.args.get("watch") != "no"


def _done(found: LetterBatch, act: Callable[[], int], says: Callable[[int], str]) -> ResponseReturnValue:
    """Do something to all letters of a batch, commit, and show it again; or say why not. Nothing is half done."""
    try:
        count = act()
    except problems.ObstaclesLeft:
        return _refused(
            found, _("Nothing was changed: something stands against a letter. It is listed below.")
        )
    except problems.NotInThisState:
        return _refused(found, _("Nothing was changed: a letter has moved on meanwhile. Look at it again."))
    except ApprovalRefused as problem:
        return _refused(found, approval_refusal(problem))
    db.session.commit()
    if count:
        flash(says(count), "success")
    else:
        flash(_("Nothing was left to do: somebody did it already."), "info")
    return redirect(url_for(".show_batch", key=found.key), 303)


def _refused(found: LetterBatch, says: str) -> ResponseReturnValue:
    key = found.key
    db.session.rollback()
    flash(says, "error")
    return _page(batch_or_404(key)), 409


def _page(found: LetterBatch, typed: Typed | None = None) -> str:
    now, me, lang = utc_now(), organiser(), current_language()
    rows = _rows(found, now)
    made = batches.progress(found)
    counts = {state: sum(each.shown.state == state for each in rows) for state in rules.STATES}
    return render_template(
        "letters/desk/batch.html",
        batch=found,
        rows=rows,
        counts=counts,
        progress=made,
        withdrawable=sum(batches.may_be_withdrawn(each.letter) for each in rows),
        typed=typed.values if typed else {},
        errors=typed.errors if typed else [],
        is_being_made=made.issued > made.made,
        is_watched=_is_watched(),
        stopped=[each for each in rows if each.shown.state == rules.DRAFT and each.stops],
        approvable=[each for each in rows if each.may_approve],
        month_text=forms.month_text(found.body_month),
        petition=next((each for each in choosing.petitions(lang) if each.id == found.petition_id), None),
        template_title=templates()[found.template].titles[lang] if found.template in templates() else "",
        numbers_sheet=pack.numbers_sheet_of(found.petition_id),
        may_read=bool(rows) and all(may_read(each.letter) for each in rows),
        wait=approvals.wait_of(me, LETTER, now),
        letter_languages=LETTER_LANGUAGES,
    )


def _rows(found: LetterBatch, now: datetime) -> list[Row]:
    me, lang = organiser(), current_language()
    rows = []
    for each in queries.shown(batches.letters_of(found), now=now):
        letter, approval = each.letter, each.approval
        names = directory.body(letter.body_key).names if letter.body_key else {}
        is_draft = letter.state == rules.DRAFT
        rows.append(
            Row(
                shown=each,
                office=names.get(lang) or names.get("en", letter.body_key),
                mendings=drawn(letter, now=now).mendings if is_draft and may_read(letter) else (),
                files=len(queries.files_of(letter)) if letter.reference else 0,
                plain=[one for numbers in queries.plain_numbers(letter).values() for one in numbers]
                if is_draft and may_read(letter)
                else [],
                may_approve=approval is not None
                and approval.state == APPROVAL_ASKED
                and approvals.may_approve(approval, me),
            )
        )
    return rows
