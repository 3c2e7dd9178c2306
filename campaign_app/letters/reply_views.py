"""What offices said to a letter, at the desk: filed, and with consent shown; asked again; closed."""

from contextlib import closing
from io import BytesIO

from flask import abort, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..clock import utc_day, utc_now
from ..extensions import db
from ..languages import LETTER_LANGUAGES
from ..typed import Typed
from . import delivery_forms, outcome, replying, rules
from .delivery_views import readable, seen_number
from .desk_pages import blueprint, done, heading_of
from .models import Letter, LetterReply


@blueprint.get("/<reference>/replies/new")
def new_reply(reference: str) -> ResponseReturnValue:
    """Ask what an office said."""
    letter = _awaiting(reference)
    beginning = {
        "office": letter.body_key,
        "language": letter.languages[0],
        "received_on": f"{utc_day(utc_now())}",
    }
    return _form_page(letter, Typed(beginning))


@blueprint.post("/<reference>/replies")
def file_reply(reference: str) -> ResponseReturnValue:
    """File it; the letter stands as its recipient says."""
    letter, seen, now = _awaiting(reference), seen_number(), utc_now()
    scan, scan_name = _scan()
    offices = [each.key for each in outcome.offices_of(letter)]
    typed = delivery_forms.read_reply(request.form, letter, offices=offices, scan=scan, now=now)
    if typed.errors:
        return _form_page(letter, typed, had_scan=bool(scan)), 422
    values = typed.values
    filing = replying.Filing(
        kind=values["kind"],
        received_on=values["day"],
        language=values["language"],
        text=values["text"],
        scan=scan,
        scan_name=scan_name,
        consent_note=values["consent"],
        body_key=values["office"],
    )
    return done(
        letter,
        lambda: replying.file_reply(letter=letter, filing=filing, seen=seen, by=organiser(), now=now),
        _("The reply is filed. It is shown at the desk only."),
        again=lambda found: _form_page(found, typed, had_scan=bool(scan)),
    )


@blueprint.get("/<reference>/replies/<int:number>")
def reply(reference: str, number: int) -> ResponseReturnValue:
    """Show a reply with its words."""
    letter = readable(reference)
    return _reply_page(letter, _reply(letter, number))


@blueprint.get("/<reference>/replies/<int:number>/scan")
def scan(reference: str, number: int) -> ResponseReturnValue:
    """Give the scan of a reply, to be saved: it is never opened as a page of ours."""
    found = _reply(readable(reference), number)
    if not found.content:
        abort(404)
    return send_file(
        BytesIO(found.content), mimetype=found.media_type, as_attachment=True, download_name=found.file_name
    )


@blueprint.get("/<reference>/replies/<int:number>/publish")
def publishing(reference: str, number: int) -> ResponseReturnValue:
    """Ask who agreed that a reply is shown."""
    letter, found = _publishable(reference, number)
    return _publish_page(letter, found, Typed({"consent": found.consent_note}))


@blueprint.post("/<reference>/replies/<int:number>/publish")
def publish_reply(reference: str, number: int) -> ResponseReturnValue:
    """Show a reply on the letter's page."""
    letter, found = _publishable(reference, number)
    typed = delivery_forms.read_consent(request.form, Typed(), is_wanted=True)
    if typed.errors:
        return _publish_page(letter, found, typed), 422
    consent = typed.values["consent"]
    return done(
        letter,
        lambda: replying.publish_reply(reply=found, consent_note=consent, by=organiser(), now=utc_now()),
        _("Published. The letter's page shows it within moments."),
        again=lambda fresh: _publish_page(fresh, _reply(fresh, number), typed),
    )


@blueprint.post("/<reference>/replies/<int:number>/hide")
def hide_reply(reference: str, number: int) -> ResponseReturnValue:
    """Take a reply out of public view."""
    letter = readable(reference)
    found = _reply(letter, number)
    return done(
        letter,
        lambda: replying.hide_reply(reply=found, by=organiser(), now=utc_now()),
        _("Taken out of public view. Who has read or copied it keeps it."),
    )


@blueprint.post("/<reference>/follow-up")
def follow_up(reference: str) -> ResponseReturnValue:
    """Note that the office was asked again."""
    letter = readable(reference)
    return done(
        letter,
        lambda: replying.note_follow_up(letter=letter, by=organiser(), now=utc_now()),
        _("Noted that the office was asked again."),
    )


@blueprint.post("/<reference>/close")
def close(reference: str) -> ResponseReturnValue:
    """Await nothing of a letter any more."""
    letter = readable(reference)
    return done(
        letter,
        lambda: replying.close(letter=letter, by=organiser(), now=utc_now()),
        _("Closed. Nothing is awaited of it any more."),
    )


def _scan() -> tuple[bytes, str]:
    """Return the file that was sent along and its name; empty where there is none.

    One byte more than may be is read: enough to tell that it is too large.
    """
    file = request.files.get("scan")
    if file is None:
        return b"", ""
    with closing(file):  # a large one lies on the disk meanwhile
        return file.stream.read(replying.LARGEST_SCAN_BYTES + 1), file.filename or ""


def _awaiting(reference: str) -> Letter:
    """Return a letter that an office could reply to; 404 of one that is with nobody."""
    letter = readable(reference)
    if letter.state not in rules.HAS_LEFT or not letter.body_key:
        abort(404)
    return letter


def _publishable(reference: str, number: int) -> tuple[Letter, LetterReply]:
    """Return a letter and a reply that may be shown; 404 where the letter is not public, or there are no words."""
    letter = readable(reference)
    found = _reply(letter, number)
    if letter.visibility != rules.PUBLIC or not found.text:
        abort(404)
    return letter, found


def _reply(letter: Letter, number: int) -> LetterReply:
    found = db.session.get(LetterReply, number)
    if found is None or found.letter_id != letter.id:
        abort(404)
    return found


def _form_page(letter: Letter, typed: Typed, *, had_scan: bool = False) -> str:
    return render_template(
        "letters/desk/new_reply.html",
        letter=letter,
        typed=typed,
        errors=typed.errors,
        had_scan=had_scan,
        offices=outcome.offices_of(letter),
        kinds=rules.REPLY_KINDS,
        letter_languages=LETTER_LANGUAGES,
        seen=replying.newest(letter),
        **heading_of(letter),
    )


def _reply_page(letter: Letter, found: LetterReply) -> str:
    return render_template(
        "letters/desk/reply.html",
        letter=letter,
        reply=found,
        office=outcome.came_from(found, letter, outcome.names_of(letter)),
        letter_languages=LETTER_LANGUAGES,
        **heading_of(letter),
    )


def _publish_page(letter: Letter, found: LetterReply, typed: Typed) -> str:
    return render_template(
        "letters/desk/publish.html",
        letter=letter,
        reply=found,
        typed=typed,
        errors=typed.errors,
        office=outcome.came_from(found, letter, outcome.names_of(letter)),
        letter_languages=LETTER_LANGUAGES,
        **heading_of(letter),
    )
