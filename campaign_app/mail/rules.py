"""When a mail goes, when it is tried again and when it is given up: pure, knows no table and no relay."""

from datetime import UTC, date, datetime, time, timedelta

CONFIRM = "confirm"
REMIND = "remind"
PRIVATE_LINK = "private-link"
RESEND = "resend"
OPERATOR_CHECK = "operator-check"
INVITATION = "invitation"  # to somebody who is to work here
APPROVAL_NOTICE = "approval-notice"  # to the owners, when one person alone may release something
UPDATE = "update"  # news to somebody who asked for it; the room above writes it
LETTER = "letter"  # one delivery of an issued letter to an office; the room above writes it
KINDS = (CONFIRM, REMIND, PRIVATE_LINK, RESEND, OPERATOR_CHECK, INVITATION, APPROVAL_NOTICE, UPDATE, LETTER)
WRITTEN_ABOVE = frozenset({UPDATE, LETTER})  # what became of each is kept there, and nothing of it here

WAITING = "waiting"  # to be sent at not_before
KEPT = "kept"  # sent and reminded; the sealed parameters stay so that "send again" works until expiry
DEAD = "dead"  # refused for good; an operator sees it
STATES = (WAITING, KEPT, DEAD)

LIFETIME = timedelta(days=7)  # as long as an unconfirmed signature is kept
REMIND_AFTER = timedelta(hours=24)

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=2)  # a full mailbox or a greylist: worth asking a dozen times a day
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=10)  # a relay that comes back is used ten minutes later at most

CLAIM_FOR = timedelta(minutes=5)  # after a crash, another worker takes the mails over when this has passed
SEND_WITHIN = timedelta(minutes=3)  # one mail, connecting included; shorter than a claim
RENEW_BELOW = timedelta(minutes=4)  # a claim with less left than this is renewed before the next mail


def expiry_day(queued_on: date) -> date:
    """Return the last UTC day on which a mail queued on a day may still be sent."""
    return queued_on + LIFETIME


def reminder_due_at(sent_at: datetime) -> datetime:
    """Return when to remind: a day later, on a full hour, so that no row keeps the minute of a signature."""
    due = sent_at + REMIND_AFTER
    full_hour = due.replace(minute=0, second=0, microsecond=0)
    return full_hour if full_hour == due else full_hour + timedelta(hours=1)


def midnight(day: date) -> datetime:
    """Return the first moment of a UTC day."""
    return datetime.combine(day, time.min, UTC)


def retry_after(attempts: int, *, spread: float) -> timedelta:
    """Return how long one mail rests after its relay said "later".

    attempts: failures so far, 1 or more. spread: random, 0 to 1; it moves the result by a quarter
    either way, so that mails which failed together do not return together.
    """
    return _spread(_doubled(FIRST_RETRY, attempts - 1, LONGEST_RETRY), spread)


def next_pause(last: timedelta | None, *, spread: float) -> timedelta:
    """Return how long all mail rests after the relay could not be reached.

    last: the pause before, or None after a success. spread: as for `retry_after`.
    """
    if last is None:
        return _spread(FIRST_PAUSE, spread)
    return _spread(min(last * 2, LONGEST_PAUSE), spread)


def _doubled(first: timedelta, times: int, longest: timedelta) -> timedelta:
    factor: int = 2 ** min(times, 30)
    return min(first * factor, longest)


def _spread(pause: timedelta, spread: float) -> timedelta:
    return timedelta(seconds=pause.total_seconds() * (0.75 + spread / 2))
