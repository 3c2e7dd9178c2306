"""Why an act on a letter is refused."""

from collections.abc import Sequence

from ..bodies.obstacles import Obstacle
from ..errors import Refusal


class NotInThisState(Refusal):
    """The letter has moved on: somebody else was here, or the page was old."""


class ChangedMeanwhile(Refusal):
    """Somebody else changed the draft since it was shown."""


class LanguageMissing(Refusal):
    """The template has no text in a language that was chosen. languages: which; empty where none was chosen."""

    def __init__(self, languages: Sequence[str]) -> None:
        super().__init__("the template has no text in " + ", ".join(languages))
        self.languages = languages


class RecipientMissing(Refusal):
    """The template needs a recipient, or the month of the Council's President."""


class ObstaclesLeft(Refusal):
    """Something stands against issuing. found: what, without what is only worth knowing."""

    def __init__(self, found: Sequence[Obstacle]) -> None:
        super().__init__("; ".join(each.code for each in found))
        self.found = found
