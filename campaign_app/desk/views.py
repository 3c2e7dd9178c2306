"""The desk's home: who you are, what needs somebody today, how the petitions stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from ..accounts.sessions import organiser
from ..accounts.today import Line, Lines
from ..clock import utc_now
from ..extensions import db
from ..languages import current_language
from ..petitions.models import Petition
from ..petitions.operations import latest_text
from ..tally.queries import statement
from ..tally.rules import Statement

LINES = "nidaa_desk_lines"
blueprint = Blueprint("desk", __name__)


@dataclass(frozen=True)
class Shown:
    """A petition on the home: its words in the reader's language where it has them, and its numbers."""

    slug: str
    state: str
    title: str
    numbers: Statement


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Answer "what needs me today" on one screen."""
    now = utc_now()
    return render_template("desk/home.html", me=organiser(), lines=_lines(now), petitions=_petitions(now))


def _petitions(now: datetime) -> list[Shown]:
    rows = db.session.scalars(select(Petition).order_by(Petition.id)).all()
    return [Shown(row.slug, row.state, _title(row), statement(row.id, now=now)) for row in rows]


def _title(petition: Petition) -> str:
    text = latest_text(petition.id, current_language()) or latest_text(petition.id, petition.home_language)
    return text.title if text else petition.slug


def _lines(now: datetime) -> list[Line]:
    """Return the lines of every room, the urgent ones first."""
    rooms: Sequence[Lines] = current_app.extensions[LINES]
    found = [line for room in rooms for line in room(now)]
    return sorted(found, key=lambda line: line.urgency != "now")
