"""How a finished mail leaves: through a relay over SMTP, or into a folder where no relay is set.

Knows no table and no message text. What a relay answers can repeat the address it was given, so no
answer is kept, logged or chained: a failure carries the code and our own words.

    MailTrouble
    ├── RelayUnavailable    no mail can go now; none of them is at fault
    ├── DeliveryPostponed   this mail, later
    │   └── ConnectionBroke     the relay may have it
    └── DeliveryRefused     this mail, never
"""

import os
import re
import secrets
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from email_validator import EmailNotValidError, validate_email

from ..config import settings
from ..errors import ConfigurationError
from . import rules

SECURITY = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}
DEFAULT_PORTS = {"none": 25, "starttls": 587, "tls": 465}
DEFAULT_TIMEOUT_SECONDS = 20
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
URL_SHAPE = "smtp://, smtp+starttls:// or smtps://, then user:password@host:port"

SERVICE_CLOSING = 421
ENHANCED_STATUS = re.compile(rb"\A\s*([245]\.\d{1,3}\.\d{1,3})\b")
# RFC 3463 and RFC 7505: what an operator can act on.
MEANINGS = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such mail domain",
    "1.6": "the mailbox has moved",
    "1.10": "the domain accepts no mail",
    "2.1": "the mailbox is disabled",
    "2.2": "the mailbox is full",
    "4.4": "the relay finds no route to the domain",
    "4.7": "the relay gave up waiting for the domain",
    "6.7": "the address has letters that the domain's server does not accept",
    "7.1": "the receiving side refuses our mail",
    "7.26": "the receiving side wants SPF or DKIM",
}


# Lines end in CRLF and bodies are ASCII on the wire, so that any relay carries them unchanged.
MESSAGE_POLICY = policy.SMTP.clone(cte_type="7bit")


class MailTrouble(Exception):
    """A mail did not leave. `reason` holds a code and our own words, never an address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RelayUnavailable(MailTrouble):
    """The relay cannot be reached or wants nothing from us; every mail waits and none is at fault."""


class DeliveryPostponed(MailTrouble):
    """The relay or the receiving side said "later" to this mail (4xx)."""


class ConnectionBroke(DeliveryPostponed):
    """The connection ended while the text was on its way; trying again may deliver it twice."""


class DeliveryRefused(MailTrouble):
    """This mail will never be accepted as it is (5xx, or an address that the relay cannot carry)."""


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


@dataclass(frozen=True)
class Relay:
    """Where mails are handed over, as SMTP_URL says. security: none, starttls or tls, never "if possible"."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS
    mails_per_minute: int | None = None

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read SMTP_URL. User and password are percent-decoded.

        `?timeout_seconds=20&mails_per_minute=600` may follow. Raises ConfigurationError, which never
        repeats the value, since it holds a password.
        """
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigurationError(f"SMTP_URL must be {URL_SHAPE}; its port is not a number") from None
        security = SECURITY.get(parts.scheme)
        if security is None or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
            raise ConfigurationError(f"SMTP_URL must be {URL_SHAPE}")
        password = unquote(parts.password or "")
        if password and security == "none" and parts.hostname not in LOOPBACK:
            raise ConfigurationError(
                "SMTP_URL would send a password unprotected; use smtp+starttls:// or smtps://"
            )
        options = _options(parts)
        return cls(
            host=parts.hostname,
            port=port or DEFAULT_PORTS[security],
            security=security,
            user=unquote(parts.username or ""),
            password=password,
            timeout_seconds=options.get("timeout_seconds", DEFAULT_TIMEOUT_SECONDS),
            mails_per_minute=options.get("mails_per_minute"),
        )


def _options(parts: SplitResult) -> dict[str, int]:
    limits = {"timeout_seconds": 60, "mails_per_minute": 100_000}
    options: dict[str, int] = {}
    for name, values in parse_qs(parts.query, keep_blank_values=True).items():
        most = limits.get(name)
        if most is None:
            raise ConfigurationError(f"SMTP_URL: after the ? only {' and '.join(limits)} are known")
        if not values[-1].isdecimal() or not 1 <= int(values[-1]) <= most:
            raise ConfigurationError(f"SMTP_URL: {name} must be a whole number from 1 to {most}")
        options[name] = int(values[-1])
    return options


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
                file.write(_as_sent(message))
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
        recipient = _recipient(message)
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
        tls = self._tls or ssl.create_default_context()
        smtp: smtplib.SMTP
        if relay.security == "tls":
            smtp = smtplib.SMTP_SSL(relay.host, relay.port, local_hostname=us, timeout=timeout, context=tls)
        else:
            smtp = smtplib.SMTP(relay.host, relay.port, local_hostname=us, timeout=timeout)
        self._smtp = smtp
        smtp.ehlo_or_helo_if_needed()
        if relay.security == "starttls":
            smtp.starttls(context=tls)
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
            raise RelayUnavailable(f"{_status(code, text)}: the relay does not accept our sender address now")
        if code == 250:
            code, text = self._say(smtp, lambda: smtp.rcpt(recipient))
        if 200 <= code < 300:
            return
        self._start_over(smtp)
        raise _answer(code, text)

    def _hand_over(self, smtp: smtplib.SMTP, message: EmailMessage) -> None:
        """Send the text. From here on the relay may have the mail even when its answer is lost."""
        content = _as_sent(message)
        try:
            code, text = self._say(smtp, lambda: smtp.data(content))
        except RelayUnavailable as trouble:
            reason = trouble.reason
        else:
            if 200 <= code < 300:
                return
            self._start_over(smtp)
            raise _answer(code, text)
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


def carried_address(address: str) -> str:
    """Return an address as relays carry it: the domain in ASCII wherever the local part allows it.

    Raises DeliveryRefused for what is no address.
    """
    if address.isascii():
        return address
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        pass
    else:
        return found.ascii_email or found.normalized
    raise DeliveryRefused("the address is not one that mail can be sent to")


def _recipient(message: EmailMessage) -> str:
    found: str = message["To"].addresses[0].addr_spec
    return found


def _as_sent(message: EmailMessage) -> bytes:
    """Return the bytes on the wire; header lines are UTF-8 only where an address needs it (RFC 6532)."""
    needs_utf8 = not (_recipient(message) + message["From"].addresses[0].addr_spec).isascii()
    return message.as_bytes(policy=MESSAGE_POLICY.clone(utf8=needs_utf8))


def _answer(code: int, text: bytes) -> MailTrouble:
    """Turn a relay's no into ours: the numbers, and our own words for them."""
    status = _status(code, text)
    enhanced = status.partition(" ")[2].partition(".")[2]
    meaning = MEANINGS.get(enhanced)
    if 500 <= code < 600:
        return DeliveryRefused(f"{status}: {meaning or 'refused for good'}")
    return DeliveryPostponed(f"{status}: {meaning or 'the relay asks to try later'}")


def _status(code: int, text: bytes) -> str:
    """Return the code, with RFC 3463's enhanced code where the answer begins with one; nothing else of it."""
    enhanced = ENHANCED_STATUS.match(text)
    return f"{code} {enhanced[1].decode()}" if enhanced else str(code)


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
