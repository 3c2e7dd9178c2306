"""Bringing an issued letter to its offices at the desk: by mail, or as somebody here brought it; what was tried."""

from collections.abc import Callable, Collection
from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..bodies.rules import in_language
from ..clock import utc_now
from ..config import settings
from ..extensions import db
from ..languages import LETTER_LANGUAGES, current_language
from ..typed import Typed
from . import awaiting, delivering, delivery_forms, frozen, mails, outcome, queries, rules
from .desk_pages import blueprint, done, heading_of, letter_or_404, may_read
from .forms import moment_text
from .models import Letter, LetterDelivery


@blueprint.get("/<reference>/send")
def sending(reference: str) -> ResponseReturnValue:
    """Show office by office what a mail would be, before any leaves."""
    return _send_page(_mailable(reference))


@blueprint.post("/<reference>/send")
def send(reference: str) -> ResponseReturnValue:
    """Put the mails of the chosen offices into the outbox."""
    letter, to, seen = _mailable(reference), request.form.getlist("to"), seen_number()
    return done(
        letter,
        lambda: delivering.send(letter=letter, to=to, seen=seen, by=organiser(), now=utc_now()),
        _("The worker sends it now. Until it has, a mail can be stopped."),
        again=lambda found: _send_page(found, chosen=to),
    )


@blueprint.get("/<reference>/delivered")
def recording(reference: str) -> ResponseReturnValue:
    """Ask how a letter was brought to an office."""
    letter = readable(reference)
    offices = outcome.offices_of(letter)
    way = letter.way if letter.way in delivery_forms.WAYS else ""
    chosen = next((each for each in offices if each.key == request.args.get("office", letter.body_key)), None)
    beginning = {
        "office": chosen.key if chosen else "",
        "way": way,
        "sent_to": chosen.channel(way) if chosen else "",
        "left_at": moment_text(utc_now()),
    }
    return _record_page(letter, Typed(beginning))


@blueprint.post("/<reference>/delivered")
def record_delivery(reference: str) -> ResponseReturnValue:
    """Note that a letter was posted, handed over or entered in a form; a sheet of numbers, given to the press."""
    letter, seen, now = readable(reference), seen_number(), utc_now()
    offices = [each.key for each in outcome.offices_of(letter)]
    typed = delivery_forms.read_delivery(request.form, letter, offices=offices, now=now)
    if typed.errors:
        return _record_page(letter, typed), 422
    values = typed.values
    return done(
        letter,
        lambda: delivering.record_delivery(
            letter=letter,
            way=values["way"],
            sent_to=values["sent_to"],
            left_at=values["moment"],
            note=values["note"],
            is_received=values["is_received"],
            seen=seen,
            body_key=values["office"],
            by=organiser(),
            now=now,
        ),
        _("Recorded."),
        again=lambda found: _record_page(found, typed),
    )


@blueprint.get("/<reference>/deliveries/<int:number>")
def delivery(reference: str, number: int) -> ResponseReturnValue:
    """Show one attempt: what left, when, what became of it."""
    letter = readable(reference)
    return _delivery_page(letter, _delivery(letter, number), Typed())


@blueprint.post("/<reference>/deliveries/<int:number>/stop")
def stop(reference: str, number: int) -> ResponseReturnValue:
    """Take a mail out of the outbox before it leaves."""
    return _on_delivery(
        reference,
        number,
        lambda found: delivering.stop(delivery=found, by=organiser(), now=utc_now()),
        _("Stopped: this mail does not leave."),
    )


@blueprint.post("/<reference>/deliveries/<int:number>/receipt")
def note_receipt(reference: str, number: int) -> ResponseReturnValue:
    """Note who took it."""
    typed = delivery_forms.read_note(
        request.form, "receipt", Typed(), wanted=_("Say who took it, or where the receipt is.")
    )
    return _on_delivery(
        reference,
        number,
        lambda found: delivering.note_receipt(
            delivery=found, note=typed.values["receipt"], by=organiser(), now=utc_now()
        ),
        _("The receipt is noted."),
        typed,
    )


@blueprint.post("/<reference>/deliveries/<int:number>/returned")
def note_returned(reference: str, number: int) -> ResponseReturnValue:
    """Note that it came back."""
    typed = delivery_forms.read_note(request.form, "why", Typed(), wanted=_("Say why it came back."))
    return _on_delivery(
        reference,
        number,
        lambda found: delivering.note_returned(
            delivery=found, why=typed.values["why"], by=organiser(), now=utc_now()
        ),
        _("Noted. The letter can be sent again."),
        typed,
    )


def _on_delivery(
    reference: str,
    number: int,
    act: Callable[[LetterDelivery], Any],
    says: str,
    typed: Typed | None = None,
) -> ResponseReturnValue:
    """Do something about one attempt; with mistakes or where it is refused, show it with what was typed."""
    letter = readable(reference)
    found = _delivery(letter, number)
    if typed is not None and typed.errors:
        return _delivery_page(letter, found, typed), 422
    return done(
        letter,
        lambda: act(found),
        says,
        again=lambda fresh: _delivery_page(fresh, _delivery(fresh, number), typed or Typed()),
    )


def readable(reference: str) -> Letter:
    """Return an issued letter that whoever is signed in may read; 404 of a draft, which nobody delivers."""
    letter = letter_or_404(reference)
    if letter.issued_at is None:
        abort(404)
    if not may_read(letter):
        abort(403)
    return letter


def _mailable(reference: str) -> Letter:
    """Return an issued letter; 404 of a sheet of numbers, which goes to nobody by mail."""
    letter = readable(reference)
    if not letter.body_key:
        abort(404)
    return letter


def seen_number() -> int:
    """Return the number of the newest row on the page that was shown; -1, which none has, where that is no number."""
    text = request.form.get("seen", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1


def _delivery(letter: Letter, number: int) -> LetterDelivery:
    found = db.session.get(LetterDelivery, number)
    if found is None or found.letter_id != letter.id:
        abort(404)
    return found


def _newest(letter: Letter) -> int:
    return max((each.id for each in delivering.deliveries_of(letter)), default=0)


def _send_page(letter: Letter, *, chosen: Collection[str] | None = None) -> str:
    """Return the page before sending. chosen: keys of what was ticked; None for what is usual."""
    now, lang = utc_now(), letter.languages[0]
    made = frozen.from_json(letter.frozen or "")
    missing = awaiting.languages_without_documents(letter)
    going = delivering.outgoing(letter, now=now)
    names = outcome.names_of(letter)
    return render_template(
        "letters/desk/send.html",
        letter=letter,
        going=[
            (
                each,
                in_language(each.names, current_language()),
                each.last and outcome.attempt_of(each.last, names),
            )
            for each in going
        ],
        ticked=[each.body_key for each in going if each.is_usual] if chosen is None else list(chosen),
        is_possible=any(each.is_possible for each in going),
        may_go=letter.state == rules.ISSUED or letter.state in rules.HAS_LEFT - {rules.CLOSED},
        missing=missing,
        seen=_newest(letter),
        sender=mails.sender_of(made, lang),
        sender_address=settings().mail_from,
        answers_to=mails.answers_to(),
        subject=mails.subject_of(made, lang),
        words="" if missing else mails.text_of(letter, lang),
        language=LETTER_LANGUAGES[lang],
        attachments=delivering.attachments_of(letter),
        **heading_of(letter),
    )


def _record_page(letter: Letter, typed: Typed) -> str:
    now = utc_now()
    offices = outcome.offices_of(letter)
    return render_template(
        "letters/desk/delivered.html",
        letter=letter,
        typed=typed,
        errors=typed.errors,
        offices=offices,
        channels=[
            (office, each, outcome.is_old(each, now))
            for office in offices
            for each in office.channels
            if each.kind in delivery_forms.WAYS
        ],
        ways=delivery_forms.WAYS,
        missing=awaiting.languages_without_documents(letter),
        seen=_newest(letter),
        now=now,
        **heading_of(letter),
    )


def _delivery_page(letter: Letter, found: LetterDelivery, typed: Typed) -> str:
    return render_template(
        "letters/desk/delivery.html",
        letter=letter,
        attempt=outcome.attempt_of(found, outcome.names_of(letter)),
        typed=typed,
        errors=typed.errors,
        files={each.name: each for each in queries.files_of(letter)},
        may_change=letter.state in rules.HAS_LEFT | {rules.ISSUED},
        again=url_for(".sending" if found.way == rules.MAIL else ".recording", reference=letter.reference),
        **heading_of(letter),
    )
