"""What may stand in the query of the API, and how a list is cut into pages: pure, standard library only."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

ON_A_PAGE = 60
ON_A_PAGE_OF_OSDI = 25  # the largest page that OSDI's own examples have
LAST_PAGE = 9999
DIMENSIONS = ("country", "language", "source", "path")
SLUG = "^[a-z0-9]+(-[a-z0-9]+)*$"
LONGEST_SLUG = 64
REFERENCE = "^NID-[0-9]{4}-[0-9]{4,6}$"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PAGE = re.compile(r"[1-9][0-9]{0,3}")

Item = TypeVar("Item")


class PageBeyondEnd(LookupError):
    """A list has fewer pages than that."""


@dataclass(frozen=True)
class Cut(Generic[Item]):
    """One page of a list. page: from 1. pages: how many there are; one where the list is empty."""

    items: Sequence[Item]
    page: int
    pages: int
    total: int
    on_a_page: int


def day(text: str) -> date:
    """Read a day. Raises ValueError for anything but YYYY-MM-DD in Latin digits."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def page_number(text: str) -> int:
    """Read the number of a page, from 1. Raises ValueError."""
    if not _PAGE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def pages_of(total: int, on_a_page: int) -> int:
    """Return into how many pages a list is cut."""
    return max(1, -(-total // on_a_page))


def cut(items: Sequence[Item], page: int, *, on_a_page: int = ON_A_PAGE) -> Cut[Item]:
    """Return one page of a list that is at hand. Raises PageBeyondEnd."""
    pages = pages_of(len(items), on_a_page)
    if page > pages:
        raise PageBeyondEnd(page)
    first = (page - 1) * on_a_page
    return Cut(items[first : first + on_a_page], page, pages, len(items), on_a_page)
