"""Takes signatures out of the count and puts them back, a thousand at a time: rows and cells in one transaction each.

Executes in the caller's transaction; never commits. Whoever changes a mailbox locks its rows first
(`signing.mailboxes.people_of`), and so does this: then neither counts on what the other is about to change.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, delete, func, insert, select, update

from ..clock import utc_day
from ..extensions import db
from ..signing.models import Signature
from ..tally import operations as tally
from ..tally.models import TallyCell
from .models import InvalidatedSignature, Invalidation
from .rules import Rule

BATCH = 1_000


class Place(NamedTuple):
    """Where in the breakdowns a signature is counted."""

    country: str
    language: str
    source: str
    path: str


_ROWS = select(
    Signature.id,
    Signature.tag,
    Signature.nth,
    TallyCell.country,
    TallyCell.language,
    TallyCell.source,
    TallyCell.path,
).join(TallyCell, TallyCell.id == Signature.tally_cell_id)


def arrivals_fitting(petition_id: int, rule: Rule) -> list[ColumnElement[bool]]:
    """Return what a rule asks of a counted signature itself: `ix_signature_arrivals` answers it."""
    asked: list[ColumnElement[bool]] = [
        Signature.petition_id == petition_id,
        Signature.state == "counted",
        # Said always: without it SQLite takes the index of the tags, and reads every row.
        Signature.signed_on >= (rule.first_on or date.min),
    ]
    if rule.last_on is not None:
        asked.append(Signature.signed_on <= rule.last_on)
    if rule.domain_tag is not None:
        asked.append(Signature.domain_tag == rule.domain_tag)
    return asked


def cells_fitting(rule: Rule) -> list[ColumnElement[bool]]:
    """Return what a rule asks of the cell in which a signature was counted."""
    return [getattr(TallyCell, name) == wanted for name in Place._fields if (wanted := getattr(rule, name))]


def next_day(petition_id: int, after: date | None, rule: Rule) -> date | None:
    """Return the first UTC day after another, within a rule, on which anybody signed who is not erased."""
    days = select(func.min(Signature.signed_on)).where(Signature.petition_id == petition_id)
    if rule.first_on is not None:
        days = days.where(Signature.signed_on >= rule.first_on)
    if rule.last_on is not None:
        days = days.where(Signature.signed_on <= rule.last_on)
    if after is not None:
        days = days.where(Signature.signed_on > after)
    return db.session.scalar(days)


def take_out(run: Invalidation, now: datetime) -> int:
    """Take a batch of the day that a run has in hand out of the count; return how many people that were."""
    rows = _locked(
        _ROWS.where(
            *arrivals_fitting(run.petition_id, run.rule),
            *cells_fitting(run.rule),
            Signature.signed_on == run.day,
        )
    )
    if not rows:
        return 0
    _set_state(rows, "invalidated")
    left = _ends_of_mailboxes(rows, _counted_mailboxes(run.petition_id, rows))
    ids = [row.id for row in rows]
    # One that an earlier run had taken out, and whose signer withdrew and signed again, is this run's now.
    db.session.execute(delete(InvalidatedSignature).where(InvalidatedSignature.signature_id.in_(ids)))
    db.session.execute(
        insert(InvalidatedSignature),
        [{"signature_id": each, "invalidation_id": run.id, "took_mailbox": each in left} for each in ids],
    )
    _grow(run, "invalidated", rows, left, now)
    return len(rows)


def put_back(run: Invalidation, now: datetime) -> int:
    """Put a batch back into the count of those a run took out and that still are; return how many people that were.

    Whoever withdrew or was erased meanwhile stays gone; whoever signed again since is counted already.
    """
    is_ours = InvalidatedSignature.invalidation_id == run.id
    members = _ROWS.add_columns(InvalidatedSignature.took_mailbox).join(
        InvalidatedSignature, InvalidatedSignature.signature_id == Signature.id
    )
    rows = _locked(members.where(is_ours, Signature.state == "invalidated"))
    if not rows:
        db.session.execute(delete(InvalidatedSignature).where(is_ours))
        return 0
    back = _ends_of_mailboxes(rows, _counted_mailboxes(run.petition_id, rows))
    if rows[0].tag is None:  # destroyed with the petition's key: nobody knows any more who shares a mailbox
        back = {row.id for row in rows if row.took_mailbox}
    _set_state(rows, "counted")
    ids = [row.id for row in rows]
    db.session.execute(delete(InvalidatedSignature).where(InvalidatedSignature.signature_id.in_(ids)))
    _grow(run, "restored", rows, back, now)
    return len(rows)


def _locked(statement: Any) -> Sequence[Row[Any]]:
    return db.session.execute(statement.limit(BATCH).with_for_update(of=Signature)).all()


def _set_state(rows: Iterable[Row[Any]], state: str) -> None:
    ids = [row.id for row in rows]
    db.session.execute(
        update(Signature)
        .where(Signature.id.in_(ids))
        .values(state=state)
        .execution_options(synchronize_session=False)
    )


def _counted_mailboxes(petition_id: int, rows: Iterable[Row[Any]]) -> set[bytes]:
    """Return the tags among those of some rows whose mailbox has anybody counted."""
    tags = {row.tag for row in rows if row.tag is not None}
    return set(
        db.session.scalars(
            select(Signature.tag)
            .where(
                Signature.petition_id == petition_id, Signature.tag.in_(tags), Signature.state == "counted"
            )
            .distinct()
        )
    )


def _ends_of_mailboxes(rows: Iterable[Row[Any]], counted: set[bytes]) -> set[bytes]:
    """Return the one signature of each mailbox with which it leaves the count, or comes back into it.

    Without tags it is the mailbox's first person, as for a withdrawal (`signing.counting.uncount`).
    """
    ends = {row.tag: row.id for row in rows if row.tag is not None and row.tag not in counted}
    return {*ends.values(), *(row.id for row in rows if row.tag is None and row.nth == 0)}


def _grow(
    run: Invalidation, event: str, rows: Iterable[Row[Any]], mailboxes: set[bytes], now: datetime
) -> None:
    """Grow the cells of an event, each by as many as of its place there are, in a fixed order."""
    people: Counter[Place] = Counter()
    boxes: Counter[Place] = Counter()
    for row in rows:
        place = Place(row.country, row.language, row.source, row.path)
        people[place] += 1
        boxes[place] += row.id in mailboxes
    for place in sorted(people):
        tally.add(
            petition_id=run.petition_id,
            day=utc_day(now),
            event=event,
            reason=run.reason,
            people=people[place],
            mailboxes=boxes[place],
            **place._asdict(),
        )
