"""Petitions, their texts and their numbers, as the API tells them: nothing that the pages do not say."""

from datetime import date, datetime
from typing import Any

from ..addresses import public_url
from ..clock import utc_day
from ..facts.queries import SourceLine, render_figures, sources
from ..languages import LANGUAGES
from ..petitions.queries import PetitionRecord, TextRecord, UpdateRecord, public_petitions
from ..rich_text import render_markdown
from ..signing.past_days import first_day_of
from ..tally import outside
from ..tally.as_json import statement_as_json
from ..tally.breakdowns import label_of, public_breakdowns
from ..tally.queries import statement
from ..tally.rules import fewest_still_counted
from . import rules, shapes
from .paging import page_of
from .problems import Problem
from .words import in_each_language, pages_of


def petition_list(page: int, *, now: datetime) -> shapes.PetitionList:
    """Return one page of the petitions. Raises Problem."""
    try:
        cut = rules.cut(public_petitions(), page)
    except rules.PageBeyondEnd:
        raise Problem("page-beyond-the-end", parameter="page") from None
    items = [summary(each, now=now) for each in cut.items]
    return {**page_of("api.petitions", cut), "items": items}


def summary(petition: PetitionRecord, *, now: datetime) -> shapes.PetitionSummary:
    """Return a petition as lists show it."""
    numbers = statement(petition.id, now=now)
    return {
        "slug": petition.slug,
        "url": public_url("api.petition", slug=petition.slug),
        "pages": pages_of("signing.petition", slug=petition.slug),
        "state": _state(petition.state),
        "is_accepting": petition.is_accepting(now) and not petition.is_stopped,
        "titles": {lang: text.title for lang, text in petition.texts.items()},
        "summaries": {lang: text.summary for lang, text in petition.texts.items()},
        "home_language": petition.home_language,
        "opens_at": _moment(petition.opens_at),
        "closes_at": _moment(petition.closes_at),
        "closed_on": _day(petition.closed_on),
        "delivered_on": _day(petition.delivered_on),
        "answered_on": _day(petition.answered_on),
        "people": numbers.people,
        "as_of": now.isoformat(),
    }


def petition(record: PetitionRecord, *, now: datetime) -> shapes.Petition:
    """Return all there is about a petition but its texts and numbers, and where these lie."""
    slug = record.slug
    return {
        **summary(record, now=now),
        "addressees": [dict(names) for names in record.addressees],
        "goals": [{"threshold": each.threshold, "meanings": dict(each.meanings)} for each in record.goals],
        "news": [_news(each) for each in record.updates],
        "links": {
            "texts": public_url("api.texts", slug=slug),
            "statement": public_url("api.statement", slug=slug),
            "letters": public_url("api.letters", petition=slug),
            "breakdowns": {by: public_url("api.breakdown", slug=slug, by=by) for by in rules.DIMENSIONS},
        },
    }


def texts(record: PetitionRecord) -> shapes.Texts:
    """Return the present text in each language that there is one in."""
    return {"petition": record.slug, "texts": [_text(each) for each in record.texts.values()]}


def numbers(record: PetitionRecord, on: date | None, *, now: datetime) -> shapes.Statement:
    """Return the statement as of now, or as of the end of a past UTC day. Raises Problem."""
    current = statement(record.id, now=now)
    if on is not None and not first_day_of(record, current) <= on < utc_day(now):
        raise Problem("no-numbers-for-that-day", parameter="on")
    then = statement(record.id, now=now, on=on) if on else current
    found: Any = {
        "petition": record.slug,
        "on": _day(on),
        **statement_as_json(then),
        "left_since": current.departures - then.departures if on else None,
        "still_counted_at_least": fewest_still_counted(then, current) if on else None,
        "elsewhere": None if on else [_elsewhere(each) for each in outside.elsewhere(record.id)],
        "method": {
            lang: public_url("signing.numbers", lang=lang, slug=record.slug, _anchor="method")
            for lang in LANGUAGES
        },
    }
    answer: shapes.Statement = found
    return answer


def breakdown(record: PetitionRecord, by: str, *, now: datetime) -> shapes.Breakdown:
    """Return what is published by one dimension: the same groups as on the page of the numbers."""
    published = public_breakdowns(record.id, record.home_language, now=now)
    found = next((each for each in published if each.dimension == by), None)
    standing: Any = "too-few" if found is None else "withheld" if found.is_withheld else "published"
    rows = found.rows if found and not found.is_withheld else ()
    dimension: Any = by
    labels = in_each_language(lambda lang: [label_of(by, row.code, lang) for row in rows])
    return {
        "petition": record.slug,
        "by": dimension,
        "standing": standing,
        "as_of": found.as_of.isoformat() if found else None,
        "groups": [
            {
                "code": row.code,
                "names": {lang: names[nth] for lang, names in labels.items()},
                "people": row.people,
            }
            for nth, row in enumerate(rows)
        ],
        "others": found.others_rounded if found and not found.is_withheld else None,
    }


def _news(update: UpdateRecord) -> shapes.News:
    return {
        "published_on": update.published_on.isoformat(),
        "titles": {lang: words["title"] for lang, words in update.texts.items()},
        "bodies_html": {lang: str(render_markdown(words["body"])) for lang, words in update.texts.items()},
    }


def _text(text: TextRecord) -> shapes.Text:
    lang = text.language
    read = sources(text.demand, text.background, text.next_steps, lang=lang)
    return {
        "language": lang,
        "version": text.version,
        "title": text.title,
        "summary": text.summary,
        "demand_html": str(render_figures(text.demand, lang)),
        "background_html": str(render_figures(text.background, lang)),
        "next_steps_html": str(render_figures(text.next_steps, lang)),
        "sources": [_source(each) for each in read],
    }


def _source(line: SourceLine) -> shapes.Source:
    return {"statement": line.statement, "source": line.source, "as_of": line.as_of, "address": line.url}


def _elsewhere(total: outside.Elsewhere) -> shapes.Elsewhere:
    return {
        "name": total.name,
        "number": total.number,
        "as_of": total.as_of.isoformat(),
        "evidence": total.evidence,
        "sha256": total.sha256,
    }


def _state(state: str) -> Any:
    """Return a state as it is told; drafts are no public petitions."""
    return state


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _day(on: date | None) -> str | None:
    return on.isoformat() if on else None
