"""A campaign's secret key: 32 random bytes, from which key pair, words and backup code all follow.

The same derivations are written in JavaScript in static/opener/src; golden files hold them together.
"""

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SEED_BYTES = 32
WORDS = 24
BITS_A_WORD = 11
WORD_LIST = Path(__file__).resolve().parents[2] / "static/opener/vendor/bip39/english.json"

CODE_BYTES = 10
CODE_INFO = b"nidaa backup read v1"
CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O or U to misread

TEXT_PREFIX = "NIDAA-SECRET-1"
TEXT_CHECK_LABEL = b"nidaa secret text v1\0"

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
KEM_SUITE = b"KEM\x00\x10"  # DHKEM(P-256, HKDF-SHA256)


class NotASecret(ValueError):
    """What was given as a campaign's secret key is not one. The message says what is wrong with it."""


@dataclass(frozen=True)
class CampaignSecret:
    """The secret half of a campaign key. Never on the server, but for demo keys in development."""

    seed: bytes = field(repr=False)

    @cached_property
    def private_key(self) -> EllipticCurvePrivateKey:
        """Return the P-256 key that RFC 9180's DeriveKeyPair makes of the seed."""
        return derive_private_key(_derive_scalar(self.seed), SECP256R1())

    @cached_property
    def point(self) -> bytes:
        """Return the public key, 65 bytes, uncompressed."""
        return self.private_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @cached_property
    def id(self) -> str:
        """Return the name of the key, the same as that of its public half."""
        return hashlib.sha256(b"nidaa key id v1\0campaign\0" + self.point).hexdigest()[:16]

    @property
    def words(self) -> list[str]:
        """Return the 24 words of the backup: 256 bits and a checksum of 8, as BIP-39 writes them."""
        bits = int.from_bytes(self.seed + hashlib.sha256(self.seed).digest()[:1], "big")
        numbers = [bits >> BITS_A_WORD * place & 2047 for place in reversed(range(WORDS))]
        return [word_list()[number] for number in numbers]

    @property
    def text(self) -> str:
        """Return the one line that the printed QR code holds."""
        return f"{TEXT_PREFIX}:{self.seed.hex().upper()}:{_text_check(self.seed)}"

    @property
    def backup_code(self) -> str:
        """Return the code that proves a backup was read: 80 bits that only the secret can give."""
        derived = HKDF(algorithm=SHA256(), length=CODE_BYTES, salt=None, info=CODE_INFO).derive(self.seed)
        number = int.from_bytes(derived, "big")
        letters = "".join(CODE_LETTERS[number >> 5 * place & 31] for place in reversed(range(16)))
        return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def new_secret() -> CampaignSecret:
    """Return a new secret key from the system's randomness."""
    return CampaignSecret(secrets.token_bytes(SEED_BYTES))


def secret_from_words(text: str) -> CampaignSecret:
    """Return the secret that 24 words stand for. Raises NotASecret, naming a word that is not in the list."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    for place, word in enumerate(words, 1):
        if word not in _numbers():
            raise NotASecret(f"word {place}, {word!r}, is not in the list of words")
    if len(words) != WORDS:
        raise NotASecret(f"a backup has {WORDS} words; {len(words)} were given")
    bits = 0
    for word in words:
        bits = bits << BITS_A_WORD | _numbers()[word]
    seed, check = (bits >> 8).to_bytes(SEED_BYTES, "big"), bits & 255
    if hashlib.sha256(seed).digest()[0] != check:
        raise NotASecret("the words are all in the list, but one of them is wrong or two changed places")
    return CampaignSecret(seed)


def secret_from_text(text: str) -> CampaignSecret:
    """Return the secret of the line that a QR code holds. Raises NotASecret."""
    found = re.fullmatch(rf"{TEXT_PREFIX}:([0-9A-F]{{64}}):([0-9A-F]{{8}})", "".join(text.split()).upper())
    if not found:
        raise NotASecret("not the text of a backup's QR code")
    seed = bytes.fromhex(found[1])
    if not hmac.compare_digest(found[2], _text_check(seed)):
        raise NotASecret("a character of the backup's text is wrong")
    return CampaignSecret(seed)


def backup_check(code: str) -> bytes:
    """Return what a public key file keeps of a backup code. Case, spaces and dashes do not count."""
    plain = re.sub(r"[^0-9A-Z]", "", code.upper()).translate(str.maketrans("OIL", "011"))
    return hashlib.sha256(b"nidaa backup check v1\0" + plain.encode()).digest()


def valid_point(point: bytes) -> bool:
    """Whether bytes are a point of P-256, so that sealing to them can work."""
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


@cache
def word_list() -> list[str]:
    """Return the 2048 English words of BIP-39."""
    words: list[str] = json.loads(WORD_LIST.read_text(encoding="ascii"))
    return words


@cache
def _numbers() -> dict[str, int]:
    return {word: number for number, word in enumerate(word_list())}


def _text_check(seed: bytes) -> str:
    return hashlib.sha256(TEXT_CHECK_LABEL + seed).hexdigest()[:8].upper()


def _derive_scalar(seed: bytes) -> int:
    """Return the private scalar of RFC 9180, section 7.1.3, DeriveKeyPair for P-256."""
    prk = hmac.digest(b"", b"HPKE-v1" + KEM_SUITE + b"dkp_prk" + seed, "sha256")
    for counter in range(256):
        labelled = b"\x00\x20HPKE-v1" + KEM_SUITE + b"candidate" + bytes([counter])
        scalar = int.from_bytes(hmac.digest(prk, labelled + b"\x01", "sha256"), "big")
        if 0 < scalar < P256_ORDER:
            return scalar
    raise AssertionError("a chance of 1 in 2^8192")
