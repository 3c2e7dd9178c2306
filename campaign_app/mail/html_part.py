"""What the HTML part of a mail leads to and what it loads."""

import re
from html.parser import HTMLParser
from typing import NamedTuple

STYLE_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)", re.IGNORECASE)
LOADING_TAGS = frozenset(
    {
        "img",
        "picture",
        "source",
        "video",
        "audio",
        "embed",
        "object",
        "iframe",
        "link",
        "script",
        "image",
        "input",
    }
)
LOADING_ATTRIBUTES = ("src", "srcset", "data", "poster", "background", "href", "xlink:href")
INVISIBLE = frozenset({"0", "1", "2", "0px", "1px", "2px"})


class Added(NamedTuple):
    """Something in the HTML part that loads, and so tells that the mail was opened."""

    tag: str
    address: str
    is_invisible: bool


class HtmlPart(HTMLParser):
    """The links of an HTML part, and everything in it that loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loading: list[Added] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link or something that loads."""
        values = {name: (value or "").strip() for name, value in attrs}
        if tag in ("a", "area", "form"):
            self.links += [values[name] for name in ("href", "action") if values.get(name)]
        addresses = [values[name] for name in LOADING_ATTRIBUTES if values.get(name) and tag in LOADING_TAGS]
        addresses += [values["background"]] if values.get("background") and tag not in LOADING_TAGS else []
        addresses += STYLE_URL.findall(values.get("style", ""))
        is_invisible = bool({values.get("width"), values.get("height")} & INVISIBLE) or bool(
            re.search(r"display:\s*none|(?:width|height):\s*[012](?:px)?\s*(?:;|$)", values.get("style", ""))
        )
        self.loading += [Added(tag, address, is_invisible) for address in addresses]

    def handle_data(self, data: str) -> None:
        """Note what a style sheet loads."""
        self.loading += [Added("style", address, False) for address in STYLE_URL.findall(data)]
