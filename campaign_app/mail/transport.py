"""How a finished mail leaves: through a relay over SMTP, or into a folder where no relay is set.

Knows no table and no message text. What a relay answers can repeat the address it was given, so no
answer is kept, logged or chained.
"""

import os
import secrets
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from ..config import settings
from . import rules
from .relay_url import Relay
from .troubles import ConnectionBroke, DeliveryRefused, RelayUnavailable, status_of, trouble_of_answer
from .wire import as_sent, recipient_of

SERVICE_CLOSING = 421


class Transport(Protocol):
    """Somewhere that mails go. Used as a context manager, so that one connection serves a batch."""

    @property
    def pause_seconds(self) -> float:
        """How long to wait between two mails."""

    def send(self, message: EmailMessage) -> None:
        """Hand over one mail to the one address in its To line.

        Raises RelayUnavailable, DeliveryPostponed, DeliveryRefused.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def for_app() -> Transport:
    """Return the transport that the settings ask for: the relay of SMTP_URL, or files under NIDAA_HOME."""
    if settings().smtp_url:
        relay = Relay.from_url(settings().smtp_url)
        return SmtpTransport(relay, sender=settings().mail_from)
    return FileTransport(mail_folder())


def mail_folder() -> Path:
    """Return the folder that mails go to where no relay is set."""
    return settings().home / "mail"


class FileTransport:
    """Writes each mail to a file that only its owner may read: for development and for trying things out."""

    pause_seconds = 0.0

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing open."""

    def send(self, message: EmailMessage) -> None:
        """Write one mail; its name sorts by time and a reader never sees half of it."""
        written_at = message["Date"].datetime
        name = f"{written_at:%Y%m%dT%H%M%S}-{time.monotonic_ns():020d}-{secrets.token_hex(3)}.eml"
        unfinished = self.folder / f".{name}"
        try:
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(as_sent(message))
            unfinished.replace(self.folder / name)
        except OSError as problem:
            reason = f"the mail folder cannot be written: {os.strerror(problem.errno or 0)}"
        else:
            return
        raise RelayUnavailable(reason)


class SmtpTransport:
    """Hands mails to a relay, many over one connection.

    A connection that the relay closed between two mails is opened again once; one that breaks while a
    mail's text is on its way postpones that mail, since the relay may have taken it.

    tls: for tests. By default the host's name is checked, and the authorities are the system's or those of
    SSL_CERT_FILE.
    """

    def __init__(self, relay: Relay, *, sender: str, tls: ssl.SSLContext | None = None) -> None:
        self.relay = relay
        self.sender = sender
        self._tls = tls
        self._smtp: smtplib.SMTP | None = None
        self._deadline = 0.0

    @property
    def pause_seconds(self) -> float:
        """How long to wait between two mails, as `mails_per_minute` asks."""
        return 60 / self.relay.mails_per_minute if self.relay.mails_per_minute else 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say goodbye, if there is anyone to say it to."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            smtp.close()

    def send(self, message: EmailMessage) -> None:
        """Hand over one mail, connecting first where that is needed.

        Raises RelayUnavailable, DeliveryPostponed, DeliveryRefused.
        """
        self._deadline = time.monotonic() + rules.SEND_WITHIN.total_seconds()
        recipient = recipient_of(message)
        was_open = self._smtp is not None
        smtp = self._smtp or self._connect()
        needs_utf8 = not recipient.isascii() or not self.sender.isascii()
        if needs_utf8 and not smtp.has_extn("smtputf8"):
            raise DeliveryRefused("the relay carries no addresses with letters outside ASCII (no SMTPUTF8)")
        try:
            self._name_recipient(smtp, recipient, needs_utf8=needs_utf8)
        except RelayUnavailable:
            self._drop()
            if not was_open:
                raise
            smtp = self._connect()
            self._name_recipient(smtp, recipient, needs_utf8=needs_utf8)
        self._hand_over(smtp, message)

    def _connect(self) -> smtplib.SMTP:
        """Open a connection, secured and signed in as SMTP_URL asks. Raises RelayUnavailable."""
        try:
            self._smtp = self._opened()
        except (OSError, smtplib.SMTPException) as error:
            reason = _connection_reason(error)
        else:
            return self._smtp
        self._drop()
        raise RelayUnavailable(reason)

    def _opened(self) -> smtplib.SMTP:
        relay, us = self.relay, self.sender.rpartition("@")[2]
        timeout = self._time_left()
        smtp: smtplib.SMTP
        if relay.security == "tls":
            tls = self._tls or ssl.create_default_context()
            smtp = smtplib.SMTP_SSL(relay.host, relay.port, local_hostname=us, timeout=timeout, context=tls)
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, local_hostname=us, timeout=timeout)
        self._smtp = smtp
        smtp.ehlo_or_helo_if_needed()
        if relay.security == "starttls":
            smtp.starttls(context=self._tls or ssl.create_default_context())
            smtp.ehlo_or_helo_if_needed()
        if relay.user:
            smtp.login(relay.user, relay.password)
        return smtp

    def _name_recipient(self, smtp: smtplib.SMTP, recipient: str, *, needs_utf8: bool) -> None:
        """Say whom the mail is from and for.

        Raises RelayUnavailable when the relay wants nothing from our sender address or went away: then
        the mail is not at fault.
        """
        options = ("SMTPUTF8", "BODY=8BITMIME") if needs_utf8 else ()
        code, text = self._say(smtp, lambda: smtp.mail(self.sender, options))
        if code != 250 and not needs_utf8:
            raise RelayUnavailable(
                f"{status_of(code, text)}: the relay does not accept our sender address now"
            )
        if code == 250:
            code, text = self._say(smtp, lambda: smtp.rcpt(recipient))
        if 200 <= code < 300:
            return
        self._start_over(smtp)
        raise trouble_of_answer(code, text)

    def _hand_over(self, smtp: smtplib.SMTP, message: EmailMessage) -> None:
        """Send the text. From here on the relay may have the mail even when its answer is lost."""
        content = as_sent(message)
        try:
            code, text = self._say(smtp, lambda: smtp.data(content))
        except RelayUnavailable as trouble:
            reason = trouble.reason
        else:
            if 200 <= code < 300:
                return
            self._start_over(smtp)
            raise trouble_of_answer(code, text)
        self._drop()
        raise ConnectionBroke(reason)

    def _say(self, smtp: smtplib.SMTP, command: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
        """Give one command and return its answer. Raises RelayUnavailable when there is no one to answer."""
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(self._time_left())
            code, text = command()
        except smtplib.SMTPResponseException as error:
            code, text = error.smtp_code, _as_bytes(error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            code, text = 0, _connection_reason(error).encode()
        if code == SERVICE_CLOSING:
            raise RelayUnavailable("421: the relay is closing the connection")
        if code <= 0:
            raise RelayUnavailable(text.decode() or "the connection broke")
        return code, text

    def _start_over(self, smtp: smtplib.SMTP) -> None:
        """Make the connection ready for the next mail, or give it up."""
        try:
            code, _text = smtp.rset()
        except (OSError, smtplib.SMTPException):
            code = 0
        if code != 250:
            self._drop()

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    def _time_left(self) -> float:
        return max(1.0, min(self.relay.timeout_seconds, self._deadline - time.monotonic()))


def _connection_reason(error: Exception) -> str:
    """Say in our own words why there is no connection."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "the relay's certificate could not be verified"
    if isinstance(error, ssl.SSLError):
        return "no TLS connection to the relay could be made"
    if isinstance(error, TimeoutError):
        return "the relay did not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "the relay refuses connections"
    if isinstance(error, socket.gaierror):
        return "the relay's name could not be resolved"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{error.smtp_code}: the relay does not accept our user name and password"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "the relay offers no STARTTLS, or no way to sign in that we know"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code}: the relay refused to talk to us"
    return "the connection to the relay broke"


def _as_bytes(text: bytes | str) -> bytes:
    return text.encode(errors="replace") if isinstance(text, str) else text
