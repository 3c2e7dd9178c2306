"""What was asked to be released, and what became of it. Rows are kept: a manifest may name them years later."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.models import Organiser
from ..columns import UtcDateTime, one_of, word
from ..extensions import Model
from .rules import HOWS, KINDS, LONGEST_REFERENCE, LONGEST_ROOM, LONGEST_SUBJECT, STORED_STATES

HASH_LETTERS = 64
_IS_OPEN = text("state IN ('asked', 'approved')")


class Approval(Model):
    """One thing that is to leave. Of a room's reference at most one is open at a time.

    subject: what the record names, such as a petition's slug. digest: SHA-256, hexadecimal, over exactly what is to
    leave. says: language code → a sentence for whoever approves. noticed_at: when the owners were told that nobody
    but the asker could approve it. ended_by: who approved it last, declined or cancelled; released_by: as the record
    names them.
    """

    __tablename__ = "approval"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", STORED_STATES),
        one_of("how", HOWS),
        Index("ix_approval_reference", "room", "reference"),
        Index(
            "ix_approval_open",
            "room",
            "reference",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(word())
    room: Mapped[str] = mapped_column(word(LONGEST_ROOM))
    subject: Mapped[str] = mapped_column(word(LONGEST_SUBJECT))
    reference: Mapped[str] = mapped_column(word(LONGEST_REFERENCE))
    digest: Mapped[str] = mapped_column(word(HASH_LETTERS))
    says: Mapped[dict[str, str]] = mapped_column(JSON())
    state: Mapped[str] = mapped_column(word(), default="asked")
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    noticed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("organiser.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    how: Mapped[str | None] = mapped_column(word())
    released_by: Mapped[str | None] = mapped_column(word(64))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    asked_by: Mapped[Organiser] = relationship(foreign_keys=asked_by_id, lazy="joined")
    settled_by: Mapped[Organiser | None] = relationship(foreign_keys=settled_by_id, lazy="joined")

    def sentence(self, language: str) -> str:
        """Return what is to leave, in a language, or in another where it is missing there."""
        return self.says.get(language) or next(iter(self.says.values()), self.reference)

    @property
    def audit_name(self) -> str:
        """Return how the record names this."""
        return f"approval:{self.id}"
