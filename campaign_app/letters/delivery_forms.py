"""What an organiser may type of a letter's delivery and of a reply to it, and the words that say what to correct."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta

from flask_babel import gettext as _

from ..clock import utc_day
from ..languages import LETTER_LANGUAGES, fold_digits
from ..typed import Typed, check_text, clean
from . import rules
from .forms import moment_of
from .models import Letter
from .replying import NotAScan, media_type_of

WAYS = (rules.POST, rules.HAND, rules.FORM)  # what leaves by mail, the outbox records itself
# How far the day of some place on earth may lie from that of UTC.
AHEAD, BEHIND = timedelta(hours=14), timedelta(hours=12)
Post = Mapping[str, str]


def read_delivery(posted: Post, letter: Letter, *, offices: Collection[str], now: datetime) -> Typed:
    """Read how a letter was brought to an office; of a sheet of numbers, to whom of the press it was given.

    offices: keys of those that it goes to. values: "moment" is an aware time in UTC, or None.
    """
    typed = Typed({name: posted.get(name, "") for name in ("office", "way")})
    typed.values["is_received"] = "is_received" in posted
    if not letter.body_key:
        typed.values |= {"office": "", "way": rules.HAND}
    else:
        if typed.values["office"] not in offices:
            typed.refuse("office", _("Choose the office."))
        if typed.values["way"] not in WAYS:
            typed.refuse("way-post", _("Choose how it was delivered."))
    _keep(typed, "sent_to", clean(posted.get("sent_to", "")), rules.LONGEST_PLACE)
    if not typed.values["sent_to"]:
        typed.refuse("sent_to", _("Say where it went, or into whose hands."))
    _read_moment(posted, letter, typed, now=now)
    read_note(posted, "note", typed)
    return typed


def read_note(posted: Post, place: str, typed: Typed, *, wanted: str = "") -> Typed:
    """Read a line or two about a delivery. wanted: what to say where it is empty; "" where it may be."""
    _keep(typed, place, clean(posted.get(place, "")), rules.LONGEST_NOTE)
    if wanted and not typed.values[place]:
        typed.refuse(place, wanted)
    return typed


def read_reply(
    posted: Post, letter: Letter, *, offices: Collection[str], scan: bytes, now: datetime
) -> Typed:
    """Read what an office said. scan: the bytes of a file, b"" for none. values: "day" is a date, or None."""
    typed = Typed({name: posted.get(name, "") for name in ("kind", "office", "language")})
    if typed.values["kind"] not in rules.REPLY_KINDS:
        typed.refuse("kind-acknowledgement", _("Choose the kind of reply."))
    if typed.values["office"] not in offices:
        typed.refuse("office", _("Choose the office."))
    if typed.values["language"] not in LETTER_LANGUAGES:
        typed.refuse("language", _("Choose its language."))
    _read_day(posted, letter, typed, now=now)
    _keep(typed, "text", clean(posted.get("text", "")), rules.LONGEST_REPLY)
    if scan:
        try:
            media_type_of(scan)
        except NotAScan:
            typed.refuse("scan", no_scan())
    elif not typed.values["text"]:
        typed.refuse("text", _("Write what it says, or choose a scan of it."))
    read_consent(posted, typed)
    return typed


def read_consent(posted: Post, typed: Typed, *, is_wanted: bool = False) -> Typed:
    """Read who agreed that a reply is shown, and when. is_wanted: it may not be empty."""
    _keep(typed, "consent", " ".join(posted.get("consent", "").split()), rules.LONGEST_NOTE)
    if is_wanted and not typed.values["consent"]:
        typed.refuse("consent", no_consent())
    return typed


def no_scan() -> str:
    """Return what stands against a file that is no scan."""
    found: str = _("Choose a PDF, a PNG or a JPEG of at most 5 megabytes. This file is none.")
    return found


def no_consent() -> str:
    """Return what stands against showing a reply."""
    found: str = _("Say who agreed that it is shown, and when. Without that it stays at the desk.")
    return found


def _read_moment(posted: Post, letter: Letter, typed: Typed, *, now: datetime) -> None:
    text = typed.values["left_at"] = posted.get("left_at", "").strip()
    at = typed.values["moment"] = moment_of(text)
    if at is None:
        typed.refuse("left_at", _("Write the moment as 2027-03-05 12:00."))
    elif at > now:
        typed.refuse("left_at", _("This moment has not come yet. It is told in UTC."))
    elif letter.issued_at and at < letter.issued_at.replace(second=0, microsecond=0):
        typed.refuse("left_at", _("The letter was not issued yet at this moment. It is told in UTC."))


def _read_day(posted: Post, letter: Letter, typed: Typed, *, now: datetime) -> None:
    text = typed.values["received_on"] = posted.get("received_on", "").strip()
    found = typed.values["day"] = _day_of(text)
    if found is None:
        typed.refuse("received_on", _("Write the day as 2027-03-05."))
    elif found > utc_day(now + AHEAD):
        typed.refuse("received_on", _("This day has not come yet."))
    elif letter.issued_at and found < utc_day(letter.issued_at - BEHIND):
        typed.refuse("received_on", _("The letter was not issued yet on this day."))


def _day_of(text: str) -> date | None:
    try:
        return datetime.strptime(fold_digits(text), "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def _keep(typed: Typed, place: str, text: str, longest: int) -> None:
    typed.values[place] = text
    check_text(typed, place, text, longest)
