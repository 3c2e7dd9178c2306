"""Mails that wait in the outbox, for the tests of this room."""

from datetime import UTC, datetime

from campaign_app.extensions import db
from campaign_app.mail import operations
from campaign_app.sealing.keys import keyring

NOW = datetime(2026, 3, 5, 12, 20, 30, tzinfo=UTC)


def queue_confirmation(
    *,
    to: str = "signer@example.org",
    about: bytes = b"pending-000000-1",
    token: str = "token-1",
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
            "token": token,
        },
    )
    db.session.commit()
    return mail_id
