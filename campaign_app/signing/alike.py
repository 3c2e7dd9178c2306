"""What all readers of a petition are shown alike: its numbers, and what stands below the form. Drawn once a second.

Only the form differs between two readers, and drawing the rest takes as long as drawing the form. Knows no form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request
from markupsafe import Markup
from sqlalchemy.exc import OperationalError

from ..extensions import db
from ..finished_pages import lately
from ..languages import direction
from ..page_head import card_of, page_head, petition_picture, publisher
from ..petitions.queries import PetitionRecord
from ..tally.queries import statement
from ..tally.rules import Statement
from ..templating import link
from .queries import ShownSigner, petition_page, recent_signers


@dataclass(frozen=True)
class Alike:
    """The parts of a petition's page in one language that are the same for everyone.

    numbers: None while the database does not answer. head: what the page says of itself. since: what came of the
    petition, and who chose to be named.
    """

    numbers: Statement | None
    head: Markup
    demand: Markup
    since: Markup


def shown_alike(petition: PetitionRecord, lang: str, now: datetime) -> Alike:
    """Return what all readers are shown, at most a second old.

    Without numbers and names while the database does not answer, since the form must still be there.
    """

    def _ask() -> Alike:
        signers = () if petition.are_names_hidden else recent_signers(petition.id, lang)
        return _drawn(petition, lang, now, statement(petition.id, now=now), signers)

    try:
        # Links that begin with a prefix somebody chose are for nobody else.
        return _ask() if request.root_path else lately(("petition", petition.id, lang), _ask)
    except OperationalError:
        db.session.rollback()
        return _drawn(petition, lang, now)


def _drawn(
    petition: PetitionRecord,
    lang: str,
    now: datetime,
    numbers: Statement | None = None,
    signers: Sequence[ShownSigner] = (),
) -> Alike:
    shown = petition_page(petition, lang, people=numbers.people if numbers else 0, now=now)
    head = page_head(
        shown.title,
        shown.summary,
        picture=petition_picture(petition.slug),
        more={"publisher": publisher()} | (_counted(numbers) if numbers else {}),
    )
    demand = render_template(
        "signing/_demand.html", petition=shown, text_direction=direction(shown.text_language)
    )
    since = render_template("signing/_since.html", petition=shown, recent_signers=signers)
    head += Markup("\n") + card_of(link("signing.petition", slug=petition.slug))
    return Alike(numbers, head, Markup(demand), Markup(since))  # noqa: S704 - our own templates, escaped there


def _counted(numbers: Statement) -> dict[str, Any]:
    """Return how many people endorse the petition, as schema.org counts what was done with a page."""
    counter = {"@type": "InteractionCounter", "interactionType": "EndorseAction"}
    return {"interactionStatistic": counter | {"userInteractionCount": numbers.people}}
