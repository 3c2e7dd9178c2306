"""What somebody picks for their site, read from an address: anything that is no choice becomes the default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import lazy_gettext as _l

from ..languages import LANGUAGES
from ..petitions.queries import PetitionRecord
from .rules import ACCENTS, SIZES, THEMES
from .snippets import Wish, plain_frame, plain_link, snippet

THEME_NAMES = {
    "auto": _l("As the reader's device has it"),
    "light": _l("Light"),
    "dark": _l("Dark"),
}
ACCENT_NAMES = {
    "petrol": _l("Petrol"),
    "ochre": _l("Ochre"),
    "green": _l("Green"),
    "violet": _l("Violet"),
    "ink": _l("Ink"),
}
SIZE_NAMES = {
    "full": _l("The whole form: people sign on your site"),
    "card": _l("A card: title, number and a button that opens the petition"),
}


@dataclass(frozen=True)
class Picked:
    """What was picked, and what comes of it. preview: the path of what the frame will show."""

    wish: Wish
    petition: PetitionRecord

    @property
    def snippet(self) -> str:
        """Return what to paste."""
        return snippet(self.wish)

    @property
    def frame_alone(self) -> str:
        """Return what to paste where no script is taken."""
        return plain_frame(self.wish)

    @property
    def link_alone(self) -> str:
        """Return what to paste into a newsletter."""
        return plain_link(self.wish)

    @property
    def preview(self) -> str:
        """Return the path of the frame as it will look; the form in it takes nothing."""
        look = self.wish
        return url_for(
            "frames.preview" if look.size == "full" else "frames.card",
            slug=look.slug,
            s=look.source or None,
            lang=look.lang,
            theme=look.theme,
            accent=look.accent,
        )


def picked(
    asked: Mapping[str, str],
    petitions: Sequence[PetitionRecord],
    *,
    lang: str,
    source: str = "",
    sizes: Sequence[str] = SIZES,
) -> Picked:
    """Return what an address picks. petitions: at least one. sizes: those on offer, the usual one first."""
    petition = next((each for each in petitions if each.slug == asked.get("petition")), petitions[0])
    spoken = _one_of(LANGUAGES, asked.get("language"), lang)
    wish = Wish(
        slug=petition.slug,
        words=petition.text(spoken).title,
        lang=spoken,
        size=_one_of(sizes, asked.get("size"), sizes[0]),
        source=source,
        theme=_one_of(THEMES, asked.get("theme"), THEMES[0]),
        accent=_one_of(ACCENTS, asked.get("accent"), ACCENTS[0]),
    )
    return Picked(wish, petition)


def _one_of(known: Sequence[str] | Mapping[str, object], asked: str | None, usual: str) -> str:
    return asked if asked is not None and asked in known else usual
