"""What other rooms add to mail. Mail knows no room above it, so `create_app` brings them together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Literal, Protocol

from flask import Flask, current_app

EXTENSION = "nidaa_mail_hooks"

FirstSent = Callable[[Sequence[bytes], datetime], None]
PendingsOf = Callable[[Mapping[str, Any], datetime], Sequence[bytes]]
PrivateLink = Callable[[Mapping[str, Any], datetime], Mapping[str, Any] | None]
Outcome = Literal["sent", "unwanted", "refused"]


class Updates(Protocol):
    """What the room of updates does for the worker. parameters: of one mail, as they were sealed."""

    def written(self, parameters: Mapping[str, Any], now: datetime) -> EmailMessage | None:
        """Return the mail; None where nobody there wants it any more. Raises DeliveryPostponed while it is paused."""

    def ended(self, parameters: Mapping[str, Any], outcome: Outcome, reason: str, now: datetime) -> None:
        """Count what became of a mail, in the worker's transaction."""


class NoUpdates:
    """What stands in where no room of updates is."""

    def written(self, parameters: Mapping[str, Any], now: datetime) -> EmailMessage | None:
        """Write nothing."""
        return None

    def ended(self, parameters: Mapping[str, Any], outcome: Outcome, reason: str, now: datetime) -> None:
        """Count nothing."""


def _nobody(parameters: Mapping[str, Any], now: datetime) -> Sequence[bytes]:
    return ()


def _no_link(parameters: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    return None


@dataclass
class Hooks:
    """What the worker asks of others; each runs inside the worker's transaction and flushes, never commits.

    on_first_sent: called with the ids of pending signatures whose first mail has just left.
    pendings_of: for a "resend" request, the ids of the pending signatures that it asks for.
    private_link: for a "private-link" request, the parameters of the mail to send, its new "token"
    already stored, or None where there is nothing to send. May run again for a mail that was put off.
    before_batch: called before each batch; may put mails into the outbox, and commits what it does.
    updates: writes and counts the mails of mailings.
    """

    on_first_sent: list[FirstSent] = field(default_factory=list)
    pendings_of: PendingsOf = _nobody
    private_link: PrivateLink = _no_link
    before_batch: list[Callable[[datetime], None]] = field(default_factory=list)
    updates: Updates = field(default_factory=NoUpdates)


def hooks(app: Flask | None = None) -> Hooks:
    """Return the hooks of an application, by default the current one."""
    found: Hooks = (app or current_app).extensions.setdefault(EXTENSION, Hooks())
    return found
