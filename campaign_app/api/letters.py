"""Public letters and what became of them, as the API tells them. All of it comes through letters/public.py.

A letter that is confidential, under embargo, only to be checked, or that has not left, is not there: not in a list, not
in a number, not behind its reference, not as what another corrects. Nor is a reply that its office did not release.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..addresses import public_url
from ..bodies import queries as directory
from ..bodies.rules import in_language
from ..languages import LANGUAGES
from ..letters import public
from ..letters.frozen import Statement
from ..letters.models import Letter, LetterFile
from ..letters.public import LetterInList, LetterOnPage
from ..petitions.queries import PetitionRecord, public_petitions
from . import rules, shapes
from .paging import page_of
from .problems import Problem
from .words import in_each_language, only_ours, pages_of


def letter_list(petition: PetitionRecord | None, page: int, *, now: datetime) -> shapes.LetterList:
    """Return one page of the public letters, of all or of those with a petition's numbers. Raises Problem."""
    which = petition.id if petition else None
    total = public.count_sent(now=now, petition_id=which)
    pages = rules.pages_of(total, public.ON_A_PAGE)
    if page > pages:
        raise Problem("page-beyond-the-end", parameter="page")
    told = in_each_language(lambda lang: _by_reference(lang, page, which, now))
    slugs = {each.id: each.slug for each in public_petitions()}
    # One may come to be shown between two readings.
    first, *others = told.values()
    named = [name for name in first if all(name in each for each in others)]
    rows = [_summary({lang: told[lang][name] for lang in told}, slugs) for name in named]
    cut = rules.Cut(rows, page, pages, total, public.ON_A_PAGE)
    return {**page_of("api.letters", cut, petition=petition.slug if petition else None), "items": rows}


def letter(found: Letter, *, now: datetime) -> shapes.Letter:
    """Return all that is public of a letter. found: as `public.public_letter` gave it."""
    told = in_each_language(lambda lang: public.in_list(found, lang, now=now))
    pages = in_each_language(lambda lang: public.letter_page(found, lang, now=now))
    page = next(iter(pages.values()))
    return {
        **_summary(told, {each.id: each.slug for each in public_petitions()}),
        "issued_on": page.issued_on.isoformat(),
        "languages": list(page.frozen.languages),
        "subjects": {lang: text.subject for lang, text in page.frozen.texts.items()},
        "numbers": _numbers(page.frozen.statement) if page.frozen.statement else None,
        "files": [_file(each, page) for each in page.files],
        "replies": _replies(page, found.body_key),
        "corrects": [reference for reference, is_public in page.corrects.items() if is_public],
        "corrected_by": [reference for reference, is_public in page.corrected_by.items() if is_public],
    }


def _by_reference(lang: str, page: int, petition_id: int | None, now: datetime) -> dict[str, LetterInList]:
    found, _has_more = public.letters_sent(lang, now=now, petition_id=petition_id, page=page)
    return {each.reference: each for each in found}


def _summary(told: Mapping[str, LetterInList], slugs: Mapping[int, str]) -> shapes.LetterSummary:
    one = next(iter(told.values()))
    recipients = {lang: each.recipient.text for lang, each in told.items() if each.recipient}
    kind: Any = one.kind
    state: Any = one.state
    return {
        "reference": one.reference,
        "url": public_url("api.letter", reference=one.reference),
        "pages": pages_of("letters.letter", reference=one.reference),
        "kind": kind,
        "petition": slugs.get(one.petition_id or 0),
        "recipients": recipients or None,
        "sent_on": one.sent_on.isoformat(),
        "state": state,
        "standings": {lang: each.standing for lang, each in told.items()},
    }


def _numbers(stated: Statement) -> shapes.LetterNumbers:
    return {
        "as_of": stated.as_of,
        "people": stated.people,
        "mailboxes": stated.mailboxes,
        "pending": stated.pending,
        "withdrawn": stated.withdrawn,
        "erased": stated.erased,
        "taken_out": dict(stated.taken_out),
        "paper": stated.paper,
        "endorsements": stated.endorsements,
    }


def _file(file: LetterFile, page: LetterOnPage) -> shapes.LetterFile:
    # The same bytes in every language of the pages.
    lang = file.language if file.language in LANGUAGES else next(iter(LANGUAGES))
    address = public_url("letters.document", lang=lang, reference=page.reference, file_name=file.name)
    return {
        "language": file.language,
        "name": file.name,
        "media_type": file.media_type,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "url": None if page.has_names else address,
    }


def _replies(page: LetterOnPage, recipient: str) -> list[shapes.Reply]:
    offices = {each.key: each.names for each in directory.bodies()}
    found = []
    for reply in page.replies:
        kind: Any = reply.kind
        names = offices.get(reply.body_key or recipient, {})
        writers = {lang: in_language(names, lang) for lang in LANGUAGES} if names else {}
        found.append(
            shapes.Reply(
                kind=kind,
                received_on=reply.received_on.isoformat(),
                language=reply.language,
                text=reply.text,
                writers=only_ours(writers),
            )
        )
    return found
