"""The pack for the day of delivery at the desk: when it is handed over, and then one file with all that is needed."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from flask import abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..campaign import campaign
from ..clock import utc_now
from ..database import reading
from ..extensions import db
from ..languages import LETTER_LANGUAGES
from ..typed import Typed
from . import batch_forms, batches, handing_over, marks, pack, queries, rules
from .about import recipient_of
from .batch_views import batch_or_404
from .day_words import MarkUnfilled, PapersMissing
from .delivering import DocumentsMissing
from .desk_pages import blueprint, heading_of, letter_or_404, saved
from .documents.typesetting import NotMade
from .frozen import NUMBERS_SHEET
from .handing_over import Handing
from .models import Letter, LetterBatch

ZIP = "application/zip"
Make = Callable[[Handing], pack.Pack]


@blueprint.get("/<reference>/pack")
def before_packing(reference: str) -> ResponseReturnValue:
    """Ask when the letter is handed over."""
    return _letter_page(_letter(reference), None)


@blueprint.post("/<reference>/pack")
def pack_letter(reference: str) -> ResponseReturnValue:
    """Give the pack of a letter; of a draft a rehearsal, each page marked."""
    letter = _letter(reference)
    typed, handing = batch_forms.read_handing(request.form, now=utc_now())
    if handing is None:
        return _letter_page(letter, typed), 422
    is_rehearsal = letter.state == rules.DRAFT
    key = letter.key

    def made(at: Handing) -> pack.Pack:
        return pack.of_letter(letter=letter, handing=at, now=utc_now(), is_rehearsal=is_rehearsal)

    return _given(made, handing, lambda: _letter_page(_letter(key), typed))


@blueprint.get("/batches/<key>/pack")
def before_packing_batch(key: str) -> ResponseReturnValue:
    """Ask when the letters are handed over."""
    return _batch_page(batch_or_404(key), None)


@blueprint.post("/batches/<key>/pack")
def pack_batch(key: str) -> ResponseReturnValue:
    """Give the pack of all letters of a batch; of drafts a rehearsal."""
    found = batch_or_404(key)
    typed, handing = batch_forms.read_handing(request.form, now=utc_now())
    if handing is None:
        return _batch_page(found, typed), 422
    is_rehearsal = _is_rehearsed(found)

    def made(at: Handing) -> pack.Pack:
        return pack.of_batch(found=found, handing=at, now=utc_now(), is_rehearsal=is_rehearsal)

    return _given(made, handing, lambda: _batch_page(batch_or_404(key), typed))


def _given(make: Make, handing: Handing, page: Callable[[], str]) -> ResponseReturnValue:
    """Make a pack, put it on record and give it; or show the page again with why there is none."""
    try:
        with reading():  # nobody waits while documents are made
            made = make(handing)
    except (
        pack.NotIssued,
        pack.NothingToRehearse,
        pack.CoverNoteAlone,
        pack.OtherMonth,
        DocumentsMissing,
        PapersMissing,
        MarkUnfilled,
        NotMade,
    ) as problem:
        says = why_not(problem)
        db.session.rollback()
        flash(says, "error")
        return page(), 409
    pack.note(made, by=organiser().audit_name, now=utc_now())
    db.session.commit()
    return saved(made.content, made.name, ZIP)


def why_not(problem: Exception) -> str:
    """Return in the reader's language why there is no pack."""
    if isinstance(problem, MarkUnfilled):
        return _unfilled(problem)
    if isinstance(problem, pack.OtherMonth):
        return " ".join(str(each) for each in problem.found)
    says: Mapping[type[Exception], str] = {
        pack.NotIssued: _("Nothing was packed: a letter is not issued, or was taken back."),
        pack.NothingToRehearse: _("Nothing was packed: the letter is no draft any more."),
        pack.CoverNoteAlone: _(
            "Nothing was packed: a cover note lies on a letter. It is packed with the letter to the same office, once "
            "that is issued."
        ),
        DocumentsMissing: _("Nothing was packed: its documents are still being made. Try again in a moment."),
        PapersMissing: _(
            "Nothing was packed: the content folder of this server has no papers for the day of delivery. "
            "Whoever runs it brings it up to date."
        ),
        NotMade: _("A document cannot be made yet: a letter lacks a subject or a text."),
    }
    return says[type(problem)]


def _unfilled(problem: MarkUnfilled) -> str:
    if problem.reason == marks.NOBODY_SIGNED:
        return str(
            _("Nothing was packed: the papers for the day state the signatures, and this letter brings none.")
        )
    if problem.reason == marks.NO_PETITION:
        return str(
            _("Nothing was packed: the papers for the day speak of a petition, and this letter of none.")
        )
    return str(
        _(
            "Nothing was packed: in the paper %(paper)s, %(language)s, nothing stands for %(mark)s.",
            paper=problem.paper,
            language=LETTER_LANGUAGES[problem.lang].name,
            mark=problem.mark,
        )
    )


def _letter(reference: str) -> Letter:
    """Return a letter that goes to somebody, or answer that there is none."""
    letter = letter_or_404(reference)
    if letter.kind == NUMBERS_SHEET or letter.state == rules.WITHDRAWN:
        abort(404)
    return letter


def _is_rehearsed(found: LetterBatch) -> bool:
    return any(each.state == rules.DRAFT for each in batches.letters_of(found))


def _letter_page(letter: Letter, typed: Typed | None) -> str:
    to = recipient_of(letter)
    zone = handing_over.usual_zone(to.key, to.kind, campaign().time_zone) if to else campaign().time_zone
    name = letter.reference or letter.key
    is_rehearsal = letter.state == rules.DRAFT
    along = [] if is_rehearsal else pack.companions_of(letter)
    return _page(
        typed or _usual(zone),
        action=url_for(".pack_letter", reference=name),
        back=url_for(".show", reference=name),
        reference=letter.reference or "",
        is_rehearsal=is_rehearsal,
        is_ready=is_rehearsal or bool(queries.files_of(letter)),
        along=[each.reference for each in along],
        sheet=pack.numbers_sheet_of(letter.petition_id),
        to=heading_of(letter)["recipient"],
    )


def _batch_page(found: LetterBatch, typed: Typed | None) -> str:
    is_rehearsal = _is_rehearsed(found)
    return _page(
        typed or _usual(handing_over.NEW_YORK),
        action=url_for(".pack_batch", key=found.key),
        back=url_for(".show_batch", key=found.key),
        reference="",
        is_rehearsal=is_rehearsal,
        is_ready=is_rehearsal or batches.progress(found).is_complete,
        along=[],
        sheet=pack.numbers_sheet_of(found.petition_id),
        to="",
    )


def _usual(zone: str) -> Typed:
    tomorrow = utc_now().date() + timedelta(days=1)
    return Typed({"day": tomorrow.isoformat(), "hour": batch_forms.USUAL_HOUR, "zone": zone or "UTC"})


def _page(typed: Typed, **more: object) -> str:
    return render_template(
        "letters/desk/pack.html",
        typed=typed,
        errors=typed.errors,
        zones=handing_over.SUGGESTED,
        **more,
    )
