"""Column types shared by the rooms: aware UTC times, random keys, closed sets of words."""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Dialect, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

KEY_BYTES = 16
DIGEST_BYTES = 32


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, stored without a zone so that SQLite and PostgreSQL keep the same bytes.

    Raises ValueError for a naive time.
    """

    impl = DateTime(timezone=False)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into naive UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("UtcDateTime needs an aware time")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn stored naive UTC into an aware time."""
        return None if value is None else value.replace(tzinfo=UTC)


def random_key() -> bytes:
    """Return a new 16-byte key: rows of supporters carry no order of arrival."""
    return secrets.token_bytes(KEY_BYTES)


def random_key_column() -> Mapped[bytes]:
    """Return a random 16-byte primary key column."""
    return mapped_column(LargeBinary(KEY_BYTES), primary_key=True, default=random_key)


def digest_column(**options: Any) -> Mapped[Any]:
    """Return a 32-byte column for a SHA-256 digest or HMAC."""
    return mapped_column(LargeBinary(DIGEST_BYTES), **options)


def word(longest: int = 16) -> String:
    """Return a short string type for a word of a closed set; pair it with `one_of`."""
    return String(longest)


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """Return a CHECK that holds `column` to a closed set of words, named after the column."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")
