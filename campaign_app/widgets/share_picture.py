"""The picture that goes with a shared link: a petition's title, its count and the day of it, who asks. Makes it, keeps
nothing; knows no request.

It exists in every language of letters, also in those that no page exists in: messengers ask for what the link says.
"""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

from ..campaign import campaign
from ..clock import utc_day
from ..config import settings
from ..formats import language_name
from ..languages import LANGUAGES, format_day, format_number
from ..letters.documents import typesetting
from ..letters.documents.characters import Cleaner
from ..letters.documents.writing import Writer, language
from ..letters.titles import translated_title
from ..letters.words import Words, load
from ..petitions.queries import PetitionRecord

WIDTH, HEIGHT = 1200, 630  # pixels, as Open Graph's readers crop it
TEMPLATES = Path(__file__).resolve().parent / "typst"
WORDS = "sharing/words.toml"
ONE_PIXEL_A_POINT = 72
PAPER = "FBFAF7"
# The colours of share.typ, each with how many steps to it from the paper stand at the edges of letters.
COLOURS = {"1B2326": 20, "14505C": 20, "8A5A00": 10, "4F5B60": 10, "C9CFCC": 2}
CAMPAIGN = ""  # the state of what is no petition
PACKING = 3  # 6 takes twice as long to save a sixth


@dataclass(frozen=True)
class Shown:
    """What a picture shows, in words. title_language: of the title, which need not be the picture's.

    state: a key of content/sharing/words.toml. on: the UTC day of the count.
    """

    language: str
    title: str
    title_language: str
    state: str
    people: int
    on: date

    @property
    def steady(self) -> dict[str, Any]:
        """Return what is drawn anew at once when it changes: all but the count and its day."""
        words = {name: value for name, value in asdict(self).items() if name not in ("people", "on")}
        return words | {"site": settings().base_url, "arabic_digits": settings().arabic_digits}


def shown(petition: PetitionRecord, lang: str, *, people: int, now: datetime) -> Shown:
    """Return what the picture of a petition shows now in a language of letters. people: as its statement says."""
    title, title_language = _title(petition, lang)
    state = petition.state if petition.state != "open" or petition.is_accepting(now) else "not-open"
    return Shown(lang, title, title_language, state, people, utc_day(now))


def of_campaign(lang: str, now: datetime) -> Shown:
    """Return what the picture of the campaign itself shows in a language of pages."""
    return Shown(lang, campaign().text("about", lang), lang, CAMPAIGN, 0, utc_day(now))


def picture(what: Shown) -> bytes:
    """Return the picture as PNG of few colours, a third of the bytes. Raises typesetting.NotMade."""
    drawn = typesetting.png(paper(what), templates=TEMPLATES, pixels_per_inch=ONE_PIXEL_A_POINT)
    packed = BytesIO()
    with Image.open(BytesIO(drawn)) as every_colour:
        few = every_colour.convert("RGB").quantize(palette=_palette(), dither=Image.Dither.NONE)
        few.save(packed, "PNG", compress_level=PACKING)
    return packed.getvalue()


def paper(what: Shown) -> dict[str, Any]:
    """Return a picture as values for share.typ."""
    words, lang = _words(), what.language
    writer = Writer(lang, Cleaner())
    its = Writer(what.title_language, writer.cleaner)
    note = ""
    if what.title_language != lang:
        note = words.say("title-in", lang, language=language_name(what.title_language, lang))
    return {
        **language(lang),
        "template": "share.typ",
        "campaign": writer.line(campaign().names.get(lang) or campaign().name("en")),
        "kind": _kind(what, words) if what.state else "",
        "is_open": what.state == "open",
        "title": its.runs(what.title),
        "title_look": language(what.title_language),
        "title_note": writer.runs(note),
        "count": _count(what, words) if what.state else ["", "", ""],
        "as_of": writer.runs(words.say("as-of", lang, day=format_day(what.on, lang))) if what.state else [],
        "site": urlsplit(settings().base_url).netloc,
    }


@cache
def _palette() -> Image.Image:
    """Return the colours that a picture may have. Looking for them in each picture would take ten times as long."""
    paper = bytes.fromhex(PAPER)
    mixed = list(paper)
    for colour, steps in COLOURS.items():
        full = bytes.fromhex(colour)
        for step in range(1, steps + 1):
            mixed += [round(a + (b - a) * step / steps) for a, b in zip(paper, full, strict=True)]
    palette = Image.new("P", (1, 1))
    palette.putpalette(mixed)
    return palette


def _kind(what: Shown, words: Words) -> str:
    """Return what it is and how it stands; an open petition without signers says that in place of the count."""
    kind = words.say("petition", what.language)
    return (
        kind
        if what.state == "open" and not what.people
        else f"{kind} · {words.say(what.state, what.language)}"
    )


def _count(what: Shown, words: Words) -> list[str]:
    """Return what stands before the number, the number, and what stands after it; where it is a word, that alone."""
    if not what.people and what.state == "open":
        return [words.say("open", what.language), "", ""]
    counted = words.count("signed", what.people, what.language)
    before, number, after = counted.partition(format_number(what.people, what.language))
    return [before, number, after]


def _title(petition: PetitionRecord, lang: str) -> tuple[str, str]:
    """Return a petition's title with its language: asked for, or translated for letters, or the petition's own."""
    if lang in petition.texts:
        return petition.texts[lang].title, lang
    english = petition.texts.get("en")
    translated = translated_title(petition.slug, lang, english.title) if english else None
    if translated:
        return translated, lang
    # English is read by more of those who read neither it nor the petition's own language.
    own = english if english and lang not in LANGUAGES else petition.text(lang)
    return own.title, own.language


def _words() -> Words:
    return load(settings().content_dir, settings().arabic_digits, WORDS)
