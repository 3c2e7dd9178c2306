"""The one table of the record. Triggers refuse to change or delete what is in it (migration 0004)."""

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from ..columns import word
from ..extensions import Model
from .rules import LONGEST_ACTION, LONGEST_BY, LONGEST_SUBJECT

HASH_LETTERS = 64
TIME_LETTERS = 32


class AuditEntry(Model):
    """One thing that somebody did. `id` goes up by one, without gaps.

    at: a time as text, as rules.time_text writes it: what is hashed is what is stored, byte for byte, and no
    database's own notion of a time comes between. On SQLite a batch migration would make the table anew and lose
    its triggers: it must make them again.
    """

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
    at: Mapped[str] = mapped_column(word(TIME_LETTERS), index=True)
    by: Mapped[str] = mapped_column(word(LONGEST_BY))
    action: Mapped[str] = mapped_column(word(LONGEST_ACTION))
    subject: Mapped[str] = mapped_column(word(LONGEST_SUBJECT))
    details: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(word(HASH_LETTERS))
    hash: Mapped[str] = mapped_column(word(HASH_LETTERS))
