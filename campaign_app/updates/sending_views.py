"""Updates at the desk, once they are released: their key, their recipients, sending, and what comes back."""

from typing import BinaryIO, cast

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from ..accounts.sessions import organiser
from ..clock import utc_now
from ..config import settings
from ..database import end_transaction
from ..extensions import db
from ..languages import format_number
from . import bounces, operations, rules
from .desk_pages import blueprint, done, mailing_or_404, moved_on, page_of
from .models import Mailing
from .recipients_file import Received, receive


@blueprint.get("/<reference>/key")
def key(reference: str) -> ResponseReturnValue:
    """Give the public key of the mailing as a file for opener.html."""
    found = operations.mailing_key(mailing_or_404(reference))
    if found is None:
        abort(404)
    response = make_response(found.text)
    response.headers["Content-Type"] = "application/json"
    response.headers["Content-Disposition"] = f'attachment; filename="mailing-{found.mailing}.json"'
    return response


@blueprint.post("/<reference>/recipients")
def load(reference: str) -> ResponseReturnValue:
    """Check the uploaded file of sealed recipients and put it in its place."""
    mailing, file = mailing_or_404(reference), request.files.get("recipients")
    if file is None or not file.filename:
        return page_of(mailing, [("recipients", _("Choose the file that opener.html saved."))]), 422
    try:
        expected, key_id = operations.expected_file(mailing)
    except operations.NotInThisState:
        return moved_on(mailing)
    db.session.rollback()  # to check a large file takes long, and nobody else should wait for it
    try:
        with receive(
            cast(BinaryIO, file.stream), expected=expected, key_id=key_id, home=settings().home
        ) as received:
            return _take(mailing_or_404(reference), received)
    except rules.NotAMailing as problem:
        return page_of(mailing_or_404(reference), [("recipients", _wrong_file(problem))]), 422


@blueprint.post("/<reference>/start")
def start(reference: str) -> ResponseReturnValue:
    """Begin to send."""
    says = _("The mails go out now. You can pause at any time.")
    return done(mailing_or_404(reference), operations.start, says)


@blueprint.post("/<reference>/pause")
def pause(reference: str) -> ResponseReturnValue:
    """Send no further for now."""
    says = _("Paused. Mails that were already handed to the relay still arrive.")
    return done(mailing_or_404(reference), operations.pause, says)


@blueprint.post("/<reference>/resume")
def resume(reference: str) -> ResponseReturnValue:
    """Go on."""
    says = _("It goes on where it was paused.")
    return done(mailing_or_404(reference), operations.resume, says)


@blueprint.post("/<reference>/pace")
def set_pace(reference: str) -> ResponseReturnValue:
    """Send faster or slower."""
    mailing, chosen = mailing_or_404(reference), request.form.get("pace", "")
    if chosen not in map(str, rules.PACES):
        abort(400)
    return done(mailing, operations.set_pace, _("The pace is changed."), pace=int(chosen))


@blueprint.post("/<reference>/stop")
def stop(reference: str) -> ResponseReturnValue:
    """End it for good."""
    says = _("Stopped. Its recipients and its key are destroyed within moments.")
    return done(mailing_or_404(reference), operations.stop, says)


@blueprint.get("/returned")
def returned() -> ResponseReturnValue:
    """Show where a returned mail can be entered by hand."""
    return render_template("updates/returned.html", typed="", errors=[])


@blueprint.post("/returned")
def take_returned() -> ResponseReturnValue:
    """Count a mail that came back. Nothing of what was pasted is kept."""
    typed = request.form.get("returned", "")
    end_transaction()  # to read a long report takes a moment, and nobody else should wait for it
    found = bounces.returned_of(typed.encode())
    if found is None:
        says = _(
            "No Message-ID of one of our updates is in this text. Paste the whole report, or the ID alone."
        )
        page = render_template("updates/returned.html", typed=typed, errors=[("returned", says)])
        return page, 422
    outcome = operations.take_returned(returned=found, by=organiser(), now=utc_now())
    db.session.commit()
    flash(_outcome(outcome), "success")
    return redirect(url_for(".returned"), 303)


def _take(mailing: Mailing, received: Received) -> ResponseReturnValue:
    says = ngettext(
        "The file is whole: %(count)s mailbox. Nothing is sent before you say so.",
        "The file is whole: %(count)s mailboxes. Nothing is sent before you say so.",
        received.recipients,
        count=format_number(received.recipients),
    )
    return done(mailing, operations.load, says, received=received)


def _wrong_file(problem: rules.NotAMailing) -> str:
    """Return in the reader's language what is wrong with a file."""
    says = {
        rules.CUT_SHORT: _("The file is cut short. Save it anew in opener.html, and upload it once more."),
        rules.CHANGED: _("The file was changed on its way. Upload it once more."),
        rules.OTHER_MAILING: _("This file was sealed for another mailing. Seal it with the key shown here."),
        rules.OTHER_VERSION: _(
            "This file was made by another version of Nidaa. Use the opener.html of this server."
        ),
        rules.NO_RECIPIENTS: _("Nobody is in this file."),
    }
    found: str = says.get(
        problem.reason, _("This is not a file of sealed recipients, as opener.html saves it.")
    )
    return found


def _outcome(outcome: bounces.Outcome) -> str:
    says = {
        bounces.Outcome.UNKNOWN: _(
            "This mail belongs to nobody who still gets updates. Nothing was changed."
        ),
        bounces.Outcome.SOFT: _("Counted as a passing trouble. Updates go on."),
        bounces.Outcome.COUNTED: _("Counted. If the next update comes back too, updates to it stop."),
        bounces.Outcome.REPEATED: _("This return was counted before. Nothing was changed."),
        bounces.Outcome.STOPPED: _("Counted. It was not the first, so no further update goes there."),
    }
    found: str = says[outcome]
    return found
