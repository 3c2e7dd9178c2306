"""How an entry is written down and hashed, and whether a row of entries is one unbroken chain: pure.

The hash of an entry is SHA-256 over the UTF-8 bytes of one JSON array without spaces, non-ASCII letters as they are:

    ["nidaa-audit",version,id,at,by,action,subject,details,previous_hash]

version and id are numbers, all else strings; `details` is the text of a JSON object with sorted keys, and is hashed
as that text. JavaScript's JSON.stringify gives the same bytes, so anyone can check a chain with a dozen lines of
their own (docs/decisions/audit-a-chain-and-its-head.md).
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

FORMAT = "nidaa-audit"
VERSION = 1
BEGINNING = "0" * 64  # what the first entry has for a previous hash

BY_COMMAND = "command"  # whoever can run `campaign` on the server; the machine knows no more
BY_SYSTEM = "system"

LONGEST_BY = 64
LONGEST_ACTION = 64
LONGEST_SUBJECT = 200
LONGEST_DETAILS = 16_384
ACTION = re.compile(r"[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+")
HASH = re.compile(r"[0-9a-f]{64}")


class NotAnEntry(ValueError):
    """What was to be recorded is too long, empty, or of a kind that no entry can hold."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry, as it is stored. at: the text of a time in UTC. details: canonical JSON. Hashes: hexadecimal."""

    id: int
    version: int = VERSION
    at: str
    by: str
    action: str
    subject: str
    details: str
    previous_hash: str
    hash: str = ""

    @property
    def own_hash(self) -> str:
        """Return the hash that this entry must have."""
        fields = (self.version, self.id, self.at, self.by, self.action, self.subject, self.details)
        written = json.dumps([FORMAT, *fields, self.previous_hash], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def happened_at(self) -> datetime:
        """Return the time as an aware one."""
        return datetime.fromisoformat(self.at)

    @property
    def told(self) -> Mapping[str, Any]:
        """Return the details by name."""
        found: dict[str, Any] = json.loads(self.details)
        return found


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a reading of the chain came to.

    entries: how many fit together from the first on. head: the hash of the last of them. broken_at: the number of
    the first that does not fit, with the reason; None where all fit. has_expected_head: whether a head that was kept
    elsewhere is in the chain; None where none was given, or where the chain broke before it was met.
    """

    entries: int
    head: str
    broken_at: int | None = None
    reason: str | None = None
    has_expected_head: bool | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every entry fits, and the expected head is among them if one was given."""
        return self.broken_at is None and self.has_expected_head is not False


def time_text(moment: datetime) -> str:
    """Return an aware time as it is written down and hashed: UTC, to the microsecond."""
    if moment.tzinfo is None:
        raise NotAnEntry("an entry needs an aware time")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def details_text(details: Mapping[str, Any]) -> str:
    """Return details as canonical JSON: sorted keys, no spaces, days and times as text. Raises NotAnEntry."""
    try:
        text = json.dumps(
            dict(details),
            sort_keys=True,
            ensure_ascii=False,
            allow_nan=False,
            separators=(",", ":"),
            default=_day_or_time,
        )
    except (TypeError, ValueError):
        raise NotAnEntry(
            "details are text, numbers, yes or no, days, times, lists and names of these"
        ) from None
    if len(text) > LONGEST_DETAILS:
        raise NotAnEntry(f"details are at most {LONGEST_DETAILS} characters")
    return text


def check(*, by: str, action: str, subject: str) -> None:
    """Refuse what no entry may hold. Raises NotAnEntry, which repeats nothing of it."""
    if not ACTION.fullmatch(action) or len(action) > LONGEST_ACTION:
        raise NotAnEntry("an action is words and dots, like petition.move")
    if not 0 < len(by) <= LONGEST_BY:
        raise NotAnEntry(f"by is 1 to {LONGEST_BY} characters")
    if len(subject) > LONGEST_SUBJECT:
        raise NotAnEntry(f"a subject is at most {LONGEST_SUBJECT} characters")
    if not (by + subject).isprintable():
        raise NotAnEntry("by and subject are printable text")


def verified(
    entries: Iterable[Entry], *, expected_head: str | None = None, after: Entry | None = None
) -> Verified:
    """Read entries in the order of their numbers and say whether they are one chain. Keeps one of them at a time.

    expected_head: a hash that was printed earlier and kept elsewhere; the chain may have grown since. after: the last
    entry of what was read before, so that a long chain can be read a part at a time.
    """
    count, head = (after.id, after.hash) if after else (0, BEGINNING)
    found = None if expected_head is None else expected_head == BEGINNING
    for entry in entries:
        reason = _fault(entry, count, head)
        if reason:
            return Verified(
                entries=count, head=head, broken_at=entry.id, reason=reason, has_expected_head=found or None
            )
        count, head = entry.id, entry.hash
        found = found if found is None else found or head == expected_head
    return Verified(entries=count, head=head, has_expected_head=found)


def _fault(entry: Entry, count: int, head: str) -> str | None:
    """Return what is wrong with an entry that comes after `count` others, the last with the hash `head`; or None."""
    if entry.id != count + 1:
        return f"entry {count + 1} should be here"
    if entry.version != VERSION:
        return "it is of a version that is not known here"
    if entry.previous_hash != head:
        return "it does not follow the entry before it"
    if entry.hash != entry.own_hash:
        return "its words are not those that were hashed"
    return None


def _day_or_time(value: Any) -> str:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError
