"""oEmbed 1.0 (https://oembed.com): a site is given the address of a petition, and asks here what to show for it.

It gets the card, never the form: most sites put what they are given into a sandbox, where no form can be sent, and
anybody may paste an address. A link stands before the frame, for sites that take no frame.
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from .. import finished_pages
from ..addresses import public_url
from ..campaign import campaign
from ..config import settings
from ..languages import FIRST_LANGUAGE, LANGUAGES
from ..page_head import PICTURE_SIZE, petition_picture
from ..petitions.queries import public_petition
from ..petitions.rules import PetitionUnknown
from ..xml_text import for_xml
from .blueprint import blueprint
from .number_views import KEPT_SECONDS, for_every_site
from .rules import CARD_WIDTH, NotASide, card_height, side, source_of
from .snippets import Wish

FORMATS = {"json": "application/json", "xml": "text/xml"}
LONGEST_URL = 1_000
PETITION, FRAMES = "signing.petition", ("frames.card", "frames.form")
# The quotation bare, as WordPress looks for it: it hides it once the frame has spoken.
_HTML = Markup(
    '<blockquote><a href="{page}">{title}</a></blockquote>'
    '<iframe src="{card}" title="{title}" width="{width}" height="{height}" frameborder="0"></iframe>'
)


class Refused(Exception):
    """The question has no answer. status: 400 malformed, 404 not a petition of ours, 501 a format we do not write."""

    def __init__(self, status: int, why: str) -> None:
        """Keep what is told to whoever asked."""
        super().__init__(why)
        self.status = status
        self.why = why


@blueprint.get("/oembed")
def oembed() -> ResponseReturnValue:
    """Say what to show for the address of a petition."""
    try:
        kind = _format()
        answer = _answer(_petition_meant(request.args.get("url", "")))
    except Refused as refused:
        said = Response(json.dumps({"error": refused.why}), refused.status, mimetype="application/json")
        return for_every_site(said)
    finished_pages.keep(KEPT_SECONDS)
    body = json.dumps(answer, ensure_ascii=False) if kind == "json" else _as_xml(answer)
    return for_every_site(Response(body, mimetype=FORMATS[kind]))


def _format() -> str:
    kind = request.args.get("format", "json")
    if kind not in FORMATS:
        raise Refused(501, "the formats are json and xml")
    return kind


def _petition_meant(url: str) -> Wish:
    """Return the card of the petition that an address leads to: its page, or a frame of it. Raises Refused."""
    if not url or len(url) > LONGEST_URL:
        raise Refused(400, "url must be the address of a petition on this site")
    unknown = Refused(404, "there is no petition of this site at that address")
    try:
        parts = urlsplit(url)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    except ValueError:
        raise unknown from None
    # Hosts are the same in either case; whatever else a place holds, such as a user, is none of ours.
    if f"{parts.scheme}://{parts.netloc}".lower() != settings().base_url.lower():
        raise unknown
    try:
        endpoint, values = current_app.url_map.bind("").match(parts.path.removesuffix("/"))
        petition = public_petition(values.get("slug", "")) if endpoint in (PETITION, *FRAMES) else None
    except (HTTPException, PetitionUnknown):
        raise unknown from None
    if petition is None:
        raise unknown
    lang = values.get("lang") or asked.get("lang", "")
    lang = g.lang = lang if lang in LANGUAGES else FIRST_LANGUAGE
    words = petition.text(lang).title
    return Wish(slug=petition.slug, words=words, lang=lang, source=source_of(asked.get("s", "")))


def _answer(card: Wish) -> dict[str, Any]:
    """Return the answer, by the names of the specification. Raises Refused for sides that no screen has."""
    try:
        width = side(request.args.get("maxwidth", ""), CARD_WIDTH)
        height = side(request.args.get("maxheight", ""), card_height(width))
    except NotASide:
        raise Refused(400, "maxwidth and maxheight must be whole numbers from 1 to 10000") from None
    frame = settings().base_url + card.frame
    html = _HTML.format(page=card.page, title=card.words, card=frame, width=width, height=height)
    return {
        "version": "1.0",
        "type": "rich",
        "title": card.words,
        "provider_name": campaign().name(card.lang),
        "provider_url": public_url("signing.home", lang=card.lang),
        "cache_age": KEPT_SECONDS,
        "thumbnail_url": settings().base_url + petition_picture(card.slug),
        "thumbnail_width": PICTURE_SIZE[0],
        "thumbnail_height": PICTURE_SIZE[1],
        "html": str(html),
        "width": width,
        "height": height,
    }


def _as_xml(answer: dict[str, Any]) -> bytes:
    root = ElementTree.Element("oembed")
    for name, value in answer.items():
        ElementTree.SubElement(root, name).text = for_xml(str(value))
    found: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return found
