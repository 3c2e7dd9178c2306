"""What is an exact site, a code, a state of a partner; when one person alone may check: pure, knows no table.

An origin is what a browser compares (RFC 6454): scheme, host and port, nothing else.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

ACTIVE = "active"
PAUSED = "paused"  # for a while: its sites may not frame the form, its code counts as any other source
ENDED = "ended"  # for good; what came through its code stays counted under it
STATES = (ACTIVE, PAUSED, ENDED)
TRANSITIONS: Mapping[str, frozenset[str]] = {
    ACTIVE: frozenset({PAUSED, ENDED}),
    PAUSED: frozenset({ACTIVE, ENDED}),
    ENDED: frozenset(),
}

CODE = re.compile(r"[a-z0-9_-]{1,32}")
LONGEST_NAME = 200
LONGEST_CONTACT = 300
LONGEST_LINE = 300
LONGEST_SITE = 300
LONGEST_REASON = 500
RESERVED_CODES = frozenset({"new"})  # what the desk calls something else
MOST_ORIGINS = 20  # they stand in one header of each answer
CHECK_WAIT = timedelta(hours=12)  # of somebody who is alone, as for a letter

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_HOST = 253
IPV4 = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
DEFAULT_PORTS = {"https": 443, "http": 80}
# Letters that browsers and Python's older IDNA write differently: such a name must be given in its ASCII form.
AMBIGUOUS = frozenset("ßς\u200c\u200d")


class NotAnOrigin(ValueError):
    """The text is not scheme, host and port of one site. `why`: "form", "https", "host", "path" or "spelling"."""

    def __init__(self, why: str) -> None:
        """Keep the reason, for whoever words it."""
        super().__init__(why)
        self.why = why


def origin_of(text: str, *, may_be_http: bool) -> str:
    """Return a site as browsers write it: lower case, ASCII, without the scheme's own port.

    text: "https://example.org", with or without a port or one "/" after it. may_be_http: never in production.
    Raises NotAnOrigin.
    """
    text = text.strip()
    if not text or not text.isprintable() or any(letter in text for letter in " \\*@?#;,'\""):
        raise NotAnOrigin("form")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NotAnOrigin("form") from None
    if parts.scheme not in DEFAULT_PORTS or not host or text.count("://") != 1:
        raise NotAnOrigin("form")
    if parts.scheme == "http" and not may_be_http:
        raise NotAnOrigin("https")
    if parts.path not in ("", "/"):
        raise NotAnOrigin("path")
    named = _ascii_host(host, is_local_allowed=may_be_http)
    if port == 0:
        raise NotAnOrigin("form")
    shown = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{named}{shown}"


def folded(name: str) -> str:
    """Return the form of an organisation's name by which it is found again: without case, spaces and punctuation."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", name).casefold())) or name


def may_move(before: str, after: str) -> bool:
    """Whether a partner may go from one state to another."""
    return after in TRANSITIONS[before]


def checkable_at(*, recorded_at: datetime, alone_since: datetime | None) -> datetime | None:
    """Return from when whoever recorded an endorsement may check it themselves; None while somebody else can.

    alone_since: as `approvals.rules.alone_since` tells it.
    """
    return None if alone_since is None else max(recorded_at, alone_since) + CHECK_WAIT


def _ascii_host(host: str, *, is_local_allowed: bool) -> str:
    """Return a host name in lower-case ASCII (IDNA). Raises NotAnOrigin."""
    if AMBIGUOUS & set(host):
        raise NotAnOrigin("spelling")
    try:
        named = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise NotAnOrigin("host") from None
    labels = named.split(".")
    is_right = len(named) <= LONGEST_HOST and all(LABEL.fullmatch(label) for label in labels)
    # A policy's source has no IPv6 address, and a number is nobody's site.
    is_public = len(labels) > 1 and not IPV4.fullmatch(named)
    if not is_right or not (is_public or is_local_allowed):
        raise NotAnOrigin("host")
    return named
