"""What a page that carries a widget may choose, and what framing and measures follow: pure, knows no table."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

THEMES = ("auto", "light", "dark")
ACCENTS = ("petrol", "ochre", "green", "violet", "ink")
SIZES = ("card", "full")
SOURCE = re.compile(r"[a-z0-9_-]{1,32}\Z")

NOBODY = "'none'"
# Heights in pixels that a snippet reserves before its frame says its own: those of a column of usual width, rather too
# low than too high, since a frame never shrinks below them.
RESERVED = {"card": 300, "full": 1_400}
# Of a frame that nothing can make higher: all of the card on a phone, and a form that scrolls.
ALONE = {"card": 480, "full": 1_400}
CARD_WIDTH, CARD_HEIGHT = 600, 340
NARROW = 480  # below it a card needs the height that it needs on a phone
LEAST_SIDE, LARGEST_SIDE = 1, 10_000


class NotASide(ValueError):
    """A width or height is no whole number of pixels that a screen could have."""


@dataclass(frozen=True)
class Look:
    """How a frame looks. Both are among the presets: every accent keeps its contrast in every theme."""

    theme: str
    accent: str

    @property
    def classes(self) -> str:
        """Return the classes of <html>; of what is the default, none."""
        chosen = (
            f"theme-{self.theme}" if self.theme != THEMES[0] else "",
            f"accent-{self.accent}" if self.accent != ACCENTS[0] else "",
        )
        return " ".join(filter(None, chosen))

    @property
    def parameters(self) -> dict[str, str | None]:
        """Return both as an address gives them; None for what is the default."""
        return {
            "theme": self.theme if self.theme != THEMES[0] else None,
            "accent": self.accent if self.accent != ACCENTS[0] else None,
        }


def look_of(theme: str, accent: str) -> Look:
    """Return the look that was asked for; whatever is no preset becomes the default."""
    return Look(theme if theme in THEMES else THEMES[0], accent if accent in ACCENTS else ACCENTS[0])


def source_of(text: str) -> str:
    """Return a partner's code as the address has it, or nothing where it is none."""
    return text if SOURCE.match(text) else ""


def frame_ancestors(origins: Iterable[str]) -> str:
    """Return the sources of a policy that lets exactly these origins frame a page, and nobody where there are none.

    origins: scheme, host and port each, as partners.rules.origin_of writes them.
    """
    return " ".join(origins) or NOBODY


def anybody(*, may_be_http: bool) -> str:
    """Return the sources of a policy that lets every https site frame a page. may_be_http: never in production."""
    return "https: http:" if may_be_http else "https:"


def card_height(width: int) -> int:
    """Return the pixels that a card needs at a width."""
    return CARD_HEIGHT if width >= NARROW else ALONE["card"]


def side(text: str, usual: int) -> int:
    """Return a width or height of at most what is asked, or the usual one where nothing is asked or more.

    text: of maxwidth or maxheight, "" where it is not given. Raises NotASide.
    """
    if not text:
        return usual
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST_SIDE))):
        raise NotASide
    if not LEAST_SIDE <= int(text) <= LARGEST_SIDE:
        raise NotASide
    return min(usual, int(text))
