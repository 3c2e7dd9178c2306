"""Sealed contacts, format 1: readable by any one of the campaign's secret keys, and by nothing on the server.

    "NDC" 0x01 | number of keys, 1 byte
    for each key:  id 8 | HPKE encapsulated key 65 | wrapped content key 48
    nonce 12 | AES-256-GCM(content key, nonce, padded JSON; aad = all before the nonce)

HPKE is RFC 9180's base mode with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM, which browsers'
WebCrypto can open. Its info binds the petition and the key, so that a contact cannot be moved to another
petition. The format is frozen by tests/sealing/golden; static/opener/src/contacts.js is its other reader.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from .campaign_secret import CampaignSecret
from .keys import CampaignKey
from .padding import padded_json, unpadded_json
from .problems import CannotOpen, KeysMissing, NotSealed, SealedForOthers, WrongContext

__all__ = ["CannotOpen", "key_ids", "open_contact", "seal_contact"]

MAGIC = b"NDC\x01"
INFO = b"nidaa contact v1\0"
SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

FIELDS = ("format", "id", "name", "email", "country", "language", "consents", "text_version", "token")
ID_BYTES = 8
WRAP_BYTES = 65 + 48
ENTRY_BYTES = ID_BYTES + WRAP_BYTES
CONTENT_KEY_BYTES = 32
NONCE_BYTES = 12
MOST_KEYS = 255
PLAIN_BYTES = 512  # the fixed fields take some 210: a limit of 256 would run through ordinary names


def seal_contact(contact: Mapping[str, Any], *, petition_slug: str, keys: Sequence[CampaignKey]) -> bytes:
    """Seal a contact for every campaign key.

    contact: the nine FIELDS; `id` in hexadecimal, `consents` {"signing": version, "updates": version or
        None}.
    Raises KeyError for a missing field, KeysMissing when there is no key to seal to.
    """
    if not 0 < len(keys) <= MOST_KEYS:
        raise KeysMissing("there is no campaign key to seal a contact to")
    content_key = secrets.token_bytes(CONTENT_KEY_BYTES)
    slug = petition_slug.encode()
    parts = [MAGIC, bytes([len(keys)])]
    for key in keys:
        parts += (key.id_bytes, SUITE.encrypt(content_key, key.public_key, info=_info(slug, key.id_bytes)))
    head = b"".join(parts)
    nonce = secrets.token_bytes(NONCE_BYTES)
    plain = padded_json({field: contact[field] for field in FIELDS}, at_least=PLAIN_BYTES)
    return head + nonce + AESGCM(content_key).encrypt(nonce, plain, head)


def open_contact(sealed: bytes, *, petition_slug: str, secret: CampaignSecret) -> dict[str, Any]:
    """Return the contact that `seal_contact` was given.

    Raises NotSealed (damaged or another format), SealedForOthers (not for this key) or
    WrongContext (altered, or of another petition).
    """
    head_end = _head_end(sealed)
    key_id = bytes.fromhex(secret.id)
    for start in range(len(MAGIC) + 1, head_end, ENTRY_BYTES):
        if sealed[start : start + ID_BYTES] == key_id:
            break
    else:
        raise SealedForOthers("sealed for other campaign keys")
    wrapped = sealed[start + ID_BYTES : start + ENTRY_BYTES]
    body = head_end + NONCE_BYTES
    try:
        content_key = SUITE.decrypt(wrapped, secret.private_key, info=_info(petition_slug.encode(), key_id))
        plain = AESGCM(content_key).decrypt(sealed[head_end:body], sealed[body:], sealed[:head_end])
    except (InvalidTag, ValueError) as problem:
        raise WrongContext("altered, or sealed for another petition") from problem
    contact = unpadded_json(plain)
    if contact.get("format") != 1:
        raise NotSealed("a contact of a format that this version does not know")
    return contact


def key_ids(sealed: bytes) -> tuple[str, ...]:
    """Return the ids of the campaign keys that can open a sealed contact. Raises NotSealed."""
    starts = range(len(MAGIC) + 1, _head_end(sealed), ENTRY_BYTES)
    return tuple(sealed[start : start + ID_BYTES].hex() for start in starts)


def _head_end(sealed: bytes) -> int:
    """Return where the nonce begins."""
    if not sealed.startswith(MAGIC) or len(sealed) < len(MAGIC) + 1:
        raise NotSealed("not a sealed contact of format 1")
    end = len(MAGIC) + 1 + sealed[len(MAGIC)] * ENTRY_BYTES
    if len(sealed) <= end + NONCE_BYTES:
        raise NotSealed("a sealed contact that is cut short")
    return end


def _info(slug: bytes, key_id: bytes) -> bytes:
    return INFO + slug + b"\0" + key_id
