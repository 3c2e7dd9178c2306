"""A real SMTP server in a thread, which can be told to refuse, to put off and to hang up."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Received:
    """One mail as the relay took it."""

    sender: str
    to: str
    content: bytes
    is_secure: bool

    @property
    def message(self) -> EmailMessage:
        """Return it parsed."""
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Wishes:
    """What the relay answers, by command: an SMTP answer, or "drop" to hang up.

    on_taken: called when a mail was taken, before the relay says so.
    """

    MAIL: str = ""
    RCPT: str = ""
    DATA: str = ""
    refuse_recipients: dict[str, str] = field(default_factory=dict)
    on_taken: Callable[[], None] | None = None


class _Handler:
    def __init__(self) -> None:
        self.received: list[Received] = []
        self.attempts: list[str] = []
        self.connections = 0
        self.wishes = Wishes()

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.wishes.MAIL:
            return self._answer(server, self.wishes.MAIL)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.attempts.append(address)
        wish = self.wishes.refuse_recipients.get(address) or self.wishes.RCPT
        if wish:
            return self._answer(server, wish)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.wishes.DATA:
            return self._answer(server, self.wishes.DATA)
        assert isinstance(envelope.content, bytes)
        self.received.append(
            Received(
                sender=str(envelope.mail_from),
                to=envelope.rcpt_tos[0],
                content=envelope.content,
                is_secure=session.ssl is not None,
            )
        )
        if self.wishes.on_taken is not None:
            self.wishes.on_taken()
        return "250 OK"

    def _answer(self, server: SMTP, wish: str) -> str:
        if wish == "drop":
            assert server.transport is not None
            server.transport.abort()
        return "421 going" if wish == "drop" else wish


class _Controller(Controller):
    def factory(self) -> SMTP:
        self.handler.connections += 1
        return super().factory()


class FakeRelay:
    """A relay on a free port of 127.0.0.1; a context manager. `stop` and `start` take it down and up."""

    def __init__(
        self,
        *,
        security: str = "none",
        tls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
        knows_utf8: bool = True,
    ) -> None:
        self._handler = _Handler()
        self._options: dict[str, Any] = {"enable_SMTPUTF8": knows_utf8}
        self.security = security
        if security == "starttls":
            self._options |= {"tls_context": tls, "require_starttls": True}
        elif security == "tls":
            self._options |= {"ssl_context": tls}
        if login is not None:
            self._options |= {
                "authenticator": _accepting(login),
                "auth_required": True,
                "auth_require_tls": security == "starttls",
            }
        self.port = _free_port()
        self._controller: _Controller | None = None

    def start(self) -> None:
        """Listen, on the same port as before."""
        before = self._handler.connections
        self._controller = _Controller(self._handler, hostname="127.0.0.1", port=self.port, **self._options)
        self._controller.start()
        self._handler.connections = before  # the controller tries itself once

    def stop(self) -> None:
        """Refuse connections."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Return SMTP_URL for this relay."""
        scheme = {"none": "smtp", "starttls": "smtp+starttls", "tls": "smtps"}[self.security]
        return f"{scheme}://127.0.0.1:{self.port}"

    @property
    def wishes(self) -> Wishes:
        """Return what can be changed about the relay's answers."""
        return self._handler.wishes

    @property
    def received(self) -> list[Received]:
        """Return the mails taken so far."""
        return self._handler.received

    @property
    def attempts(self) -> list[str]:
        """Return the recipients named so far, accepted or not."""
        return self._handler.attempts

    @property
    def connections(self) -> int:
        """Return how many connections were made so far."""
        return self._handler.connections


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _accepting(login: tuple[str, str]) -> Any:
    expected = LoginPassword(login[0].encode(), login[1].encode())

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        return AuthResult(success=data == expected, handled=False)

    return authenticate
