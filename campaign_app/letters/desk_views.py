"""Letters at the desk: all, one as it stands, who agrees, issuing, its documents, taking it back, correcting it."""

from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..bodies import queries as directory
from ..clock import utc_now
from ..extensions import db
from ..languages import LETTER_LANGUAGES, current_language
from . import awaiting, choosing, drafting, forms, issuing, problems, queries, rules
from .desk_pages import (
    blueprint,
    done,
    drawn,
    heading_of,
    letter_or_404,
    may_read,
    page_of,
    refused,
    saved,
    shown,
)
from .models import Letter
from .templates import templates

MOST_LISTED = 200
WAITING = (rules.ASKED, rules.APPROVED, rules.ISSUED)


@blueprint.get("/")
def overview() -> ResponseReturnValue:
    """List the letters, those that somebody touched last first; or those of a state, a petition, a batch."""
    now, lang = utc_now(), current_language()
    wanted = {name: request.args.get(name, "") for name in ("state", "petition", "batch")}
    if wanted["state"] and wanted["state"] not in rules.STATES:
        abort(404)
    petitions = choosing.petitions(lang)
    chosen = [each.id for each in petitions if each.slug == wanted["petition"]]
    if wanted["petition"] and not chosen:
        abort(404)
    found = queries.letters(
        state=_stored(wanted["state"]),
        batch=wanted["batch"] or None,
        petition_id=chosen[0] if chosen else None,
    )
    rows = [each for each in queries.shown(found, now=now) if wanted["state"] in ("", each.state)]
    return render_template(
        "letters/desk/overview.html",
        rows=rows[:MOST_LISTED],
        count=len(rows),
        waiting=_waiting(now),
        asked_after=_asked_after(now),
        wanted=wanted,
        states=rules.STATES,
        petitions=petitions,
        titles={each.id: each.title for each in petitions},
        template_titles={key: each.titles[lang] for key, each in templates().items()},
        names={each.key: each.names.get(lang) or each.names["en"] for each in directory.bodies()},
        letter_languages=LETTER_LANGUAGES,
    )


@blueprint.get("/<reference>")
def show(reference: str) -> ResponseReturnValue:
    """Show a letter, how it stands and what comes next."""
    return page_of(letter_or_404(reference))


@blueprint.post("/<reference>/ask")
def ask(reference: str) -> ResponseReturnValue:
    """Ask a second person to agree to exactly this letter."""
    letter, seen = letter_or_404(reference), request.form.get("seen", "")
    says = _("The words stand still now, and a second person is asked to agree.")
    return done(letter, lambda: issuing.ask(letter=letter, by=organiser(), now=utc_now(), seen=seen), says)


@blueprint.post("/<reference>/take-back")
def take_back(reference: str) -> ResponseReturnValue:
    """Make a draft of it again."""
    letter = letter_or_404(reference)
    says = _("The letter is a draft again. Whoever agreed has to agree again.")
    return done(letter, lambda: issuing.take_back(letter=letter, by=organiser(), now=utc_now()), says)


@blueprint.get("/<reference>/issue")
def before_issuing(reference: str) -> ResponseReturnValue:
    """Say exactly what would be frozen, before it is."""
    letter, now = letter_or_404(reference), utc_now()
    standing = queries.shown([letter], now=now)[0]
    if standing.state != rules.APPROVED:
        return shown(letter)
    return render_template(
        "letters/desk/issue.html",
        letter=letter,
        shown=standing,
        drawn=drawn(letter, now=now),
        seen=queries.digest_of(letter),
        letter_languages=LETTER_LANGUAGES,
        **heading_of(letter),
    )


@blueprint.post("/<reference>/issue")
def issue(reference: str) -> ResponseReturnValue:
    """Freeze it under its reference; the worker makes its documents."""
    letter = letter_or_404(reference)
    says = _("Issued. Nothing of it changes any more; its documents are being made.")
    return done(letter, lambda: issuing.issue(letter=letter, by=organiser(), now=utc_now()), says)


@blueprint.post("/<reference>/withdraw")
def withdraw(reference: str) -> ResponseReturnValue:
    """Throw a draft away, or take back what was issued and has not left."""
    letter, typed = letter_or_404(reference), forms.read_reason(request.form)
    if typed.errors:
        return page_of(letter, typed.errors, typed.values), 422
    reason = typed.values["reason"]
    return done(
        letter,
        lambda: issuing.withdraw(letter=letter, reason=reason, by=organiser(), now=utc_now()),
        _("Taken back. It stays in the list, and the record says why."),
    )


@blueprint.post("/<reference>/correct")
def correct(reference: str) -> ResponseReturnValue:
    """Begin a new letter that names this one."""
    letter = letter_or_404(reference)
    try:
        new = drafting.correct(letter=letter, by=organiser().audit_name, now=utc_now())
    except problems.NotInThisState:
        return refused(letter, _("Only a letter that was issued can be corrected by another."))
    db.session.commit()
    flash(_("This is a new draft with the same words. It will name the letter that it corrects."), "success")
    return redirect(url_for(".edit", reference=new.key), 303)


@blueprint.get("/<reference>/files/<name>")
def file(reference: str, name: str) -> ResponseReturnValue:
    """Give a document of an issued letter, exactly the bytes that its sum is of."""
    letter = letter_or_404(reference)
    if not may_read(letter):
        abort(403)
    found = queries.file_of(letter, name)
    if found is None:
        abort(404)
    return saved(found.content, found.name, found.media_type)


def _asked_after(now: datetime) -> list[tuple[str, list[tuple[Letter, int]]]]:
    """Return what the lines of the home are about: why, and which letters with the days since they were sent."""
    waits = awaiting.waits(now=now)
    overdue = [each for each in waits if each.letter.state == rules.OVERDUE]
    due = [each for each in waits if each.reminders and each not in overdue]
    found: list[tuple[str, list[tuple[Letter, int]]]] = [
        ("undelivered", [(each, 0) for each in awaiting.undelivered()]),
        ("overdue", [(each.letter, each.days) for each in overdue]),
        ("due", [(each.letter, each.days) for each in due]),
        ("publishable", [(each, 0) for each in awaiting.publishable()]),
    ]
    return [(why, rows) for why, rows in found if rows]


def _stored(state: str) -> str | None:
    """Return the stored state that a shown one stands in; None for any."""
    if state in (rules.ASKED, rules.APPROVED):
        return rules.DRAFT
    return state or None


def _waiting(now: datetime) -> list[tuple[str, int]]:
    """Return how many letters are in each state that waits for somebody here."""
    found: list[Letter] = [*queries.letters(state=rules.DRAFT), *queries.letters(state=rules.ISSUED)]
    states = [each.state for each in queries.shown(found, now=now)]
    return [(state, states.count(state)) for state in WAITING if state in states]
