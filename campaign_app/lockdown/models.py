"""The one table of a lockdown: a row for each part that is in force, or that the worker still has to do."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from ..columns import UtcDateTime, one_of, word
from ..extensions import Model
from .rules import IN_FORCE

LONGEST_BY = 64


class LockdownOrder(Model):
    """One part. The row goes when it is taken back, or done. done: how many rows the worker has dealt with."""

    __tablename__ = "lockdown_order"
    __table_args__ = (one_of("part", IN_FORCE),)

    part: Mapped[str] = mapped_column(word(), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[str] = mapped_column(word(LONGEST_BY))
    done: Mapped[int] = mapped_column(default=0)
