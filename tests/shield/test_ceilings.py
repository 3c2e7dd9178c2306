"""The hard ceilings: counted by network, far above a crowd, and saying when to try again."""

import pytest
from flask import Flask
from limits import parse
from werkzeug.exceptions import TooManyRequests

from campaign_app.extensions import limiter
from campaign_app.shield import ceilings
from campaign_app.shield.ceilings import CHALLENGES, POSTS, Ceiling

from .conftest import make_app

TWO = Ceiling("two", parse("2 per 10 minutes"))
CAMP = {"REMOTE_ADDR": "192.0.2.1"}


@pytest.fixture
def shielded() -> Flask:
    app = make_app(trusted_proxies=("10.0.0.0/8",))

    @app.post("/knock")
    def knock() -> str:
        ceilings.check(TWO)
        return "come in"

    @app.post("/decorated")
    @limiter.limit("2 per 10 minutes", key_func=ceilings.network_key)
    def decorated() -> str:
        return "come in"

    return app


def test_beyond_a_ceiling_a_person_is_told_when_to_try_again(shielded):
    client = shielded.test_client()
    answers = [client.post("/knock", environ_base=CAMP) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 590 < int(answers[2].headers["Retry-After"]) <= 600


def test_a_view_can_ask_for_the_seconds_and_keep_what_was_typed(shielded):
    with shielded.test_request_context(environ_base=CAMP):
        assert [ceilings.seconds_over(TWO) for _ in range(2)] == [0, 0]
        assert 590 < ceilings.seconds_over(TWO) <= 600


def test_another_network_is_not_concerned(shielded):
    client = shielded.test_client()
    for _ in range(3):
        client.post("/knock", environ_base=CAMP)

    assert client.post("/knock", environ_base={"REMOTE_ADDR": "192.0.2.2"}).status_code == 200


def test_another_ceiling_is_not_concerned(shielded):
    with shielded.test_request_context(environ_base=CAMP):
        for _ in range(3):
            ceilings.seconds_over(TWO)

        assert ceilings.seconds_over(Ceiling("others", TWO.limit)) == 0


def test_people_behind_a_trusted_proxy_are_told_apart(shielded):
    client = shielded.test_client()

    def knock(hop: str) -> int:
        headers = {"X-Forwarded-For": hop}
        return client.post("/knock", environ_base={"REMOTE_ADDR": "10.0.0.1"}, headers=headers).status_code

    assert [knock("192.0.2.1") for _ in range(3)] == [200, 200, 429]
    assert knock("192.0.2.2") == 200


def test_a_stranger_cannot_escape_a_ceiling_by_naming_other_addresses(shielded):
    client = shielded.test_client()
    statuses = [
        client.post("/knock", environ_base=CAMP, headers={"X-Forwarded-For": f"198.51.100.{nth}"}).status_code
        for nth in range(3)
    ]

    assert statuses == [200, 200, 429]


def test_views_may_be_decorated_in_flask_limiters_own_way(shielded):
    client = shielded.test_client()

    assert [client.post("/decorated", environ_base=CAMP).status_code for _ in range(3)] == [200, 200, 429]


def test_no_hook_of_flask_limiter_runs_on_every_request(shielded):
    hooks = [*shielded.before_request_funcs.values(), *shielded.after_request_funcs.values()]

    assert hooks == []


def test_a_ceiling_breached_logs_no_address(shielded, caplog):
    client = shielded.test_client()
    caplog.set_level("DEBUG")
    for _ in range(3):
        client.post("/decorated", environ_base=CAMP)

    assert "192.0.2.1" not in caplog.text


def test_ceilings_are_far_above_a_crowd():
    assert (POSTS.limit.amount, POSTS.limit.get_expiry()) == (6_000, 600)
    assert (CHALLENGES.limit.amount, CHALLENGES.limit.get_expiry()) == (12_000, 600)


@pytest.mark.redis
def test_hosts_that_share_a_redis_share_the_ceilings(redis_server):
    hosts = [make_app(limits_url=redis_server.url) for _ in range(2)]
    seconds = []
    for host in (hosts[0], hosts[1], hosts[0]):
        with host.test_request_context(environ_base=CAMP):
            seconds.append(ceilings.seconds_over(TWO))

    assert seconds[:2] == [0, 0]
    assert seconds[2] > 0


@pytest.mark.redis
def test_ceilings_hold_locally_while_redis_is_down(failing_redis):
    app = make_app(limits_url=failing_redis.url)
    failing_redis.stop()

    with app.test_request_context(environ_base=CAMP):
        assert [bool(ceilings.seconds_over(TWO)) for _ in range(3)] == [False, False, True]
        with pytest.raises(TooManyRequests):
            ceilings.check(TWO)
    failing_redis.start()
