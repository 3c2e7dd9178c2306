"""Where the shield's counts live: Redis or Valkey when LIMITS_URL names one, and always memory behind it.

An outage of the shared store never reaches a supporter: counts go on in this process's memory, and the
store is asked again after a pause. Nothing here holds an address: networks arrive as text, and are
turned into an HMAC under a key that is redrawn every ten minutes and never written to a disk.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

from redis.exceptions import RedisError, ResponseError

from .memory_store import MemoryStore
from .redis_store import RedisStore

logger = logging.getLogger(__name__)

Kind = Literal["posts", "challenges"]
Answer = TypeVar("Answer")

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0


class Store(Protocol):
    """What the shield asks of a store. Times are seconds since 1970."""

    def bucket(self, network: str) -> str:
        """Return the name under which a network is known for the next minutes, ten at most."""

    def count(self, network: str, kind: Kind) -> int:
        """Add one to what a network asked for, and return its demand: the larger of its two counts."""

    def demand(self, network: str) -> int:
        """Return a network's demand without adding to it."""

    def hit(self, key: str, *, amount: int, window: float) -> int:
        """Add to a counter that starts anew `window` seconds after its first hit; return its value."""

    def hits(self, key: str) -> int:
        """Return a counter's value."""

    def hits_end(self, key: str) -> float:
        """Return when a counter starts anew; now, if it has not begun."""

    def reserve(
        self, key: str, now: float, *, ceiling: int, window: float, owner: str = "", take: bool = True
    ) -> float:
        """Give out the next place of a queue that holds at most `ceiling` places in any `window` seconds.

        An owner that is named has one place only: asking again returns it, as long as it is among the last ones.
        take: False to be told the place that one would get.
        """


class Outage:
    """When to ask a store again that did not answer: after 1 s, then 2, 4, … at most 30."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pause = FIRST_PAUSE_SECONDS
        self._asks_again_at: float | None = None
        self._lock = threading.Lock()

    def may_ask(self) -> bool:
        """Whether to ask now. During an outage one caller at a time gets to try; the others do not wait."""
        if self._asks_again_at is None:
            return True
        with self._lock:
            if self._asks_again_at is None:
                return True
            if self._clock() < self._asks_again_at:
                return False
            self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
            self._asks_again_at = self._clock() + self._pause
            return True

    def failed(self, error: Exception) -> None:
        """Remember that the store did not answer."""
        with self._lock:
            if self._asks_again_at is not None:
                return
            self._pause = FIRST_PAUSE_SECONDS
            self._asks_again_at = self._clock() + self._pause
            logger.warning("The limits store does not answer (%s): counting locally", type(error).__name__)

    def answered(self) -> None:
        """Remember that the store is there."""
        if self._asks_again_at is None:
            return
        with self._lock:
            if self._asks_again_at is None:  # another thread was first, and said so
                return
            self._asks_again_at = None
            logger.warning("The limits store answers again")


class SharedStore:
    """The store of several hosts, with this process's memory to stand in while it is away."""

    def __init__(
        self, shared: RedisStore, local: MemoryStore, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._shared = shared
        self._local = local
        self._outage = Outage(clock)

    def bucket(self, network: str) -> str:
        """See Store."""
        return self._ask(lambda store: store.bucket(network))

    def count(self, network: str, kind: Kind) -> int:
        """See Store."""
        return self._ask(lambda store: store.count(network, kind))

    def demand(self, network: str) -> int:
        """See Store."""
        return self._ask(lambda store: store.demand(network))

    def hit(self, key: str, *, amount: int, window: float) -> int:
        """See Store."""
        return self._ask(lambda store: store.hit(key, amount=amount, window=window))

    def hits(self, key: str) -> int:
        """See Store."""
        return self._ask(lambda store: store.hits(key))

    def hits_end(self, key: str) -> float:
        """See Store."""
        return self._ask(lambda store: store.hits_end(key))

    def reserve(
        self, key: str, now: float, *, ceiling: int, window: float, owner: str = "", take: bool = True
    ) -> float:
        """See Store."""
        return self._ask(
            lambda store: store.reserve(key, now, ceiling=ceiling, window=window, owner=owner, take=take)
        )

    def warnings(self) -> list[str]:
        """Return what an operator should mend, in plain sentences. Asks the shared store now."""
        try:
            if not self._shared.keeps_files():
                return []
        except ResponseError:
            return ["the limits store does not say whether it writes its memory to a disk; it must not"]
        except RedisError as error:
            name = type(error).__name__
            return [f"the limits store does not answer ({name}): each process counts for itself meanwhile"]
        return [
            "the limits store writes its memory to a disk, where the key of network buckets could be found:"
            ' run it with save "" and appendonly no'
        ]

    def _ask(self, question: Callable[[Store], Answer]) -> Answer:
        if self._outage.may_ask():
            try:
                answer = question(self._shared)
            except RedisError as error:
                self._outage.failed(error)
            else:
                self._outage.answered()
                return answer
        return question(self._local)


def warnings_about(store: Store) -> list[str]:
    """Return what an operator should mend about a store, in plain sentences, for `campaign check`."""
    return store.warnings() if isinstance(store, SharedStore) else []


def open_store(limits_url: str, secret: bytes) -> Store:
    """Return the store that LIMITS_URL names; memory where it is empty. Connects to nothing yet.

    secret: mixed into the shared network key, so that a copy of the store alone tells nothing.
    """
    local = MemoryStore()
    return SharedStore(RedisStore(limits_url, secret), local) if limits_url else local
