"""A chart of days as shapes: bars up for who came, down for who left, on one scale. The template only draws them.

Time runs the way the page reads: in Arabic from right to left. The template mirrors the drawing; the words beside it
stand in the page's own order.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..tally.tables import Row, Span

LEFT = ("withdrawn", "erased", "invalidated")


@dataclass(frozen=True)
class Bar:
    """One day or week. x: of its left edge, in columns. Heights in people: asked, confirmed, and those who left."""

    x: int
    asked: int
    confirmed: int
    left: int


@dataclass(frozen=True)
class Chart:
    """Bars on one scale. up: people above the line at most; down: below it at most. Either may be none, not both."""

    bars: Sequence[Bar]
    up: int
    down: int
    most: tuple[Span, int] | None

    @property
    def height(self) -> int:
        """Return the height of the drawing in people."""
        return self.up + self.down


def chart_of(rows: Sequence[tuple[Span, Row]]) -> Chart | None:
    """Return the chart of rows, the oldest first; None where nothing happened.

    most: the row in which most people confirmed, with their number.
    """
    bars = [
        Bar(x, row.of("requested"), row.of("confirmed"), sum(row.of(event) for event in LEFT))
        for x, (_span, row) in enumerate(rows)
    ]
    up = max((max(bar.asked, bar.confirmed) for bar in bars), default=0)
    down = max((bar.left for bar in bars), default=0)
    if not up + down:
        return None
    confirmed, best = max((bar.confirmed, -bar.x) for bar in bars)
    return Chart(bars, up, down, (rows[-best][0], confirmed) if confirmed else None)
