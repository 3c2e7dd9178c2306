"""The pages inside a frame: the card, which any site may carry, and the form, which only its partner's sites may."""

from flask import render_template
from flask.typing import ResponseReturnValue

from .. import finished_pages
from ..clock import utc_now
from ..languages import direction
from ..petitions.queries import public_petition
from ..signing.queries import petition_page
from ..signing.views import inbox_at, petition_at, sign_at
from ..tally.queries import statement
from .frames import blueprint, current_frame, in_frame


@blueprint.get("/<slug>/card")
def card(slug: str) -> ResponseReturnValue:
    """Show title, count and a button that opens the petition: no form, nothing to type."""
    finished_pages.keep()
    petition, now, lang = public_petition(slug), utc_now(), current_frame().lang
    numbers = finished_pages.lately(("card", petition.id), lambda: statement(petition.id, now=now))
    shown = petition_page(petition, lang, people=numbers.people, now=now)
    return render_template(
        "widgets/card.html",
        petition=shown,
        statement=numbers,
        text_direction=direction(shown.text_language),
        source=current_frame().source or None,
    )


@blueprint.get("/<slug>")
def form(slug: str) -> ResponseReturnValue:
    """Show the whole form, to be signed inside the frame."""
    return petition_at(in_frame(slug), slug, current_frame().lang)


@blueprint.post("/<slug>/sign")
def sign(slug: str) -> ResponseReturnValue:
    """Take the form as the petition's own page takes it; every answer stays inside the frame."""
    return sign_at(in_frame(slug), slug, current_frame().lang)


@blueprint.get("/<slug>/inbox")
def inbox(slug: str) -> ResponseReturnValue:
    """Say what happens next, inside the frame."""
    return inbox_at(slug, current_frame().lang)


@blueprint.get("/<slug>/preview")
def preview(slug: str) -> ResponseReturnValue:
    """Show what a partner's frame will look like, with a form that takes nothing; for pages of our own alone."""
    return petition_at(in_frame(slug), slug, current_frame().lang)
