"""From which day on a petition has numbers, and how a day stands in an address."""

from datetime import date

from ..clock import utc_day
from ..petitions.queries import PetitionRecord
from ..tally.rules import Statement

LENGTH_OF_DAY = len("2026-03-05")


def day_of(text: str) -> date | None:
    """Read a day as our addresses write it; None for anything else."""
    try:
        return date.fromisoformat(text) if len(text) == LENGTH_OF_DAY else None
    except ValueError:
        return None


def first_day_of(petition: PetitionRecord, current: Statement) -> date:
    """Return the first UTC day of which there are numbers. current: the statement as of now."""
    days = [petition.opens_at and utc_day(petition.opens_at), current.first_on]
    return min((day for day in days if day), default=date.max)
