"""Counts in this process's memory: bounded, swept by dropping, gone with the process."""

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from typing import Generic, Literal, TypeVar

from .rules import NETWORK_WINDOW, next_place

Value = TypeVar("Value")

# Each half holds at most this many networks or mailboxes: about 5 MB a half when full. An attacker who
# fills one to make it forget has paid for twenty thousand posts.
HALF = 20_000
BUCKET_BYTES = 16
LONGEST_MEMORY_SECONDS = 24 * 3600.0


class Halves(Generic[Value]):
    """A bounded dict: when the younger half is full or a day old, the older half is dropped at once."""

    def __init__(self, half: int, clock: Callable[[], float]) -> None:
        self._half = half
        self._clock = clock
        self._began = clock()
        self._younger: dict[str | bytes, Value] = {}
        self._older: dict[str | bytes, Value] = {}

    def get(self, key: str | bytes) -> Value | None:
        """Return what is remembered for a key."""
        found = self._younger.get(key)
        return found if found is not None else self._older.get(key)

    def put(self, key: str | bytes, value: Value) -> None:
        """Remember a value, perhaps forgetting the oldest ones."""
        if len(self._younger) >= self._half or self._clock() - self._began > LONGEST_MEMORY_SECONDS:
            self._older, self._younger = self._younger, {}
            self._began = self._clock()
        self._younger[key] = value

    def clear(self) -> None:
        """Forget everything."""
        self._younger, self._older = {}, {}
        self._began = self._clock()

    def __len__(self) -> int:
        return len(self._younger) + len(self._older)


class MemoryStore:
    """See `stores.Store`. Safe for threads; each process has its own."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        half: int = HALF,
    ) -> None:
        self._clock = clock
        self._wall_clock = wall_clock
        self._lock = threading.Lock()
        self._networks: Halves[tuple[int, int]] = Halves(half, clock)
        self._hits: Halves[tuple[int, float]] = Halves(half, clock)
        self._places: Halves[tuple[tuple[float, str], ...]] = Halves(half, clock)
        self._redraw()

    def bucket(self, network: str) -> str:
        """See Store."""
        with self._lock:
            return self._bucket(network).hex()

    def count(self, network: str, kind: Literal["posts", "challenges"]) -> int:
        """See Store."""
        with self._lock:
            bucket = self._bucket(network)
            posts, challenges = self._networks.get(bucket) or (0, 0)
            counts = (posts + 1, challenges) if kind == "posts" else (posts, challenges + 1)
            self._networks.put(bucket, counts)
        return max(counts)

    def demand(self, network: str) -> int:
        """See Store."""
        with self._lock:
            return max(self._networks.get(self._bucket(network)) or (0, 0))

    def hit(self, key: str, *, amount: int, window: float) -> int:
        """See Store."""
        now = self._wall_clock()
        with self._lock:
            value, ends_at = self._hits.get(key) or (0, 0.0)
            if ends_at <= now:
                value, ends_at = 0, now + window
            self._hits.put(key, (value + amount, ends_at))
        return value + amount

    def hits(self, key: str) -> int:
        """See Store."""
        value, ends_at = self._hits.get(key) or (0, 0.0)
        return value if ends_at > self._wall_clock() else 0

    def hits_end(self, key: str) -> float:
        """See Store."""
        _, ends_at = self._hits.get(key) or (0, 0.0)
        return max(ends_at, self._wall_clock())

    def reserve(
        self, key: str, now: float, *, ceiling: int, window: float, owner: str = "", take: bool = True
    ) -> float:
        """See Store."""
        with self._lock:
            taken = self._places.get(key) or ()
            for place, of in taken if owner else ():
                if of == owner:
                    return place
            place = next_place([place for place, _ in taken], now, ceiling=ceiling, window=window)
            if take:
                self._places.put(key, (*taken, (place, owner))[-ceiling:])
        return place

    def _bucket(self, network: str) -> bytes:
        if self._clock() - self._drawn_at >= NETWORK_WINDOW.total_seconds():
            self._redraw()
        return hmac.digest(self._network_key, network.encode(), "sha256")[:BUCKET_BYTES]

    def _redraw(self) -> None:
        """Draw a new key; what was counted under the old one means nothing any more."""
        self._network_key = secrets.token_bytes(32)
        self._drawn_at = self._clock()
        self._networks.clear()
