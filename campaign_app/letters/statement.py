"""The numbers of a letter: tally's statement at one moment, and the sentence that says them in each language.

Nothing here counts anything: people, mailboxes and groups come from tally, so that a letter can never say another
number than the public page did at that moment.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ..config import settings
from ..languages import LANGUAGES, format_date_time, format_day, format_number
from ..tally import breakdowns as published
from ..tally import queries as tally
from . import frozen, words

PAGE_LANGUAGE = "en"  # of the addresses in a letter whose own language no page has


@dataclass(frozen=True)
class Sentence:
    """The statement of signatures as a letter prints it. figures: each number in it as it is printed, by its name."""

    text: str
    figures: Mapping[str, str]


def page_language(lang: str) -> str:
    """Return the language of the pages that a letter in some language points to."""
    return lang if lang in LANGUAGES else PAGE_LANGUAGE


def numbers_address(slug: str, lang: str) -> str:
    """Return where the method and the numbers of a petition stand."""
    return f"{settings().base_url}/{page_language(lang)}/petitions/{slug}/numbers"


def numbers(petition_id: int, slug: str, *, languages: Iterable[str], now: datetime) -> frozen.Statement:
    """Return the numbers of a petition at `now`: inside `one_moment()` all of one moment. languages: of the letter."""
    found = tally.statement(petition_id, now=now)
    confirmed: dict[date, int] = {}
    for each in tally.events_by_day(petition_id, now=now):
        if each.total.event == "confirmed":
            confirmed[each.day] = confirmed.get(each.day, 0) + each.total.people
    countries = published.countries_published(petition_id, now=now)
    by_country = next(
        (each for each in breakdowns(petition_id, now=now) if each.dimension == "country"), None
    )
    largest = max(confirmed, key=lambda day: (confirmed[day], -day.toordinal()), default=None)
    return frozen.Statement(
        people=found.people,
        mailboxes=found.mailboxes,
        withdrawn=found.withdrawn,
        erased=found.erased,
        pending=found.pending,
        taken_out=found.taken_out,
        paper=found.paper,
        endorsements=found.endorsements,
        countries=countries[0] if countries else None,
        as_of=now.isoformat(timespec="seconds"),
        first_on=min(confirmed).isoformat() if confirmed else None,
        last_on=max(confirmed).isoformat() if confirmed else None,
        largest_day=(largest.isoformat(), confirmed[largest]) if largest else None,
        largest_country=by_country.rows[0] if by_country else None,
        addresses={lang: numbers_address(slug, lang) for lang in languages},
    )


def breakdowns(petition_id: int, *, now: datetime) -> tuple[frozen.Breakdown, ...]:
    """Return what is published of a petition's groups; nothing before a hundred people."""
    return tuple(
        frozen.Breakdown(
            dimension=each.dimension,
            on=each.as_of.date().isoformat(),
            rows=tuple((row.code, row.people) for row in each.rows),
            others=each.others_rounded or 0,
        )
        for each in published.public_breakdowns(petition_id, PAGE_LANGUAGE, now=now)
        if each.rows and not each.is_withheld
    )


def sentence(found: frozen.Statement, slug: str, lang: str) -> Sentence:
    """Return the statement of signatures in a language. Somebody has to have signed."""
    figures = {"people": format_number(found.people, lang), "mailboxes": format_number(found.mailboxes, lang)}
    slots = {"period": _period(found, lang)}
    if found.countries:
        figures["countries"] = format_number(found.countries, lang)
        slots["countries"] = words.counted("countries-of", found.countries, lang)
    text = words.word(
        "statement",
        lang,
        signed=words.counted("signed-from" if found.countries else "signed", found.people, lang, **slots),
        mailboxes=words.counted("mailboxes-of", found.mailboxes, lang),
        on=format_date_time(datetime.fromisoformat(found.as_of), lang),
        address=numbers_address(slug, lang),
    )
    # One and two are words of their own in some languages.
    return Sentence(text, {name: shown for name, shown in figures.items() if shown in text})


def _period(found: frozen.Statement, lang: str) -> str:
    first, last = (date.fromisoformat(day or found.as_of[:10]) for day in (found.first_on, found.last_on))
    if first == last:
        return words.word("period-one-day", lang, first=format_day(first, lang))
    return words.word("period", lang, first=format_day(first, lang), last=format_day(last, lang))
