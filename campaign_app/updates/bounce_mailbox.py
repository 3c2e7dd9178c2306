"""The mailbox that undeliverable mail comes back to, read over IMAP by the worker where BOUNCES_URL names one.

What belongs to an update or to a letter is noted and deleted; everything else is marked as seen and left for people.
Nothing of a mail is kept or logged.
"""

import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from urllib.parse import unquote, urlsplit

from ..config import settings
from ..errors import ConfigurationError
from ..extensions import db
from ..letters import returning
from ..mail.reports import LARGEST_BYTES
from . import bounces

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 30
MOST_AT_ONCE = 200
HERE = ("127.0.0.1", "::1", "localhost")


class MailboxTrouble(Exception):
    """The mailbox could not be read. Names nobody."""


@dataclass(frozen=True)
class Mailbox:
    """Where returned mail lies, as BOUNCES_URL says: imaps://user:password@host:993/INBOX."""

    host: str
    port: int
    is_encrypted: bool
    user: str
    password: str = field(repr=False)
    folder: str

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Return the mailbox of a URL. Raises ConfigurationError without repeating it: it holds a password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigurationError("BOUNCES_URL is not an address") from None
        host = parts.hostname or ""
        if parts.scheme not in ("imaps", "imap") or not host or not parts.username:
            raise ConfigurationError("BOUNCES_URL must be such as imaps://user:password@host:993/INBOX")
        if parts.scheme == "imap" and host not in HERE:
            raise ConfigurationError("BOUNCES_URL: imap:// is for this machine only, use imaps://")
        is_encrypted = parts.scheme == "imaps"
        return cls(
            host=host,
            port=port or (993 if is_encrypted else 143),
            is_encrypted=is_encrypted,
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX",
        )


def take_returned(now: datetime) -> int:
    """Note what came back since the last time; return how many mails of ours those were. Commits.

    Does nothing where no BOUNCES_URL is set. A mail is deleted only after it is noted for good: a crash between
    the two notes nothing twice, since each mailing of a mailbox counts once, and each delivery of a letter.
    """
    if not settings().bounces_url:
        return 0
    try:
        with _opened(Mailbox.from_url(settings().bounces_url)) as imap:
            return _take_each(imap, now)
    except (OSError, imaplib.IMAP4.error) as problem:
        db.session.rollback()
        logger.warning("the mailbox of returned mail cannot be read: %s", type(problem).__name__)
        reason = type(problem).__name__
    raise MailboxTrouble(reason)


def _take_each(imap: imaplib.IMAP4, now: datetime) -> int:
    taken = 0
    for number in _unseen(imap):
        outcome = _taken(_text(imap, number), now)
        db.session.commit()
        if outcome is None:
            imap.uid("STORE", number, "+FLAGS", r"(\Seen)")
        if not outcome:
            continue
        imap.uid("STORE", number, "+FLAGS", r"(\Deleted)")
        taken += 1
    if taken:
        imap.expunge()
    return taken


def _taken(text: bytes, now: datetime) -> bool | None:
    """Note what a mail says; return whether that is done, or None where it is none of ours."""
    found = bounces.returned_of(text)
    if found is not None:
        bounces.take(returned=found, by_hand=False, now=now)
        return True
    letter = returning.report_of(text)
    return returning.take(letter, now=now) != returning.Outcome.TOO_EARLY if letter else None


def _unseen(imap: imaplib.IMAP4) -> list[str]:
    _kind, found = imap.uid("SEARCH", "UNSEEN")
    return [number.decode() for number in (found[0] or b"").split()][:MOST_AT_ONCE]


def _text(imap: imaplib.IMAP4, number: str) -> bytes:
    """Return the beginning of a mail, which is not marked by being read."""
    _kind, found = imap.uid("FETCH", number, f"(BODY.PEEK[]<0.{LARGEST_BYTES}>)")
    return next((part[1] for part in found if isinstance(part, tuple)), b"")


@contextmanager
def _opened(mailbox: Mailbox) -> Iterator[imaplib.IMAP4]:
    """Open the folder; say goodbye at the end. Raises OSError or imaplib's error."""
    if mailbox.is_encrypted:
        tls = ssl.create_default_context()
        imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=tls, timeout=TIMEOUT_SECONDS
        )
    else:
        imap = imaplib.IMAP4(mailbox.host, mailbox.port, timeout=TIMEOUT_SECONDS)
    try:
        imap.login(mailbox.user, mailbox.password)
        kind, _said = imap.select(f'"{mailbox.folder}"')
        if kind != "OK":
            raise imaplib.IMAP4.error("no such folder")
        yield imap
    finally:
        try:
            imap.logout()
        except (OSError, imaplib.IMAP4.error):
            imap.shutdown()
