"""Mail parameters sealed to the worker's key: addresses wait in the outbox without being readable there.

"NDM" 0x01 | key id 8 | HPKE(DHKEM X25519, HKDF-SHA256, AES-256-GCM; padded JSON)
"""

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from .keys import MailKey, MailSecret
from .padding import padded_json, unpadded_json
from .problems import NotSealed, SealedForOthers, WrongContext

MAGIC = b"NDM\x01"
INFO = b"nidaa mail v1"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
HEAD_BYTES = len(MAGIC) + 8
PLAIN_BYTES = 512


def seal_mail(parameters: Mapping[str, Any], *, key: MailKey) -> bytes:
    """Seal what the worker needs to write one mail: JSON-able values by name."""
    return (
        MAGIC
        + key.id_bytes
        + SUITE.encrypt(padded_json(parameters, at_least=PLAIN_BYTES), key.public_key, info=INFO)
    )


def open_mail(sealed: bytes, *, secret: MailSecret) -> dict[str, Any]:
    """Return what `seal_mail` was given.

    Raises NotSealed, SealedForOthers (a mail key that this host does not hold) or WrongContext (altered).
    """
    if not sealed.startswith(MAGIC) or len(sealed) <= HEAD_BYTES:
        raise NotSealed("not sealed mail of format 1")
    key = secret.keys.get(sealed[len(MAGIC) : HEAD_BYTES])
    if key is None:
        raise SealedForOthers("sealed to a mail key that is not here")
    try:
        return unpadded_json(SUITE.decrypt(sealed[HEAD_BYTES:], key, info=INFO))
    except (InvalidTag, ValueError) as problem:
        raise WrongContext("sealed mail that was altered") from problem
