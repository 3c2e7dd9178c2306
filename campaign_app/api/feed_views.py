"""The feeds of news, an address for each language."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from .. import finished_pages
from ..clock import utc_now
from . import feeds
from .declared import answer
from .problems import OPEN_TO_ALL

blueprint = Blueprint("feeds", __name__)


@blueprint.get("/<lang:lang>/updates.atom")
def atom(lang: str) -> ResponseReturnValue:
    """Give the news as Atom."""
    body = feeds.atom(feeds.entries(lang, now=utc_now()), lang)
    finished_pages.keep(says=body.decode())
    return Response(body, content_type=f"{feeds.ATOM}; charset=utf-8")


@blueprint.get("/<lang:lang>/updates.json")
def json_feed(lang: str) -> ResponseReturnValue:
    """Give the news as JSON Feed."""
    now = utc_now()
    found = feeds.json_feed(feeds.entries(lang, now=now), lang)
    return answer(found, media_type=feeds.JSON_FEED, now=now)


@blueprint.after_request
def _open_to_all(response: Response) -> Response:
    """Let the scripts of every site read them."""
    response.headers.set(*OPEN_TO_ALL)
    return response
