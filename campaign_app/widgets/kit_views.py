"""The partner kit: one page that says what to paste where, what a site must allow for it, and what it learns."""

from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from .. import finished_pages
from ..addresses import public_url
from ..clock import utc_now
from ..config import settings
from ..petitions.queries import PetitionRecord, public_petitions
from . import snippets
from .blueprint import blueprint


@blueprint.get("/<lang:lang>/partner-kit")
def partner_kit(lang: str) -> ResponseReturnValue:
    """Show how to carry a petition on another site."""
    finished_pages.keep()
    now = utc_now()
    return render_template(
        "widgets/partner_kit.html",
        carried=[_carried(each, lang) for each in public_petitions() if each.is_accepting(now)],
        origin=settings().base_url,
        scripts=settings().base_url + "/static/widget/",
    )


def _carried(petition: PetitionRecord, lang: str) -> dict[str, Any]:
    """Return what to paste for one petition, in the language of the page."""
    text = petition.text(lang)
    wish = snippets.Wish(slug=petition.slug, words=text.title, lang=lang)
    return {
        "slug": petition.slug,
        "title": text.title,
        "lang": text.language,
        "page": wish.page,
        "picture": public_url("sharing.share_picture", slug=petition.slug, language=lang),
        "card": snippets.snippet(wish),
        "frame": snippets.plain_frame(wish),
        "badge": snippets.badge(wish),
        "link": snippets.plain_link(wish),
    }
