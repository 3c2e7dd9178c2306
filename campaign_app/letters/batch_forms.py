"""What an organiser may type of a month's letters to all members, and of a day of handing over."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time

from flask_babel import gettext as _

from ..languages import LETTER_LANGUAGES, fold_digits
from ..typed import Typed, check_text
from . import handing_over
from .batches import Plan
from .forms import SIGNATORY, Post, month_of
from .handing_over import Handing
from .rules import LONGEST_SIGNATORY, WAYS

USUAL_HOUR = "10:00"


def read_plan(
    posted: Post, *, months: Collection[str], languages: Collection[str], petitions: Mapping[str, int]
) -> Typed:
    """Read what a batch begins from.

    months: as 2026-12. languages: that its templates exist in. petitions: slug → number. Each: what may be chosen.
    """
    typed = Typed({name: posted.get(name, "") for name in ("month", "petition", "way", "template")})
    chosen = [code for code in LETTER_LANGUAGES if code in posted.getlist("languages") and code in languages]
    typed.values["languages"] = chosen
    if typed.values["month"] not in months:
        typed.refuse("month", _("Choose a month."))
    if typed.values["petition"] not in petitions:
        typed.refuse("petition", _("Choose a petition."))
    if not chosen:
        typed.refuse("languages", _("Choose at least one language."))
    if typed.values["way"] not in ("", *WAYS):
        typed.refuse("way", _("Choose how the letter is delivered."))
    for name in SIGNATORY:
        place = f"signatory-{name}"
        typed.values[place] = " ".join(posted.get(place, "").split())
        check_text(typed, place, typed.values[place], LONGEST_SIGNATORY)
        if not typed.values[place]:
            typed.refuse(place, _("Say who signs: a name and a role."))
    return typed


def plan_of(typed: Typed, *, petitions: Mapping[str, int]) -> Plan:
    """Return what was typed as a plan. Nothing of it may be wrong."""
    values = typed.values
    month = month_of(values["month"])
    if month is None:
        raise ValueError("a plan without a month")
    return Plan(
        petition_id=petitions[values["petition"]],
        template=values["template"],
        month=month,
        languages=values["languages"],
        signatory={name: values[f"signatory-{name}"] for name in SIGNATORY},
        way=values["way"] or None,
    )


def read_handing(posted: Mapping[str, str], *, now: datetime) -> tuple[Typed, Handing | None]:
    """Read the day, the hour and the clocks of handing over; None with what is to correct."""
    typed = Typed({name: fold_digits(posted.get(name, "")).strip() for name in ("day", "hour", "zone")})
    day, hour = _day(typed.values["day"]), _hour(typed.values["hour"])
    if day is None:
        typed.refuse("day", _("Write the day as 2027-03-05."))
    if hour is None:
        typed.refuse("hour", _("Write the hour as 10:30."))
    if day is None or hour is None:
        return typed, None
    try:
        return typed, handing_over.handing(day, hour, typed.values["zone"], now=now)
    except handing_over.ZoneUnknown:
        typed.refuse("zone", _("No clocks are known under this name. Write one such as Europe/Zurich."))
    except handing_over.NoSuchHour:
        typed.refuse(
            "hour", _("On that day the clocks there are put forward over this hour. Choose another.")
        )
    except handing_over.HourTwice:
        typed.refuse("hour", _("On that day the clocks there show this hour twice. Choose another."))
    except handing_over.DayOutOfReach:
        typed.refuse("day", _("Choose a day from today on, within a year."))
    return typed, None


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _hour(text: str) -> time | None:
    try:
        return datetime.strptime(text, "%H:%M").replace(tzinfo=UTC).time()
    except ValueError:
        return None
