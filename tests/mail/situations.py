"""Mails that wait in the outbox, for the tests of this room."""

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Self

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.mail import operations
from campaign_app.mail.models import OutboxMail
from campaign_app.sealing.keys import keyring

NOW = datetime(2026, 3, 5, 12, 20, 30, tzinfo=UTC)


def queue_confirmation(
    *,
    to: str = "signer@example.org",
    about: bytes = b"pending-000000-1",
    link_ends_in: str = "token-1",
    not_before: datetime = NOW,
    language: str = "en",
) -> bytes:
    """Put the confirmation mail of one signer into the outbox and commit; return its id."""
    mail_id = operations.queue(
        kind="confirm",
        about=about,
        not_before=not_before,
        key=keyring().mail_public,
        parameters={
            "kind": "confirm",
            "to": to,
            "name": "Test Signer",
            "language": language,
            "petition": "lists-and-graves",
            "title": "Reveal the lists",
            "token": link_ends_in,
        },
    )
    db.session.commit()
    return mail_id


def queue_request(*, kind: str, parameters: dict[str, object], not_before: datetime = NOW) -> bytes:
    """Put a request that the worker settles into the outbox and commit; return its id."""
    mail_id = operations.queue(
        kind=kind, about=None, not_before=not_before, key=keyring().mail_public, parameters=parameters
    )
    db.session.commit()
    return mail_id


def row(mail_id: bytes) -> OutboxMail | None:
    """Return a mail as it lies in the database now."""
    db.session.rollback()
    return db.session.scalar(select(OutboxMail).where(OutboxMail.id == mail_id))


def rows() -> list[OutboxMail]:
    """Return every mail of the outbox as it is now."""
    db.session.rollback()
    return list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.not_before, OutboxMail.id)))


class Mailbag:
    """A transport that keeps the mails, and first does to each what a test asks of it."""

    def __init__(self, *, pause_seconds: float = 0.0) -> None:
        self.pause_seconds = pause_seconds
        self.sent: list[str] = []
        self.asked = 0
        self.before: Callable[[str], None] = lambda to: None
        self.after: Callable[[str], None] = lambda to: None

    def send(self, message: EmailMessage) -> None:
        """Keep the recipient."""
        to = message["To"].addresses[0].addr_spec
        self.asked += 1
        self.before(to)
        self.sent.append(to)
        self.after(to)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None: ...
