"""The record of single-use tokens that were used."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from ..columns import DIGEST_BYTES, UtcDateTime, digest_column
from ..extensions import Model


class Spent(Model):
    """A used nonce and what it carried, both as digests that only whoever used it could make again."""

    __tablename__ = "spent"

    hash: Mapped[bytes] = mapped_column(LargeBinary(DIGEST_BYTES), primary_key=True)
    body_mac: Mapped[bytes] = digest_column()
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
