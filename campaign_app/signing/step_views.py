"""The steps of a petition's life at the desk: each says first what it will do, with the counts, and then is taken."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..accounts.sessions import organiser
from ..audit.operations import record
from ..clock import utc_now
from ..extensions import db
from ..petitions import operations as petitions
from ..petitions.desk_views import petition_of, petition_to_change, title_of
from ..petitions.models import Petition
from ..petitions.obstacles import against_step, step_obstacles
from ..petitions.queries import forget_kept
from ..petitions.rules import TRANSITIONS, NotReadyToOpen, NotYetTold
from .steps import what_follows

blueprint = Blueprint("steps", __name__, url_prefix="/petitions")


@blueprint.get("/<slug>/steps/<to>")
def ask(slug: str, to: str) -> ResponseReturnValue:
    """Say what a step will do, and what stands against it."""
    found = _able(petition_of(slug), to)
    now = utc_now()
    return render_template(
        "signing/step.html",
        petition=found,
        title=title_of(found),
        to=to,
        obstacles=against_step(found, to, now=now),
        follows=what_follows(found, to, now=now),
    )


@blueprint.post("/<slug>/steps/<to>")
def take(slug: str, to: str) -> ResponseReturnValue:
    """Take it, unless something stands against it."""
    found, now = _able(petition_to_change(slug), to), utc_now()
    before = found.state
    try:
        petitions.move(petition=found, to=to, obstacles=step_obstacles(petition=found, to=to), now=now)
    except (NotReadyToOpen, NotYetTold):
        db.session.rollback()
        flash(_("Nothing was changed: something still stands against this step."), "error")
        return redirect(url_for(".ask", slug=slug, to=to), 303)
    details = {"from": before, "to": found.state}
    record(action="petition.move", by=organiser().audit_name, subject=slug, details=details, now=now)
    db.session.commit()
    forget_kept()
    flash(_("Done. The petition's page says so within a few seconds."), "success")
    return redirect(url_for("editor.petition", slug=slug), 303)


def _able(found: Petition, to: str) -> Petition:
    """Return a petition that this step lies before; or answer that there is no such page."""
    if to not in TRANSITIONS[found.state]:
        abort(404)
    return found
