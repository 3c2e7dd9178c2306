"""The petition page and the way from a filled form to the inbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from .. import finished_pages
from ..clock import utc_now
from ..database import at_once, write_once_more
from ..extensions import db
from ..languages import countries, country_name
from ..mail.preview import inbox_lines
from ..mail.rules import CONFIRM, PRIVATE_LINK
from ..petitions.queries import PetitionRecord, open_petition, public_petition
from ..petitions.rules import PetitionClosed, SigningStopped
from ..tally.queries import statement
from ..tally.rules import Statement
from ..templating import link
from . import admission, operations
from .again import not_now, try_again
from .blueprint import blueprint
from .consents import current_consents
from .forms import AnyForm, MailboxForm, SignForm, read_form
from .queries import ShownSigner, petition_page, recent_signers
from .rules import SOURCE, known_source


@blueprint.get("/<lang:lang>/petitions/<slug>")
def petition(lang: str, slug: str) -> ResponseReturnValue:
    """Show a petition: cacheable, no cookie, the form at hand."""
    source = request.args.get("s", "")
    form = SignForm(formdata=None)
    form.source.data = source if SOURCE.match(source) else ""
    form.shared.data = "y" if request.args.get("shared") else ""
    finished_pages.keep()
    return _petition_page(public_petition(slug), form, lang)


@blueprint.post("/<lang:lang>/petitions/<slug>/sign")
def sign(lang: str, slug: str) -> ResponseReturnValue:
    """Record a valid signature and point to the inbox; otherwise show what to correct."""
    now = utc_now()
    admission.refuse_cross_site()
    form = read_form(SignForm)
    if seconds := admission.seconds_to_wait():
        return try_again(form, status=429, retry_after_seconds=seconds)
    try:
        petition = open_petition(slug, now)
    except PetitionClosed:
        return _petition_page(public_petition(slug), form, lang, notice="closed"), 410
    except (SigningStopped, OperationalError) as problem:
        return not_now(form, is_stopped=isinstance(problem, SigningStopped))
    if form.is_honeypot_filled:
        return _to_the_inbox(form, lang, slug)
    if not form.validate() or form.correct.data:
        return _petition_page(petition, form, lang), 422 if form.errors else 200
    entry = admission.enter(form, petition_id=petition.id, now=now)
    if entry.is_stale:
        return _petition_page(petition, form, lang, notice=entry.notice), 422
    if not entry.is_admitted or (form.suggested_email and not entry.is_checked):
        return _check_details(petition, form, entry, lang)
    try:
        write_once_more(lambda: _sign(petition, form, entry, lang, now))
    except admission.NonceSpent:
        return _petition_page(petition, form, lang, notice="used"), 422
    except OperationalError:
        current_app.logger.warning("a signature waits: the database does not answer")
        return try_again(form, status=503, retry_after_seconds=10)
    return _to_the_inbox(form, lang, slug)


@blueprint.get("/<lang:lang>/petitions/<slug>/check-your-inbox")
def check_your_inbox(lang: str, slug: str) -> ResponseReturnValue:
    """Say what happens next; the same page for everyone, whatever became of their post."""
    finished_pages.keep()
    petition = public_petition(slug)
    sender, subject = inbox_lines(lang)
    return render_template(
        "signing/check_your_inbox.html",
        petition=_described(petition, lang),
        inbox_sender=sender,
        inbox_subject=subject,
        form=_new_mailbox_form(petition.id),
    )


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
        petition=_described(petition, lang),
        form=_new_mailbox_form(petition.id),
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
        petition=_described(public_petition(slug), lang),
        inbox_sender=sender,
        inbox_subject=subject,
    )


def _sign(petition: PetitionRecord, form: SignForm, entry: Any, lang: str, now: datetime) -> None:
    """Put the signature into one transaction and commit it."""
    signer = form.signer(
        lang=lang,
        path=entry.path,
        text=petition.text(lang),
        source=known_source(form.source_code),
        consents=current_consents(),
        wants_updates=form.wants_updates.data,
    )
    operations.sign(
        petition=petition,
        signer=signer,
        nonce=entry.nonce,
        body_mac=entry.body_mac,
        plan_mail=entry.plan_mail,
        keyring=admission.signing_keyring(),
        now=now,
        writing=at_once(),
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
            petition=_described(petition, lang),
            form=_to_be_checked(form, entry, petition.id),
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


def _petition_page(petition: PetitionRecord, form: SignForm, lang: str, *, notice: str = "") -> str:
    """Render the petition with its form, fresh: what was typed stays, the tokens are new."""
    now = utc_now()
    numbers, signers = _numbers_if_they_come(petition, lang, now)
    return render_template(
        "signing/petition.html",
        petition=petition_page(petition, lang, people=numbers.people if numbers else 0, now=now),
        statement=numbers,
        recent_signers=signers,
        form=_fresh(form, petition.id),
        countries=countries(lang),
        errors=form.error_list(),
        is_shared_phone=bool(form.shared.data),
        mail_suggestion=form.suggested_email,
        notice=notice,
        consents=current_consents(),
    )


def _check_details(petition: PetitionRecord, form: SignForm, entry: admission.Entry, lang: str) -> str:
    """Show what was typed with a one-use token: the step without JavaScript, and of a suspicious mail domain."""
    return render_template(
        "signing/check_details.html",
        petition=_described(petition, lang),
        form=_to_be_checked(form, entry, petition.id),
        country_name=country_name(form.country.data or "", lang),
        mail_suggestion=form.suggested_email,
        consents=current_consents(),
    )


def _mailbox_form(petition: PetitionRecord, form: MailboxForm, lang: str, purpose: str) -> str:
    return render_template(
        "signing/lost_link.html",
        petition=_described(petition, lang),
        form=_fresh(form, petition.id),
        errors=form.error_list(),
        purpose=purpose,
    )


def _fresh(form: AnyForm, petition_id: int) -> AnyForm:
    """Give a form the token that proves its freshness when it comes back."""
    form.form_token.data = admission.new_form_token(petition_id, utc_now())
    return form


def _to_be_checked(form: AnyForm, entry: admission.Entry, petition_id: int) -> AnyForm:
    """Give a form the one-use token of its next step; one that was pressed too soon keeps its own."""
    if not entry.is_too_soon:
        form.check_token.data = admission.new_check_token(petition_id, entry.received_at)
    return _fresh(form, petition_id)


def _new_mailbox_form(petition_id: int) -> MailboxForm:
    """Return an empty form for an address, which remembers whose phone it is on."""
    form = MailboxForm(formdata=None)
    form.shared.data = "y" if request.args.get("shared") else ""
    return _fresh(form, petition_id)


def _to_the_inbox(form: SignForm, lang: str, slug: str) -> ResponseReturnValue:
    """Go on to the page that is the same for everyone; on a phone that others use it fills nothing in."""
    shared = "1" if form.shared.data else None
    return redirect(link("signing.check_your_inbox", lang=lang, slug=slug, shared=shared), 303)


def _described(petition: PetitionRecord, lang: str) -> Any:
    """Return a petition for a page that shows no numbers."""
    return petition_page(petition, lang, people=0, now=utc_now())


def _numbers_if_they_come(
    petition: PetitionRecord, lang: str, now: datetime
) -> tuple[Statement | None, Sequence[ShownSigner]]:
    """Return the numbers and the latest signers, at most a second old; nothing while the database does not
    answer, since the form must still be there.
    """

    def _ask() -> tuple[Statement, Sequence[ShownSigner]]:
        signers = () if petition.are_names_hidden else recent_signers(petition.id, lang)
        return statement(petition.id, now=now), signers

    try:
        return finished_pages.lately(("petition", petition.id, lang), _ask)
    except OperationalError:
        db.session.rollback()
        return None, ()
