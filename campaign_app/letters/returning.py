"""Letters that came back as mails: which delivery a report is of, and what it says. Keeps nothing of the report.

Our Message-ID names the delivery, and a mark that only we can make; whatever returns a mail quotes it. Who holds one
mail can say that it came back, and of no other.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..config import secret_key, settings
from ..extensions import db
from ..mail import reports
from . import delivering, rules
from .models import LetterDelivery
from .problems import NotInThisState

OUR_MESSAGE_ID = re.compile(r"\bletter\.(\d{1,18})\.([0-9a-f]{32})@")
LABEL = b"nidaa mail of a letter v1"
MARK_BYTES = 16
FOR_GOOD = "5"  # RFC 3463: a permanent failure


class Outcome(StrEnum):
    """What became of a report."""

    UNKNOWN = "unknown"  # of no delivery of ours: forged, or from before a restored backup
    SOFT = "soft"  # it says no failure for good: only delayed, arrived, read, or answered by a machine
    NOTED = "noted"
    REPEATED = "repeated"  # the delivery is not one that left and of which nothing more is known
    TOO_EARLY = "too-early"  # our own note that it left is not written yet: read the report once more later


@dataclass(frozen=True)
class Report:
    """What a report says. delivery, mark: of the Message-ID it quotes. reason: why it failed for good, or ""."""

    delivery: int
    mark: str
    reason: str


def name_of(delivery: LetterDelivery) -> str:
    """Return what the Message-ID of a delivery's mail carries before the @."""
    return f"letter.{delivery.id}.{_mark(delivery.id)}"


def report_of(text: bytes) -> Report | None:
    """Return what a delivery status notification, or any mail that quotes our Message-ID, says; None for others."""
    found = reports.found_in(OUR_MESSAGE_ID, text)
    if found is None:
        return None
    failed = [each for each in reports.statuses_of(text) if each[0] == FOR_GOOD]
    return Report(int(found[1]), found[2], reports.reason_of(failed[0]) if failed else "")


def take(report: Report, *, now: datetime) -> Outcome:
    """Note on its delivery that a mail came back for good. Flushes; never commits."""
    if not hmac.compare_digest(report.mark, _mark(report.delivery)):
        return Outcome.UNKNOWN
    delivery = db.session.get(LetterDelivery, report.delivery)
    if delivery is None or delivery.way != rules.MAIL:
        return Outcome.UNKNOWN
    if not report.reason:
        return Outcome.SOFT
    if delivery.state == rules.QUEUED:
        return Outcome.TOO_EARLY
    try:
        delivering.note_returned(delivery=delivery, why=report.reason, by=None, now=now)
    except NotInThisState:
        return Outcome.REPEATED
    return Outcome.NOTED


def _mark(delivery_id: int) -> str:
    key = hmac.digest(secret_key(settings()), LABEL, "sha256")
    return hmac.digest(key, str(delivery_id).encode(), "sha256")[:MARK_BYTES].hex()
