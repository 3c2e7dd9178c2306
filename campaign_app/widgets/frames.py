"""The frame that a request is about: whose it is, who may frame it, its language and its look.

Everything comes from the address, so an answer is the same for everyone who asks for it. Nothing of the page around
the frame is read, and nothing is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, g, request
from markupsafe import Markup
from sqlalchemy.exc import OperationalError

from ..config import settings
from ..extensions import db
from ..languages import LANGUAGES
from ..partners.queries import PartnerRecord, active_partners
from ..security_headers import allow
from ..signing.places import Place
from .blueprint import language_asked
from .rules import NOBODY, Look, anybody, frame_ancestors, look_of, source_of

blueprint = Blueprint("frames", __name__, url_prefix="/embed")
LAST_KNOWN = "nidaa_partners_last_known"
STAYS = Markup(' target="_self"')


@dataclass(frozen=True)
class Frame:
    """A frame as its address describes it. source: a partner's code or "", whether or not it is known."""

    source: str
    partner: PartnerRecord | None
    lang: str
    look: Look

    @property
    def asked(self) -> Mapping[str, Any]:
        """Return what an address needs so that the next page in the frame looks the same and is the same partner's."""
        return {"s": self.source or None, "lang": self.lang, **self.look.parameters}


def current_frame() -> Frame:
    """Return the frame of this request."""
    found: Frame = g.frame
    return found


def in_frame(slug: str) -> Place:
    """Return the place of the form in this frame."""
    return Place(
        template="widgets/form.html",
        page="frames.form",
        sign="frames.sign",
        inbox="frames.inbox",
        address={"slug": slug, **current_frame().asked},
        path="embed",
    )


@blueprint.url_value_preprocessor
def _read_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Take the language from the address, before anything asks what the browser prefers."""
    g.lang = language_asked()


@blueprint.before_request
def _open() -> None:
    """Find whose frame it is and who may frame it. Runs once the body is read: it may ask the database."""
    source = source_of(request.args.get("s", ""))
    partner = partners_by_code().get(source)
    if request.args.get("lang", "") not in LANGUAGES and partner and partner.language in LANGUAGES:
        g.lang = partner.language
    look = look_of(request.args.get("theme", ""), request.args.get("accent", ""))
    g.frame = Frame(source, partner, g.lang, look)
    allow(frame_ancestors=_who_may_frame(partner))


@blueprint.after_request
def _let_be_shown(response: Response) -> Response:
    """Let also what was refused before its frame was known, such as too long a body, be shown in it."""
    if "frame" not in g:
        _open()
    return response


@blueprint.context_processor
def _in_a_frame() -> dict[str, Any]:
    """Let every page of this blueprint, also one of an error, be drawn for a frame."""
    frame: Frame | None = g.get("frame")
    return {
        "layout": "layout/embed.html",
        "is_framed": True,
        "stays": STAYS,
        "look": frame.look.classes if frame else "",
        "partner": frame.partner if frame else None,
        "is_preview": request.endpoint == "frames.preview",
    }


def partners_by_code() -> Mapping[str, PartnerRecord]:
    """Return the active partners; while the database does not answer, those this process knew last.

    Or a form that could not be taken would come back in a page that its frame may not show, and what was typed with it.
    """
    try:
        found = active_partners()
    except OperationalError:
        db.session.rollback()
        known: Mapping[str, PartnerRecord] = current_app.extensions.get(LAST_KNOWN, {})
        return known
    current_app.extensions[LAST_KNOWN] = found
    return found


def _who_may_frame(partner: PartnerRecord | None) -> str:
    """Return who may frame the page of this request."""
    if request.endpoint == "frames.card":
        return anybody(may_be_http=not settings().is_production)
    if request.endpoint == "frames.preview":
        return "'self'"
    return frame_ancestors(partner.origins) if partner else NOBODY
