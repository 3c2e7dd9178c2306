"""When a group of signatures stands out, which rules may take signatures out, and the states of a run: pure.

Nothing here judges anybody: it says where to look, with the figures that say why.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from statistics import median

WINDOW = timedelta(days=56)  # how far back is looked
FEWEST_IN_A_GROUP = 50  # people of one group on one day; fewer are left alone
LEAST_SHARE = 0.02  # of the day's people
TIMES_ITS_USUAL_SHARE = 4
FEWEST_IN_A_BURST = 200
TIMES_THE_USUAL_DAY = 5
DAYS_AROUND = 7  # to either side, for what a usual day is
FEWEST_ASKED = 100
LEAST_CONFIRMED = 0.4  # of those asked, in a group; and at most half of what is usual in the others
KINDS = ("domain", "source", "path", "country", "language")

STATES = ("running", "done", "cancelling", "cancelled", "undoing", "undone")
ACTIVE = ("running", "cancelling", "undoing")
ENDS_AS = {"running": "done", "cancelling": "cancelled", "undoing": "undone"}
LONGEST_NOTE = 1_000
LABEL_HEX = 8


def label_of(domain_tag: bytes) -> str:
    """Return a short name for a mail domain that nobody here can read: the same domain, the same name."""
    text = domain_tag.hex()[:LABEL_HEX].upper()
    return f"{text[:4]}-{text[4:]}"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Whom to take out: everyone counted who fits all that is stated. Days are UTC days of signing, both included."""

    domain_tag: bytes | None = None
    source: str = ""
    path: str = ""
    country: str = ""
    language: str = ""
    first_on: date | None = None
    last_on: date | None = None

    @property
    def says_something(self) -> bool:
        """Whether anything is stated; a rule that fits everyone is none."""
        return any(asdict(self).values())

    @property
    def told(self) -> dict[str, str]:
        """Return what is stated, as the record of what was done keeps it."""
        told = {name: str(value) for name, value in asdict(self).items() if value and name != "domain_tag"}
        return told | ({"domain": label_of(self.domain_tag)} if self.domain_tag else {})


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A group that stands out, with its figures.

    kind: one of KINDS, "burst" or "unconfirmed". code: of the group; a domain's tag in hexadecimal, "" for all smaller
    domains together and for a burst.
    people of of_people: the group's on the days from first_on to last_on. Of a burst, people came in that time, and
    usual on a usual day; of a group that does not confirm, people confirmed of of_people asked.
    other_people of other_of: the same on the other days, or in the other groups.
    """

    kind: str
    code: str = ""
    first_on: date
    last_on: date
    people: int
    of_people: int
    other_people: int = 0
    other_of: int = 0

    @property
    def asked(self) -> dict[str, str]:
        """Return what a form about whom to take out is filled in with, besides the days."""
        if self.kind not in KINDS or not self.code:
            return {}
        return {self.kind: label_of(bytes.fromhex(self.code)) if self.kind == "domain" else self.code}


Counts = Mapping[date, Mapping[str, int]]  # day → code → people


def standing_out(kind: str, counts: Counts) -> list[Finding]:
    """Return the groups of one kind whose share of a day is far beyond their share of the other days.

    On a day they are at least FEWEST_IN_A_GROUP people and LEAST_SHARE of everyone, and at least
    TIMES_ITS_USUAL_SHARE what their share of the days before and after is. Days next to each other are one finding.
    """
    totals = {day: sum(codes.values()) for day, codes in counts.items()}
    by_code: dict[str, dict[date, int]] = defaultdict(dict)
    for day, codes in counts.items():
        for code, people in codes.items():
            by_code[code][day] = people
    found = []
    for code, days in by_code.items():
        hot = _hot_days(days, totals)
        other_people = sum(people for day, people in days.items() if day not in hot)
        other_of = sum(people for day, people in totals.items() if day not in hot)
        for stretch in _stretches(hot):
            found.append(
                Finding(
                    kind=kind,
                    code=code,
                    first_on=stretch[0],
                    last_on=stretch[-1],
                    people=sum(days[day] for day in stretch),
                    of_people=sum(totals[day] for day in stretch),
                    other_people=other_people,
                    other_of=other_of,
                )
            )
    return found


def bursts(totals: Mapping[date, int]) -> list[Finding]:
    """Return the days on which far more people came than on a usual day of the week before and after.

    A day without anyone counts as one; a petition's first days have nothing to be compared with.
    """
    if not totals:
        return []
    first, last = min(totals), max(totals)
    found = []
    for day, people in sorted(totals.items()):
        around = [
            totals.get(other, 0)
            for other in (day + timedelta(days=step) for step in range(-DAYS_AROUND, DAYS_AROUND + 1))
            if other != day and first <= other <= last
        ]
        if len(around) < DAYS_AROUND:
            continue
        usual = int(median(around))
        if people >= FEWEST_IN_A_BURST and people >= TIMES_THE_USUAL_DAY * max(usual, 1):
            found.append(
                Finding(
                    kind="burst",
                    first_on=day,
                    last_on=day,
                    people=people,
                    of_people=people,
                    other_people=usual,
                )
            )
    return found


def unconfirmed(
    kind: str, asked: Mapping[str, int], confirmed: Mapping[str, int], days: Sequence[date]
) -> list[Finding]:
    """Return the groups in which few of those asked opened their mail, while in the others most did.

    kind: what the groups are, "source" or "path". days: the first and the last of them.
    """
    found = []
    for code, requests in asked.items():
        answered = confirmed.get(code, 0)
        others = sum(asked.values()) - requests
        others_answered = sum(confirmed.get(other, 0) for other in asked if other != code)
        is_low = requests >= FEWEST_ASKED and answered < LEAST_CONFIRMED * requests
        if is_low and others and answered / requests <= 0.5 * others_answered / others:
            found.append(
                Finding(
                    kind=f"unconfirmed-{kind}",
                    code=code,
                    first_on=days[0],
                    last_on=days[-1],
                    people=answered,
                    of_people=requests,
                    other_people=others_answered,
                    other_of=others,
                )
            )
    return found


def _hot_days(days: Mapping[date, int], totals: Mapping[date, int]) -> list[date]:
    """Return the days on which a group stands out; the largest first decides what is usual for the rest."""
    hot: list[date] = []
    rest, rest_of = sum(days.values()), sum(totals.values())
    for day in sorted(days, key=lambda each: days[each] / totals[each], reverse=True):
        people, everyone = days[day], totals[day]
        if people < FEWEST_IN_A_GROUP or people < LEAST_SHARE * everyone:
            continue
        others, others_of = rest - people, rest_of - everyone
        # Without other days there is nothing usual, and so nothing that stands out.
        if others_of < FEWEST_IN_A_GROUP or people / everyone < TIMES_ITS_USUAL_SHARE * others / others_of:
            continue
        hot.append(day)
        rest, rest_of = others, others_of
    return sorted(hot)


def _stretches(days: Iterable[date]) -> list[list[date]]:
    """Return days in runs of days that follow each other."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs
