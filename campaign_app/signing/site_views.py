"""The pages around the petitions: home, numbers, who is responsible and what is done with what is typed."""

from datetime import date
from typing import Any

from flask import abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from .. import finished_pages
from ..addresses import public_url
from ..campaign import campaign
from ..clock import utc_day, utc_now
from ..languages import preferred_language
from ..petitions.queries import PetitionRecord, public_petition
from ..tally.breakdowns import public_breakdowns
from ..tally.queries import by_day, statement
from ..tally.rules import Statement
from .blueprint import blueprint
from .legal import legal_text
from .queries import petition_cards, petition_page
from .rates import confirmation_rates


@blueprint.get("/")
def root() -> ResponseReturnValue:
    """Send a reader to the pages in a language of their own."""
    answer = redirect(url_for(".home", lang=preferred_language()), 302)
    answer.headers["Vary"] = "Accept-Language"
    return answer


@blueprint.get("/<lang:lang>/")
def home(lang: str) -> ResponseReturnValue:
    """List the petitions: open, closed, delivered."""
    finished_pages.keep()
    cards = petition_cards(lang, now=utc_now())
    return render_template(
        "signing/home.html",
        open_petitions=[card for card in cards if card.state == "open"],
        closed_petitions=[card for card in cards if card.state == "closed"],
        delivered_petitions=[card for card in cards if card.state in ("delivered", "answered")],
    )


@blueprint.get("/<lang:lang>/petitions/<slug>/numbers")
def numbers(lang: str, slug: str) -> ResponseReturnValue:
    """Show the statement of numbers as of now, each kind apart."""
    finished_pages.keep()
    return _numbers(public_petition(slug), lang, None)


@blueprint.get("/<lang:lang>/petitions/<slug>/numbers/<day>")
def numbers_on(lang: str, slug: str, day: str) -> ResponseReturnValue:
    """Show the statement as it stood at the end of a past UTC day."""
    finished_pages.keep()
    return _numbers(public_petition(slug), lang, _past_day(day))


@blueprint.get("/<lang:lang>/petitions/<slug>/numbers.json")
def numbers_json(lang: str, slug: str) -> ResponseReturnValue:
    """Give the statement to machines; `?on=YYYY-MM-DD` for a past day."""
    petition = public_petition(slug)
    on = _past_day(request.args["on"]) if request.args.get("on") else None
    if on is None:
        finished_pages.keep()
    answer = jsonify(_as_json(petition, statement(petition.id, now=utc_now(), on=on), lang))
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@blueprint.get("/<lang:lang>/privacy")
def privacy(lang: str) -> ResponseReturnValue:
    """Say what is kept, why, for how long, and what a signer may ask."""
    finished_pages.keep()
    return render_template("signing/privacy.html", text=legal_text("privacy", lang), campaign=campaign())


@blueprint.get("/<lang:lang>/imprint")
def imprint(lang: str) -> ResponseReturnValue:
    """Say who is responsible."""
    finished_pages.keep()
    return render_template("signing/imprint.html", text=legal_text("imprint", lang), campaign=campaign())


def _numbers(petition: PetitionRecord, lang: str, on: date | None) -> str:
    now = utc_now()
    shown: dict[str, Any]
    if on is None:
        shown = finished_pages.lately(
            ("numbers", petition.id, lang),
            lambda: {
                "statement": statement(petition.id, now=now),
                "breakdowns": public_breakdowns(petition.id, lang, now=now),
                "confirmation_rates": confirmation_rates(petition.id, now=now),
                "days": by_day(petition.id, now=now),
            },
        )
    else:
        past = statement(petition.id, now=now, on=on)
        shown = {"statement": past, "breakdowns": [], "confirmation_rates": [], "days": []}
    return render_template(
        "signing/numbers.html",
        petition=petition_page(petition, lang, people=shown["statement"].people, now=now),
        on=on,
        **shown,
    )


def _past_day(text: str) -> date:
    """Read a day of the past. Aborts with 404 for anything else: there is no statement to show."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        abort(404)
    if len(text) != 10 or day >= utc_day(utc_now()):
        abort(404)
    return day


def _as_json(petition: PetitionRecord, found: Statement, lang: str) -> dict[str, object]:
    return {
        "petition": petition.slug,
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "people": found.people,
        "mailboxes": found.mailboxes,
        "pending": found.pending,
        "withdrawn": found.withdrawn,
        "erased": found.erased,
        "invalidated": dict(found.invalidated),
        "restored": found.restored,
        "paper": found.paper,
        "endorsements": found.endorsements,
        "first_signed_on": found.first_on.isoformat() if found.first_on else None,
        "method": public_url(".numbers", lang=lang, slug=petition.slug, _anchor="method"),
    }
