"""What happened, the latest first, as Atom (RFC 4287) and JSON Feed 1.1 have it; the same entries in both.

An entry is a piece of news of a petition, or a reply to a public letter that its office let us publish. Each is dated
by its day, never by an hour. An entry's id never changes: readers know by it what they have seen.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _
from markupsafe import Markup

from ..addresses import public_url
from ..campaign import campaign
from ..config import settings
from ..languages import direction
from ..letters.public import ReplyTold, replies_told
from ..petitions.queries import PetitionRecord, UpdateRecord, public_petitions
from ..rich_text import render_markdown
from ..xml_text import for_xml

LATEST = 40  # entries in a feed
ATOM = "application/atom+xml"
JSON_FEED = "application/feed+json"
ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"
JSON_FEED_VERSION = "https://jsonfeed.org/version/1.1"
FIRST_DAY = date(
    2026, 1, 1
)  # of a feed without entries, and of the names that the ids are made under (RFC 4151)
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class Entry:
    """One thing that happened. id: a tag URI. lang: of its words. html: clean."""

    id: str
    on: date
    title: str
    lang: str
    html: Markup
    url: str
    about: str


def entries(lang: str, *, now: datetime) -> list[Entry]:
    """Return the latest entries in a language, or in another where they have no words in it."""
    found = [
        _of_news(petition, update, lang) for petition in public_petitions() for update in petition.updates
    ]
    found += [_of_reply(each, lang) for each in replies_told(lang, now=now, at_most=LATEST)]
    return sorted(found, key=lambda each: (each.on, each.id), reverse=True)[:LATEST]


def atom(found: Sequence[Entry], lang: str) -> bytes:
    """Return the entries as an Atom document."""
    ET.register_namespace("", ATOM_NAMESPACE)
    feed = ET.Element(_tag("feed"), {_XML_LANG: lang})
    _add(feed, "id", _id(f"updates/{lang}"))
    _add(feed, "title", title(lang))
    _add(feed, "subtitle", campaign().text("about", lang))
    _add(feed, "updated", _midnight(max((each.on for each in found), default=FIRST_DAY)))
    _add(feed, "link", rel="self", type=ATOM, href=public_url("feeds.atom", lang=lang))
    _add(feed, "link", rel="alternate", type="text/html", href=public_url("signing.home", lang=lang))
    _add(_add(feed, "author"), "name", campaign().name(lang))
    for each in found:
        entry = _add(feed, "entry")
        entry.set(_XML_LANG, each.lang)
        _add(entry, "id", each.id)
        _add(entry, "title", each.title)
        _add(entry, "published", _midnight(each.on))
        _add(entry, "updated", _midnight(each.on))
        _add(entry, "link", rel="alternate", type="text/html", href=each.url)
        _add(entry, "category", term=each.about)
        _add(entry, "content", _turned(each), type="html")
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def json_feed(found: Sequence[Entry], lang: str) -> dict[str, Any]:
    """Return the entries as a JSON Feed."""
    return {
        "version": JSON_FEED_VERSION,
        "title": title(lang),
        "description": campaign().text("about", lang),
        "language": lang,
        "home_page_url": public_url("signing.home", lang=lang),
        "feed_url": public_url("feeds.json_feed", lang=lang),
        "authors": [{"name": campaign().name(lang), "url": public_url("signing.imprint", lang=lang)}],
        "items": [
            {
                "id": each.id,
                "url": each.url,
                "title": each.title,
                "content_html": _turned(each),
                "date_published": _midnight(each.on),
                "language": each.lang,
                "tags": [each.about],
            }
            for each in found
        ],
    }


def title(lang: str) -> str:
    """Return what the feeds of a language are called."""
    return str(_("News of %(campaign)s", campaign=campaign().short_name(lang)))


def _of_news(petition: PetitionRecord, update: UpdateRecord, lang: str) -> Entry:
    told = lang if lang in update.texts else petition.home_language
    words = update.texts[told]
    return Entry(
        id=_id(f"petitions/{petition.slug}/news/{update.id}"),
        on=update.published_on,
        title=words["title"],
        lang=told,
        html=render_markdown(words["body"]),
        url=public_url("signing.petition", lang=lang, slug=petition.slug),
        about=petition.slug,
    )


def _of_reply(reply: ReplyTold, lang: str) -> Entry:
    lines = [line for line in reply.text.splitlines() if line.strip()]
    quoted = Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)
    html = Markup('<blockquote lang="{}" dir="auto">{}</blockquote><p>{}</p>').format(
        reply.language, quoted, _("Published with the consent of the office that wrote it.")
    )
    return Entry(
        id=_id(f"letters/{reply.reference}/replies/{reply.number}"),
        on=reply.received_on,
        title=_(
            "A reply to letter %(reference)s from %(office)s", reference=reply.reference, office=reply.writer
        )
        if reply.writer
        else _("A reply to letter %(reference)s", reference=reply.reference),
        lang=lang,
        html=html,
        url=public_url("letters.letter", lang=lang, reference=reply.reference),
        about=reply.reference,
    )


def _turned(entry: Entry) -> str:
    """Return an entry's HTML with its direction, for which feeds have no word."""
    turned = Markup('<div lang="{}" dir="{}">{}</div>').format(entry.lang, direction(entry.lang), entry.html)
    return for_xml(turned)


def _id(path: str) -> str:
    host = urlsplit(settings().base_url).hostname or "localhost"
    return f"tag:{host},{FIRST_DAY.isoformat()}:{path}"


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), UTC).isoformat()


def _tag(name: str) -> str:
    return f"{{{ATOM_NAMESPACE}}}{name}"


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    found = ET.SubElement(parent, _tag(name), attributes)
    found.text = for_xml(text) if text else None
    return found
