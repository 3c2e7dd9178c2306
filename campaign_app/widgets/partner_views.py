"""A partner's own page behind a private link, without an account; and the same choice of a card for everybody.

The partner reads what everybody may read of the people who came through its code, never who they are. The address
holds a secret: no copy of the page is kept, and no path leaves in a Referer.
"""

from datetime import date, datetime
from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from ..clock import utc_now
from ..languages import LANGUAGES, format_day, format_number
from ..partners.models import Partner
from ..partners.queries import partner_by_link
from ..partners.rules import ACTIVE
from ..petitions.queries import PetitionRecord, public_petition, public_petitions
from ..security_headers import allow
from ..tally.breakdowns import published_days
from .blueprint import blueprint
from .picking import ACCENT_NAMES, SIZE_NAMES, THEME_NAMES, Picked, picked

CARD_ONLY = ("card",)
FULL_FIRST = ("full", "card")


@blueprint.get("/<lang:lang>/partners/<token>")
def partner_page(lang: str, token: str) -> ResponseReturnValue:
    """Show a partner its numbers, and let it pick what its site shall show."""
    partner = partner_by_link(token)
    if partner is None:
        return render_template("widgets/no_partner.html"), 404
    allow(token_in_address=True, shows_frames=True)
    now, petitions = utc_now(), _on_offer()
    choice = None
    if petitions and partner.state == ACTIVE:
        sizes = FULL_FIRST if partner.origins else CARD_ONLY
        choice = picked(
            request.args, petitions, lang=_language_of(partner, lang), source=partner.code, sizes=sizes
        )
    return render_template(
        "widgets/partner.html",
        partner=partner,
        token=token,
        numbers=[(each.text(lang).title, *_numbers(each, partner, now)) for each in petitions],
        **_choices(choice, petitions, SIZE_NAMES if partner.origins else {}, lang),
    )


@blueprint.get("/<lang:lang>/embed-this/<slug>")
def embed_this(lang: str, slug: str) -> ResponseReturnValue:
    """Let anybody pick a card of a petition: title, number and a button, which any site may show."""
    petition = public_petition(slug)
    if petition.state == "withdrawn":
        abort(404)
    allow(shows_frames=True)
    choice = picked(request.args, [petition], lang=lang, sizes=CARD_ONLY)
    return render_template(
        "widgets/embed_this.html",
        petition=petition,
        title=petition.text(lang).title,
        **_choices(choice, [petition], {}, lang),
    )


def _choices(
    choice: Picked | None, petitions: list[PetitionRecord], sizes: dict[str, Any], lang: str
) -> dict[str, Any]:
    """Return what the picker is drawn from. sizes: code → name, where there is more than one."""
    return {
        "choice": choice,
        "offered": [(each.slug, each.text(lang).title) for each in petitions],
        "size_names": sizes,
        "theme_names": THEME_NAMES,
        "accent_names": ACCENT_NAMES,
        "language_names": [(code, language.name) for code, language in LANGUAGES.items()],
    }


def _on_offer() -> list[PetitionRecord]:
    """Return the petitions that a site may show, those that can be signed first."""
    now = utc_now()
    found = [each for each in public_petitions() if each.state != "withdrawn"]
    return sorted(found, key=lambda each: not each.is_accepting(now))


def _language_of(partner: Partner, lang: str) -> str:
    return partner.language if partner.language in LANGUAGES else lang


def _numbers(
    petition: PetitionRecord, partner: Partner, now: datetime
) -> tuple[date | None, int | None, list[tuple[str, str]]]:
    """Return (day, people, rows of earlier days) of those who came through a partner's code, as published."""
    days = published_days(petition.id, "source", partner.code, now=now)
    on, people = days[0] if days else (None, None)
    earlier = [(format_day(day), format_number(number) if number else "–") for day, number in days[1:]]
    return on, people, earlier if any(number for _day, number in days[1:]) else []
