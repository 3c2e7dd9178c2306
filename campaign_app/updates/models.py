"""What is kept of a mailing: its words and counts, and by which links its readers stop. No address, ever."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from ..columns import DIGEST_BYTES, KEY_BYTES, UtcDateTime, digest_column, one_of, word
from ..extensions import Model
from .rules import DRAFT, STATES, USUAL_PACE


class Mailing(Model):
    """One update to those who asked for it.

    texts: language code → {"subject", "body"} with Markdown in body. written_by: as the record names people.
    key_point: the public key that its recipients are sealed to. recipients: rows of its file; rows_read and place: how
    many of them were put into the outbox or left out, and the byte of the file where the next begins. unwanted: left
    out because nobody of the mailbox is counted and wants news any more. undeliverable: refused or given up. bounced:
    came back for good. stops: ended by a link in this mailing. trouble: why it does not go on.
    """

    __tablename__ = "mailing"
    __table_args__ = (one_of("state", STATES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(word(16), unique=True)
    petition_id: Mapped[int] = mapped_column(ForeignKey("petition.id"), index=True)
    state: Mapped[str] = mapped_column(word(), default=DRAFT, index=True)
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)
    pace: Mapped[int] = mapped_column(default=USUAL_PACE)
    written_by: Mapped[str] = mapped_column(word(64))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    key_point: Mapped[bytes | None] = mapped_column(LargeBinary(65))
    release: Mapped[str] = mapped_column(word(16), default="")
    recipients: Mapped[int] = mapped_column(default=0)
    rows_read: Mapped[int] = mapped_column(default=0)
    place: Mapped[int] = mapped_column(BigInteger, default=0)
    sent: Mapped[int] = mapped_column(default=0)
    unwanted: Mapped[int] = mapped_column(default=0)
    undeliverable: Mapped[int] = mapped_column(default=0)
    bounced: Mapped[int] = mapped_column(default=0)
    stops: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    trouble: Mapped[str] = mapped_column(word(40), default="")

    def subject_in(self, language: str) -> str:
        """Return its subject in a language, or in the first that it is written in."""
        text: dict[str, str] = self.texts.get(language) or next(iter(self.texts.values()), {})
        return text.get("subject") or self.reference


class UpdateLink(Model):
    """By which link a mailbox stops updates: the hash of a token that only its mails hold, for each of its signatures.

    mailing_id: the last mailing that went there. bounce_mark: a keyed hash of what its Message-IDs carry. bounces: how
    many mailings came back for good in a row; the last of them is bounced_mailing_id.
    """

    __tablename__ = "update_link"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(DIGEST_BYTES), primary_key=True)
    signature_id: Mapped[bytes] = mapped_column(
        LargeBinary(KEY_BYTES),
        ForeignKey("signature.id", ondelete="CASCADE", onupdate="CASCADE"),
        primary_key=True,
        index=True,
    )
    mailing_id: Mapped[int | None] = mapped_column(ForeignKey("mailing.id"))
    bounce_mark: Mapped[bytes] = digest_column(index=True)
    bounces: Mapped[int] = mapped_column(default=0)
    bounced_mailing_id: Mapped[int | None]
