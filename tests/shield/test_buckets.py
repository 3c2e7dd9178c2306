"""Counting by network, in memory and in a real Redis: the same promises hold in both."""

import re
import threading
import time
from collections.abc import Callable

import pytest

from campaign_app.shield.buckets import NetworkBuckets
from campaign_app.shield.memory_store import Halves, MemoryStore
from campaign_app.shield.redis_store import RedisStore, as_redis_url
from campaign_app.shield.stores import Store, open_store

CAMP = "192.0.2.1"
TEN_MINUTES = 600.0


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def in_memory(request: pytest.FixtureRequest) -> Store:
    return MemoryStore()


def in_redis(request: pytest.FixtureRequest) -> Store:
    server = request.getfixturevalue("redis_server")
    store = RedisStore(server.url, b"secret")
    store._client.flushall()
    return store


@pytest.fixture(params=[in_memory, pytest.param(in_redis, marks=pytest.mark.redis)])
def store(request: pytest.FixtureRequest) -> Store:
    make: Callable[[pytest.FixtureRequest], Store] = request.param
    return make(request)


@pytest.fixture
def networks(store: Store) -> NetworkBuckets:
    return NetworkBuckets(store)


def test_each_post_of_a_network_is_counted(networks):
    assert [networks.count(CAMP) for _ in range(3)] == [1, 2, 3]


def test_another_network_starts_from_nothing(networks):
    networks.count(CAMP)

    assert networks.count("192.0.2.2") == 1


def test_neighbours_of_one_ipv6_household_count_together(networks):
    networks.count("2001:db8::1")

    assert networks.count("2001:db8::ffff:1") == 2


def test_a_person_who_fetches_a_challenge_and_posts_is_one_person(networks):
    for _ in range(20):
        networks.count_challenge(CAMP)
        networks.count(CAMP)

    assert networks.level(CAMP) == 0
    assert networks.count_challenge(CAMP) == 21
    assert networks.level(CAMP) == 1


def test_a_hoard_of_challenges_gets_dearer_as_as_many_posts_would(networks):
    for _ in range(201):
        demand = networks.count_challenge(CAMP)

    assert demand == 201
    assert networks.level(CAMP) == 2


def test_asking_for_the_level_counts_nothing(networks):
    for _ in range(50):
        networks.level(CAMP)

    assert networks.count(CAMP) == 1


def test_a_name_for_the_ceilings_is_the_same_for_one_network_and_tells_nothing_of_it(networks):
    assert networks.key(CAMP) == networks.key(CAMP) != networks.key("192.0.2.2")
    assert re.fullmatch("[0-9a-f]{32}", networks.key(CAMP))


def test_posts_at_one_moment_are_all_counted(networks):
    def post() -> None:
        for _ in range(100):
            networks.count(CAMP)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert networks.count(CAMP) == 801


def test_a_thousand_signers_behind_one_address_are_never_refused(networks):
    demands = [networks.count(CAMP) for _ in range(1_000)]

    assert demands == list(range(1, 1_001))  # counting is all that happens: there is no refusal to return


def test_places_are_given_out_in_order_and_never_twice(store):
    def places() -> list[float]:
        return [store.reserve("no-script", 1_000.0, ceiling=10, window=1.0) for _ in range(25)]

    assert places() == [1_000.0] * 10 + [1_001.0] * 10 + [1_002.0] * 5


def test_an_owner_who_asks_again_keeps_its_place(store):
    def place(owner: str, now: float) -> float:
        return store.reserve("owned", now, ceiling=2, window=60.0, owner=owner)

    assert [place(owner, 1_000.0) for owner in "aabbcca"] == [1_000.0] * 4 + [1_060.0] * 3  # "a" is long past
    assert place("c", 1_010.0) == 1_060.0
    assert place("", 1_010.0) == place("", 1_010.0) == 1_120.0


def test_places_asked_for_at_one_moment_are_all_different_enough(store):
    places: list[float] = []

    def ask() -> None:
        for _ in range(25):
            places.append(store.reserve("no-script", 1_000.0, ceiling=10, window=1.0))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(places) == [1_000.0 + second for second in range(10) for _ in range(10)]


def test_a_counter_starts_anew_after_its_window(store):
    assert [store.hit("sign-in", amount=1, window=1) for _ in range(3)] == [1, 2, 3]

    ends_at = time.monotonic() + 30
    while store.hits("sign-in"):
        assert time.monotonic() < ends_at
        time.sleep(0.05)

    assert store.hit("sign-in", amount=2, window=60) == 2


def test_a_network_is_forgotten_after_ten_minutes_in_memory():
    clock = Clock()
    networks = NetworkBuckets(MemoryStore(clock=clock))
    networks.count(CAMP)
    name = networks.key(CAMP)

    clock.now += TEN_MINUTES

    assert networks.key(CAMP) != name
    assert networks.count(CAMP) == 1


@pytest.mark.redis
def test_a_network_is_forgotten_after_ten_minutes_in_redis(redis_server):
    clock = Clock()
    store = RedisStore(redis_server.url, b"secret", clock)
    name = store.bucket(CAMP)
    assert 0 < store._client.pttl("nidaa:network-key") <= TEN_MINUTES * 1000

    store._client.delete("nidaa:network-key")  # as Redis does by itself when the time is over
    clock.now += TEN_MINUTES

    assert store.bucket(CAMP) != name


@pytest.mark.redis
def test_hosts_that_share_a_redis_count_together(redis_server):
    ours = NetworkBuckets(open_store(redis_server.url, b"secret"))
    theirs = NetworkBuckets(open_store(redis_server.url, b"secret"))

    before = ours.count(CAMP)

    assert theirs.count(CAMP) == before + 1
    assert ours.key(CAMP) == theirs.key(CAMP)


@pytest.mark.redis
def test_redis_holds_no_address_and_everything_in_it_ends(redis_server):
    store = RedisStore(redis_server.url, b"secret")
    store._client.flushall()
    store.count(CAMP, "posts")
    store.hit("posts", amount=1, window=600)
    store.reserve("mailbox", 1_000.0, ceiling=3, window=86_400)

    keys = store._client.keys("*")
    assert len(keys) == 4
    dump = b"".join(key + (store._client.dump(key) or b"") for key in keys)

    assert CAMP.encode() not in dump
    assert all(store._client.pttl(key) > 0 for key in keys)


@pytest.mark.redis
def test_a_copy_of_redis_is_not_enough_to_test_an_address(redis_server):
    store = RedisStore(redis_server.url, b"secret")
    copied = RedisStore(redis_server.url, b"another secret")

    assert copied.bucket(CAMP) != store.bucket(CAMP)


@pytest.mark.redis
def test_a_redis_that_keeps_files_can_be_told_from_one_that_does_not(redis_server):
    store = RedisStore(redis_server.url, b"secret")
    assert store.keeps_files() is False

    store._client.config_set("save", "3600 1")
    try:
        assert store.keeps_files() is True
    finally:
        store._client.config_set("save", "")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("redis://host:1/0", "redis://host:1/0"),
        ("valkey://host:1/0", "redis://host:1/0"),
        ("valkeys://host:1/0", "rediss://host:1/0"),
        ("valkey+unix:///run/valkey.sock", "unix:///run/valkey.sock"),
    ],
)
def test_a_valkey_address_is_understood(ours, theirs):
    assert as_redis_url(ours) == theirs


def test_memory_never_grows_beyond_two_halves():
    store = MemoryStore(half=50)

    for host in range(1_000):
        store.count(f"192.0.2.{host}", "posts")
        store.hit(f"key {host}", amount=1, window=600)
        store.reserve(f"key {host}", 0.0, ceiling=3, window=600)

    assert len(store._networks) <= 100
    assert len(store._hits) <= 100
    assert len(store._places) <= 100


def test_memory_forgets_the_oldest_first_and_everything_after_two_days():
    clock = Clock()
    halves: Halves[int] = Halves(2, clock)
    for nth, key in enumerate(["first", "second", "third", "fourth", "fifth"]):
        halves.put(key, nth + 1)
    assert [halves.get(key) for key in ("first", "second", "third", "fifth")] == [None, None, 3, 5]

    for key in ("tomorrow", "the day after"):
        clock.now += 25 * 3600
        halves.put(key, 1)

    assert halves.get("fifth") is None
    assert len(halves) == 2
