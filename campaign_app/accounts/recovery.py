"""Recovery codes: shown once, when they are made; kept as hashes, since a code opens the desk like a second factor.

OWASP ASVS 5.0, 6.5.2: a secret of 112 bits and more may be kept as a plain hash.
"""

import secrets
from typing import Any

from flask_security.recovery_codes import MfRecoveryCodesUtil

from ..languages import fold_digits
from .queries import hash_of

HOW_MANY = 10
GROUPS, GROUP = 6, 4
LETTERS = "abcdefghjkmnpqrstvwxyz23456789"  # none that is mistaken for another; 24 of 30 are 117 bits


class HashedRecoveryCodes(MfRecoveryCodesUtil):
    """The library's recovery codes, of which the database holds what opens nothing."""

    def create_recovery_codes(self, user: Any) -> list[str]:
        """Replace an organiser's codes, and return the new ones: the only time that they can be read."""
        codes = [_new_code() for _each in range(HOW_MANY)]
        user.mf_recovery_codes = [_kept(code) for code in codes]
        return codes

    def get_recovery_codes(self, user: Any) -> list[str]:
        """Return none: they cannot be shown again."""
        return []

    def check_recovery_code(self, user: Any, code: str) -> bool:
        """Whether a code is one of those that are left."""
        return _kept(code) in (user.mf_recovery_codes or [])

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        """Let a code that was just accepted open nothing any more."""
        user.mf_recovery_codes.remove(_kept(code))
        return True


def _new_code() -> str:
    letters = [secrets.choice(LETTERS) for _each in range(GROUPS * GROUP)]
    return "-".join("".join(letters[at : at + GROUP]) for at in range(0, len(letters), GROUP))


def _kept(code: str) -> str:
    """Return what is stored of a code, however its groups are written."""
    plain = "".join(each for each in fold_digits(code).lower() if each.isalnum())
    return hash_of(plain).hex()
