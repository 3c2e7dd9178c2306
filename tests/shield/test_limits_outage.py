"""Redis down, slow, and back: counting goes on, nobody notices, and it is shared again afterwards."""

import logging
import time

import pytest

from campaign_app.shield import redis_store
from campaign_app.shield.memory_store import MemoryStore
from campaign_app.shield.redis_store import RedisStore
from campaign_app.shield.stores import SharedStore, open_store, warnings_about

pytestmark = pytest.mark.redis

CAMP = "192.0.2.1"
IN_SERVICE = redis_store.TIMEOUT_SECONDS


class Clock:
    """A clock that moves when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Counting(RedisStore):
    """Redis, with a note of when it was asked."""

    def __init__(self, url: str, secret: bytes, clock: Clock) -> None:
        super().__init__(url, secret, clock)
        self.asked: list[float] = []

    def hits(self, key: str) -> int:
        """Note the time, and ask."""
        self.asked.append(self._clock())
        return super().hits(key)


def test_an_application_starts_while_redis_is_down(failing_redis):
    failing_redis.stop()

    store = open_store(failing_redis.url, b"secret")

    assert store.count(CAMP, "posts") == 1
    failing_redis.start()


def test_every_question_is_answered_while_redis_is_down(failing_redis):
    clock = Clock()
    store = SharedStore(RedisStore(failing_redis.url, b"secret"), MemoryStore(), clock)
    failing_redis.stop()

    for nth in range(1, 4):
        clock.now += 100  # each round asks Redis again, in vain
        assert store.count(CAMP, "posts") == nth
        assert store.demand(CAMP) == nth
        assert store.bucket(CAMP) == store.bucket(CAMP)
        assert store.hit("posts", amount=1, window=600) == nth
        assert store.hits("posts") == nth
        assert store.hits_end("posts") > time.time()
        assert store.reserve("mailbox", 1_000.0, ceiling=1, window=10) == 1_000.0 + (nth - 1) * 10
    failing_redis.start()


def test_counting_is_shared_again_when_redis_is_back(failing_redis):
    clock = Clock()
    shared = RedisStore(failing_redis.url, b"secret")
    store = SharedStore(shared, MemoryStore(), clock)
    failing_redis.stop()
    assert store.hit("posts", amount=1, window=600) == 1

    failing_redis.start()
    assert store.hit("posts", amount=1, window=600) == 2  # still local: Redis is not asked yet
    clock.now += 1
    assert store.hit("posts", amount=1, window=600) == 1  # Redis knows of none before

    assert shared.hits("posts") == 1
    assert store.count(CAMP, "posts") == shared.demand(CAMP) == 1


def test_a_redis_that_hangs_delays_one_person_for_a_moment_and_the_others_not_at_all(
    failing_redis, monkeypatch
):
    monkeypatch.setattr(redis_store, "TIMEOUT_SECONDS", IN_SERVICE)
    shared = Counting(failing_redis.url, b"secret", clock := Clock())
    store = SharedStore(shared, MemoryStore(), clock)
    store.hits("posts")
    failing_redis.pause()

    began = time.monotonic()
    for _ in range(1_000):
        store.hits("posts")

    assert len(shared.asked) == 2  # once before it hung, once since
    assert time.monotonic() - began < 2  # the client's own patience is minutes


def test_redis_is_asked_again_ever_more_rarely_and_at_least_every_half_minute(failing_redis):
    clock = Clock()
    shared = Counting(failing_redis.url, b"secret", clock)
    store = SharedStore(shared, MemoryStore(), clock)
    failing_redis.stop()
    for second in range(200):
        clock.now = float(second)
        store.hits("posts")

    assert shared.asked == [0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181]
    failing_redis.start()


def test_an_outage_is_logged_once_and_names_nobody(failing_redis, caplog):
    caplog.set_level(logging.INFO)
    clock = Clock()
    store = SharedStore(RedisStore(failing_redis.url, b"secret"), MemoryStore(), clock)
    failing_redis.stop()
    for _ in range(10):
        clock.now += 100
        store.count(CAMP, "posts")
    failing_redis.start()
    clock.now += 100
    store.count(CAMP, "posts")

    assert [record.getMessage() for record in caplog.records] == [
        "The limits store does not answer (ConnectionError): counting locally",
        "The limits store answers again",
    ]


def test_a_redis_that_refuses_to_write_is_an_outage_too(redis_server):
    shared = RedisStore(redis_server.url, b"secret")
    store = SharedStore(shared, MemoryStore())
    shared._client.config_set("maxmemory", "1")
    try:
        assert store.count(CAMP, "posts") == 1
        assert store.count(CAMP, "posts") == 2
    finally:
        shared._client.config_set("maxmemory", "0")


def test_an_operator_is_told_when_redis_does_not_answer_or_keeps_files(failing_redis):
    shared = RedisStore(failing_redis.url, b"secret")
    store = SharedStore(shared, MemoryStore())
    assert warnings_about(store) == []
    assert warnings_about(MemoryStore()) == []

    shared._client.config_set("save", "60 1")
    assert "appendonly no" in warnings_about(store)[0]

    failing_redis.stop()
    assert "does not answer" in warnings_about(store)[0]
    failing_redis.start()
