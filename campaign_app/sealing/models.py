"""The one table of sealing: each petition's tag key, wrapped by a master key that no database holds."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Model


class PetitionKey(Model):
    """The tag key of one petition; `wrapped` is empty from the day it was shredded."""

    __tablename__ = "petition_key"

    petition_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wrapped: Mapped[bytes | None]
    master_id: Mapped[str | None]
    created_on: Mapped[date]
    shredded_on: Mapped[date | None]
