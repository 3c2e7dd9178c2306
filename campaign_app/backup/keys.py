"""The pair of keys of the backups, each a line that can be printed, typed, and put into a setting.

    NIDAA-BACKUP-PUBLIC-1:<64 hexadecimal digits>:<8 digits of a check>
    NIDAA-BACKUP-SECRET-1:<64 hexadecimal digits>:<8 digits of a check>

Not key files: nothing that opens a backup may ever lie among the keys of the server.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from .problems import NotABackupKey

PUBLIC, SECRET = "NIDAA-BACKUP-PUBLIC-1", "NIDAA-BACKUP-SECRET-1"
LINE = re.compile(r"(NIDAA-BACKUP-(?:PUBLIC|SECRET)-1):([0-9A-F]{64}):([0-9A-F]{8})")
CHECK_LABEL = b"nidaa backup key check v1\0"
ID_LABEL = b"nidaa key id v1\0backup\0"
ID_BYTES = 8


@dataclass(frozen=True)
class PublicKey:
    """What backups are sealed to. It opens nothing and is no secret."""

    raw: bytes

    @cached_property
    def id(self) -> bytes:
        """Return the name of the pair: 64 bits of SHA-256 over this half."""
        return hashlib.sha256(ID_LABEL + self.raw).digest()[:ID_BYTES]

    @cached_property
    def key(self) -> X25519PublicKey:
        """Return the key as the library wants it."""
        return X25519PublicKey.from_public_bytes(self.raw)

    @property
    def line(self) -> str:
        """Return the line that the server is given."""
        return _line(PUBLIC, self.raw)


@dataclass(frozen=True)
class SecretKey:
    """What opens backups. It is kept where the server is not."""

    raw: bytes = field(repr=False)

    @cached_property
    def key(self) -> X25519PrivateKey:
        """Return the key as the library wants it."""
        return X25519PrivateKey.from_private_bytes(self.raw)

    @cached_property
    def public(self) -> PublicKey:
        """Return the other half."""
        return PublicKey(self.key.public_key().public_bytes_raw())

    @property
    def line(self) -> str:
        """Return the line that is kept on paper or in a safe."""
        return _line(SECRET, self.raw)


def new_secret_key() -> SecretKey:
    """Return a new secret key from the system's randomness."""
    return SecretKey(X25519PrivateKey.generate().private_bytes_raw())


def public_key(text: str) -> PublicKey:
    """Return the key of a public line. Case and spaces do not count. Raises NotABackupKey."""
    return PublicKey(_raw(text, PUBLIC, "public"))


def secret_key(text: str) -> SecretKey:
    """Return the key of a secret line. Case and spaces do not count. Raises NotABackupKey."""
    return SecretKey(_raw(text, SECRET, "secret"))


def _line(kind: str, raw: bytes) -> str:
    return f"{kind}:{raw.hex().upper()}:{_check(kind, raw)}"


def _check(kind: str, raw: bytes) -> str:
    return hashlib.sha256(CHECK_LABEL + kind.encode() + b"\0" + raw).hexdigest()[:8].upper()


def _raw(text: str, kind: str, half: str) -> bytes:
    found = LINE.fullmatch("".join(text.split()).upper())
    if not found:
        raise NotABackupKey(f"this is not the line of a backup's {half} key; it begins with {kind}:")
    if found[1] != kind:
        raise NotABackupKey(f"this is the other half of a backup key; the {half} one begins with {kind}:")
    raw = bytes.fromhex(found[2])
    if not hmac.compare_digest(found[3], _check(kind, raw)):
        raise NotABackupKey(f"a character of the backup's {half} key is wrong")
    return raw
