"""The token of the "check your details" step, which stands in for proof of work where there is no JavaScript.

It is rendered for one person on an uncached page, is spent once, and is worth nothing for its first
three seconds: a person reads, a script does not wait.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from ..errors import Refusal
from .rules import CHECK_LEAST_AGE, CHECK_LIFETIME
from .state import current_shield

MOMENT_BYTES = 7  # milliseconds since 1970
NONCE_BYTES = 16
SEAL_BYTES = 16
TOKEN_LENGTH = (MOMENT_BYTES + NONCE_BYTES + SEAL_BYTES) // 3 * 4


class CheckRefused(Refusal):
    """The step must be shown again, with everything that was typed."""


class CheckTooSoon(CheckRefused):
    """The button was pressed within three seconds; the same token serves in a moment."""


class CheckExpired(CheckRefused):
    """The token is older than twenty minutes, malformed, of another petition, or not ours."""


def issue(petition_id: int, now: datetime) -> str:
    """Return a new single-use token."""
    moment = int(now.timestamp() * 1000).to_bytes(MOMENT_BYTES, "big")
    body = moment + secrets.token_bytes(NONCE_BYTES)
    return urlsafe_b64encode(body + _seal(body, petition_id)).decode("ascii")


def check(token: str, petition_id: int, now: datetime) -> bytes:
    """Return the nonce of a token that is of age; the caller spends it.

    Raises CheckTooSoon, CheckExpired.
    """
    try:
        content = urlsafe_b64decode(token) if len(token) == TOKEN_LENGTH else b""
    except ValueError:
        content = b""
    body, seal = content[:-SEAL_BYTES], content[-SEAL_BYTES:]
    if not hmac.compare_digest(seal, _seal(body, petition_id)):
        raise CheckExpired("not a token of this step")
    age = now.timestamp() - int.from_bytes(body[:MOMENT_BYTES], "big") / 1000
    if age > CHECK_LIFETIME.total_seconds():
        raise CheckExpired("the step is older than its lifetime")
    if age < CHECK_LEAST_AGE.total_seconds():
        raise CheckTooSoon("pressed sooner than anyone reads")
    return body[MOMENT_BYTES:]


def _seal(body: bytes, petition_id: int) -> bytes:
    key = current_shield().keys.check_token
    return hmac.digest(key, petition_id.to_bytes(8, "big") + body, "sha256")[:SEAL_BYTES]
