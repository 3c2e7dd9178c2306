"""What a backup says of itself, which files are kept, and which withdrawals are remembered: pure."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

FORMAT, VERSION = "nidaa-backup", 1
LONGEST_HEADER = 1_000_000
BACKUP_KEPT = timedelta(days=30)  # a withdrawal is remembered a day longer (signing/rules.py, TOMBSTONE_KEPT)
MOST_KEPT = 30
NAME = re.compile(r"nidaa-(\d{8}T\d{6}Z)\.nidaa-backup")
WHEN = "%Y%m%dT%H%M%SZ"
LINE = re.compile(
    r'\{"signature": "([0-9a-f]{32})", "petition": (\d{1,18}), '
    r'"kind": "(withdrawn|erased|hidden|no-updates)", "day": "(\d{4}-\d\d-\d\d)"\}'
)
# Table → why a backup does not hold it.
LEFT_OUT: Mapping[str, str] = {
    "outbox": "mails that wait, sealed to a key of the server; who was not mailed yet signs again",
    "job_lease": "which worker has what in hand",
    "spent": "used form tokens, which no form older than a day needs",
    "organiser_session": "who is signed in at the desk: everyone signs in anew",
    "arrival_report": "what stood out among the signatures, which the worker reckons anew",
    "invitation": "links to join, which a restore would make good again after they were used",
}


class NotAHeader(ValueError):
    """The first line of a backup is not one that this version can read."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """The first line of a backup.

    revision: the form of its tables. tables: name → [(column, kind of value)], parents before children.
    rows: table → how many. people: petition → how many were counted.
    """

    made_at: datetime
    nidaa: str
    revision: str
    tables: Mapping[str, Sequence[tuple[str, str]]]
    rows: Mapping[str, int]
    people: Mapping[str, int] = field(default_factory=dict)

    @property
    def line(self) -> bytes:
        """Return the line that is written."""
        fields = {
            "format": FORMAT,
            "version": VERSION,
            "made_at": self.made_at.astimezone(UTC).isoformat(timespec="seconds"),
            "nidaa": self.nidaa,
            "revision": self.revision,
            "people": dict(self.people),
            "rows": dict(self.rows),
            "tables": {name: [list(column) for column in columns] for name, columns in self.tables.items()},
        }
        return json.dumps(fields, ensure_ascii=False).encode() + b"\n"

    @property
    def remembers_all_wishes(self) -> bool:
        """Whether it was made when names that are hidden and news that is stopped were remembered already."""
        return "invalidation" in self.tables

    @property
    def signatures(self) -> int:
        """Return how many people are counted in all."""
        return sum(self.people.values())


def header_of(line: bytes) -> Header:
    """Return the header that a line holds. Raises NotAHeader saying why it cannot be read."""
    try:
        fields = json.loads(line)
        if fields["format"] != FORMAT:
            raise NotAHeader("this is not a backup of Nidaa")
        if fields["version"] != VERSION:
            raise NotAHeader("a newer version of Nidaa made this backup: restore it with that one")
        header = Header(
            made_at=datetime.fromisoformat(fields["made_at"]),
            nidaa=str(fields["nidaa"]),
            revision=str(fields["revision"]),
            tables={name: [(c, k) for c, k in columns] for name, columns in fields["tables"].items()},
            rows={name: int(count) for name, count in fields["rows"].items()},
            people={slug: int(count) for slug, count in fields["people"].items()},
        )
        if header.made_at.tzinfo is None:
            raise ValueError("a time without a zone")
    except NotAHeader:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotAHeader("the first line of this backup cannot be read") from None
    return header


def file_name(made_at: datetime) -> str:
    """Return the name of a backup made at that time (UTC, to the second)."""
    return f"nidaa-{made_at.astimezone(UTC).strftime(WHEN)}.nidaa-backup"


def made_at_of(name: str) -> datetime | None:
    """Return when a backup was made, by its name; None for any other file."""
    found = NAME.fullmatch(name)
    try:
        return datetime.strptime(found[1], WHEN).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def no_longer_kept(names: Iterable[str], *, keep: int, now: datetime) -> list[str]:
    """Return the backups that are to be deleted: beyond the newest `keep`, and any that is older than 30 days.

    An older one must not be restored: the withdrawals since are no longer all remembered. The newest stays
    whatever its age. Names that are no backup's are left alone.
    """
    made = sorted(((made_at, name) for name in names if (made_at := made_at_of(name))), reverse=True)
    return [
        name
        for place, (made_at, name) in enumerate(made)
        if place and (place >= keep or made_at < now - BACKUP_KEPT)
    ]


@dataclass(frozen=True)
class Withdrawal:
    """One remembered wish. kind: "withdrawn", "erased", "hidden" (a name) or "no-updates"; day: UTC."""

    signature: bytes
    petition: int
    kind: str
    day: date

    @property
    def line(self) -> str:
        """Return the line of the file that remembers it."""
        fields = {
            "signature": self.signature.hex(),
            "petition": self.petition,
            "kind": self.kind,
            "day": self.day.isoformat(),
        }
        return json.dumps(fields) + "\n"


def withdrawals_in(text: str) -> tuple[list[Withdrawal], int]:
    """Return the withdrawals that a file's text holds, in their order, and how many characters say nothing.

    A crash can cut a line short, and the next one then follows on the same line: whatever is whole is found.
    """
    found, read = [], 0
    for match in LINE.finditer(text):
        try:
            day = date.fromisoformat(match[4])
        except ValueError:
            continue
        found.append(Withdrawal(bytes.fromhex(match[1]), int(match[2]), match[3], day))
        read += len(match[0])
    return found, len("".join(text.split("\n"))) - read


def merged(*lists: Iterable[Withdrawal]) -> list[Withdrawal]:
    """Return what any of several copies remembers, by day; a wish that one copy holds twice is kept twice."""
    kept: list[Withdrawal] = []
    have: Counter[Withdrawal] = Counter()
    for each in lists:
        seen: Counter[Withdrawal] = Counter()
        for withdrawal in each:
            seen[withdrawal] += 1
            if seen[withdrawal] > have[withdrawal]:
                have[withdrawal] += 1
                kept.append(withdrawal)
    return sorted(kept, key=lambda withdrawal: withdrawal.day)


def not_yet_applied(
    remembered: Iterable[Withdrawal], applied: Iterable[tuple[bytes, str, date]]
) -> list[Withdrawal]:
    """Return the withdrawals that a restored database has not seen, in their order.

    applied: (signature, kind, day) of what it has. Somebody may withdraw, sign again and withdraw again on one day:
    so they are counted, and not only looked up.
    """
    left = Counter(applied)
    missing = []
    for withdrawal in remembered:
        key = (withdrawal.signature, withdrawal.kind, withdrawal.day)
        if left[key]:
            left[key] -= 1
        else:
            missing.append(withdrawal)
    return missing
