"""Totals from elsewhere, as they are published: another platform's, never added to ours. Reads only."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ..extensions import db
from .models import OutsideTotal

WEB = ("https://", "http://")


@dataclass(frozen=True)
class Elsewhere:
    """One platform's total, as somebody of ours read it there and somebody else checked.

    evidence: an address, or where the copy lies. sha256: of the copy, hexadecimal.
    """

    name: str
    number: int
    as_of: date
    evidence: str
    sha256: str

    @property
    def is_link(self) -> bool:
        """Whether the evidence is a page that anyone can open."""
        return self.evidence.startswith(WEB)


def elsewhere(petition_id: int) -> list[Elsewhere]:
    """Return the newest checked total of each platform, by its name; none that was taken back."""
    rows = db.session.execute(
        select(
            OutsideTotal.name,
            OutsideTotal.number,
            OutsideTotal.as_of,
            OutsideTotal.evidence,
            OutsideTotal.sha256,
        )
        .where(
            OutsideTotal.petition_id == petition_id,
            OutsideTotal.kind == "platform",
            OutsideTotal.checked_at.is_not(None),
            OutsideTotal.takes_back_id.is_(None),
            OutsideTotal.id.not_in(taken_back()),
        )
        .order_by(OutsideTotal.as_of, OutsideTotal.id)
    )
    newest = {row.name: Elsewhere(*row) for row in rows}
    return [newest[name] for name in sorted(newest)]


def taken_back() -> Any:
    """Return the query of the rows that a later one, checked by a second person, says were a mistake."""
    later = aliased(OutsideTotal)
    return select(later.takes_back_id).where(later.takes_back_id.is_not(None), later.checked_at.is_not(None))
