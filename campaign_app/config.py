"""Settings: environment variables read once, checked, and never changed while the process lives."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from flask import current_app

from .errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
EXTENSION = "nidaa_settings"
ENVIRONMENTS = ("development", "production")
DATABASES = ("postgresql", "postgres", "postgresql+psycopg", "sqlite")
LIMIT_STORES = ("redis", "rediss", "unix", "valkey", "valkeys", "valkey+unix")
SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator may set; docs/settings.md documents each, and `make check` holds them together."""

    environment: str = "development"  # NIDAA_ENV
    home: Path = Path("instance")  # NIDAA_HOME: database, keys, mail files
    keys_dir: Path = Path("instance/keys")  # KEYS_DIR
    content_dir: Path = ROOT / "content"  # CONTENT_DIR: the shipped campaign
    secret_key_file: Path = Path("instance/keys/secret-key")  # SECRET_KEY_FILE
    campaign_key_fingerprint: str = ""  # CAMPAIGN_KEY_FINGERPRINT
    port: int = 8000  # PORT
    bind: str = "127.0.0.1"  # BIND
    base_url: str = "http://127.0.0.1:8000"  # BASE_URL, without a final slash
    database_url: str = ""  # DATABASE_URL; empty means SQLite in home
    limits_url: str = ""  # LIMITS_URL: redis:// or valkey://; empty means in memory
    smtp_url: str = ""  # SMTP_URL; empty means mail files in home/mail
    mail_from: str = "post@localhost.invalid"  # MAIL_FROM
    trusted_proxies: tuple[str, ...] = ()  # TRUSTED_PROXIES: networks, separated by commas
    web_workers: int = 2  # WEB_WORKERS
    web_threads: int = 4  # WEB_THREADS
    arabic_digits: bool = False  # ARABIC_DIGITS: ٠١٢ instead of 012 on Arabic pages

    @property
    def is_production(self) -> bool:
        """Whether real people may sign here."""
        return self.environment == "production"

    @property
    def sqlalchemy_url(self) -> str:
        """Return the database address with the driver written out (psycopg 3, never a default)."""
        if not self.database_url:
            return f"sqlite:///{(self.home / 'nidaa.sqlite3').resolve()}"
        for bare in ("postgresql://", "postgres://"):
            if self.database_url.startswith(bare):
                return "postgresql+psycopg://" + self.database_url.removeprefix(bare)
        return self.database_url


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises ConfigurationError naming the first that is missing or malformed."""
    home = Path(environ.get("NIDAA_HOME") or "instance")
    keys_dir = Path(environ.get("KEYS_DIR") or home / "keys")
    port = _whole_number(environ, "PORT", 8000)
    settings = Settings(
        environment=environ.get("NIDAA_ENV") or "development",
        home=home,
        keys_dir=keys_dir,
        content_dir=Path(environ.get("CONTENT_DIR") or ROOT / "content"),
        secret_key_file=Path(environ.get("SECRET_KEY_FILE") or keys_dir / "secret-key"),
        campaign_key_fingerprint=environ.get("CAMPAIGN_KEY_FINGERPRINT", ""),
        port=port,
        bind=environ.get("BIND") or "127.0.0.1",
        base_url=(environ.get("BASE_URL") or f"http://127.0.0.1:{port}").rstrip("/"),
        database_url=environ.get("DATABASE_URL", ""),
        limits_url=environ.get("LIMITS_URL", ""),
        smtp_url=environ.get("SMTP_URL", ""),
        mail_from=environ.get("MAIL_FROM") or "post@localhost.invalid",
        trusted_proxies=_networks(environ.get("TRUSTED_PROXIES", "")),
        web_workers=_whole_number(environ, "WEB_WORKERS", 2),
        web_threads=_whole_number(environ, "WEB_THREADS", 4),
        arabic_digits=environ.get("ARABIC_DIGITS", "").lower() in ("1", "yes", "true"),
    )
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """Refuse settings that cannot work. Raises ConfigurationError naming the variable."""
    if settings.environment not in ENVIRONMENTS:
        raise ConfigurationError(f"NIDAA_ENV is {settings.environment!r}; it must be one of {ENVIRONMENTS}")
    address = urlsplit(settings.base_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ConfigurationError("BASE_URL must be the public address, such as https://petition.example.org")
    for name, url, schemes in (
        ("DATABASE_URL", settings.database_url, DATABASES),
        ("LIMITS_URL", settings.limits_url, LIMIT_STORES),
    ):
        # Never repeated: it may hold a password.
        if url and url.partition("://")[0] not in schemes:
            raise ConfigurationError(f"{name} must begin with one of {', '.join(schemes)}, then ://")
    if not settings.is_production:
        if not _is_this_machine(settings.bind):
            raise ConfigurationError(
                "BIND lets others reach a server in development, where everybody can read every mail; "
                "set NIDAA_ENV=production, or leave BIND at 127.0.0.1"
            )
        return
    if address.scheme != "https":
        raise ConfigurationError("BASE_URL must begin with https:// in production")
    if settings.mail_from.endswith(".invalid"):
        raise ConfigurationError("MAIL_FROM must be the address that confirmation mails come from")
    if not settings.smtp_url:
        raise ConfigurationError("SMTP_URL must name the mail relay: without it mails become readable files")


def secret_key(settings: Settings) -> bytes:
    """Return the key that signs form tokens; in development it is made when it is missing.

    Raises ConfigurationError where production has none or lets others read it, or where it is under 32 bytes.
    """
    path = settings.secret_key_file
    if not path.exists():
        if settings.is_production:
            raise ConfigurationError("SECRET_KEY_FILE does not exist; `campaign init` makes it")
        write_secret_key(path)
    if settings.is_production and path.stat().st_mode & 0o077:
        raise ConfigurationError("SECRET_KEY_FILE can be read by others on this machine; run chmod 600 on it")
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) < SECRET_BYTES:
        raise ConfigurationError("SECRET_KEY_FILE must hold at least 32 bytes in hexadecimal")
    return secret


def write_secret_key(path: Path) -> None:
    """Make a new secret key file, readable by its owner only; an existing one is left alone."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(SECRET_BYTES))


def settings() -> Settings:
    """Return the settings of the current application."""
    found: Settings = current_app.extensions[EXTENSION]
    return found


def _is_this_machine(bind: str) -> bool:
    if bind == "localhost":
        return True
    try:
        return ip_address(bind.strip("[]")).is_loopback
    except ValueError:
        return False


def _whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ConfigurationError(f"{name} is {text!r}; it must be a whole number from 1 to 65535")
    return int(text)


def _networks(text: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in text.split(",") if part.strip())
    for part in parts:
        try:
            ip_network(part, strict=False)
        except ValueError:
            raise ConfigurationError(f"TRUSTED_PROXIES holds {part!r}, which is not a network") from None
    return parts
