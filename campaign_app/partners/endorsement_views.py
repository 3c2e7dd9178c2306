"""Who supports a petition: one of us records it, another checks it; it is withdrawn with a reason."""

from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from .. import finished_pages
from ..accounts.sessions import organiser
from ..clock import utc_now
from ..extensions import db
from ..languages import format_date_time
from ..petitions.desk_views import petition_of, title_of
from ..petitions.models import Petition
from ..typed import Typed
from . import endorsing, forms, queries
from .blueprint import endorsements as blueprint
from .models import Endorsement, Partner
from .rules import ENDED


@blueprint.get("/<slug>/")
def listed(slug: str) -> ResponseReturnValue:
    """Show who supports a petition, and ask for one more."""
    return _page(petition_of(slug), Typed())


@blueprint.post("/<slug>/record")
def record(slug: str) -> ResponseReturnValue:
    """Record an endorsement; it is shown nowhere before it is checked."""
    found = petition_of(slug)
    typed, told = forms.read_endorsement(request.form)
    partner = _partner(request.form.get("partner", ""))
    if told is None:
        return _page(found, typed), 422
    try:
        endorsing.record_endorsement(
            petition=found, told=told, partner=partner, by=organiser(), now=utc_now()
        )
    except endorsing.AlreadyRecorded:
        db.session.rollback()
        typed.refuse("name", _("It is recorded already: an organisation counts once. See above."))
        return _page(petition_of(slug), typed), 422
    db.session.commit()
    flash(_("It is recorded. It is published once somebody else here has checked it."), "success")
    return redirect(url_for(".listed", slug=slug), 303)


@blueprint.post("/<slug>/<int:endorsement_id>/check")
def check(slug: str, endorsement_id: int) -> ResponseReturnValue:
    """Confirm what somebody else recorded, or what one recorded oneself once the wait is over."""
    found = petition_of(slug)
    try:
        endorsing.check(
            endorsement=_endorsement(found, endorsement_id), petition=found, by=organiser(), now=utc_now()
        )
    except endorsing.SamePerson as refusal:
        db.session.rollback()
        flash(_said_to_the_same(refusal), "error")
    except endorsing.AlreadyChecked:
        db.session.rollback()
        flash(_("Somebody has checked it already."), "info")
    else:
        db.session.commit()
        finished_pages.forget_all()
        flash(_("Checked. It stands on the petition now, apart from the people."), "success")
    return redirect(url_for(".listed", slug=slug), 303)


@blueprint.post("/<slug>/<int:endorsement_id>/withdraw")
def withdraw(slug: str, endorsement_id: int) -> ResponseReturnValue:
    """Take an endorsement off the petition, with the reason."""
    found = petition_of(slug)
    endorsement = _endorsement(found, endorsement_id)
    typed, because = forms.read_reason(request.form, f"reason-{endorsement_id}")
    if typed.errors:
        return _page(found, typed), 422
    try:
        endorsing.withdraw(
            endorsement=endorsement, petition=found, because=because, by=organiser(), now=utc_now()
        )
    except endorsing.AlreadyWithdrawn:
        db.session.rollback()
        flash(_("It is withdrawn already."), "info")
    else:
        db.session.commit()
        finished_pages.forget_all()
        flash(_("Withdrawn. It is neither shown nor counted from today on."), "success")
    return redirect(url_for(".listed", slug=slug), 303)


def _said_to_the_same(refusal: endorsing.SamePerson) -> str:
    if refusal.at is None:
        return str(_("Nothing was changed: somebody else must check what you recorded."))
    moment = format_date_time(refusal.at)
    return str(
        _(
            "Nothing was changed: you are alone here, and may check it yourself from %(moment)s.",
            moment=moment,
        )
    )


def _page(found: Petition, typed: Typed) -> str:
    rows = queries.endorsements_of(found.id)
    me, now = organiser(), utc_now()
    return render_template(
        "partners/endorsements.html",
        petition=found,
        title=title_of(found),
        typed=typed,
        errors=typed.errors,
        rows=[(each, *_turn(each, me.id, now)) for each in rows],
        shown=sum(1 for each in rows if each.is_shown),
        partners=[(each.code, each.name) for each in queries.partners() if each.state != ENDED],
    )


def _turn(endorsement: Endorsement, me: int, now: datetime) -> tuple[bool, datetime | None]:
    """Return (whether I may check it now, from when I may though I recorded it)."""
    if endorsement.checked_at is not None or endorsement.withdrawn_at is not None:
        return False, None
    if endorsement.recorded_by_id != me:
        return True, None
    at = endorsing.checkable_by_recorder_at(endorsement, now)
    return at is not None and at <= now, at


def _partner(code: str) -> Partner | None:
    return queries.partner_by_code(code) if code else None


def _endorsement(found: Petition, endorsement_id: int) -> Endorsement:
    endorsement = db.session.get(Endorsement, endorsement_id)
    if endorsement is None or endorsement.petition_id != found.id:
        abort(404)
    return endorsement
