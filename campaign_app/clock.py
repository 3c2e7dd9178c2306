"""The one place that asks what time it is; everything below a view receives the time as an argument."""

from datetime import UTC, date, datetime


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def utc_day(moment: datetime) -> date:
    """Return the UTC day of an aware time. Events are dated by this day and by nothing finer."""
    return moment.astimezone(UTC).date()
