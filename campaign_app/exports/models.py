"""Sealed sheets that were asked for at the desk: what for, how far, and what left. Rows are kept, files are not."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.models import Organiser
from ..columns import UtcDateTime, one_of, word
from ..extensions import Model
from ..petitions.models import Petition
from .rules import LONGEST_PURPOSE, LONGEST_REFERENCE, SHEET_KINDS, SHEET_STATES

HASH_LETTERS = 64


class SealedSheet(Model):
    """One sheet, from the moment it is asked for. Whether it may leave is for the approval of the same reference.

    expected: how many people were in it when it was asked for. how: as approvals/rules.py says, once it is released.
    done: rows written so far; beat_at: when the worker that makes it was last heard of. ready_at: since when the
    file, or that of the command, is whole; manifest: its JSON.
    """

    __tablename__ = "sealed_sheet"
    __table_args__ = (one_of("kind", SHEET_KINDS), one_of("state", SHEET_STATES))

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(word(LONGEST_REFERENCE), unique=True)
    kind: Mapped[str] = mapped_column(word())
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"), index=True)
    purpose: Mapped[str] = mapped_column(word(LONGEST_PURPOSE))
    expected: Mapped[int]
    state: Mapped[str] = mapped_column(word(), index=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    how: Mapped[str | None] = mapped_column(word())
    done: Mapped[int] = mapped_column(default=0)
    beat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rows: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(word(HASH_LETTERS))
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    manifest: Mapped[str | None] = mapped_column(Text)
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    petition: Mapped[Petition] = relationship()
    asked_by: Mapped[Organiser] = relationship()

    @property
    def file_name(self) -> str:
        """Return the name of its file, in the folder of exports and for whoever downloads it."""
        return f"{self.reference}.nidaa-sheet"

    @property
    def audit_name(self) -> str:
        """Return how the record names it."""
        return f"sheet:{self.reference}"
