"""Totals that we did not count: another platform's, and signatures on paper. One person records, another checks."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..clock import utc_day, utc_now
from ..extensions import db
from ..petitions.desk_views import petition_of, title_of
from ..petitions.models import Petition
from ..tally.models import OutsideTotal
from . import outside, queries
from .forms import TotalForm

blueprint = Blueprint("elsewhere", __name__, url_prefix="/integrity/petitions/<slug>/elsewhere")


@blueprint.get("/")
def totals(slug: str) -> ResponseReturnValue:
    """Show what was recorded, and ask for more."""
    return _page(petition_of(slug), TotalForm())


@blueprint.post("/record")
def record(slug: str) -> ResponseReturnValue:
    """Record a total with its evidence; it is shown nowhere before somebody else has checked it."""
    found, form = petition_of(slug), TotalForm()
    if not form.validate():
        return _page(found, form, form.error_list), 422
    outside.record_total(petition=found, told=form.told, by=organiser(), now=utc_now())
    db.session.commit()
    flash(_("It is recorded. It is published once somebody else here has checked it."), "success")
    return redirect(url_for(".totals", slug=slug), 303)


@blueprint.post("/<int:total_id>/check")
def check(slug: str, total_id: int) -> ResponseReturnValue:
    """Confirm what somebody else recorded."""
    found = petition_of(slug)
    try:
        outside.check(total=_total(found, total_id), petition=found, by=organiser(), now=utc_now())
    except outside.SamePerson:
        db.session.rollback()
        flash(_("Nothing was changed: somebody else must check what you recorded."), "error")
    except outside.AlreadyChecked:
        db.session.rollback()
        flash(_("Somebody has checked it already."), "info")
    else:
        db.session.commit()
        flash(_("Checked. It is published now, apart from our own numbers."), "success")
    return redirect(url_for(".totals", slug=slug), 303)


@blueprint.post("/<int:total_id>/take-back")
def take_back(slug: str, total_id: int) -> ResponseReturnValue:
    """Record that an earlier record was a mistake."""
    found = petition_of(slug)
    try:
        outside.take_back(total=_total(found, total_id), petition=found, by=organiser(), now=utc_now())
    except outside.CannotTakeBack:
        db.session.rollback()
        flash(
            _("Nothing was changed: this record is not published, or is being taken back already."), "error"
        )
    else:
        db.session.commit()
        flash(
            _("It is recorded as a mistake. It stands until somebody else here has checked that."), "success"
        )
    return redirect(url_for(".totals", slug=slug), 303)


@blueprint.post("/<int:total_id>/destroyed")
def destroyed(slug: str, total_id: int) -> ResponseReturnValue:
    """Note that the sheets of a record are destroyed."""
    found = petition_of(slug)
    try:
        outside.note_destroyed(total=_total(found, total_id), petition=found, by=organiser(), now=utc_now())
    except outside.NothingToDestroy:
        db.session.rollback()
        flash(_("Nothing was changed: it is noted already."), "info")
    else:
        db.session.commit()
        flash(_("It is noted that the sheets are destroyed. Their number stands."), "success")
    return redirect(url_for(".totals", slug=slug), 303)


def _page(found: Petition, form: TotalForm, errors: list[tuple[str, str]] | None = None) -> str:
    return render_template(
        "integrity/elsewhere.html",
        petition=found,
        title=title_of(found),
        form=form,
        errors=errors or [],
        totals=queries.outside_totals(found.id),
        taken_back=queries.taken_back_ids(found.id),
        me=organiser(),
        today=utc_day(utc_now()),
    )


def _total(found: Petition, total_id: int) -> OutsideTotal:
    total = db.session.get(OutsideTotal, total_id)
    if total is None or total.petition_id != found.id:
        abort(404)
    return total
