"""The form's token: says that our page of this petition was rendered lately; nothing about who reads it.

Stateless. On a cached page many people share one, so it is never single-use.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from ..errors import Refusal
from .rules import CLOCK_SKEW, FORM_LIFETIME
from .state import current_shield

MOMENT_BYTES = 5  # whole seconds since 1970
SEAL_BYTES = 16
TOKEN_LENGTH = (MOMENT_BYTES + SEAL_BYTES) // 3 * 4


class FormRefused(Refusal):
    """The form must be shown again, with a fresh token and everything that was typed."""


class FormExpired(FormRefused):
    """The page was rendered more than twenty minutes ago."""


class FormForged(FormRefused):
    """The token is missing, malformed, of another petition, or not ours."""


def issue(petition_id: int, now: datetime) -> str:
    """Return a token for a page rendered now."""
    moment = int(now.timestamp()).to_bytes(MOMENT_BYTES, "big")
    return urlsafe_b64encode(moment + _seal(moment, petition_id)).decode("ascii")


def check(token: str, petition_id: int, now: datetime) -> None:
    """Accept a token of this petition that is at most twenty minutes old.

    Raises FormExpired, FormForged.
    """
    try:
        content = urlsafe_b64decode(token) if len(token) == TOKEN_LENGTH else b""
    except ValueError:
        content = b""
    moment, seal = content[:MOMENT_BYTES], content[MOMENT_BYTES:]
    if not hmac.compare_digest(seal, _seal(moment, petition_id)):
        raise FormForged("not a token of this form")
    age = now.timestamp() - int.from_bytes(moment, "big")
    if age > FORM_LIFETIME.total_seconds():
        raise FormExpired("the form is older than its lifetime")
    if age < -CLOCK_SKEW.total_seconds():
        raise FormForged("the token comes from the future")


def _seal(moment: bytes, petition_id: int) -> bytes:
    key = current_shield().keys.form_token
    return hmac.digest(key, petition_id.to_bytes(8, "big") + moment, "sha256")[:SEAL_BYTES]
