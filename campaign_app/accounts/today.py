"""A line on the desk's home: what needs somebody today. Each room gives its own."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Urgency = Literal["now", "soon"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One sentence in the reader's language. endpoint: the desk's page where it is dealt with, if there is one."""

    urgency: Urgency
    says: str
    endpoint: str = ""


# What a room contributes: given the time, its lines, the most pressing first. Reads little, changes nothing.
Lines = Callable[[datetime], Iterable[Line]]
