"""The share set of a petition: plain links; nothing contacts a third party before a tap."""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import NamedTuple
from urllib.parse import quote, urlencode

import segno
from flask_babel import gettext as _
from markupsafe import Markup


class ShareLink(NamedTuple):
    """One service. `source` is the coarse code that its address carries."""

    service: str
    label: str
    href: str


@dataclass(frozen=True)
class ShareSet:
    """What a page offers to share. url: the petition in this language; text: a line that names it."""

    url: str
    text: str
    links: tuple[ShareLink, ...]
    qr_svg: Markup


def share_set(*, petition_url: str, title: str) -> ShareSet:
    """Return the links for one petition page.

    petition_url: absolute, without a query; each service gets its own `?s=` so that sources can be counted.
    """

    def at(source: str) -> str:
        return f"{petition_url}?s={source}"

    def line(source: str) -> str:
        return quote(f"{title}\n{at(source)}", safe="")

    links = (
        ShareLink("whatsapp", _("WhatsApp"), f"https://wa.me/?text={line('wa')}"),
        ShareLink(
            "telegram", _("Telegram"), f"https://t.me/share/url?{urlencode({'url': at('tg'), 'text': title})}"
        ),
        ShareLink(
            "facebook",
            _("Facebook"),
            f"https://www.facebook.com/sharer/sharer.php?{urlencode({'u': at('fb')})}",
        ),
        ShareLink("x", _("X"), f"https://x.com/intent/post?{urlencode({'url': at('x'), 'text': title})}"),
        ShareLink("mail", _("E-mail"), f"mailto:?subject={quote(title, safe='')}&body={line('mail')}"),
    )
    return ShareSet(petition_url, title, links, _qr(at("qr")))


@lru_cache(maxsize=256)
def _qr(address: str) -> Markup:
    """Return a QR code as inline SVG."""
    picture = BytesIO()
    segno.make(address, error="m").save(
        picture,
        kind="svg",
        scale=4,
        border=2,
        xmldecl=False,
        svgns=True,
        svgclass="qr",
        lineclass=None,
        omitsize=True,
    )
    return Markup(picture.getvalue().decode())  # noqa: S704 - made by segno from an address of ours
