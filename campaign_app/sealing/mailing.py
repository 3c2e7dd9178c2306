"""Recipients of one mailing, sealed to a key that is made for it and destroyed after it. Format 1.

The server cannot read an address. For one mailing an organiser opens a sheet offline and seals its recipients anew:

    header   one line of JSON: format, version, mailing, key, petition, recipients, sealed_key
    rows     one line each: base 64 of AES-256-GCM(content key, nonce = number of the row, padded JSON)
    end      {"end":true,"sha256":"…"} over every byte before it

sealed_key is HPKE (RFC 9180, base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM) of a random content key.
Its info holds mailing, petition and the number of recipients, so a header cannot be changed; the numbers of the rows
keep them from being moved or repeated. static/opener/src/mailing.js is the other writer; tests/sealing/golden holds the
two together.
"""

import secrets
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from .campaign_secret import SEED_BYTES, CampaignSecret, valid_point
from .key_files import (
    MAILING_SECRET,
    destroy_key_file,
    key_id,
    new_key_file,
    read_key_file,
    write_key_file,
)
from .padding import padded_json, unpadded_json
from .problems import KeysMissing, NotSealed, WrongContext

INFO = b"nidaa mailing v1\0"
SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
CONTENT_KEY_BYTES = 32
NONCE_BYTES = 12
SEALED_KEY_BYTES = 65 + CONTENT_KEY_BYTES + 16
FOLDER = "mailings"  # beside the keys of the installation, and read by the worker only


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What a content key is bound to: one mailing, one petition, and how many recipients follow."""

    mailing: str
    petition: str
    recipients: int

    @property
    def info(self) -> bytes:
        """Return the info of HPKE."""
        return INFO + f"{self.mailing}\0{self.petition}\0{self.recipients}".encode()


@dataclass(frozen=True)
class MailingSecret:
    """The key pair of one mailing. The secret half lies on the worker's host until the mailing is over."""

    seed: bytes = field(repr=False)

    @cached_property
    def _pair(self) -> CampaignSecret:
        return CampaignSecret(self.seed)  # the same derivation of a P-256 key from 32 random bytes

    @property
    def point(self) -> bytes:
        """Return the public key, 65 bytes, uncompressed."""
        return self._pair.point

    def open_content_key(self, sealed: bytes, envelope: Envelope) -> bytes:
        """Return the content key of a file. Raises NotSealed or WrongContext (another mailing, or altered)."""
        if len(sealed) != SEALED_KEY_BYTES:
            raise NotSealed("not the sealed key of a mailing")
        try:
            return SUITE.decrypt(sealed, self._pair.private_key, info=envelope.info)
        except (InvalidTag, ValueError) as problem:
            raise WrongContext("sealed for another mailing, or altered") from problem


@dataclass(frozen=True)
class RowSealer:
    """Seals the recipients of one file. sealed_key: what its header carries."""

    content_key: bytes = field(repr=False)
    sealed_key: bytes

    def seal(self, number: int, recipient: Mapping[str, Any]) -> bytes:
        """Return a recipient, {"to", "lang", "ids", "stop"}, sealed as the row of that number, 1 or more."""
        return AESGCM(self.content_key).encrypt(_nonce(number), padded_json(recipient), None)


def row_sealer(point: bytes, envelope: Envelope) -> RowSealer:
    """Return what seals the rows of a new file to a mailing's public key. Raises NotSealed for no such key."""
    if not valid_point(point):
        raise NotSealed("this is not the public key of a mailing")
    content_key = secrets.token_bytes(CONTENT_KEY_BYTES)
    public = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    return RowSealer(content_key, SUITE.encrypt(content_key, public, info=envelope.info))


def open_row(sealed: bytes, *, number: int, content_key: bytes) -> dict[str, Any]:
    """Return the recipient of a row. Raises NotSealed or WrongContext (altered, or of another place)."""
    try:
        return unpadded_json(AESGCM(content_key).decrypt(_nonce(number), sealed, None))
    except (InvalidTag, ValueError) as problem:
        raise WrongContext("a row that was altered, or belongs to another place") from problem


def mailing_key_id(point: bytes) -> str:
    """Return the name of a mailing's key."""
    return key_id("mailing-public", point)


def make_mailing_secret(*, keys_dir: Path, today: date) -> MailingSecret:
    """Make the key pair of a mailing and keep its secret half on this host."""
    secret = MailingSecret(secrets.token_bytes(SEED_BYTES))
    write_key_file(keys_dir / FOLDER, new_key_file(MAILING_SECRET, secret.seed, created_on=today))
    return secret


def mailing_secret(point: bytes, *, keys_dir: Path) -> MailingSecret:
    """Return the secret half of a public key. Raises KeysMissing where it is not on this host, KeysCorrupt."""
    path = keys_dir / FOLDER / f"{MAILING_SECRET}-{mailing_key_id(point)}.json"
    secret = MailingSecret(read_key_file(path).key)
    if secret.point != point:
        raise KeysMissing("the secret key of this mailing is not on this host")
    return secret


def destroy_mailing_secret(point: bytes, *, keys_dir: Path) -> None:
    """Destroy the secret half of a public key on this host, if it is here: its file can then be opened by nobody."""
    path = keys_dir / FOLDER / f"{MAILING_SECRET}-{mailing_key_id(point)}.json"
    if path.exists():
        destroy_key_file(keys_dir / FOLDER, read_key_file(path))


def kept_mailing_keys(*, keys_dir: Path) -> list[str]:
    """Return the names of the mailing keys on this host."""
    folder = keys_dir / FOLDER
    if not folder.is_dir():
        return []
    return [path.stem.removeprefix(f"{MAILING_SECRET}-") for path in folder.glob(f"{MAILING_SECRET}-*.json")]


def destroy_unknown_secrets(known: Container[str], *, keys_dir: Path, before: date) -> None:
    """Destroy the secret halves on this host that were made before a day and whose name is not known.

    A worker that died between making a key and noting it leaves one, and so does a restore.
    """
    for name in kept_mailing_keys(keys_dir=keys_dir):
        if name in known:
            continue
        key = read_key_file(keys_dir / FOLDER / f"{MAILING_SECRET}-{name}.json")
        if key.created_on < before:
            destroy_key_file(keys_dir / FOLDER, key)


def _nonce(number: int) -> bytes:
    return number.to_bytes(NONCE_BYTES, "big")
