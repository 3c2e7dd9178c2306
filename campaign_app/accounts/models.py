"""Organisers, their roles, passkeys and sessions, and the invitations of those who are to join.

Column names that begin with fs_, tf_ or mf_ are Flask-Security's: it reads and writes them by name.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, Table, UniqueConstraint, text
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..columns import UtcDateTime, digest_column, one_of, word
from ..extensions import Model
from .library_user import LibraryUser
from .rules import LONGEST_EMAIL, LONGEST_NAME, ROLES

organiser_role = Table(
    "organiser_role",
    Model.metadata,
    Column("organiser_id", ForeignKey("organiser.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id", ondelete="CASCADE"), primary_key=True),
)


class Role(Model):
    """What an organiser may do; which pages that is stands in desk/access.py."""

    __tablename__ = "role"
    __table_args__ = (one_of("name", ROLES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(word(), unique=True)

    def get_permissions(self) -> frozenset[str]:
        """Tell Flask-Security of none: what a role may do is a table of pages, not of words."""
        return frozenset()


class Organiser(LibraryUser, Model):
    """Somebody who works here. A row is never deleted: the record names it by its number.

    password: an argon2id hash. tf_totp_secret: encrypted by a key outside the database.
    mf_recovery_codes: hashes of those that are left.
    totp_counter: the last half minute whose code was used, so that none is used twice.
    """

    __tablename__ = "organiser"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(word(LONGEST_NAME))
    email: Mapped[str] = mapped_column(word(LONGEST_EMAIL), unique=True)
    password: Mapped[str | None] = mapped_column(word(255))
    active: Mapped[bool] = mapped_column(default=True)
    locale: Mapped[str] = mapped_column(word(8))
    invited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fs_uniquifier: Mapped[str] = mapped_column(word(64), unique=True)
    fs_webauthn_user_handle: Mapped[str] = mapped_column(word(64), unique=True)
    tf_primary_method: Mapped[str | None] = mapped_column(word(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(word(255))
    tf_phone_number: Mapped[str | None] = mapped_column(word(16))
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(JSON()))
    totp_counter: Mapped[int | None]

    roles: Mapped[list[Role]] = relationship(secondary=organiser_role, order_by=Role.id)
    webauthn: Mapped[list["Passkey"]] = relationship(
        back_populates="organiser", cascade="all, delete-orphan", order_by="Passkey.id"
    )

    @property
    def role_names(self) -> frozenset[str]:
        """Return the names of the roles."""
        return frozenset(role.name for role in self.roles)

    @property
    def has_second_factor(self) -> bool:
        """Whether a code or a passkey is asked for after the password."""
        return bool(self.webauthn or (self.tf_totp_secret and self.tf_primary_method))

    @property
    def audit_name(self) -> str:
        """Return how the record names this organiser."""
        return f"organiser:{self.id}"


class Passkey(Model):
    """A passkey or security key, as W3C WebAuthn describes it. Only the public half is here."""

    __tablename__ = "passkey"
    __table_args__ = (UniqueConstraint("organiser_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(JSON())
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(word(64))
    extensions: Mapped[str | None] = mapped_column(word(255))
    lastuse_datetime: Mapped[datetime] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(word(64))
    usage: Mapped[str] = mapped_column(word(16))

    organiser: Mapped[Organiser] = relationship(back_populates="webauthn")

    def get_user_mapping(self) -> dict[str, Any]:
        """Return by what Flask-Security finds the owner of a passkey."""
        return {"id": self.organiser_id}


class OrganiserSession(Model):
    """One browser that is signed in: it holds a random token, we hold its hash. Deleted when it ends."""

    __tablename__ = "organiser_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = digest_column(unique=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Invitation(Model):
    """A link for one person to join, or to begin anew with a password. Deleted when it is used or replaced."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = digest_column(unique=True)
    email: Mapped[str] = mapped_column(word(LONGEST_EMAIL), unique=True)
    roles: Mapped[list[str]] = mapped_column(JSON())
    invited_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("organiser.id", ondelete="SET NULL"))


class RoleSpan(Model):
    """From when to when an organiser could use a role; see standing.py. Never deleted. Open while ended_at is null."""

    __tablename__ = "role_span"
    __table_args__ = (
        one_of("role", ROLES),
        Index(
            "ix_role_span_open",
            "organiser_id",
            "role",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organiser.id"), index=True)
    role: Mapped[str] = mapped_column(word())
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
