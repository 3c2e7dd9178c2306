"""The pages around the petitions: home, numbers, who is responsible and what is done with what is typed."""

from datetime import timedelta
from typing import Any

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from .. import finished_pages
from ..addresses import public_url
from ..campaign import campaign
from ..clock import utc_day, utc_now
from ..languages import preferred_language
from ..partners.queries import endorsements
from ..petitions.queries import PetitionRecord, public_petition
from ..tally.as_json import statement_as_json
from ..tally.breakdowns import public_breakdowns, reason_name
from ..tally.outside import Elsewhere, elsewhere
from ..tally.queries import by_day, statement
from ..tally.rules import Statement, fewest_still_counted
from .blueprint import blueprint
from .legal import legal_text
from .past_days import day_of, first_day_of
from .queries import petition_cards, petition_page
from .rates import confirmation_rates

DAY = timedelta(days=1)


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
    petition, now = public_petition(slug), utc_now()
    shown: dict[str, Any] = finished_pages.lately(
        ("numbers", petition.id, lang),
        lambda: {
            "statement": statement(petition.id, now=now),
            "breakdowns": public_breakdowns(petition.id, lang, now=now),
            "elsewhere": elsewhere(petition.id),
            "confirmation_rates": confirmation_rates(petition.id, now=now),
            "days": by_day(petition.id, now=now),
            "endorsements": endorsements(petition.id, on=utc_day(now)),
        },
    )
    yesterday = utc_day(now) - DAY
    return render_template(
        "signing/numbers.html",
        petition=petition_page(petition, lang, people=shown["statement"].people, now=now),
        day_before=yesterday if yesterday >= first_day_of(petition, shown["statement"]) else None,
        reason_name=reason_name,
        **shown,
    )


@blueprint.get("/<lang:lang>/petitions/<slug>/numbers/<day>")
def numbers_on(lang: str, slug: str, day: str) -> ResponseReturnValue:
    """Show the statement as it stood at the end of a past UTC day, and what is left of it."""
    petition, now = public_petition(slug), utc_now()
    on, today = day_of(day), utc_day(now)
    if on == today:
        return redirect(url_for(".numbers", lang=lang, slug=slug), 302)
    current = statement(petition.id, now=now)
    first_day = first_day_of(petition, current)
    if on is None or not first_day <= on < today:
        page = petition_page(petition, lang, people=0, now=now)
        return render_template("signing/no_numbers.html", petition=page), 404
    finished_pages.keep()
    then = statement(petition.id, now=now, on=on)
    return render_template(
        "signing/numbers.html",
        petition=petition_page(petition, lang, people=then.people, now=now),
        statement=then,
        on=on,
        endorsements=endorsements(petition.id, on=on),
        reason_name=reason_name,
        left=current.departures - then.departures,
        still_counted=fewest_still_counted(then, current),
        day_before=on - DAY if on > first_day else None,
        day_after=on + DAY if on + DAY < today else None,
    )


@blueprint.get("/<lang:lang>/petitions/<slug>/numbers.json")
def numbers_json(lang: str, slug: str) -> ResponseReturnValue:
    """Give the statement to machines; `?on=YYYY-MM-DD` for a past day."""
    petition, now = public_petition(slug), utc_now()
    current = statement(petition.id, now=now)
    asked = request.args.get("on", "")
    on = day_of(asked)
    if on == utc_day(now):
        answer = redirect(url_for(".numbers_json", lang=lang, slug=slug), 302)
    elif not asked:
        finished_pages.keep()
        totals = {"elsewhere": [_total(each) for each in elsewhere(petition.id)]}
        answer = jsonify(_as_json(petition, current, lang) | totals)
    elif on is None or not first_day_of(petition, current) <= on < utc_day(now):
        refusal = {"error": "there are no numbers for that day", "numbers": _address(petition, lang)}
        answer = jsonify(refusal)
        answer.status_code = 404
    else:
        then = statement(petition.id, now=now, on=on)
        left = {
            "left_since": current.departures - then.departures,
            "still_counted_at_least": fewest_still_counted(then, current),
        }
        answer = jsonify(_as_json(petition, then, lang) | left)
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


def _address(petition: PetitionRecord, lang: str) -> str:
    return public_url(".numbers", lang=lang, slug=petition.slug)


def _as_json(petition: PetitionRecord, found: Statement, lang: str) -> dict[str, object]:
    method = public_url(".numbers", lang=lang, slug=petition.slug, _anchor="method")
    return {"petition": petition.slug, **statement_as_json(found), "method": method}


def _total(found: Elsewhere) -> dict[str, object]:
    return {
        "name": found.name,
        "number": found.number,
        "as_of": found.as_of.isoformat(),
        "evidence": found.evidence,
        "sha256": found.sha256,
    }
