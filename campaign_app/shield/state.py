"""What one application's shield holds: keys derived once, the store of counts, whom to believe."""

import hmac
from dataclasses import dataclass
from typing import Self

from flask import current_app

from .buckets import NetworkBuckets
from .rules import Network
from .stores import Store

EXTENSION = "nidaa_shield"


@dataclass(frozen=True, kw_only=True)
class ShieldKeys:
    """One key for each use, so that what is signed for one is worth nothing to another."""

    form_token: bytes
    check_token: bytes
    challenge: bytes
    solution: bytes
    network: bytes
    mail_place: bytes

    @classmethod
    def derive(cls, secret_key: bytes) -> Self:
        """Derive every key from the application's secret key."""

        def key(use: str) -> bytes:
            return hmac.digest(secret_key, f"nidaa shield v1 {use}".encode(), "sha256")

        return cls(
            form_token=key("form token"),
            check_token=key("check token"),
            challenge=key("challenge"),
            solution=key("solution"),
            network=key("network"),
            mail_place=key("mail place"),
        )


@dataclass(frozen=True, kw_only=True)
class Shield:
    """The shield of one application.

    own_origin: scheme, host and port of BASE_URL, as browsers write an Origin.
    mails_without_script: this process's share of the site's budget, a second.
    """

    keys: ShieldKeys
    store: Store
    networks: NetworkBuckets
    trusted: tuple[Network, ...]
    own_origin: str
    mails_without_script: int


def current_shield() -> Shield:
    """Return the shield of the current application."""
    found: Shield = current_app.extensions[EXTENSION]
    return found
