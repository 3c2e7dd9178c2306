"""Petitions for systems that speak OSDI: read only.

A signature that another system posts for somebody would pass by the notice, the consent and the mailbox; so there is no
helper that writes, and no signature or person is given (docs/api.md).
"""

from datetime import datetime
from urllib.parse import urlsplit

from ..addresses import public_url
from ..campaign import campaign
from ..config import settings
from ..facts.queries import render_figures
from ..languages import LANGUAGES
from ..petitions.queries import PetitionRecord, public_petitions
from ..tally.queries import statement
from . import osdi_shapes as shapes
from . import rules
from .problems import Problem

VERSION = "1.2.0"
DOCS: shapes.Curie = {
    "name": "osdi",
    "href": "https://opensupporter.github.io/osdi-docs/{rel}.html",
    "templated": True,
}
SYSTEM = "nidaa"


def entry_point() -> shapes.OsdiEntryPoint:
    """Return OSDI's API entry point."""
    return {
        "motd": "Read only. People sign on our pages, where they read the notice and confirm by mail.",
        "max_pagesize": rules.ON_A_PAGE_OF_OSDI,
        "vendor_name": campaign().name("en"),
        "product_name": "Nidaa",
        "osdi_version": VERSION,
        "_links": {
            "curies": [DOCS],
            "self": {"href": public_url("api.osdi"), "title": "This entry point"},
            "osdi:petitions": {"href": public_url("api.osdi_petitions"), "title": "The petitions"},
            "docs": {"href": public_url("api.document"), "title": "All addresses, as OpenAPI"},
        },
    }


def collection(lang: str | None, page: int, *, now: datetime) -> shapes.OsdiPetitions:
    """Return one page of the petitions. lang: of the words, where there are some. Raises Problem."""
    try:
        cut = rules.cut(public_petitions(), page, on_a_page=rules.ON_A_PAGE_OF_OSDI)
    except rules.PageBeyondEnd:
        raise Problem("page-beyond-the-end", parameter="page") from None
    spoken = {"lang": lang} if lang else {}
    found = [petition(each, lang, now=now) for each in cut.items]
    links: shapes.OsdiListLinks = {
        "curies": [DOCS],
        "self": {"href": public_url("api.osdi_petitions", page=page, **spoken)},
        "osdi:petitions": [each["_links"]["self"] for each in found],
    }
    if page < cut.pages:
        links["next"] = {"href": public_url("api.osdi_petitions", page=page + 1, **spoken)}
    if page > 1:
        links["previous"] = {"href": public_url("api.osdi_petitions", page=page - 1, **spoken)}
    return {
        "total_pages": cut.pages,
        "per_page": cut.on_a_page,
        "page": cut.page,
        "total_records": cut.total,
        "_links": links,
        "_embedded": {"osdi:petitions": found},
    }


def petition(record: PetitionRecord, lang: str | None, *, now: datetime) -> shapes.OsdiPetition:
    """Return one petition in a language, or in its own where it is not translated."""
    text = record.text(lang or record.home_language)
    words = text.language
    found: shapes.OsdiPetition = {
        "identifiers": [f"{_system()}:{record.slug}"],
        "origin_system": campaign().name("en"),
        "name": record.slug,
        "title": text.title,
        "summary": text.summary,
        "description": str(render_figures(text.background, words)),
        "petition_text": str(render_figures(text.demand, words)),
        "browser_url": public_url("signing.petition", lang=words, slug=record.slug),
        "total_signatures": statement(record.id, now=now).people,
        "target": [{"name": names.get(words) or names[record.home_language]} for names in record.addressees],
        "_links": {
            "curies": [DOCS],
            "self": {"href": public_url("api.osdi_petition", slug=record.slug)},
            "alternate": [
                {"href": public_url("signing.petition", lang=each, slug=record.slug), "title": each}
                for each in LANGUAGES
            ],
        },
    }
    if record.opens_at:
        found["created_date"] = record.opens_at.isoformat()
    return found


def _system() -> str:
    """Return what tells this installation apart from others: its host, in the form of OSDI's system names."""
    host = urlsplit(settings().base_url).hostname or SYSTEM
    return f"{SYSTEM}_{host.replace('.', '_').replace('-', '_')}"
