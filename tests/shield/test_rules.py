"""The limits themselves: no fixtures, no application."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from campaign_app.shield import rules


@pytest.mark.parametrize(
    ("demand", "level"), [(0, 0), (1, 0), (20, 0), (21, 1), (200, 1), (201, 2), (100_000, 2)]
)
def test_a_network_is_asked_for_more_work_as_it_asks_for_more_signatures(demand, level):
    assert rules.work_level(demand) == level


@pytest.mark.parametrize(
    ("solved", "required", "serves"),
    [(0, 0, True), (2, 0, True), (0, 1, True), (1, 2, True), (0, 2, False)],
)
def test_a_solution_one_level_below_the_required_one_still_serves(solved, required, serves):
    assert rules.is_enough_work(solved, required) is serves


def test_each_level_costs_more_than_the_one_before_and_the_server_never_more_than_milliseconds():
    averages = [work.iterations * work.counters / 2 for work in rules.WORK]

    assert averages == sorted(averages)
    assert averages[1:] == [1_500_000, 7_500_000]
    assert max(work.iterations for work in rules.WORK) <= 5_000


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2ff:3::4", "2001:db8:1:200::/56"),
        ("2001:DB8:1:200::", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("unix:", "unknown"),
        ("192.0.2.1, 192.0.2.2", "unknown"),
    ],
)
def test_a_network_is_an_ipv4_address_or_the_56_of_an_ipv6_one(address, network):
    assert rules.network_of(address) == network


def test_neighbours_in_one_ipv6_household_share_a_network_and_others_do_not():
    ours = rules.network_of("2001:db8:1:200::1")

    assert rules.network_of("2001:db8:1:2ff:ffff::1") == ours
    assert rules.network_of("2001:db8:1:300::1") != ours


PROXIES = rules.trusted_networks(["10.0.0.0/8", "2001:db8:ffff::/48"])


def from_hops(remote: str, forwarded: str | None = None) -> str:
    environ = {"REMOTE_ADDR": remote}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    return rules.client_address(environ, PROXIES)


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        pytest.param("198.51.100.7", None, "198.51.100.7", id="no proxy"),
        pytest.param("198.51.100.7", "192.0.2.9", "198.51.100.7", id="a stranger names somebody else"),
        pytest.param("10.0.0.1", None, "10.0.0.1", id="the proxy itself"),
        pytest.param("10.0.0.1", "", "10.0.0.1", id="the proxy says nothing"),
        pytest.param("10.0.0.1", "198.51.100.7", "198.51.100.7", id="one proxy"),
        pytest.param("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7", id="two proxies"),
        pytest.param("10.0.0.1", "192.0.2.9, 198.51.100.7", "198.51.100.7", id="a client adds a false hop"),
        pytest.param(
            "10.0.0.1", "10.9.9.9, 198.51.100.7", "198.51.100.7", id="a client claims to be a proxy"
        ),
        pytest.param("10.0.0.1", "nonsense, 10.0.0.2", "10.0.0.2", id="nonsense ends the walk"),
        pytest.param("10.0.0.1", "198.51.100.7:4711", "198.51.100.7", id="a hop with its port"),
        pytest.param("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7", id="an IPv6 hop with its port"),
        pytest.param("2001:db8:ffff::1", "2001:db8::7", "2001:db8::7", id="an IPv6 proxy"),
        pytest.param("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3", id="only our own"),
        pytest.param("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7", id="a proxy seen as mapped IPv4"),
    ],
)
def test_only_trusted_proxies_are_believed_about_where_a_request_came_from(remote, forwarded, client):
    assert from_hops(remote, forwarded) == client


def test_without_trusted_proxies_the_header_is_never_read():
    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7"}

    assert rules.client_address(environ, ()) == "10.0.0.1"


def test_a_header_of_a_thousand_hops_is_read_only_at_its_end():
    assert from_hops("10.0.0.1", ", ".join(["198.51.100.7"] + ["10.0.0.2"] * 1000)) == "10.0.0.2"


@given(some.text())
def test_any_header_names_the_proxy_or_a_readable_address(header):
    client = from_hops("10.0.0.1", header)

    assert client == "10.0.0.1" or rules.network_of(client) != rules.UNKNOWN_NETWORK


@given(some.lists(some.integers(0, 1000), max_size=60), some.integers(1, 5))
def test_no_window_ever_holds_more_places_than_its_ceiling(delays, ceiling):
    window, now = 100.0, 0.0
    places: list[float] = []
    for delay in delays:
        now += delay
        places.append(rules.next_place(places[-ceiling:], now, ceiling=ceiling, window=window))
        assert places[-1] >= now

    for nth, place in enumerate(places[ceiling:], start=ceiling):
        assert place - places[nth - ceiling] >= window


def test_a_place_is_given_at_once_while_the_window_has_room():
    assert rules.next_place([1.0, 2.0], 3.0, ceiling=3, window=100.0) == 3.0
    assert rules.next_place([1.0, 2.0, 3.0], 4.0, ceiling=3, window=100.0) == 101.0
    assert rules.next_place([1.0, 2.0, 3.0], 500.0, ceiling=3, window=100.0) == 500.0


@pytest.mark.parametrize(
    ("domain", "counted"),
    [
        ("example.org", "example.org"),
        ("mail.example.org", "example.org"),
        ("a.b.c.example.org", "example.org"),
        ("students.example.ac.uk", "example.ac.uk"),
        ("example.gov.sy", "example.gov.sy"),
        ("gov.sy", "gov.sy"),
        ("EXAMPLE.org.", "example.org"),
        ("localhost", "localhost"),
        ("", ""),
    ],
)
def test_subdomains_share_the_ceiling_of_the_domain_somebody_registered(domain, counted):
    assert rules.counted_domain(domain) == counted
