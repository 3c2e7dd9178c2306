"""Counts shared by several hosts, in Redis or Valkey: one round trip each, 0.2 s at most.

The key of the network buckets lives only in the store, for ten minutes, mixed with a secret of the
application: a copy of the store alone cannot be tested against addresses, nor can anything after ten minutes.
"""

import hmac
import secrets
import time
from collections.abc import Callable
from typing import Any, Literal

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from .rules import NETWORK_WINDOW

PREFIX = "nidaa:"
TIMEOUT_SECONDS = 0.2
BUCKET_BYTES = 16
WINDOW_MS = int(NETWORK_WINDOW.total_seconds() * 1000)

_COUNT = """
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local both = redis.call('HMGET', KEYS[1], 'posts', 'challenges')
return math.max(tonumber(both[1] or 0), tonumber(both[2] or 0))
"""

_HIT = """
local value = redis.call('INCRBY', KEYS[1], ARGV[1])
if value == tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return value
"""

# The same arithmetic as rules.next_place, done where two hosts cannot be given one place. Milliseconds.
_RESERVE = """
local now, ceiling, window = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local owner = ARGV[4]
local taken = redis.call('LRANGE', KEYS[1], 0, -1)
if owner ~= '' then
  for _, entry in ipairs(taken) do
    local given, of = string.match(entry, '^(%d+) (.*)$')
    if of == owner then return given end
  end
end
local place = now
local earlier = tonumber(string.match(taken[#taken - ceiling + 1] or '', '^%d+'))
if earlier and earlier + window > now then place = earlier + window end
place = string.format('%.0f', place)
if ARGV[5] == '0' then return place end
redis.call('RPUSH', KEYS[1], place .. ' ' .. owner)
redis.call('LTRIM', KEYS[1], -ceiling, -1)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', tonumber(place) - now + window))
return place
"""


class RedisStore:
    """See `stores.Store`. Raises redis.exceptions.RedisError when the server does not answer in time."""

    def __init__(self, url: str, secret: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        self._secret = secret
        self._clock = clock
        self._network_key = b""
        self._key_serves_until = clock()
        # No second try inside the client, in any version of it: there is a local store to turn to.
        self._client = redis.Redis.from_url(
            as_redis_url(url),
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._count = self._client.register_script(_COUNT)
        self._hit = self._client.register_script(_HIT)
        self._reserve = self._client.register_script(_RESERVE)

    def bucket(self, network: str) -> str:
        """See Store."""
        if self._clock() >= self._key_serves_until:
            self._fetch_network_key()
        return hmac.digest(self._network_key, network.encode(), "sha256")[:BUCKET_BYTES].hex()

    def count(self, network: str, kind: Literal["posts", "challenges"]) -> int:
        """See Store."""
        return int(self._run(self._count, f"network:{self.bucket(network)}", kind, WINDOW_MS))

    def demand(self, network: str) -> int:
        """See Store."""
        counts: Any = self._client.hmget(f"{PREFIX}network:{self.bucket(network)}", ["posts", "challenges"])
        return max(int(count or 0) for count in counts)

    def hit(self, key: str, *, amount: int, window: float) -> int:
        """See Store."""
        return int(self._run(self._hit, f"hits:{key}", amount, int(window * 1000)))

    def hits(self, key: str) -> int:
        """See Store."""
        value: Any = self._client.get(f"{PREFIX}hits:{key}")
        return int(value or 0)

    def hits_end(self, key: str) -> float:
        """See Store."""
        left: Any = self._client.pttl(f"{PREFIX}hits:{key}")
        return time.time() + max(int(left), 0) / 1000

    def reserve(
        self, key: str, now: float, *, ceiling: int, window: float, owner: str = "", take: bool = True
    ) -> float:
        """See Store."""
        arguments = (int(now * 1000), ceiling, int(window * 1000), owner, int(take))
        return int(self._run(self._reserve, f"places:{key}", *arguments)) / 1000

    def keeps_files(self) -> bool:
        """Whether the server writes its memory to a disk, where the ten minutes' key could be found.

        Raises RedisError where the server does not say.
        """
        answers: Any = [self._client.config_get(name) for name in ("save", "appendonly")]
        found = {name: value for answer in answers for name, value in answer.items()}
        return bool(found.get("save")) or found.get("appendonly") == "yes"

    def _fetch_network_key(self) -> None:
        """Learn the key all hosts use now, drawing it if none is there."""
        name = f"{PREFIX}network-key"
        asked_at = self._clock()
        with self._client.pipeline(transaction=True) as pipeline:
            pipeline.set(name, secrets.token_bytes(32), nx=True, px=WINDOW_MS)
            pipeline.get(name)
            pipeline.pttl(name)
            _, drawn, left_ms = pipeline.execute()
        if not drawn:
            raise redis.RedisError("the network key was not kept")
        self._network_key = hmac.digest(self._secret, drawn, "sha256")
        self._key_serves_until = asked_at + left_ms / 1000

    def _run(self, script: Any, key: str, *arguments: str | int) -> Any:
        return script(keys=[PREFIX + key], args=arguments)


def as_redis_url(url: str) -> str:
    """Return the address in the words of the Redis client, which speaks to Valkey as well."""
    for ours, theirs in (
        ("valkeys://", "rediss://"),
        ("valkey://", "redis://"),
        ("valkey+unix://", "unix://"),
    ):
        if url.startswith(ours):
            return theirs + url.removeprefix(ours)
    return url
