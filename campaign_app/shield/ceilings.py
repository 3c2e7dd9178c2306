"""The hard ceilings, kept by Flask-Limiter: far above any crowd, there for floods only.

Beyond one a person waits and is told how long; nothing they typed is lost. What asks for more work
long before is `buckets`.
"""

import math
import time
from dataclasses import dataclass

from flask import Flask, request
from limits import RateLimitItem, parse
from limits.storage import Storage
from werkzeug.exceptions import TooManyRequests

from ..extensions import limiter
from .rules import client_address
from .state import current_shield

STRATEGY = "fixed-window"


@dataclass(frozen=True)
class Ceiling:
    """How often one network may do one thing. limit: in Flask-Limiter's words."""

    name: str
    limit: RateLimitItem


POSTS = Ceiling("posts", parse("6000 per 10 minutes"))  # ten signatures a second from one address
CHALLENGES = Ceiling("challenges", parse("12000 per 10 minutes"))  # a form opened twice for each post


def network_key() -> str:
    """Return the bucket of the request at hand: the key for any limit by network."""
    shield = current_shield()
    return shield.networks.key(client_address(request.environ, shield.trusted))


def seconds_over(ceiling: Ceiling) -> int:
    """Count one request against a ceiling; return 0, or after how many seconds to try again.

    For views that answer with the form and everything typed.
    """
    identity = (ceiling.name, network_key())
    if limiter.limiter.hit(ceiling.limit, *identity):
        return 0
    window = limiter.limiter.get_window_stats(ceiling.limit, *identity)
    return max(1, math.ceil(window.reset_time - time.time()))


def check(ceiling: Ceiling) -> None:
    """Count one request against a ceiling. Raises TooManyRequests, which carries Retry-After."""
    seconds = seconds_over(ceiling)
    if seconds:
        raise TooManyRequests(retry_after=seconds)


class ShieldStorage(Storage):
    """The store of the current application's shield, in the words of Flask-Limiter.

    Instead of its own storages: `memory://` starts a thread and looks at every key up to every 10 ms, and
    the Redis one would need a second way to survive an outage.
    """

    STORAGE_SCHEME = ["nidaa"]  # noqa: RUF012 - read by the library's metaclass

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """No error of the store gets this far."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a counter that ends `expiry` seconds after its first hit."""
        return current_shield().store.hit(_named(key), amount=amount, window=expiry)

    def get(self, key: str) -> int:
        """Return a counter's value."""
        return current_shield().store.hits(_named(key))

    def get_expiry(self, key: str) -> float:
        """Return when a counter ends, in seconds since 1970."""
        return current_shield().store.hits_end(_named(key))

    def check(self) -> bool:
        """Say that counting works; it always does."""
        return True

    def reset(self) -> None:
        """Refuse: nobody clears every ceiling at once."""
        raise NotImplementedError

    def clear(self, key: str) -> None:
        """Refuse: a counter ends by itself."""
        raise NotImplementedError


def init_app(app: Flask) -> None:
    """Bind Flask-Limiter to the application and to its shield."""
    app.config["RATELIMIT_STORAGE_URI"] = "nidaa://"
    app.config["RATELIMIT_STRATEGY"] = STRATEGY
    # Flask-Limiter's hooks apply default limits and write headers on every request. We have neither, and
    # they cost as much as the rest of an empty request. It does not register them twice: so, not once.
    app.extensions.setdefault("limiter", set()).add(limiter)
    limiter.init_app(app)


def _named(key: str) -> str:
    """Keep counters of different strategies apart: one strategy cannot read what another wrote."""
    return f"{STRATEGY}:{key}"
