"""Settings: environment variables read once, checked, and never changed while the process lives."""

import os
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from functools import cache
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
MAILBOXES = ("imaps", "imap")
SECRET_BYTES = 32
YES, NO = ("1", "yes", "true"), ("", "0", "no", "false")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator may set; docs/settings.md documents each, and `make check` holds them together."""

    environment: str = "development"  # NIDAA_ENV
    home: Path = ROOT / "instance"  # NIDAA_HOME: database, keys, mail files
    keys_dir: Path = ROOT / "instance/keys"  # KEYS_DIR
    content_dir: Path = ROOT / "content"  # CONTENT_DIR: the shipped campaign
    secret_key_file: Path = ROOT / "instance/keys/secret-key"  # SECRET_KEY_FILE
    campaign_key_fingerprint: str = ""  # CAMPAIGN_KEY_FINGERPRINT
    port: int = 8000  # PORT
    bind: str = "127.0.0.1"  # BIND
    base_url: str = "http://127.0.0.1:8000"  # BASE_URL, without a final slash
    database_url: str = ""  # DATABASE_URL; empty means SQLite in home
    limits_url: str = ""  # LIMITS_URL: redis:// or valkey://; empty means in memory
    smtp_url: str = ""  # SMTP_URL; empty means mail files in home/mail
    mail_from: str = "post@localhost.invalid"  # MAIL_FROM
    bounces_url: str = ""  # BOUNCES_URL: the mailbox that undeliverable mail comes back to
    trusted_proxies: tuple[str, ...] = ()  # TRUSTED_PROXIES: networks, separated by commas
    web_workers: int = 2  # WEB_WORKERS
    web_threads: int = 2  # WEB_THREADS
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

    @property
    def places(self) -> dict[str, str]:
        """Return the variables of every folder and file, for a process that begins in another folder."""
        return {
            "NIDAA_HOME": str(self.home),
            "KEYS_DIR": str(self.keys_dir),
            "CONTENT_DIR": str(self.content_dir),
            "SECRET_KEY_FILE": str(self.secret_key_file),
        }


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises ConfigurationError naming what is missing or malformed."""
    home = _place(environ, "NIDAA_HOME", ROOT / "instance")
    keys_dir = _place(environ, "KEYS_DIR", home / "keys")
    port = _whole_number(environ, "PORT", 8000)
    settings = Settings(
        environment=environ.get("NIDAA_ENV") or "development",
        home=home,
        keys_dir=keys_dir,
        content_dir=_place(environ, "CONTENT_DIR", ROOT / "content"),
        secret_key_file=_place(environ, "SECRET_KEY_FILE", keys_dir / "secret-key"),
        campaign_key_fingerprint=environ.get("CAMPAIGN_KEY_FINGERPRINT", ""),
        port=port,
        bind=environ.get("BIND") or "127.0.0.1",
        base_url=(environ.get("BASE_URL") or f"http://127.0.0.1:{port}").rstrip("/"),
        database_url=environ.get("DATABASE_URL", ""),
        limits_url=environ.get("LIMITS_URL", ""),
        smtp_url=environ.get("SMTP_URL", ""),
        mail_from=environ.get("MAIL_FROM") or "post@localhost.invalid",
        bounces_url=environ.get("BOUNCES_URL", ""),
        trusted_proxies=_networks(environ.get("TRUSTED_PROXIES", "")),
        web_workers=_whole_number(environ, "WEB_WORKERS", 2),
        web_threads=_whole_number(environ, "WEB_THREADS", 2),
        arabic_digits=_yes_or_no(environ, "ARABIC_DIGITS"),
    )
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """Refuse settings that cannot work. Raises ConfigurationError naming each variable that is wrong."""
    if problems := [*_problems(settings), *_production_problems(settings)]:
        raise ConfigurationError("; ".join(problems))


def _problems(settings: Settings) -> Iterator[str]:
    if settings.environment not in ENVIRONMENTS:
        yield f"NIDAA_ENV is {settings.environment!r}; it must be {' or '.join(ENVIRONMENTS)}"
    address = urlsplit(settings.base_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        yield "BASE_URL must be the public address, such as https://petition.example.org"
    elif address.path or address.query or address.fragment or address.username:
        yield "BASE_URL must end after its host: Nidaa has a name of its own, and no folder under another's"
    for name, url, schemes in (
        ("DATABASE_URL", settings.database_url, DATABASES),
        ("LIMITS_URL", settings.limits_url, LIMIT_STORES),
        ("BOUNCES_URL", settings.bounces_url, MAILBOXES),
    ):
        # Never repeated: it may hold a password.
        if url and url.partition("://")[0] not in schemes:
            yield f"{name} must begin with one of {', '.join(schemes)}, then ://"
    if not _is_address(settings.mail_from):
        yield "MAIL_FROM must be one bare mail address, such as post@example.org"


def _production_problems(settings: Settings) -> Iterator[str]:
    if not settings.is_production:
        if not _is_this_machine(settings.bind):
            yield (
                "BIND lets others reach a server in development, where everybody can read every mail; "
                "set NIDAA_ENV=production, or leave BIND at 127.0.0.1"
            )
        return
    if not settings.base_url.startswith("https://"):
        yield "BASE_URL must begin with https:// in production"
    if settings.mail_from.endswith(".invalid"):
        yield "MAIL_FROM must be the address that confirmation mails come from"
    if not settings.smtp_url:
        yield "SMTP_URL must name the mail relay: without it mails become readable files"


def prepare_folders(settings: Settings) -> None:
    """Make the data folder where it is missing. Raises ConfigurationError naming the setting that cannot be used."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise ConfigurationError(f"NIDAA_HOME, {settings.home}, cannot be made: {problem.strerror}") from None
    if not os.access(settings.home, os.R_OK | os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"NIDAA_HOME, {settings.home}, belongs to another user: run every command as the service's user"
        )
    if not os.access(settings.content_dir / "campaign.toml", os.R_OK):
        raise ConfigurationError(
            f"CONTENT_DIR, {settings.content_dir}, holds no campaign.toml that can be read"
        )


def secret_key(settings: Settings) -> bytes:
    """Return the key that signs form tokens; in development it is made when it is missing.

    Raises ConfigurationError where production has none or lets others read it, or where it is under 32 bytes.
    """
    path = settings.secret_key_file
    try:
        if not path.exists():
            if settings.is_production:
                raise ConfigurationError("SECRET_KEY_FILE does not exist; `campaign init` makes it")
            write_secret_key(path)
        if settings.is_production and path.stat().st_mode & 0o077:
            raise ConfigurationError(
                "SECRET_KEY_FILE can be read by others on this machine; run chmod 600 on it"
            )
        text = path.read_bytes()
    except OSError as problem:
        raise ConfigurationError(
            f"SECRET_KEY_FILE, {path}, cannot be read: {problem.strerror}; is this the service's user?"
        ) from None
    try:
        secret = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        secret = b""
    if len(secret) < SECRET_BYTES:
        raise ConfigurationError("SECRET_KEY_FILE must hold at least 32 bytes in hexadecimal")
    return secret


def write_secret_key(path: Path) -> None:
    """Make a new secret key file, readable by its owner only; an existing one is left alone.

    Raises ConfigurationError where it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as problem:
        raise ConfigurationError(f"SECRET_KEY_FILE, {path}, cannot be made: {problem.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(SECRET_BYTES))


def settings() -> Settings:
    """Return the settings of the current application."""
    found: Settings = current_app.extensions[EXTENSION]
    return found


def _place(environ: Mapping[str, str], name: str, default: Path) -> Path:
    """Return an absolute path, so that every process means the same one."""
    text = environ.get(name)
    if not text:
        return default
    if environ.get("NIDAA_ENV") == "production" and not Path(text).is_absolute():
        raise ConfigurationError(f"{name} is {text!r}; in production it must begin with /")
    return Path(text).resolve()


def _yes_or_no(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").lower()
    if text not in YES + NO:
        raise ConfigurationError(f"{name} is {text!r}; it must be yes or no")
    return text in YES


def _is_address(text: str) -> bool:
    try:
        return bool(Address(addr_spec=text).domain)
    except (MessageError, ValueError, IndexError):
        return False


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


@cache
def own_version() -> str:
    """Return the version of this program."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])
