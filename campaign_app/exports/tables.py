"""The counts as tables with headings in one language: what a CSV file and a sheet of a workbook hold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from ..languages import format_date_time
from ..tally.breakdowns import TITLES
from .counts import Counts, PetitionCounts

Cell = str | int | date | None


@dataclass(frozen=True)
class Table:
    """One table. name: for file names, the same in every language. title: for people, short enough for a sheet."""

    name: str
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def tables(counts: Counts) -> list[Table]:
    """Return every table of the counts, in the current language: the statement first."""
    return [
        _statement(counts),
        _days(counts),
        *(_breakdown(counts, dimension, str(title)) for dimension, title in TITLES.items()),
    ]


def about(counts: Counts) -> list[tuple[str, str]]:
    """Return what whoever opens the numbers has to know of them: (what, in words)."""
    told = [
        (_("As of"), format_date_time(counts.as_of, counts.language)),
        (_("Time zone"), _("Every day and time is UTC.")),
        (
            _("People"),
            _("Counted through a mailbox that was confirmed, and not since withdrawn, erased or taken out."),
        ),
        (_("Mailboxes"), _("E-mail addresses behind these people. Several people may sign through one.")),
        (_("Waiting"), _("Asked to sign and not yet confirmed at the last midnight. Not counted.")),
        (
            _("Never added"),
            _("Each number stands for itself. People may have signed more than one petition."),
        ),
        (
            _("Groups"),
            _(
                "Countries, languages, sources and ways of signing are given as they were published after a midnight: "
                "from a hundred people on, rounded down, and small groups not named. So they add up to less than all."
            ),
        ),
    ]
    return told + [
        (_("How we count: %(title)s", title=each.title), each.address) for each in counts.petitions
    ]


def _statement(counts: Counts) -> Table:
    headings = [
        _("Petition"),
        _("Title"),
        _("People"),
        _("Mailboxes"),
        _("Waiting"),
        _("Ever confirmed"),
        _("Withdrawn"),
        _("Erased"),
        _("Taken out"),
        _("Put back"),
        _("On paper"),
        _("Organisations"),
        _("First signature"),
    ]
    return Table("statement", _("The numbers"), headings, [_numbers(each) for each in counts.petitions])


def _numbers(petition: PetitionCounts) -> list[Cell]:
    found = petition.statement
    return [
        petition.slug,
        petition.title,
        found.people,
        found.mailboxes,
        found.pending,
        found.confirmed,
        found.withdrawn,
        found.erased,
        sum(found.invalidated.values()),
        found.restored,
        found.paper,
        found.endorsements,
        found.first_on,
    ]


def _days(counts: Counts) -> Table:
    names = {
        "confirmed": _("Confirmed"),
        "withdrawn": _("Withdrawn"),
        "erased": _("Erased"),
        "invalidated": _("Taken out"),
        "restored": _("Put back"),
        "paper": _("On paper"),
        "endorsed": _("Organisations"),
    }
    rows: list[Sequence[Cell]] = [
        [petition.slug, each.day, names.get(each.event, each.event), each.reason, each.people]
        for petition in counts.petitions
        for each in petition.days
    ]
    headings = [_("Petition"), _("Day"), _("What happened"), _("Reason"), _("People")]
    return Table("by-day", _("By day"), headings, rows)


def _breakdown(counts: Counts, dimension: str, title: str) -> Table:
    headings = [_("Petition"), _("As of"), _("Code"), title, _("People, rounded down")]
    rows = [row for petition in counts.petitions for row in _groups(petition, dimension, counts.language)]
    return Table(f"by-{dimension}", title, headings, rows)


def _groups(petition: PetitionCounts, dimension: str, lang: str) -> Iterator[Sequence[Cell]]:
    for found in petition.breakdowns:
        if found.dimension != dimension:
            continue
        as_of = format_date_time(found.as_of, lang)
        if found.is_withheld:
            yield [
                petition.slug,
                as_of,
                "",
                _("No longer published, since small groups could be worked out"),
                None,
            ]
        for row in found.rows:
            yield [petition.slug, as_of, row.code, row.label, row.people]
        if found.others_rounded is not None:
            yield [petition.slug, as_of, "", _("All others"), found.others_rounded]
