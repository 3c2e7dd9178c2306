"""The numbers of one petition as the desk shows them: of one moment, each table with the proof that it adds up."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from ..clock import utc_day
from ..database import one_moment
from ..exports.rules import BYTE_ORDER_MARK, csv_line
from ..extensions import db
from ..languages import LANGUAGES
from ..partners.queries import names_by_code
from ..petitions.models import Petition
from ..petitions.operations import latest_text
from ..tally.breakdowns import TITLES, Breakdown, countries_published, label_of, public_breakdowns
from ..tally.queries import events_by_day, statement
from ..tally.rules import EVENTS, Statement
from ..tally.tables import GROUPS, Row, Span, by_group, by_span, total
from .charts import Chart, chart_of
from .period import Period, period_of

DAY = timedelta(days=1)
BY_DAY = "days"
# What a table shows, in this order; a file has every kind of event.
SHOWN = ("requested", "confirmed", "withdrawn", "erased", "invalidated", "restored", "paper")
SENSITIVE = ("country", "language")  # what is so of a person whether they signed or not
NEVER_PUBLISHED_BELOW = 10


@dataclass(frozen=True)
class GroupTable:
    """The exact figures of one question, such as the country. moved: what the statement says they add up to."""

    dimension: str
    title: str
    rows: Sequence[tuple[str, Row]]
    total: Row
    moved: int
    most: int

    @property
    def adds_up(self) -> bool:
        """Whether the rows add up to what the statement says."""
        return self.total.counted == self.moved

    def is_small(self, row: Row) -> bool:
        """Whether a row is about so few people that it must never be published."""
        return self.dimension in SENSITIVE and row.counted < NEVER_PUBLISHED_BELOW


@dataclass(frozen=True)
class DayTable:
    """What happened by day or by week, the newest first, and the chart of it."""

    rows: Sequence[tuple[Span, Row]]
    total: Row
    moved: int
    chart: Chart | None

    @property
    def adds_up(self) -> bool:
        """Whether the rows add up to what the statement says."""
        return self.total.counted == self.moved


@dataclass(frozen=True)
class Numbers:
    """Everything of one petition and period. groups: exact, for who may see them; breakdowns: as published."""

    petition: Petition
    titles: Mapping[str, str]
    period: Period
    statement: Statement
    countries: tuple[int, date] | None
    days: DayTable
    groups: Sequence[GroupTable]
    breakdowns: Sequence[Breakdown]


def petition_of(slug: str) -> Petition | None:
    """Return a petition in whatever state, or None."""
    return db.session.scalar(select(Petition).filter_by(slug=slug))


def titles_of(petition: Petition) -> dict[str, str]:
    """Return the title in every language that pages exist in: the petition's own where it is not translated."""
    own = latest_text(petition.id, petition.home_language)
    found = {code: latest_text(petition.id, code) or own for code in LANGUAGES}
    return {code: text.title if text else petition.slug for code, text in found.items()}


def numbers_of(
    slug: str, asked: Mapping[str, str], *, lang: str, sees_groups: bool, now: datetime
) -> Numbers | None:
    """Return the numbers of a petition in a period, all of one moment; None where there is no such petition.

    asked: "period", "from" and "to" as they were typed. sees_groups: whether exact groups are shown, or only what
    was published. Ends the transaction at hand. Raises NotAPeriod.
    """
    with one_moment():
        petition = petition_of(slug)
        if petition is None:
            return None
        today = utc_day(now)
        days = events_by_day(petition.id, now=now)
        period = period_of(
            asked.get("period", ""),
            asked.get("from", ""),
            asked.get("to", ""),
            began_on=days[0].day if days else today,
            today=today,
        )
        numbers = statement(petition.id, now=now)
        moved = _moved(petition.id, period.span, now)
        rows = by_span(days, period.span, days_a_row=period.days_a_row)
        by_day = DayTable(rows[::-1], total(row for _span, row in rows), moved, chart_of(rows))
        groups = list(_groups(petition.id, period.span, moved, lang, now)) if sees_groups else []
        found = Numbers(
            petition=petition,
            titles=titles_of(petition),
            period=period,
            statement=numbers,
            countries=countries_published(petition.id, now=now),
            days=by_day,
            groups=groups,
            breakdowns=[] if sees_groups else public_breakdowns(petition.id, lang, now=now),
        )
        db.session.expunge(petition)
        return found


def _groups(petition_id: int, span: Span, moved: int, lang: str, now: datetime) -> Iterator[GroupTable]:
    found = by_group(petition_id, span, today=utc_day(now))
    partners = names_by_code()
    for dimension, title in TITLES.items():
        names = partners if dimension == "source" else {}
        rows = [(names.get(row.code) or label_of(dimension, row.code, lang), row) for row in found[dimension]]
        most = max((row.of("confirmed") for row in found[dimension]), default=0)
        yield GroupTable(dimension, str(title), rows, total(found[dimension]), moved, most)


def _moved(petition_id: int, span: Span, now: datetime) -> int:
    """Return by how many people the statement changed in a span: its last day's less that of the day before."""
    after = statement(petition_id, now=now, on=span.last_day).people
    return after - statement(petition_id, now=now, on=span.first_day - DAY).people


def event_names() -> dict[str, str]:
    """Return what each kind of event is called in a table."""
    return {
        "requested": _("Asked"),
        "confirmed": _("Confirmed"),
        "expired": _("Never confirmed"),
        "withdrawn": _("Withdrawn"),
        "erased": _("Erased"),
        "invalidated": _("Taken out"),
        "restored": _("Put back"),
        "paper": _("On paper"),
        "endorsed": _("Organisations"),
    }


def csv_of(found: Numbers, table: str) -> tuple[str, int] | None:
    """Return a table as a file for spreadsheets, with the number of its rows; None where there is no such table."""
    names = event_names()
    heads = [*(names[event] for event in EVENTS), _("Change of the count")]
    if table == BY_DAY:
        lines = [[_("From"), _("To"), *heads]]
        lines += [
            [span.first_day.isoformat(), span.last_day.isoformat(), *_cells(row)]
            for span, row in reversed(found.days.rows)
        ]
    else:
        group = next((each for each in found.groups if each.dimension == table), None)
        if group is None:
            return None
        lines = [[_("Code"), group.title, *heads]]
        lines += [[row.code, label, *_cells(row)] for label, row in group.rows]
    return BYTE_ORDER_MARK + "".join(csv_line(line) for line in lines), len(lines) - 1


def _cells(row: Row) -> list[str]:
    return [*(str(row.of(event)) for event in EVENTS), str(row.counted)]


TABLES = (BY_DAY, *GROUPS)
