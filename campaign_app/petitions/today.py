"""What petitions need of somebody today: words in a required language, an opening that is held up, figures to check."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import ngettext
from sqlalchemy import select

from ..accounts.today import Line
from ..clock import utc_day
from ..extensions import db
from ..facts.queries import facts_to_mend
from ..languages import format_number
from .models import Petition
from .obstacles import against_opening, missing_words


def word_lines(now: datetime) -> Iterable[Line]:
    """Say how many petitions lack words in a language that they must have: of those open, now; of drafts, soon."""
    for states, urgency in (("open", "now"), ("draft", "soon")):
        rows = db.session.scalars(select(Petition).where(Petition.state == states)).all()
        lacking = sum(bool(missing_words(row)) for row in rows)
        if not lacking:
            continue
        says = (
            ngettext(
                "%(count)s open petition lacks words in a language that it must have.",
                "%(count)s open petitions lack words in a language that they must have.",
                lacking,
                count=format_number(lacking),
            )
            if urgency == "now"
            else ngettext(
                "%(count)s draft of a petition lacks words in a language that it must have.",
                "%(count)s drafts of petitions lack words in a language that they must have.",
                lacking,
                count=format_number(lacking),
            )
        )
        yield Line(urgency="now" if urgency == "now" else "soon", says=says, endpoint="editor.petitions")


def opening_lines(now: datetime) -> Iterable[Line]:
    """Say that a petition was to open by itself and could not."""
    due = db.session.scalars(
        select(Petition).where(Petition.state == "draft", Petition.opens_at <= now)
    ).all()
    held = sum(bool(against_opening(row)) for row in due)
    if held:
        says = ngettext(
            "%(count)s petition was to open by now, and something stands against it.",
            "%(count)s petitions were to open by now, and something stands against it.",
            held,
            count=format_number(held),
        )
        yield Line(urgency="now", says=says, endpoint="editor.petitions")


def figure_lines(now: datetime) -> Iterable[Line]:
    """Say how many figures were not compared with their source for long."""
    old = sum("needs_checking" in names for names in facts_to_mend(utc_day(now)).values())
    if old:
        says = ngettext(
            "%(count)s figure was not compared with its source for 90 days.",
            "%(count)s figures were not compared with their sources for 90 days.",
            old,
            count=format_number(old),
        )
        yield Line(urgency="soon", says=says, endpoint="editor.figures")
