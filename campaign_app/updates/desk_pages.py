"""What the pages of updates at the desk share: one mailing as it stands, and how an act ends."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..approvals.desk_views import refusal as approval_refusal
from ..approvals.problems import ApprovalRefused
from ..approvals.queries import approval_of, standing, wait_of
from ..approvals.rules import MAILING
from ..clock import utc_now
from ..extensions import db
from ..languages import LANGUAGES, current_language
from ..petitions.queries import petition_by_id
from ..sealing.keys import KeyProblem
from . import operations, queries, rules
from .models import Mailing

blueprint = Blueprint("mailings", __name__, url_prefix="/updates")


def mailing_or_404(reference: str) -> Mailing:
    """Return a mailing by its reference, or answer that there is none."""
    found = queries.mailing_of(reference)
    if found is None:
        abort(404)
    return found


def shown(mailing: Mailing) -> ResponseReturnValue:
    """Lead to the page of a mailing."""
    return redirect(url_for(".show", reference=mailing.reference), 303)


def done(mailing: Mailing, act: Callable[..., None], says: str, **given: Any) -> ResponseReturnValue:
    """Do something to a mailing in the name of whoever is signed in, commit, and show it again; or say why not.

    act: one of operations.py. given: what it takes besides mailing, by and now.
    """
    try:
        act(mailing=mailing, by=organiser(), now=utc_now(), **given)
    except operations.NotInThisState:
        return moved_on(mailing)
    except operations.LanguagesMissing as missing:
        names = " · ".join(LANGUAGES[lang].name for lang in missing.languages if lang in LANGUAGES)
        return refused(
            mailing, _("A required language lacks its subject or its text: %(names)s", names=names)
        )
    except operations.NobodyAsked:
        return refused(
            mailing, _("Nobody who signed this petition asks for news now, so there is nobody to write to.")
        )
    except ApprovalRefused as problem:
        return refused(mailing, approval_refusal(problem))
    except operations.LockedDown:
        return refused(
            mailing,
            _("The campaign is locked down: nothing goes to supporters until an owner takes that back."),
        )
    except KeyProblem:
        return refused(
            mailing,
            _("The keys on the server cannot be used, so no mail can be sealed. Nothing was changed."),
        )
    db.session.commit()
    flash(says, "success")
    return shown(mailing)


def refused(mailing: Mailing, says: str) -> ResponseReturnValue:
    """Undo, and show a mailing again with what stands against the act."""
    reference = mailing.reference
    db.session.rollback()
    flash(says, "error")
    return page_of(mailing_or_404(reference)), 409


def moved_on(mailing: Mailing) -> ResponseReturnValue:
    """Say that a mailing is no longer in the state that the page showed."""
    return refused(
        mailing, _("Nothing was changed: this update has moved on meanwhile. This is how it stands now.")
    )


def page_of(mailing: Mailing, errors: list[tuple[str, str]] | None = None) -> str:
    """Return the page of a mailing as it stands. errors: (field, what to correct)."""
    approval = approval_of(operations.ROOM, mailing.reference)
    found = operations.mailing_key(mailing)
    return render_template(
        "updates/mailing.html",
        mailing=mailing,
        title=petition_by_id(mailing.petition_id).text(current_language()).title,
        names={lang: LANGUAGES[lang] for lang in mailing.texts if lang in LANGUAGES},
        missing=[
            LANGUAGES[lang].name
            for lang in rules.missing_languages(
                mailing.texts, queries.required_languages(mailing.petition_id)
            )
        ],
        people=queries.asked_for_news(mailing.petition_id),
        approval=approval,
        standing=standing(approval, utc_now()) if approval else None,
        wait=wait_of(organiser(), MAILING, utc_now()),
        key=found,
        progress=queries.progress_of(mailing),
        paces=rules.PACES,
        me=organiser(),
        errors=errors or [],
    )
