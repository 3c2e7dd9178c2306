"""Where the relay is and how it is spoken to: what SMTP_URL says."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from ..errors import ConfigurationError

SECURITY = {"smtp": "none", "smtp+starttls": "starttls", "smtps": "tls"}
DEFAULT_PORTS = {"none": 25, "starttls": 587, "tls": 465}
DEFAULT_TIMEOUT_SECONDS = 20
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
URL_SHAPE = "smtp://, smtp+starttls:// or smtps://, then user:password@host:port"


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
        if security == "none" and parts.hostname not in LOOPBACK:
            raise ConfigurationError(
                "SMTP_URL would send addresses and private links over the network unprotected; "
                "use smtp+starttls:// or smtps://"
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
