"""The pages behind a mailed link: confirm with one button, then the private page of a mailbox.

A GET changes nothing, since mail scanners follow links. The address holds a secret: no copy is kept, no
path leaves in a Referer.
"""

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from ..addresses import public_url
from ..clock import utc_now
from ..database import directly, write_once_more
from ..extensions import db
from ..languages import countries, country_name, current_language
from ..petitions.queries import PetitionRecord, petition_by_id, public_petitions
from ..sealing.reveal import open_reveal
from ..sealing.tokens import token_hash
from ..tally.queries import statement
from . import admission, again, confirming, private_page
from .blueprint import blueprint
from .consents import current_consents
from .form_reading import read_form
from .forms import ChoiceForm, PersonForm, ShowNameForm
from .hooks import Counted, hooks
from .mailboxes import SignatureUnknown, mailbox_of_link, until_settled
from .models import Pending
from .queries import people_of_mailbox, petition_page
from .rules import DIRECT
from .sharing import share_set

# What the private page may say was done, as its address carries it: a word of ours, never what somebody wrote.
DONE = ("added", "erased", "full", "hidden", "repeat", "shown", "stopped", "withdrawn")


@dataclass(frozen=True)
class PrivatePage:
    """What a link opens: a petition and a mailbox's tag, or one signature (tag None) once tags were destroyed."""

    petition: PetitionRecord
    tag: bytes | None
    opened: bytes


@blueprint.get("/<lang:lang>/confirm/<token>")
def confirm(lang: str, token: str) -> ResponseReturnValue:
    """Show what was signed, with one button; a used link goes to the private page."""
    opened = token_hash(token)
    if (refusal := again.while_stopped(opened)) is not None:
        return refusal
    pending = db.session.execute(select(Pending).where(Pending.token_hash == opened)).scalar_one_or_none()
    if pending is None:
        if mailbox_of_link(opened) is None:
            return _link_unknown()
        return redirect(url_for(".my_signature", lang=lang, token=token), 303)
    petition = petition_by_id(pending.petition_id)
    revealed = (
        open_reveal(pending.reveal, token.encode()) if pending.reveal else {"name": "", "is_shown": False}
    )
    return render_template(
        "signing/confirm.html",
        petition=petition_page(petition, lang, people=0, now=utc_now()),
        token=token,
        purpose=pending.purpose,
        name=revealed["name"],
        is_shown=revealed["is_shown"],
        country_name=country_name(pending.country, lang) if pending.country else "",
    )


@blueprint.post("/<lang:lang>/confirm/<token>")
def confirm_now(lang: str, token: str) -> ResponseReturnValue:
    """Count the signature. Pressing twice, or on two devices, counts once."""
    admission.refuse_cross_site()
    if (refusal := again.while_stopped(token_hash(token))) is not None:
        return refusal
    settled: list[confirming.Confirmation] = []

    def _confirm() -> None:
        with directly() as connection:
            settled.append(confirming.confirm(token=token, now=utc_now(), connection=connection))

    try:
        write_once_more(lambda: until_settled(_confirm))
    except confirming.LinkUnknown:
        db.session.rollback()
        return _link_unknown()
    if not any(confirmation.is_new for confirmation in settled):
        return _back(
            lang, token, "full" if settled[-1].is_full else "repeat" if settled[-1].is_repeat else ""
        )
    return redirect(url_for(".confirmed", lang=lang, token=token), 303)


@blueprint.get("/<lang:lang>/my-signature/<token>/counted")
def confirmed(lang: str, token: str) -> ResponseReturnValue:
    """Thank the signer: the count, what happens next, and how to share."""
    page = _private_page(token)
    if page is None:
        return _link_unknown()
    now = utc_now()
    numbers = statement(page.petition.id, now=now)
    shown = petition_page(page.petition, lang, people=numbers.people, now=now)
    address = public_url(".petition", lang=lang, slug=page.petition.slug)
    return render_template(
        "signing/confirmed.html",
        petition=shown,
        statement=numbers,
        reference=page.opened.hex()[:8].upper(),
        share=share_set(petition_url=address, title=shown.title),
        private_url=url_for(".my_signature", lang=lang, token=token),
    )


@blueprint.get("/<lang:lang>/my-signature/<token>")
def my_signature(lang: str, token: str) -> ResponseReturnValue:
    """Show a mailbox what is counted in its name, and what it may change."""
    page = _private_page(token)
    return (
        _link_unknown() if page is None else _my_signature(page, lang, token, done=request.args.get("done"))
    )


@blueprint.post("/<lang:lang>/my-signature/<token>/name")
def change_name(lang: str, token: str) -> ResponseReturnValue:
    """Show a name from now on, or stop showing it."""
    page = _private_page(token)
    if page is None:
        return _link_unknown()
    admission.refuse_cross_site()
    form = read_form(ShowNameForm)
    place = form.place
    if not form.name.data and not form.email.data:
        return _change(
            page, lang, token, private_page.hide_name, "hidden", nth=place, link=page.opened, now=utc_now()
        )
    if page.tag is None:
        return _link_unknown()
    if not form.validate():
        return _my_signature(page, lang, token, name_form=form), 422
    try:
        return _change(
            page,
            lang,
            token,
            private_page.show_name,
            "shown",
            nth=place,
            name=form.name.data,
            email=form.email.data,
        )
    except private_page.NotTheNameSigned:
        db.session.rollback()
        return _my_signature(page, lang, token, name_form=form, refusal="not_the_name"), 422


@blueprint.post("/<lang:lang>/my-signature/<token>/updates")
def stop_updates(lang: str, token: str) -> ResponseReturnValue:
    """Stop further news to one person."""
    return _choice(lang, token, private_page.stop_updates, "stopped", now=utc_now())


@blueprint.post("/<lang:lang>/my-signature/<token>/withdraw")
def withdraw(lang: str, token: str) -> ResponseReturnValue:
    """Take one person out of the count."""
    return _choice(lang, token, private_page.withdraw, "withdrawn", now=utc_now())


@blueprint.post("/<lang:lang>/my-signature/<token>/erase")
def erase(lang: str, token: str) -> ResponseReturnValue:
    """Delete everything about one person, and say so on a page that shows nothing of them."""
    answer = _choice(lang, token, private_page.erase, "erased", now=utc_now())
    if _private_page(token) is None:
        return redirect(url_for(".erased", lang=lang), 303)
    return answer


@blueprint.get("/<lang:lang>/erased")
def erased(lang: str) -> ResponseReturnValue:
    """Say that everything about a signature is gone: the same page for everyone."""
    return render_template("signing/erased.html")


@blueprint.post("/<lang:lang>/my-signature/<token>/people")
def add_person(lang: str, token: str) -> ResponseReturnValue:
    """Count another person of this mailbox, who asked to be added."""
    page = _private_page(token)
    if page is None or page.tag is None:
        return _link_unknown()
    admission.refuse_cross_site()
    form = read_form(PersonForm)
    if page.petition.is_stopped:
        return _my_signature(page, lang, token, add_form=form, refusal="stopped"), 503
    if not page.petition.is_accepting(utc_now()):
        return _my_signature(page, lang, token, add_form=form, refusal="closed"), 410
    if not form.validate():
        return _my_signature(page, lang, token, add_form=form), 422
    try:
        private_page.add_person(
            petition=page.petition,
            tag=page.tag,
            signer=form.signer(
                lang=lang,
                path="added",
                text=page.petition.text(lang),
                source=DIRECT,
                consents=current_consents(),
                wants_updates=False,
            ),
            keyring=admission.signing_keyring(),
            now=utc_now(),
        )
    except private_page.NotTheSameMailbox:
        db.session.rollback()
        return _my_signature(page, lang, token, add_form=form, refusal="not_the_mailbox"), 422
    except private_page.AlreadyCounted:
        db.session.rollback()
        return _my_signature(page, lang, token, add_form=form, refusal="already_counted"), 422
    db.session.commit()
    return _back(lang, token, "added")


def _private_page(token: str) -> PrivatePage | None:
    opened = token_hash(token)
    found = mailbox_of_link(opened)
    return None if found is None else PrivatePage(petition_by_id(found[0]), found[1], opened)


def _choice(lang: str, token: str, operation: Any, done: str, **more: Any) -> ResponseReturnValue:
    page = _private_page(token)
    if page is None:
        return _link_unknown()
    admission.refuse_cross_site()
    form = read_form(ChoiceForm)
    return _change(page, lang, token, operation, done, nth=form.place, link=page.opened, **more)


def _change(
    page: PrivatePage, lang: str, token: str, operation: Any, done: str, **choice: Any
) -> ResponseReturnValue:
    """Run one operation on a person of the page, commit, and show the page again, which says what was done."""

    def _do() -> None:
        operation(petition_id=page.petition.id, tag=page.tag, **choice)
        db.session.commit()

    try:
        write_once_more(_do)
    except SignatureUnknown:
        db.session.rollback()
        # Whoever presses twice still reads that the person is gone.
        done = done if done == "erased" else ""
    return _back(lang, token, done)


def _back(lang: str, token: str, done: str) -> ResponseReturnValue:
    """Show the private page again. done: a word of DONE, or nothing."""
    return redirect(url_for(".my_signature", lang=lang, token=token, done=done or None), 303)


def _my_signature(
    page: PrivatePage,
    lang: str,
    token: str,
    *,
    add_form: PersonForm | None = None,
    name_form: ShowNameForm | None = None,
    refusal: str = "",
    done: str | None = None,
) -> str:
    people = people_of_mailbox(page.petition.id, page.tag, page.opened, lang)
    numbers = statement(page.petition.id, now=utc_now())
    shown = petition_page(page.petition, lang, people=numbers.people, now=utc_now())
    can_sign = shown.is_accepting and not shown.is_stopped
    can_add = page.petition.people_per_mailbox - len(people) if can_sign and page.tag else 0
    address = public_url(".petition", lang=lang, slug=page.petition.slug)
    failed = add_form or name_form
    return render_template(
        "signing/my_signature.html",
        petition=shown,
        statement=numbers,
        people=people,
        can_add=max(0, can_add),
        has_marks=page.tag is not None,
        add_form=add_form or PersonForm(formdata=None),
        name_form=name_form or ShowNameForm(formdata=None),
        errors=failed.error_list() if failed else [],
        refusal=refusal,
        done=done if done in DONE else "",
        countries=countries(lang),
        token=token,
        private_url=public_url(".my_signature", lang=lang, token=token),
        share=share_set(petition_url=address, title=shown.title),
        letters=hooks().letters_of(
            page.petition.id,
            [Counted(each.signed_on, not (each.is_withdrawn or each.is_invalidated)) for each in people],
            lang,
            utc_now(),
        ),
        consents=current_consents(),
    )


def _link_unknown() -> ResponseReturnValue:
    """Answer an unknown, expired or erased link: the same words for each, and the way to a new one."""
    titles = [(petition.slug, petition.text(current_language()).title) for petition in public_petitions()]
    return render_template("signing/link_expired.html", kind="unknown", titles=titles), 410
