"""Safety goal 16: Redis down, killed, stalled and back. Signing goes on; limits are local meanwhile, shared after."""

import re
from itertools import count
from threading import Lock

import pytest
import redis

from ..shield.conftest import RedisServer, redis_program
from .people import SIGN, Crowd, Forms, Visitor, people
from .servers import Proxy, Server, wait_for
from .situations import signatures_by_mailbox, tags_of

pytestmark = [pytest.mark.endurance, pytest.mark.redis]

SIGNERS_AT_ONCE = 3
SIGNATURES = 20  # in each state of the store
FEW = 20  # signatures of a network before work is asked of it
LEVELS = [0] * FEW + [1] * 2
AWAY, BACK = "counting locally", "The limits store answers again"
CAMPS = count(1)


@pytest.fixture
def store(tmp_path_factory):
    """A Redis that a test may kill."""
    server = RedisServer(redis_program(), tmp_path_factory.mktemp("redis"))
    yield server
    server.resume()
    server.stop()


class Signers:
    """People who sign all the time, and what they were told."""

    def __init__(self, site):
        self._forms, self._port, self._everyone = Forms(site), site.port, people()
        self._lock = Lock()
        self.signed, self.refused = [], []

    def sign(self):
        """Have the next person sign, once: nobody needs to try again."""
        with self._lock:
            person = next(self._everyone)
        answer = Visitor(self._port, person.network).post(SIGN, self._forms.with_work(person))
        (self.signed if answer.status == 303 else self.refused).append(person.email)

    def some(self):
        """Wait until a few more have been taken."""
        before = len(self.signed)
        wait_for(lambda: len(self.signed) >= before + SIGNATURES or self.refused, "people to sign")


def works_asked_of_a_camp(site, petition_id):
    """Return the levels of work that one network is asked for, one form after the other."""
    visitor = Visitor(site.port, f"192.0.2.{next(CAMPS)}")
    answers = [visitor.get(f"/shield/challenge?petition={petition_id}") for _ in range(FEW + 2)]
    assert {answer.status for answer in answers} == {200}
    return [answer.json["parameters"]["data"]["level"] for answer in answers]


def counts_in(store):
    """Return how many things the store counts now; 0 while it does not answer."""
    client = redis.Redis.from_url(store.url, socket_timeout=5)
    try:
        return len(client.keys("nidaa:*"))
    except redis.RedisError:
        return 0
    finally:
        client.close()


def outages_told_in(words):
    """Return what the log tells of the store, in order."""
    return [found.group() for found in re.finditer(f"{AWAY}|{BACK}", words)]


def test_signing_goes_on_without_the_store_of_limits_and_counts_in_it_again_when_it_is_back(install, store):
    store.stop()
    with Proxy(store.port) as proxy:
        site = install(WEB_WORKERS="1", LIMITS_URL=f"redis://127.0.0.1:{proxy.port}/0")
        signers, petition_id = Signers(site), Forms(site).petition_id
        asked = {}
        with Server(site, sends_mail=False) as server:
            crowd = Crowd([signers.sign] * SIGNERS_AT_ONCE)
            crowd.start()
            try:
                signers.some()
                asked["down before the start"] = works_asked_of_a_camp(site, petition_id)

                store.start()
                wait_for(lambda: counts_in(store), "counts in a store that came late")
                signers.some()
                # It may look away for a moment where a loaded machine is slow: another camp then tells.
                wait_for(lambda: works_asked_of_a_camp(site, petition_id) == LEVELS, "shared counts")

                store.stop()
                signers.some()
                asked["killed"] = works_asked_of_a_camp(site, petition_id)

                store.start()
                wait_for(lambda: counts_in(store), "counts in a store that is back")
                proxy.stall()
                signers.some()
                asked["stalled"] = works_asked_of_a_camp(site, petition_id)

                proxy.flow()
                wait_for(lambda: outages_told_in(server.words())[-1] == BACK, "a store that answers again")
                signers.some()
            finally:
                crowd.stop()
            words = server.words()

    assert signers.refused == []
    assert set(tags_of(site, signers.signed)) == set(signatures_by_mailbox(site))
    assert asked == dict.fromkeys(asked, LEVELS)
    told = outages_told_in(words)
    assert told == [AWAY, BACK] * (len(told) // 2) + [AWAY] * (len(told) % 2)
    assert told.count(BACK) >= 3
