"""A sealed backup, format 1: a stream that one key seals on the server and another opens elsewhere.

    "NDB" 0x01 | key id 8 | HPKE encapsulated key 32 | wrapped content key 48
    then, of each 65,536 bytes and of what remains at the end (which may be nothing):
        AES-256-GCM(content key, number of the chunk 11 | 1 if it is the last, else 0; aad = all before the first)

HPKE is RFC 9180's base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM. The chunks are the STREAM
construction of Hoang, Reyhanitabar, Rogaway and Vizár (2015): none can be left out, exchanged or repeated, and an
end that is missing shows. The format is frozen by tests/backup/golden.
"""

import secrets
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from .keys import ID_BYTES, PublicKey, SecretKey
from .problems import NotABackup, SealedToAnotherKey

MAGIC, VERSION = b"NDB", 1
INFO = b"nidaa backup v1"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
CONTENT_KEY_BYTES = 32
WRAPPED_BYTES = 32 + CONTENT_KEY_BYTES + 16
HEAD_BYTES = len(MAGIC) + 1 + ID_BYTES + WRAPPED_BYTES
CHUNK_BYTES = 65_536
TAG_BYTES = 16
COUNTER_BYTES = 11


class Sealer:
    """Writes a sealed stream. What was not ended with `finish` does not open."""

    def __init__(self, out: BinaryIO, key: PublicKey) -> None:
        """Write the head of the stream. key: whose secret half will open it."""
        content_key = secrets.token_bytes(CONTENT_KEY_BYTES)
        wrapped = SUITE.encrypt(content_key, key.key, info=INFO)
        self._head = MAGIC + bytes([VERSION]) + key.id + wrapped
        self._cipher = AESGCM(content_key)
        self._out = out
        self._waiting = bytearray()
        self._number = 0
        out.write(self._head)

    def write(self, content: bytes) -> None:
        """Take more of the stream; memory holds one chunk."""
        self._waiting += content
        # Never the last byte: a stream that ends on a whole chunk must still have one to mark as its last.
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]

    def finish(self) -> None:
        """Write what remains, marked as the end."""
        self._seal(bytes(self._waiting), is_last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, is_last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, is_last), chunk, self._head))
        self._number += 1


def opened(file: BinaryIO, secret: SecretKey) -> Iterator[bytes]:
    """Yield the stream of a sealed file, a chunk at a time; each is proved unchanged before it is yielded.

    Raises NotABackup, SealedToAnotherKey. That nothing is missing is known only once it has ended.
    """
    head = file.read(HEAD_BYTES)
    _check_head(head, secret)
    try:
        wrapped = head[-WRAPPED_BYTES:]
        cipher = AESGCM(SUITE.decrypt(wrapped, secret.key, info=INFO))
    except (InvalidTag, ValueError):
        raise NotABackup("the file is not as it was written: its head was changed") from None
    number, chunk = 0, file.read(CHUNK_BYTES + TAG_BYTES)
    while True:
        following = file.read(CHUNK_BYTES + TAG_BYTES)
        yield _open_chunk(cipher, head, number, chunk, is_last=not following)
        if not following:
            return
        number, chunk = number + 1, following


def _check_head(head: bytes, secret: SecretKey) -> None:
    if not head.startswith(MAGIC):
        raise NotABackup("this is not a backup of Nidaa")
    if len(head) < HEAD_BYTES:
        raise NotABackup("the file is cut short")
    if head[len(MAGIC)] != VERSION:
        raise NotABackup("a newer version of Nidaa made this backup: restore it with that one")
    key_id = head[len(MAGIC) + 1 : len(MAGIC) + 1 + ID_BYTES]
    if key_id != secret.public.id:
        raise SealedToAnotherKey(
            f"this backup was sealed to the key {key_id.hex()}; yours is {secret.public.id.hex()}"
        )


def _open_chunk(cipher: AESGCM, head: bytes, number: int, chunk: bytes, *, is_last: bool) -> bytes:
    try:
        return cipher.decrypt(_nonce(number, is_last), chunk, head)
    except InvalidTag:
        pass
    if is_last and (not chunk or _opens(cipher, _nonce(number, False), chunk, head)):
        raise NotABackup("the file is cut short: its end is missing")
    raise NotABackup(f"the file is not as it was written: it was cut or changed in piece {number + 1}")


def _opens(cipher: AESGCM, nonce: bytes, chunk: bytes, head: bytes) -> bool:
    try:
        cipher.decrypt(nonce, chunk, head)
    except InvalidTag:
        return False
    return True


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(COUNTER_BYTES, "big") + bytes([is_last])
