"""When a letter is handed over: a day and an hour by the clocks of the place, and how papers write the hours around it.

Standard library and formats only; a zone is an IANA name (tz database).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from .. import formats
from ..errors import Refusal

NEW_YORK, GENEVA = "America/New_York", "Europe/Zurich"  # Geneva keeps the clocks of Zurich
# Where letters of a campaign are handed over most; any other zone can be typed.
SUGGESTED = (
    NEW_YORK,
    GENEVA,
    "Europe/Amsterdam",
    "Europe/Berlin",
    "Europe/Brussels",
    "Europe/London",
    "Europe/Paris",
    "Europe/Istanbul",
    "Asia/Damascus",
    "Asia/Beirut",
    "Africa/Cairo",
    "UTC",
)
FARTHEST = timedelta(days=366)
_AT_NEW_YORK = frozenset({"mission", "secretariat"})
_AT_GENEVA = frozenset({"treaty-body", "procedure"})
_PLACES = {
    "unsg": NEW_YORK,
    "ohchr": GENEVA,
    "hrc-president": GENEVA,
    "coi-syria": GENEVA,
    "iiim": GENEVA,
    "iimp": GENEVA,
    "icrc": GENEVA,
    "special-envoy": GENEVA,
    "icmp": "Europe/Amsterdam",
    "ncmp": "Asia/Damascus",
    "eu-hrvp": "Europe/Brussels",
    "arab-league": "Africa/Cairo",
}


class ZoneUnknown(Refusal):
    """No clocks are known under that name."""


class NoSuchHour(Refusal):
    """The clocks of the place never show that hour on that day: they are put forward over it."""


class HourTwice(Refusal):
    """The clocks of the place show that hour twice on that day: they are put back."""


class DayOutOfReach(Refusal):
    """The day is over, or more than a year ahead."""


@dataclass(frozen=True)
class Handing:
    """A moment of handing over. at: aware, UTC. zone: IANA name of the clocks of the place."""

    at: datetime
    zone: str

    @property
    def day(self) -> date:
        """Return the day of it at the place."""
        return self.at.astimezone(ZoneInfo(self.zone)).date()

    def day_text(self, lang: str, *, arabic_digits: bool = False) -> str:
        """Return the day at the place, as a language writes it."""
        return formats.day(self.day, lang, arabic_digits=arabic_digits)

    def hour_text(self, minutes: int, lang: str, *, arabic_digits: bool = False) -> str:
        """Return the hour so many minutes after (or before) it by the clocks of the place, with UTC beside it.

        Where one of the two is on another day than the line leads a reader to think, that day is said.
        """
        there = self.at + timedelta(minutes=minutes)
        here = there.astimezone(ZoneInfo(self.zone))
        shown = [
            (formats.moment if moment.date() != expected else formats.clock)(
                moment, lang, arabic_digits=arabic_digits, is_universal=is_universal
            )
            for moment, expected, is_universal in ((here, self.day, False), (there, here.date(), True))
        ]
        return f"{shown[0]} ({shown[1]})"


def handing(day: date, hour: time, zone: str, *, now: datetime) -> Handing:
    """Return the moment at which the clocks of a zone show an hour of a day, from today on and within a year.

    Raises ZoneUnknown, NoSuchHour, HourTwice, DayOutOfReach.
    """
    if zone not in zones():
        raise ZoneUnknown(zone)
    clocks = ZoneInfo(zone)
    if not now.astimezone(clocks).date() <= day <= (now + FARTHEST).date():
        raise DayOutOfReach(day.isoformat())
    typed = datetime.combine(day, hour)
    earlier, later = (typed.replace(tzinfo=clocks, fold=fold).astimezone(UTC) for fold in (0, 1))
    if earlier.astimezone(clocks).replace(tzinfo=None) != typed:
        raise NoSuchHour(f"{typed:%Y-%m-%d %H:%M} in {zone}")
    if earlier != later:
        raise HourTwice(f"{typed:%Y-%m-%d %H:%M} in {zone}")
    return Handing(earlier, zone)


@cache
def zones() -> frozenset[str]:
    """Return the names of all zones that this machine knows."""
    return frozenset(available_timezones())


def usual_zone(key: str, kind: str, otherwise: str) -> str:
    """Return the zone of the office of a body, by its key and kind; `otherwise` where nobody here knows it."""
    by_kind = NEW_YORK if kind in _AT_NEW_YORK else GENEVA if kind in _AT_GENEVA else ""
    return _PLACES.get(key) or by_kind or otherwise or "UTC"
