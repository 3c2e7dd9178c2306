"""The published breakdowns in a reader's language: by country, by language, by how people came and signed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from ..languages import LANGUAGES, country_name, is_country
from .models import BREAKDOWNS
from .queries import DAYS_SHOWN
from .snapshots import bodies, latest_body

TITLES = {
    "country": _l("By country"),
    "language": _l("By language of the page"),
    "source": _l("By what led here"),
    "path": _l("By how they signed"),
}
NOT_STATED = _l("Not stated")
SOURCES = {
    "direct": _l("Came by themselves"),
    "wa": _l("WhatsApp"),
    "tg": _l("Telegram"),
    "fb": _l("Facebook"),
    "x": _l("X"),
    "mail": _l("E-mail"),
    "copy": _l("Copied link"),
    "qr": _l("QR code"),
    "share": _l("Shared from a phone"),
    "other": _l("Another source"),
}
PATHS = {
    "js": _l("On our pages"),
    "nojs": _l("On our pages, without JavaScript"),
    "embed": _l("On a partner's page"),
    "added": _l("Added by someone who shares their mailbox"),
}


REASONS = {
    "automated": _l("Filled in by a program"),
    "throwaway-mailboxes": _l("From mailboxes that were made only for it"),
    "one-source": _l("From one place that sent people who did not mean to sign"),
    "bought": _l("Paid for, or promised something"),
    "trial": _l("Trials of our own"),
}


def reason_name(reason: str) -> str:
    """Return why people were taken out, in the reader's language; an unlisted reason stands for itself."""
    return str(REASONS.get(reason, reason))


class BreakdownRow(NamedTuple):
    """One named group. people: rounded down, never more than there are."""

    code: str
    label: str
    people: int


@dataclass(frozen=True)
class Breakdown:
    """One dimension of a petition's people, as of the UTC midnight `as_of`.

    others_rounded: everybody who is in no row, and what rounding left over; None where that is fewer than ten.
    is_withheld: this dimension is no longer published, since small groups could be worked out.
    """

    dimension: str
    title: str
    as_of: datetime
    rows: Sequence[BreakdownRow]
    others_rounded: int | None
    is_withheld: bool


def public_breakdowns(petition_id: int, lang: str, *, now: datetime) -> list[Breakdown]:
    """Return what is published of a petition; nothing before a hundred people. Reads one row.

    A dimension in which no group is large enough to be named is left out.
    """
    found = latest_body(petition_id, BREAKDOWNS, now=now)
    if found is None:
        return []
    day, body = found
    as_of = datetime.combine(day + timedelta(days=1), time(), UTC)
    breakdowns = []
    for dimension, title in TITLES.items():
        published = body[dimension] or {"rows": [], "others": 0}
        rows = [
            BreakdownRow(code, _LABELS[dimension](code, lang), people) for code, people in published["rows"]
        ]
        is_withheld = body[dimension] is None
        if rows or is_withheld:
            others = published["others"] or None
            breakdowns.append(Breakdown(dimension, str(title), as_of, rows, others, is_withheld))
    return breakdowns


def label_of(dimension: str, code: str, lang: str) -> str:
    """Return what a group is called; a partner's code stands for itself."""
    return _LABELS[dimension](code, lang)


def countries_published(petition_id: int, *, now: datetime) -> tuple[int, date] | None:
    """Return (how many countries are named in the latest breakdown, its last UTC day); None where none is published.

    Each of them had at least ten people on that day, so there were people in at least as many.
    """
    found = latest_body(petition_id, BREAKDOWNS, now=now)
    if found is None or not (found[1]["country"] or {}).get("rows"):
        return None
    return len(found[1]["country"]["rows"]), found[0]


def published_days(
    petition_id: int, dimension: str, code: str, *, now: datetime
) -> list[tuple[date, int | None]]:
    """Return (last UTC day counted, people) of one group in each of the last DAYS_SHOWN publications, the newest first.

    Only what everybody could read on those days: rounded down, None where the group was not named.
    """
    found: list[tuple[date, int | None]] = []
    for day, body in bodies(petition_id, BREAKDOWNS, now=now, limit=DAYS_SHOWN):
        rows = (body[dimension] or {"rows": []})["rows"]
        found.append((day, next((people for each, people in rows if each == code), None)))
    return found


def _country(code: str, lang: str) -> str:
    return country_name(code, lang) if is_country(code) else code or str(NOT_STATED)


def _language(code: str, lang: str) -> str:
    return LANGUAGES[code].name if code in LANGUAGES else code or str(NOT_STATED)


def _named(names: dict[str, LazyString]) -> Callable[[str, str], str]:
    """Return the label of a listed code; a partner's code stands for itself."""
    return lambda code, lang: str(names.get(code, code or NOT_STATED))


_LABELS: dict[str, Callable[[str, str], str]] = {
    "country": _country,
    "language": _language,
    "source": _named(SOURCES),
    "path": _named(PATHS),
}
