"""Tokens that travel in mails. The database keeps their hashes, so reading it opens no link."""

import hashlib
import secrets

TOKEN_BYTES = 24
TOKEN_CHARACTERS = 32


def new_token() -> str:
    """Return 192 random bits as 32 characters that survive in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """Return the 32 bytes under which a token is stored. Any text is accepted: an unknown one finds none."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
