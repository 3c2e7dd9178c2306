"""What the shield allows and asks: networks, levels of work, lifetimes, the spacing of mails.

Pure: knows no Flask, no database, no clock. Every number here has its reason beside it.
"""

import socket
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from ipaddress import ip_network
from typing import Any, NamedTuple

IPV4_BYTES, IPV6_BYTES = 4, 16
MAPPED_IPV4 = bytes(10) + b"\xff\xff"  # how IPv6 sockets write an IPv4 address

# A network is known for ten minutes only: its key is redrawn, and nobody can tell it again.
NETWORK_WINDOW = timedelta(minutes=10)
IPV6_PREFIX_BYTES = 7  # /56: what a provider gives one household or one mast
UNKNOWN_NETWORK = "unknown"  # an address that cannot be read; all such share one bucket

FEW_SIGNATURES = 20  # a household, an office: no work worth noticing
MANY_SIGNATURES = 200  # a camp, a café, a mobile mast: a third of a second each
LEVEL_TOLERANCE = 1  # the bucket may have filled while the person typed

FORM_LIFETIME = timedelta(minutes=20)
CHALLENGE_LIFETIME = timedelta(minutes=20)
CHECK_LIFETIME = timedelta(minutes=20)
CHECK_LEAST_AGE = timedelta(seconds=3)  # nobody reads three lines faster
CLOCK_SKEW = timedelta(seconds=60)  # between two of our own hosts
SPENT_KEPT = timedelta(days=1)  # at least; within it a double submit meets the page it met before

MAILS_PER_MAILBOX = 3
MAILBOX_WINDOW = timedelta(hours=24)
MAILS_PER_UNFAMILIAR_DOMAIN = 50
DOMAIN_WINDOW = timedelta(hours=1)
MAILS_WITHOUT_SCRIPT = 10
WITHOUT_SCRIPT_WINDOW = timedelta(seconds=1)

# A relay's list of hops; a longer one is somebody's invention.
MOST_HOPS = 20

# Second labels under which countries register names: example.gov.sy counts as one domain, gov.sy does not.
_REGISTRY_LABELS = frozenset(
    ("ac", "co", "com", "edu", "gob", "gov", "gouv", "mil", "net", "nom", "or", "org")
)


class Network(NamedTuple):
    """A range of addresses: as many bytes as an address of it has, and the bits that all of them share."""

    length: int
    mask: int
    shared: int


class Work(NamedTuple):
    """What a challenge of one level costs: on average half of `counters` derivations of `iterations` rounds.

    The counter is drawn evenly from all of them, so that starting anywhere else saves nothing, and the
    longest search is only twice the average one. The server pays `iterations` once to make it.
    """

    iterations: int
    counters: int


# PBKDF2-SHA-256 in a browser runs 2 to 8 million rounds a second on a desktop, ten times fewer on a cheap
# phone. Level 1 is 1.5 million rounds on average (about 0.3 s), level 2 is 7.5 million (about 1.5 s).
WORK = (Work(100, 16), Work(2_000, 1_500), Work(5_000, 3_000))
HARDEST = len(WORK) - 1


def work_level(demand: int) -> int:
    """Return the level of work asked of the next person of a network.

    demand: signatures the network has asked for in the window, this one included.
    """
    if demand <= FEW_SIGNATURES:
        return 0
    return 1 if demand <= MANY_SIGNATURES else HARDEST


def is_enough_work(solved: int, required: int) -> bool:
    """Whether a solution of one level serves where another is now required."""
    return solved + LEVEL_TOLERANCE >= required


def network_of(address: str) -> str:
    """Return the network an address stands for: an IPv4 address, or the /56 of an IPv6 one."""
    packed = _packed(address)
    if packed is None:
        return UNKNOWN_NETWORK
    if len(packed) == IPV4_BYTES:
        return socket.inet_ntop(socket.AF_INET, packed)
    prefix = packed[:IPV6_PREFIX_BYTES].ljust(IPV6_BYTES, b"\0")
    return f"{socket.inet_ntop(socket.AF_INET6, prefix)}/{IPV6_PREFIX_BYTES * 8}"


def trusted_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Parse the proxies an operator trusts. Raises ValueError for what is not a network."""
    parsed = (ip_network(text, strict=False) for text in texts)
    return tuple(
        Network(network.max_prefixlen // 8, int(network.netmask), int(network.network_address))
        for network in parsed
    )


def client_address(environ: Mapping[str, Any], trusted: Sequence[Network]) -> str:
    """Return the address a request came from, believing X-Forwarded-For only from trusted proxies.

    Reads the header from the right, past the proxies that are ours, and stops at the first hop that is
    not: whatever stands further left was written by someone we do not know.

    environ: the WSGI environment.
    """
    nearest: str = environ.get("REMOTE_ADDR") or ""
    if not trusted or not _is_trusted(_packed(nearest), trusted):
        return nearest
    hops = str(environ.get("HTTP_X_FORWARDED_FOR") or "").rsplit(",", MOST_HOPS)
    for hop in reversed(hops):
        address = _without_port(hop.strip())
        packed = _packed(address)
        if packed is None:
            break
        nearest = address
        if not _is_trusted(packed, trusted):
            break
    return nearest


def next_place(taken: Sequence[float], now: float, *, ceiling: int, window: float) -> float:
    """Return the earliest time, now or later, that keeps at most `ceiling` places in any `window`.

    taken: the last places given out, oldest first; all in seconds.
    """
    if len(taken) < ceiling:
        return now
    return max(now, taken[-ceiling] + window)


def spent_until(now: datetime) -> datetime:
    """Return when a used token is forgotten: a midnight, so that no row keeps the hour of a signature."""
    return datetime.combine((now + SPENT_KEPT + timedelta(days=1)).astimezone(UTC), time.min, UTC)


def counted_domain(domain: str) -> str:
    """Return the part of a mail domain that one owner registers, so that subdomains share one ceiling.

    A guess from the labels, not the Public Suffix List: a wrong one only delays some mails.
    """
    labels = domain.lower().strip(".").split(".")
    is_under_registry = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _REGISTRY_LABELS
    return ".".join(labels[-3 if is_under_registry else -2 :])


def _packed(address: str) -> bytes | None:
    """Return the 4 or 16 bytes of an address, a mapped one as IPv4. The C library parses ten times faster
    than ipaddress, and every post asks several times.
    """
    try:
        return socket.inet_pton(socket.AF_INET, address)
    except (OSError, ValueError):
        pass
    try:
        packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    except (OSError, ValueError):
        return None
    return packed[-IPV4_BYTES:] if packed.startswith(MAPPED_IPV4) else packed


def _is_trusted(packed: bytes | None, trusted: Sequence[Network]) -> bool:
    if packed is None:
        return False
    number = int.from_bytes(packed, "big")
    return any(
        len(packed) == network.length and number & network.mask == network.shared for network in trusted
    )


def _without_port(hop: str) -> str:
    """Drop the port some proxies add: 192.0.2.1:4711, [2001:db8::1]:4711."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    if hop.count(":") == 1:
        return hop.partition(":")[0]
    return hop
