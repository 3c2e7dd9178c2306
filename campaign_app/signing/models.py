"""What is stored of a signer: no name (unless shown by choice), no address, no time of day, no IP address."""

from datetime import date

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..columns import DIGEST_BYTES, KEY_BYTES, digest_column, one_of, random_key_column, word
from ..extensions import Model
from .rules import PATHS, PURPOSES, SIGNATURE_STATES


class Pending(Model):
    """A signature waiting for its mailbox to answer, or (purpose "link") a request for a lost private link."""

    __tablename__ = "pending"
    __table_args__ = (
        Index(None, "petition_id", "tag"),
        Index(
            "ix_pending_held",
            "petition_id",
            "domain_tag",
            sqlite_where=text("is_held = 1"),
            postgresql_where=text("is_held"),
        ),
        one_of("purpose", PURPOSES),
        one_of("path", PATHS),
    )

    id: Mapped[bytes] = random_key_column()
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"))
    purpose: Mapped[str] = mapped_column(word(), default="sign")
    tag: Mapped[bytes] = digest_column()
    person_tag: Mapped[bytes | None] = digest_column()
    token_hash: Mapped[bytes] = digest_column(unique=True)
    sealed_contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_ids: Mapped[str] = mapped_column(word(128), default="")
    country: Mapped[str] = mapped_column(word(2), default="")
    language: Mapped[str] = mapped_column(word(8))
    source: Mapped[str] = mapped_column(word(32), default="")
    path: Mapped[str] = mapped_column(word(8))
    text_language: Mapped[str] = mapped_column(word(8), default="")
    text_version: Mapped[int] = mapped_column(default=0)
    consent_version: Mapped[int] = mapped_column(default=0)
    updates_version: Mapped[int | None]
    wants_updates: Mapped[bool] = mapped_column(default=False)
    domain_tag: Mapped[bytes] = mapped_column(LargeBinary(KEY_BYTES))
    is_held: Mapped[bool] = mapped_column(default=False)
    reveal: Mapped[bytes | None] = mapped_column(LargeBinary)
    requested_on: Mapped[date | None]
    expires_on: Mapped[date] = mapped_column(index=True)


class Signature(Model):
    """One person, counted once. `tally_cell_id` is the cell that the confirmation grew."""

    __tablename__ = "signature"
    __table_args__ = (
        UniqueConstraint("petition_id", "tag", "nth"),
        UniqueConstraint("petition_id", "tag", "person_tag"),
        Index(
            "ix_signature_shown",
            "petition_id",
            "signed_on",
            "id",
            sqlite_where=text("public_name IS NOT NULL"),
            postgresql_where=text("public_name IS NOT NULL"),
        ),
        # How many contacts can be given out, and sealed to which keys, without a look at the rows. Not a partial index:
        # SQLite would read each row to see once more what it is partial to.
        Index("ix_signature_contacts", "petition_id", "state", "wants_updates", "key_ids"),
        # Who came on which day from where, without a look at the rows: for what stands out, and rules that take out.
        Index("ix_signature_arrivals", "petition_id", "signed_on", "domain_tag", "state", "tally_cell_id"),
        one_of("state", SIGNATURE_STATES),
        one_of("path", PATHS),
    )

    id: Mapped[bytes] = random_key_column()
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"))
    tag: Mapped[bytes | None] = digest_column()
    nth: Mapped[int]
    person_tag: Mapped[bytes | None] = digest_column()
    state: Mapped[str] = mapped_column(word(), default="counted")
    sealed_contact: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_ids: Mapped[str] = mapped_column(word(128), default="")
    tally_cell_id: Mapped[int] = mapped_column(ForeignKey("tally_cell.id"))
    signed_on: Mapped[date]
    text_language: Mapped[str] = mapped_column(word(8))
    text_version: Mapped[int]
    consent_version: Mapped[int]
    updates_version: Mapped[int | None]
    wants_updates: Mapped[bool] = mapped_column(default=False)
    domain_tag: Mapped[bytes | None] = mapped_column(LargeBinary(KEY_BYTES))
    path: Mapped[str] = mapped_column(word(8))
    public_name: Mapped[str | None] = mapped_column(word(100))
    link_hash: Mapped[bytes] = digest_column(index=True)


class PrivateLink(Model):
    """A further link to the private page of a mailbox: a lost link asked for again, or a second mail's link."""

    __tablename__ = "private_link"
    __table_args__ = (Index(None, "petition_id", "tag"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(DIGEST_BYTES), primary_key=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"))
    tag: Mapped[bytes] = digest_column()


class Tombstone(Model):
    """A wish that a restored backup must replay: see `tombstones.KINDS`. Also kept in a file apart from backups."""

    __tablename__ = "tombstone"

    id: Mapped[bytes] = random_key_column()
    signature_id: Mapped[bytes] = mapped_column(LargeBinary(KEY_BYTES))
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"))
    kind: Mapped[str] = mapped_column(word())
    day: Mapped[date] = mapped_column(index=True)
