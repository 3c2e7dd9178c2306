"""Proof of work in ALTCHA's format (version 2): a challenge for one petition, and the check of its solution.

ALTCHA has no memory of what was used: the caller spends the nonce that `verify` returns.
"""

from datetime import datetime
from secrets import randbelow
from typing import Any

import altcha

from ..errors import Refusal
from .rules import CHALLENGE_LIFETIME, WORK, is_enough_work
from .state import current_shield

ALGORITHM = "PBKDF2/SHA-256"
LONGEST_PAYLOAD = 2_048  # ours are about 850 characters


class WorkMissing(Refusal):
    """No solution was sent: a person without JavaScript, who gets the "check your details" step."""


class WorkRefused(Refusal):
    """The solution does not serve: the form must be shown again, with a fresh challenge and all text."""


class WorkExpired(WorkRefused):
    """The challenge was fetched more than twenty minutes ago."""


class WorkTooLight(WorkRefused):
    """The network became busy meanwhile: more work is asked now than this solution took."""


def challenge(petition_id: int, level: int, now: datetime) -> dict[str, Any]:
    """Return a new challenge as ALTCHA writes it: `parameters` and `signature`.

    `parameters.data` holds the petition, the level, and `counters`, how many may have to be tried.
    """
    keys = current_shield().keys
    work = WORK[level]
    made = altcha.create_challenge(
        ALGORITHM,
        work.iterations,
        counter=randbelow(work.counters),
        expires_at=now + CHALLENGE_LIFETIME,
        data={"petition": petition_id, "level": level, "counters": work.counters},
        hmac_secret=keys.challenge,
        hmac_key_secret=keys.solution,
    )
    answer: dict[str, Any] = made.to_dict()
    return answer


def verify(payload: str, petition_id: int, level: int, now: datetime) -> bytes:
    """Return the nonce of a solved challenge of this petition; the caller spends it.

    The library checks both signatures, and so need not derive the key again. A solution one level
    below what is required now still serves.

    payload: base64 of ALTCHA's JSON, as the form carried it. level: required now.
    now: the real time; the library compares the expiry with its own clock as well.
    Raises WorkMissing, WorkExpired, WorkTooLight, WorkRefused.
    """
    if not payload:
        raise WorkMissing("no solution")
    solved = _read(payload)
    parameters = solved.challenge.parameters
    keys = current_shield().keys
    result = altcha.verify_solution(solved, keys.challenge, hmac_key_secret=keys.solution)
    if result.expired:
        raise WorkExpired("the challenge is older than its lifetime")
    if not result.verified:
        raise WorkRefused("not a solution of ours")
    # From here on every parameter is one that we signed.
    expires_at, about = parameters.expires_at or 0, parameters.data or {}
    if expires_at <= now.timestamp():
        raise WorkExpired("the challenge is older than its lifetime")
    if about["petition"] != petition_id:
        raise WorkRefused("solved for another petition")
    if not is_enough_work(about["level"], level):
        raise WorkTooLight("the network became busy meanwhile")
    return bytes.fromhex(parameters.nonce)


def _read(payload: str) -> altcha.Payload:
    if len(payload) > LONGEST_PAYLOAD:
        raise WorkRefused("longer than any solution")
    try:
        return altcha.Payload.from_base64(payload)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise WorkRefused("not in the format of a solution") from None
