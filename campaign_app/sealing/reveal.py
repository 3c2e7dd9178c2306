"""The name on the confirm page, sealed under the mailed token, so that only the link's holder can show it."""

import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .padding import padded_json, unpadded_json
from .problems import NotSealed, WrongContext

MAGIC = b"NDR\x01"
INFO = b"nidaa reveal v1"
NONCE_BYTES = 12


def seal_reveal(reveal: Mapping[str, Any], token: bytes) -> bytes:
    """Seal what the confirm page shows, {"name": str, "is_shown": bool}, under the mailed token.

    token: the characters of the link, in ASCII.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return MAGIC + nonce + _cipher(token).encrypt(nonce, padded_json(reveal), MAGIC)


def open_reveal(sealed: bytes, token: bytes) -> dict[str, Any]:
    """Return what `seal_reveal` was given. Raises NotSealed or WrongContext (another token)."""
    body = len(MAGIC) + NONCE_BYTES
    if not sealed.startswith(MAGIC) or len(sealed) <= body:
        raise NotSealed("not a sealed name of format 1")
    try:
        return unpadded_json(_cipher(token).decrypt(sealed[len(MAGIC) : body], sealed[body:], MAGIC))
    except InvalidTag as problem:
        raise WrongContext("sealed under another token, or altered") from problem


def _cipher(token: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=INFO).derive(token))
