"""The keys that an installation works with, loaded once a process and checked as one set.

Knows which keys must be there and whether signing may be open; key_files.py knows how they lie on disk.
"""

import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from flask import Flask, current_app

from ..config import settings
from .campaign_secret import CampaignSecret
from .key_files import (
    CAMPAIGN_PUBLIC,
    CAMPAIGN_SECRET,
    MAIL_PUBLIC,
    MAIL_SECRET,
    MASTER,
    KeyFile,
    read_key_files,
)
from .problems import KeyProblem, KeysCorrupt, KeysExposed, KeysMissing, KeySwapped

__all__ = [
    "CampaignKey",
    "KeyProblem",
    "KeySwapped",
    "Keyring",
    "KeysCorrupt",
    "KeysExposed",
    "KeysMissing",
    "MailKey",
    "MailSecret",
    "fingerprint",
    "keyring",
    "load_keys",
    "signing_is_allowed",
    "signing_obstacles",
]

EXTENSION = "nidaa_keyring"
RECHECK_SECONDS = 2.0


@dataclass(frozen=True, eq=False)
class CampaignKey:
    """The public half of a campaign key: contacts are sealed to it, and only its holder opens them.

    id: 16 hexadecimal digits; id_bytes: the same as 8 bytes. point: 65 bytes, uncompressed.
    """

    id: str
    point: bytes = field(repr=False)
    created_on: date
    is_demo: bool
    backup_check: bytes = field(repr=False)
    backup_read_on: date | None

    @cached_property
    def id_bytes(self) -> bytes:
        """Return the name of the key as sealed contacts carry it."""
        return bytes.fromhex(self.id)

    @cached_property
    def public_key(self) -> EllipticCurvePublicKey:
        """Return the key, parsed once."""
        return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), self.point)

    @property
    def fingerprint(self) -> str:
        """Return what the printed backup shows, to be compared by eye."""
        return fingerprint([self])


@dataclass(frozen=True, eq=False)
class MailKey:
    """The public half of the mail key: web processes seal to it and cannot open."""

    id: str
    raw: bytes = field(repr=False)

    @cached_property
    def id_bytes(self) -> bytes:
        """Return the name of the key as sealed mail carries it."""
        return bytes.fromhex(self.id)

    @cached_property
    def public_key(self) -> X25519PublicKey:
        """Return the key, parsed once."""
        return X25519PublicKey.from_public_bytes(self.raw)


@dataclass(frozen=True, eq=False)
class MailSecret:
    """The worker's secret mail keys by id: the present one, and those it replaced while mail still waits."""

    keys: dict[bytes, X25519PrivateKey] = field(repr=False)


@dataclass(frozen=True, eq=False)
class Keyring:
    """The keys of one folder.

    masters: by id; newest_master: the id of the one that wraps new petition keys.
    tag_keys: unwrapped petition keys, kept only as long as this keyring: a master that goes takes them along.
    """

    keys_dir: Path
    campaign_public: tuple[CampaignKey, ...]
    mail_public: MailKey
    masters: dict[str, bytes] = field(repr=False)
    newest_master: str
    demo_secrets: tuple[CampaignSecret, ...] = field(repr=False)
    refuse_exposed: bool = False
    tag_keys: dict[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def is_demo(self) -> bool:
        """Whether any campaign key is a demonstration key, whose secret lies beside it."""
        return any(key.is_demo for key in self.campaign_public)

    @cached_property
    def fingerprint(self) -> str:
        """Return the fingerprint over all campaign keys, as CAMPAIGN_KEY_FINGERPRINT announces it."""
        return fingerprint(self.campaign_public)

    @cached_property
    def mail_secret(self) -> MailSecret | None:
        """Return the worker's keys, or None where they are not kept. Read only here: the web never asks."""
        found = {
            bytes.fromhex(file.id): X25519PrivateKey.from_private_bytes(file.key)
            for file in read_key_files(self.keys_dir, only=MAIL_SECRET, refuse_exposed=self.refuse_exposed)
        }
        return MailSecret(found) if found else None


def load_keys(keys_dir: Path, *, announced_fingerprint: str = "", refuse_exposed: bool = False) -> Keyring:
    """Return the keys of a folder, checked as one set.

    announced_fingerprint: CAMPAIGN_KEY_FINGERPRINT, which an intruder on the disk cannot change.
    Raises KeysMissing (no master, mail or campaign key), KeysCorrupt, KeySwapped, KeysExposed.
    """
    files = read_key_files(keys_dir, leave_out=MAIL_SECRET, refuse_exposed=refuse_exposed)
    campaign = tuple(_campaign_key(file) for file in files if file.kind == CAMPAIGN_PUBLIC)
    if not campaign:
        raise KeysMissing(
            "there is no campaign key: make one in opener.html, then run `campaign keys add FILE`"
        )
    masters = [file for file in files if file.kind == MASTER]
    mail = [file for file in files if file.kind == MAIL_PUBLIC]
    if not masters or not mail:
        raise KeysMissing("the server's own keys are missing: run `campaign keys make`")
    if announced_fingerprint and not same_fingerprint(announced_fingerprint, fingerprint(campaign)):
        raise KeySwapped(
            "the campaign keys are not those of CAMPAIGN_KEY_FINGERPRINT: if you did not change them, "
            "somebody else did; otherwise set it to what `campaign keys fingerprint` prints"
        )
    newest = newest_of(mail)
    return Keyring(
        keys_dir=keys_dir,
        campaign_public=campaign,
        mail_public=MailKey(id=newest.id, raw=newest.key),
        masters={file.id: file.key for file in masters},
        newest_master=newest_of(masters).id,
        demo_secrets=tuple(CampaignSecret(file.key) for file in files if file.kind == CAMPAIGN_SECRET),
        refuse_exposed=refuse_exposed,
    )


def newest_of(files: list[KeyFile]) -> KeyFile:
    """Return the key that no other has taken over from. Dates decide only between unrelated keys."""
    replaced = {file.replaces for file in files}
    standing = [file for file in files if file.id not in replaced] or files
    return max(standing, key=lambda file: (file.created_on, file.id))


def fingerprint(keys: Iterable[CampaignKey]) -> str:
    """Return the fingerprint over a set of campaign keys, for people to compare by eye."""
    return fingerprint_of_points(key.point for key in keys)


def fingerprint_of_points(points: Iterable[bytes]) -> str:
    """Return 128 bits of SHA-256 over public keys, sorted: eight groups of four hexadecimal digits."""
    digits = hashlib.sha256(b"nidaa campaign keys v1\0" + b"".join(sorted(points))).hexdigest()[:32]
    return "-".join(digits[start : start + 4] for start in range(0, 32, 4))


def same_fingerprint(typed: str, true: str) -> bool:
    """Whether two fingerprints agree; case, spaces and dashes do not count."""
    return "".join(typed.split()).replace("-", "").lower() == true.replace("-", "")


def signing_obstacles(keys: Keyring, environment: str, *, announced_fingerprint: str = "") -> list[str]:
    """Return why signing must stay shut, in words for an operator; an empty list opens it."""
    found = []
    if not keys.campaign_public:
        found.append("there is no campaign key")
    if announced_fingerprint and not same_fingerprint(announced_fingerprint, keys.fingerprint):
        found.append("the campaign keys are not those of CAMPAIGN_KEY_FINGERPRINT")
    if environment != "production":
        return found
    if keys.is_demo:
        found.append("there are demonstration keys: run `campaign keys remove` for each of them")
    if keys.demo_secrets:
        found.append("a campaign's secret key lies on this server: it must be kept by organisers, elsewhere")
    found.extend(
        f"no backup of campaign key {key.id} was read back: do so in opener.html, "
        f"then run `campaign keys confirm-backup {key.id} CODE`"
        for key in keys.campaign_public
        if not key.is_demo and key.backup_read_on is None
    )
    return found


def signing_is_allowed(keys: Keyring, environment: str, *, announced_fingerprint: str = "") -> bool:
    """Whether people may sign: no demo key in production, every campaign key's backup read, none swapped."""
    return not signing_obstacles(keys, environment, announced_fingerprint=announced_fingerprint)


def key_warnings(keys: Keyring) -> list[str]:
    """Return what does not shut signing but should be mended."""
    if len(keys.campaign_public) == 1:
        return ["there is only one campaign key: whoever loses it and its backup loses every contact"]
    return []


def keyring(*, fresh: bool = False) -> Keyring:
    """Return the keys of the current application.

    Looks for changed files every two seconds at most, or at once when `fresh`, and loads them again.
    Raises KeysMissing, KeysCorrupt, KeySwapped or KeysExposed for as long as the keys are unusable.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    held: _Held | None = app.extensions.get(EXTENSION)
    now = time.monotonic()
    if held is not None and not fresh and now - held.checked_at < RECHECK_SECONDS:
        return held.keyring
    chosen = settings()
    state = _folder_state(chosen.keys_dir)
    if held is None or held.state != state:
        app.extensions.pop(EXTENSION, None)
        loaded = load_keys(
            chosen.keys_dir,
            announced_fingerprint=chosen.campaign_key_fingerprint,
            refuse_exposed=chosen.is_production,
        )
        held = _Held(loaded, state, now)
        app.extensions[EXTENSION] = held
    held.checked_at = now
    return held.keyring


@dataclass
class _Held:
    keyring: Keyring
    state: tuple[tuple[str, int, int, int], ...]
    checked_at: float


def _folder_state(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    """Return what changes when a key file does: name, time, size and mode of each."""
    if not folder.is_dir():
        return ()
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(".json")]
    return tuple(sorted((name, stat.st_mtime_ns, stat.st_size, stat.st_mode) for name, stat in found))


def _campaign_key(file: KeyFile) -> CampaignKey:
    return CampaignKey(
        id=file.id,
        point=file.key,
        created_on=file.created_on,
        is_demo=file.is_demo,
        backup_check=file.backup_check,
        backup_read_on=file.backup_read_on,
    )
