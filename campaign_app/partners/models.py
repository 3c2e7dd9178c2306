"""Partners and endorsements as they are kept. Nothing of a signer is here, and no person of a partner's either.

An organisation's contact person would be a name in every backup and every stolen disk, next to a campaign that can
put people at risk. So nobody is kept by name: `contact` is where the organisation's office is reached, as it stands on
its own site, and `authorised_by` is an office ("its board"), both as plain text. Whoever spoke for it is known to the
organiser who recorded it, and that organiser is on record.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..accounts.models import Organiser
from ..columns import UtcDateTime, digest_column, one_of, word
from ..extensions import Model
from ..petitions.models import Petition
from .rules import (
    ACTIVE,
    LONGEST_CONTACT,
    LONGEST_NAME,
    LONGEST_REASON,
    LONGEST_SITE,
    STATES,
)


class Partner(Model):
    """An organisation whose sites carry our form.

    code: what its visitors are counted under; never changed, for it stands in pages out of our reach. origins: its
    exact sites, as `rules.origin_of` writes them. language: of its snippet. consent_lines: language → one sentence of
    its own that stands by the consents of the form in its frame; plain text, empty where it has none. link_hash: of
    the token of its private page; None while it has none.
    """

    __tablename__ = "partner"
    __table_args__ = (one_of("state", STATES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(word(32), unique=True)
    name: Mapped[str] = mapped_column(word(LONGEST_NAME))
    origins: Mapped[list[str]] = mapped_column(JSON)
    contact: Mapped[str] = mapped_column(word(LONGEST_CONTACT), default="")
    language: Mapped[str] = mapped_column(word(8))
    consent_lines: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(word(), default=ACTIVE)
    link_hash: Mapped[bytes | None] = digest_column(unique=True)
    link_made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Endorsement(Model):
    """An organisation that supports a petition: shown once it is checked, and until it is withdrawn.

    country: its code. site: its https address, or "". authorised_by: the office that decided it. withdrawn_because: in
    the organiser's words. A row is never deleted, so that a past day can be shown again.
    """

    __tablename__ = "endorsement"

    id: Mapped[int] = mapped_column(primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"), index=True)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    name: Mapped[str] = mapped_column(word(LONGEST_NAME))
    country: Mapped[str] = mapped_column(word(2))
    site: Mapped[str] = mapped_column(word(LONGEST_SITE), default="")
    authorised_by: Mapped[str] = mapped_column(word(LONGEST_NAME))
    authorised_on: Mapped[date]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("organiser.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("organiser.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_because: Mapped[str] = mapped_column(word(LONGEST_REASON), default="")

    petition: Mapped[Petition] = relationship()
    partner: Mapped[Partner | None] = relationship()
    recorded_by: Mapped[Organiser] = relationship(foreign_keys=recorded_by_id)
    checked_by: Mapped[Organiser | None] = relationship(foreign_keys=checked_by_id)
    withdrawn_by: Mapped[Organiser | None] = relationship(foreign_keys=withdrawn_by_id)

    @property
    def is_shown(self) -> bool:
        """Whether it stands on the petition now."""
        return self.checked_at is not None and self.withdrawn_at is None
