"""The petition page and the way from a filled form to the inbox."""

from datetime import datetime
from typing import Any

from flask import current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from .. import finished_pages
from ..clock import utc_now
from ..database import directly, write_once_more
from ..languages import countries, country_name, direction
from ..mail.preview import inbox_lines
from ..page_head import card_address
from ..partners.queries import source_codes
from ..petitions.queries import PetitionRecord, open_petition, public_petition
from ..petitions.rules import PetitionClosed, SigningStopped
from ..templating import link
from . import admission, operations
from .again import not_now, try_again
from .alike import shown_alike
from .blueprint import blueprint
from .consents import current_consents
from .form_reading import AnyForm, read_form
from .forms import MailboxForm, SignForm
from .places import Place, own_page
from .queries import petition_page
from .rules import SOURCE, known_source

# Where else to ask what a site may show of a page: its <head> names JSON, which WordPress looks for, in fewer bytes.
OEMBED = '<{}>; rel="alternate"; type="text/xml+oembed"'


@blueprint.get("/<lang:lang>/petitions/<slug>")
def petition(lang: str, slug: str) -> ResponseReturnValue:
    """Show a petition: cacheable, no cookie, the form at hand."""
    page = petition_at(own_page(slug), slug, lang)
    return page, {"Link": OEMBED.format(card_address(link("signing.petition", slug=slug), format="xml"))}


@blueprint.post("/<lang:lang>/petitions/<slug>/sign")
def sign(lang: str, slug: str) -> ResponseReturnValue:
    """Record a valid signature and point to the inbox; otherwise show what to correct."""
    return sign_at(own_page(slug), slug, lang)


@blueprint.get("/<lang:lang>/petitions/<slug>/check-your-inbox")
def check_your_inbox(lang: str, slug: str) -> ResponseReturnValue:
    """Say what happens next; the same page for everyone, whatever became of their post."""
    return inbox_at(slug, lang)


def petition_at(place: Place, slug: str, lang: str) -> str:
    """Show a petition with an empty form, wherever that stands."""
    source = request.args.get("s", "")
    form = SignForm(formdata=None)
    form.source.data = source if SOURCE.match(source) else ""
    form.shared.data = "y" if request.args.get("shared") else ""
    finished_pages.keep()
    return _petition_page(place, public_petition(slug), form, lang)


def sign_at(place: Place, slug: str, lang: str) -> ResponseReturnValue:
    """Take the form of a place: the same checks and the same one transaction for each."""
    now = utc_now()
    admission.refuse_cross_site()
    form = read_form(SignForm)
    if seconds := admission.seconds_to_wait():
        return try_again(form, status=429, retry_after_seconds=seconds, action=place.sign_url)
    try:
        petition = open_petition(slug, now)
    except PetitionClosed:
        return _petition_page(place, public_petition(slug), form, lang, notice="closed"), 410
    except (SigningStopped, OperationalError) as problem:
        return not_now(form, is_stopped=isinstance(problem, SigningStopped), action=place.sign_url)
    if form.is_honeypot_filled:
        return _to_the_inbox(place, form)
    if not form.validate() or form.correct.data:
        return _petition_page(place, petition, form, lang), 422 if form.errors else 200
    entry = admission.enter(form, petition_id=petition.id, now=now)
    if entry.is_stale:
        return _petition_page(place, petition, form, lang, notice=entry.notice), 422
    if not entry.is_admitted or (form.suggested_email and not entry.is_checked):
        return _check_details(place, petition, form, entry, lang)
    try:
        write_once_more(lambda: _sign(place, petition, form, entry, lang, now))
    except admission.NonceSpent:
        return _petition_page(place, petition, form, lang, notice="used"), 422
    except OperationalError:
        current_app.logger.warning("a signature waits: the database does not answer")
        return try_again(form, status=503, retry_after_seconds=10, action=place.sign_url)
    return _to_the_inbox(place, form)


def inbox_at(slug: str, lang: str) -> str:
    """Say what happens next, in the layout of the place."""
    finished_pages.keep()
    petition = public_petition(slug)
    sender, subject = inbox_lines(lang)
    return render_template(
        "signing/check_your_inbox.html",
        petition=described(petition, lang),
        inbox_sender=sender,
        inbox_subject=subject,
        form=new_mailbox_form(petition.id),
    )


def _sign(
    place: Place, petition: PetitionRecord, form: SignForm, entry: Any, lang: str, now: datetime
) -> None:
    """Put the signature into one transaction and commit it."""
    signer = form.signer(
        lang=lang,
        path=place.path or entry.path,
        text=petition.text(lang),
        source=known_source(form.source_code, source_codes()),
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
        writing=directly(is_one_statement=True),
    )


def _petition_page(
    place: Place, petition: PetitionRecord, form: SignForm, lang: str, *, notice: str = ""
) -> str:
    """Render the petition with its form, fresh: what was typed stays, the tokens are new."""
    now = utc_now()
    alike = shown_alike(petition, lang, now)
    people = alike.numbers.people if alike.numbers else 0
    return render_template(
        place.template,
        place=place,
        petition=petition_page(petition, lang, people=people, now=now),
        text_direction=direction(petition.text(lang).language),
        statement=alike.numbers,
        alike=alike,
        form=fresh(form, petition.id),
        countries=countries(lang),
        errors=form.error_list(),
        is_shared_phone=bool(form.shared.data),
        mail_suggestion=form.suggested_email,
        notice=notice,
        consents=current_consents(),
    )


def _check_details(
    place: Place, petition: PetitionRecord, form: SignForm, entry: admission.Entry, lang: str
) -> str:
    """Show what was typed with a one-use token: the step without JavaScript, and of a suspicious mail domain."""
    return render_template(
        "signing/check_details.html",
        place=place,
        petition=described(petition, lang),
        form=to_be_checked(form, entry, petition.id),
        country_name=country_name(form.country.data or "", lang),
        mail_suggestion=form.suggested_email,
        consents=current_consents(),
    )


def fresh(form: AnyForm, petition_id: int) -> AnyForm:
    """Give a form the token that proves its freshness when it comes back."""
    form.form_token.data = admission.new_form_token(petition_id, utc_now())
    return form


def to_be_checked(form: AnyForm, entry: admission.Entry, petition_id: int) -> AnyForm:
    """Give a form the one-use token of its next step; one that was pressed too soon keeps its own."""
    if not entry.is_too_soon:
        form.check_token.data = admission.new_check_token(petition_id, entry.received_at)
    return fresh(form, petition_id)


def new_mailbox_form(petition_id: int) -> MailboxForm:
    """Return an empty form for an address, which remembers whose phone it is on."""
    form = MailboxForm(formdata=None)
    form.shared.data = "y" if request.args.get("shared") else ""
    return fresh(form, petition_id)


def _to_the_inbox(place: Place, form: SignForm) -> ResponseReturnValue:
    """Go on to the page that is the same for everyone; on a phone that others use it fills nothing in."""
    return redirect(place.inbox_url(is_shared=bool(form.shared.data)), 303)


def described(petition: PetitionRecord, lang: str) -> Any:
    """Return a petition for a page that shows no numbers."""
    return petition_page(petition, lang, people=0, now=utc_now())
