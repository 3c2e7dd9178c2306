"""Key files: JSON {version, id, kind, created_on, key}, mode 0600, written whole or not at all.

Decides how a key is named and kept on disk; does not know what it is used for.
"""

import base64
import binascii
import fcntl
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from .campaign_secret import CampaignSecret, valid_point
from .problems import KeysCorrupt, KeysExposed, KeysMissing, KeySwapped

VERSION = 1
CAMPAIGN_PUBLIC = "campaign-public"
CAMPAIGN_SECRET = "campaign-secret"  # noqa: S105 - a kind of file, not a password
MAIL_PUBLIC = "mail-public"
MAIL_SECRET = "mail-secret"  # noqa: S105 - a kind of file, not a password
MAILING_SECRET = "mailing-secret"  # noqa: S105 - a kind of file, not a password
MASTER = "master"
KEY_BYTES = {
    CAMPAIGN_PUBLIC: 65,
    CAMPAIGN_SECRET: 32,
    MAIL_PUBLIC: 32,
    MAIL_SECRET: 32,
    MAILING_SECRET: 32,
    MASTER: 32,
}
SECRET_KINDS = frozenset({CAMPAIGN_SECRET, MAIL_SECRET, MAILING_SECRET, MASTER})
OWNER_ONLY = 0o600
LARGEST_FILE_BYTES = 10_000


@dataclass(frozen=True, kw_only=True)
class KeyFile:
    """One key on disk.

    id: 16 hexadecimal digits; both halves of a pair have the same.
    key: P-256 point (65 bytes), campaign seed, X25519 key or AES-256 key (32 bytes).
    replaces: id of the key that this one took over from; order never depends on a clock.
    backup_check: SHA-256 of the code that only a read-back backup shows; campaign-public only.
    """

    id: str
    kind: str
    created_on: date
    key: bytes = field(repr=False)
    is_demo: bool = False
    replaces: str = ""
    backup_check: bytes = b""
    backup_read_on: date | None = None

    @property
    def name(self) -> str:
        """Return the file name."""
        return f"{self.kind}-{self.id}.json"

    def with_backup_read(self, today: date) -> "KeyFile":
        """Return the same key with the day on which a backup of it was proved."""
        return replace(self, backup_read_on=today)


def new_key_file(kind: str, key: bytes, *, created_on: date, **details: Any) -> KeyFile:
    """Return a key under the name that follows from it."""
    return KeyFile(id=key_id(kind, key), kind=kind, created_on=created_on, key=key, **details)


def key_id(kind: str, key: bytes) -> str:
    """Return the name of a key: 64 bits of SHA-256 over its public half, or over a master itself."""
    family = kind.partition("-")[0]
    if kind in (CAMPAIGN_SECRET, MAILING_SECRET):
        key = CampaignSecret(key).point
    elif kind == MAIL_SECRET:
        key = X25519PrivateKey.from_private_bytes(key).public_key().public_bytes_raw()
    return hashlib.sha256(b"nidaa key id v1\0" + family.encode() + b"\0" + key).hexdigest()[:16]


def read_key_files(
    keys_dir: Path, *, only: str = "*", leave_out: str = "", refuse_exposed: bool = False
) -> list[KeyFile]:
    """Return the keys of a folder, in the order of their names; an absent folder holds none.

    only, leave_out: a kind; what is left out is not even opened.
    Raises KeysCorrupt or KeySwapped naming the file, and KeysExposed where `refuse_exposed`.
    """
    paths = sorted(keys_dir.glob(f"{only}-*.json")) if keys_dir.is_dir() else []
    if leave_out:
        paths = [path for path in paths if not path.name.startswith(f"{leave_out}-")]
    return [read_key_file(path, refuse_exposed=refuse_exposed) for path in paths]


def read_key_file(path: Path, *, refuse_exposed: bool = False) -> KeyFile:
    """Return one key. Raises KeysMissing, KeysCorrupt, KeySwapped or KeysExposed, naming the file."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(LARGEST_FILE_BYTES)
    except FileNotFoundError:
        raise KeysMissing(f"{path.name} does not exist") from None
    except OSError as problem:
        raise KeysCorrupt(f"{path.name} cannot be read: {problem.strerror}") from None
    key = parse_key_file(text, name=path.name)
    if refuse_exposed and key.kind in SECRET_KINDS and stat.S_IMODE(mode) & 0o077:
        raise KeysExposed(f"{path.name} can be read by other users of this machine: chmod 600 it")
    return key


def parse_key_file(text: bytes, *, name: str) -> KeyFile:
    """Return the key that a file's bytes hold. Raises KeysCorrupt or KeySwapped, naming the file."""
    try:
        fields = json.loads(text)
        key = KeyFile(
            id=fields["id"],
            kind=fields["kind"],
            created_on=date.fromisoformat(fields["created_on"]),
            key=base64.b64decode(fields["key"], validate=True),
            is_demo=fields.get("demo") is True,
            replaces=str(fields.get("replaces", "")),
            backup_check=base64.b64decode(fields.get("backup_check", ""), validate=True),
            backup_read_on=_day(fields.get("backup_read_on")),
        )
        if fields["version"] != VERSION:
            raise ValueError("another version")
        if len(key.key) != KEY_BYTES[key.kind] or (key.kind == CAMPAIGN_PUBLIC and not valid_point(key.key)):
            raise ValueError("not a key of its kind")
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, RecursionError):
        raise KeysCorrupt(f"{name} is not a whole key file of version {VERSION}") from None
    if key.id != key_id(key.kind, key.key):
        raise KeySwapped(f"{name} says it holds key {key.id[:16]}, but it holds another")
    return key


def key_file_text(key: KeyFile) -> str:
    """Return the JSON of a key file; what does not apply is left out."""
    fields: dict[str, Any] = {
        "version": VERSION,
        "id": key.id,
        "kind": key.kind,
        "created_on": key.created_on.isoformat(),
        "key": base64.b64encode(key.key).decode(),
    }
    if key.is_demo:
        fields["demo"] = True
    if key.replaces:
        fields["replaces"] = key.replaces
    if key.backup_check:
        fields["backup_check"] = base64.b64encode(key.backup_check).decode()
    if key.backup_read_on:
        fields["backup_read_on"] = key.backup_read_on.isoformat()
    return json.dumps(fields, indent=1) + "\n"


def write_key_file(keys_dir: Path, key: KeyFile) -> Path:
    """Write a key so that a crash leaves the old file or the new one, never a part of either."""
    keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = keys_dir / key.name
    unfinished = keys_dir / f".{key.name}.{os.getpid()}.unfinished"
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key_file_text(key))
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    _sync_folder(keys_dir)
    return path


def destroy_key_file(keys_dir: Path, key: KeyFile) -> None:
    """Overwrite a key file, then remove it; removing it twice is no error.

    The overwriting helps on plain disks only: flash memory and copying file systems may keep
    the old bytes, which is why a disk that held keys is destroyed and not sold.
    """
    path = keys_dir / key.name
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink(missing_ok=True)
    _sync_folder(keys_dir)


@contextmanager
def only_one_changes(keys_dir: Path) -> Iterator[None]:
    """Let one process at a time change the key files of a folder."""
    keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(keys_dir / ".lock", os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
