"""What a partner pastes: a plain link, and a script that turns it into a frame. The one place where it is written.

The script comes under a name with its own hash, and with the sum of its content for the browser to check (Subresource
Integrity): it can never change, so `static/widget/loader-1.js` is never edited once it was released. A change is
`loader-2.js`, and both stay: what a partner pasted works for years.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import current_app
from markupsafe import Markup

from ..addresses import public_url
from ..config import ROOT, settings
from ..languages import direction
from ..templating import link
from .rules import ALONE, RESERVED, SIZES, look_of, source_of

LOADER = "widget/loader-1.js"
BADGE_HEIGHT = 32  # pixels, as badge.svg has it

_LINK = Markup(
    '<a lang="{lang}" dir="{dir}" href="{page}" data-nidaa="{frame}" data-height="{height}">{words}</a>'
)
_SCRIPT = Markup('<script defer src="{src}" integrity="{integrity}" crossorigin="anonymous"></script>')
_FRAME = Markup(
    '<iframe src="{frame}" title="{words}" width="100%" height="{height}" style="border:0" loading="lazy"'
    ' referrerpolicy="no-referrer"></iframe>'
)
_BADGE = Markup(
    '<a href="{page}"><img src="{badge}" alt="{words}" height="{height}" referrerpolicy="no-referrer"></a>'
)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody chose for their site. Whatever is no preset becomes the default.

    size: "card", which any site may carry, or "full", the form, which only the sites of `source` may. source: a
    partner's code, "" for none. words: of the link, such as the petition's title.
    """

    slug: str
    words: str
    lang: str
    size: str = "card"
    source: str = ""
    theme: str = "auto"
    accent: str = "petrol"

    @property
    def frame(self) -> str:
        """Return the path of the frame."""
        endpoint = "frames.form" if self._size == "full" else "frames.card"
        look = look_of(self.theme, self.accent)
        return link(endpoint, slug=self.slug, **self._source, lang=self.lang, **look.parameters)

    @property
    def page(self) -> str:
        """Return the address of the petition's own page, where the link leads."""
        return public_url("signing.petition", lang=self.lang, slug=self.slug, **self._source)

    @property
    def height(self) -> int:
        """Return the pixels that are reserved before the frame says its own height."""
        return RESERVED[self._size]

    @property
    def height_alone(self) -> int:
        """Return the pixels of a frame that no script can make higher."""
        return ALONE[self._size]

    @property
    def _size(self) -> str:
        return self.size if self.size in SIZES else SIZES[0]

    @property
    def _source(self) -> dict[str, Any]:
        return {"s": source_of(self.source) or None}


def snippet(wish: Wish) -> str:
    """Return the HTML to paste: the link works without the script, and the script keeps it where no frame comes."""
    shown = _LINK.format(
        lang=wish.lang,
        dir=direction(wish.lang),
        page=wish.page,
        frame=wish.frame,
        height=wish.height,
        words=wish.words,
    )
    script = _SCRIPT.format(src=_absolute(LOADER), integrity=integrity(LOADER))
    return f"{shown}\n{script}"


def plain_link(wish: Wish) -> str:
    """Return a link alone, for newsletters and wherever no script and no frame is wanted."""
    shown = Markup('<a lang="{}" dir="{}" href="{}">{}</a>')
    return str(shown.format(wish.lang, direction(wish.lang), wish.page, wish.words))


def badge(wish: Wish) -> str:
    """Return a small picture with the number, which leads to the petition."""
    picture = public_url("widgets.badge", slug=wish.slug, lang=wish.lang)
    return str(_BADGE.format(page=wish.page, badge=picture, words=wish.words, height=BADGE_HEIGHT))


def plain_frame(wish: Wish) -> str:
    """Return the frame alone, of a fixed height, for sites that take no script; a link stands before it."""
    frame = _FRAME.format(frame=settings().base_url + wish.frame, words=wish.words, height=wish.height_alone)
    return f"{plain_link(wish)}\n{frame}"


def integrity(name: str) -> str:
    """Return the sum of a static file as browsers check it."""
    return _sum(name)


@cache
def _sum(name: str) -> str:
    digest = hashlib.sha384((ROOT / "static" / name).read_bytes()).digest()
    return "sha384-" + base64.b64encode(digest).decode()


def _absolute(name: str) -> str:
    url: str = current_app.jinja_env.globals["static_url"](name)  # type: ignore[operator]
    return settings().base_url + url
