"""Whether the cells and the rows tell the same story: counted again from the rows, place by place."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select

from ..extensions import db
from ..tally.models import TallyCell
from ..tally.rules import EFFECT
from .models import Pending, Signature

Place = tuple[str, str, str, str]
PLACE = (TallyCell.country, TallyCell.language, TallyCell.source, TallyCell.path)


@dataclass(frozen=True)
class Recount:
    """Cells against rows. differences: place → (by cells, by rows), only where they differ."""

    people_by_cells: int
    people_by_rows: int
    mailboxes_by_cells: int
    mailboxes_by_rows: int | None
    open_requests_by_cells: int
    open_requests_by_rows: int
    differences: dict[Place, tuple[int, int]]

    @property
    def agrees(self) -> bool:
        """Whether every sum is the same; mailboxes are not compared once tags were destroyed."""
        return (
            not self.differences
            and self.people_by_cells == self.people_by_rows
            and self.mailboxes_by_rows in (None, self.mailboxes_by_cells)
            and self.open_requests_by_cells == self.open_requests_by_rows
        )


def recount(petition_id: int) -> Recount:
    """Count a petition's rows again and hold them against its cells. Reads only."""
    by_cells: Counter[Place] = Counter()
    people = mailboxes = requests = 0
    cells = db.session.execute(
        select(TallyCell.event, *PLACE, func.sum(TallyCell.people), func.sum(TallyCell.mailboxes))
        .where(TallyCell.petition_id == petition_id)
        .group_by(TallyCell.event, *PLACE)
    )
    for event, country, language, source, path, counted, boxes in cells:
        effect = EFFECT.get(event, 0)
        by_cells[(country, language, source, path)] += effect * counted
        people += effect * counted
        mailboxes += effect * boxes
        requests += {"requested": 1, "expired": -1, "confirmed": -1}.get(event, 0) * counted
    by_rows = _rows_by_place(petition_id)
    places = set(by_cells) | set(by_rows)
    return Recount(
        people_by_cells=people,
        people_by_rows=sum(by_rows.values()),
        mailboxes_by_cells=mailboxes,
        mailboxes_by_rows=_mailboxes(petition_id),
        open_requests_by_cells=requests,
        open_requests_by_rows=_count(
            select(func.count())
            .select_from(Pending)
            .where(Pending.petition_id == petition_id, Pending.requested_on.is_not(None))
        ),
        differences={
            place: (by_cells[place], by_rows[place]) for place in places if by_cells[place] != by_rows[place]
        },
    )


def _rows_by_place(petition_id: int) -> Counter[Place]:
    rows = db.session.execute(
        select(*PLACE, func.count())
        .select_from(Signature)
        .join(TallyCell, TallyCell.id == Signature.tally_cell_id)
        .where(Signature.petition_id == petition_id, Signature.state == "counted")
        .group_by(*PLACE)
    )
    return Counter({(row[0], row[1], row[2], row[3]): int(row[4]) for row in rows})


def _mailboxes(petition_id: int) -> int | None:
    """Return the distinct mailboxes among counted rows, or None once their tags were destroyed."""
    counted = (Signature.petition_id == petition_id, Signature.state == "counted")
    if _count(select(func.count()).select_from(Signature).where(*counted, Signature.tag.is_(None))):
        return None
    return _count(select(func.count(func.distinct(Signature.tag))).where(*counted))


def _count(statement: object) -> int:
    return int(db.session.execute(statement).scalar_one())  # type: ignore[call-overload]
