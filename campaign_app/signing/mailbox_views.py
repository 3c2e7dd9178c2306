"""What is asked for by an address alone: a new private link, or the waiting mails once more.

The answer is the same for every address, so that nobody learns who has signed.
"""

from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from .. import finished_pages
from ..clock import utc_now
from ..database import write_once_more
from ..extensions import db
from ..mail.preview import inbox_lines
from ..mail.rules import CONFIRM, PRIVATE_LINK
from ..petitions.queries import PetitionRecord, public_petition
from . import admission, operations
from .again import try_again
from .blueprint import blueprint
from .form_reading import read_form
from .forms import MailboxForm
from .views import described, fresh, new_mailbox_form, to_be_checked


@blueprint.post("/<lang:lang>/petitions/<slug>/send-again")
def send_again(lang: str, slug: str) -> ResponseReturnValue:
    """Ask the worker to send the waiting mails of an address again; the answer never tells whether any wait."""
    return _mailbox_request(lang, slug, operations.ask_to_send_again, "send_again")


@blueprint.get("/<lang:lang>/petitions/<slug>/lost-link")
def lost_link(lang: str, slug: str) -> ResponseReturnValue:
    """Offer to mail a new private link."""
    petition = public_petition(slug)
    if not petition.has_marks:
        return _marks_are_gone(slug)
    return render_template(
        "signing/lost_link.html",
        petition=described(petition, lang),
        form=new_mailbox_form(petition.id),
        errors=[],
        purpose="lost_link",
    )


@blueprint.post("/<lang:lang>/petitions/<slug>/lost-link")
def ask_for_link(lang: str, slug: str) -> ResponseReturnValue:
    """Mail a new private link to an address; the answer never tells whether it signed."""
    return _mailbox_request(lang, slug, operations.ask_for_link, "lost_link")


@blueprint.get("/<lang:lang>/petitions/<slug>/request-accepted")
def request_accepted(lang: str, slug: str) -> ResponseReturnValue:
    """Say that a private link comes if there is one to send: the same page for every address."""
    return _request_accepted(lang, slug, PRIVATE_LINK)


@blueprint.get("/<lang:lang>/petitions/<slug>/send-again-accepted")
def send_again_accepted(lang: str, slug: str) -> ResponseReturnValue:
    """Say that waiting mails come again if there are any: the same page for every address."""
    return _request_accepted(lang, slug, CONFIRM)


def _request_accepted(lang: str, slug: str, kind: str) -> str:
    """Show what became of a request for a kind of mail: nothing that depends on who asked."""
    finished_pages.keep()
    sender, subject = inbox_lines(lang, kind)
    return render_template(
        "signing/request_accepted.html",
        petition=described(public_petition(slug), lang),
        inbox_sender=sender,
        inbox_subject=subject,
    )


def _mailbox_request(lang: str, slug: str, ask: Any, purpose: str) -> ResponseReturnValue:
    """Run one of the two requests that take an address and answer the same to everyone.

    Both pass the "check your details" step, whose one-use token makes a repeat harmless.
    """
    now = utc_now()
    admission.refuse_cross_site()
    petition = public_petition(slug)
    if not petition.has_marks:
        return _marks_are_gone(slug)
    form = read_form(MailboxForm)
    if seconds := admission.seconds_to_wait():
        return try_again(form, status=429, retry_after_seconds=seconds)
    if form.is_honeypot_filled:
        return _accepted(lang, slug, purpose)
    if not form.validate() or form.correct.data:
        form.check_token.data = ""  # another address, another look at it
        return _mailbox_form(petition, form, lang, purpose), 422 if form.errors else 200
    entry = admission.enter(form, petition_id=petition.id, now=now)
    if entry.is_stale or not entry.is_admitted:
        return render_template(
            "signing/check_mailbox.html",
            petition=described(petition, lang),
            form=to_be_checked(form, entry, petition.id),
            purpose=purpose,
        )

    def _ask() -> None:
        ask(
            petition=petition,
            email=form.email.data,
            language=lang,
            nonce=entry.nonce,
            body_mac=entry.body_mac,
            plan_mail=entry.plan_mail,
            keyring=admission.signing_keyring(),
            now=now,
        )
        db.session.commit()

    try:
        write_once_more(_ask)
    except admission.NonceSpent:
        return _mailbox_form(petition, form, lang, purpose), 422
    except OperationalError:
        return try_again(form, status=503, retry_after_seconds=10)
    return _accepted(lang, slug, purpose)


def _accepted(lang: str, slug: str, purpose: str) -> ResponseReturnValue:
    """Go on to the page that is the same for every address."""
    endpoint = ".request_accepted" if purpose == "lost_link" else ".send_again_accepted"
    return redirect(url_for(endpoint, lang=lang, slug=slug), 303)


def _marks_are_gone(slug: str) -> ResponseReturnValue:
    """Say that no signature is found by its address any more: true of every address alike."""
    return render_template("errors/410.html", petition_slug=slug, are_marks_gone=True), 410


def _mailbox_form(petition: PetitionRecord, form: MailboxForm, lang: str, purpose: str) -> str:
    return render_template(
        "signing/lost_link.html",
        petition=described(petition, lang),
        form=fresh(form, petition.id),
        errors=form.error_list(),
        purpose=purpose,
    )
