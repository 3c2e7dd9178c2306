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


class Writer(Protocol):
    """What a room above does for the worker with the mails that it writes itself. parameters: as they were sealed."""

    def written(self, parameters: Mapping[str, Any], now: datetime) -> EmailMessage | None:
        """Return the mail; None where it is not wanted any more. Raises DeliveryPostponed, DeliveryRefused."""

    def ended(self, parameters: Mapping[str, Any], outcome: Outcome, reason: str, now: datetime) -> None:
        """Note what became of a mail, in the worker's transaction."""


class WritesNothing:
    """What stands in where the room of a mail is not."""

    def written(self, parameters: Mapping[str, Any], now: datetime) -> EmailMessage | None:
        """Write nothing."""
        return None

    def ended(self, parameters: Mapping[str, Any], outcome: Outcome, reason: str, now: datetime) -> None:
        """Note nothing."""


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
    writers: for each of rules.WRITTEN_ABOVE, the room that writes its mails and notes what became of them.
    """

    on_first_sent: list[FirstSent] = field(default_factory=list)
    pendings_of: PendingsOf = _nobody
    private_link: PrivateLink = _no_link
    before_batch: list[Callable[[datetime], None]] = field(default_factory=list)
    writers: dict[str, Writer] = field(default_factory=dict)

    def writer(self, kind: str) -> Writer:
        """Return the room that writes the mails of a kind."""
        return self.writers.get(kind) or WritesNothing()


def hooks(app: Flask | None = None) -> Hooks:
    """Return the hooks of an application, by default the current one."""
    found: Hooks = (app or current_app).extensions.setdefault(EXTENSION, Hooks())
    return found
