"""What may happen to a petition, and which goal is shown: pure, knows no database."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

STATES = ("draft", "open", "closed", "delivered", "answered", "withdrawn")
TRANSITIONS: dict[str, frozenset[str]] = {
    "draft": frozenset({"open", "withdrawn"}),
    "open": frozenset({"closed", "withdrawn"}),
    "closed": frozenset({"open", "delivered", "withdrawn"}),
    "delivered": frozenset({"answered"}),
    "answered": frozenset(),
    "withdrawn": frozenset(),
}
TOLD_STATES = frozenset(
    {"delivered", "answered"}
)  # nobody is to believe them without being told what happened
PUBLIC_STATES = frozenset(STATES) - {"draft"}
GOAL_RISES_AT = 0.9  # of the threshold: the next goal appears before this one is reached
MARKDOWN_FIELDS = ("demand", "background", "next_steps")
TEXT_FIELDS = ("title", "summary", *MARKDOWN_FIELDS)
# In letters. A page must stay small enough for a slow connection; these leave room for twice the shipped texts.
LONGEST = {"title": 160, "summary": 600, "demand": 8_000, "background": 16_000, "next_steps": 4_000}
LONGEST_NAME = 200
LONGEST_MEANING = 300
LONGEST_NEWS_TITLE = 160
LONGEST_NEWS = 8_000
LARGEST_GOAL = 100_000_000
MOST_ADDRESSEES = 20
MOST_GOALS = 20
MOST_PEOPLE_PER_MAILBOX = 10
ADDRESSEE_KINDS = ("holder", "body")  # holds people, records or knowledge; is asked to support
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_SLUG = 64
DESK_PLACES = frozenset({"new", "words", "figures"})  # what stands where a petition's own pages do


class PetitionClosed(Exception):
    """The petition accepts no signatures now: not yet open, past its closing time, or withdrawn."""


class SigningStopped(Exception):
    """Nobody may sign or confirm for now: an owner stopped it, and can let it go on."""


class PetitionUnknown(LookupError):
    """No petition has this slug, or the public may not see it."""


class TransitionRefused(Exception):
    """A petition cannot go from its state to the asked one."""


class NotReadyToOpen(Exception):
    """Something is missing before people may sign. The message lists it, a line each."""


class NotYetTold(Exception):
    """A step that readers are told of lacks the news that tells it. The message says what to do, a line each."""


class UpdateIncomplete(Exception):
    """A piece of news lacks its words in a required language."""


class UpdatePublished(Exception):
    """This piece of news is on the petition's page already: it is not changed any more."""


class SlugRefused(Exception):
    """A petition cannot have this name in its address. `reason`: "form" or "taken"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChangedMeanwhile(Exception):
    """Somebody else changed the same part since the form was opened. `languages`: of which texts, where texts."""

    def __init__(self, languages: Sequence[str] = ()) -> None:
        super().__init__(", ".join(languages))
        self.languages = tuple(languages)


class GoalReached(Exception):
    """A goal that was reached stays with its number: readers were told of it. `threshold`: which."""

    def __init__(self, threshold: int) -> None:
        super().__init__(str(threshold))
        self.threshold = threshold


def check_slug(slug: str) -> None:
    """Refuse what cannot stand in an address for years. Raises SlugRefused."""
    if len(slug) > LONGEST_SLUG or not SLUG.fullmatch(slug) or slug in DESK_PLACES:
        raise SlugRefused("form")


def check_transition(current: str, wanted: str) -> None:
    """Refuse a step that the states do not allow. Raises TransitionRefused."""
    if wanted not in TRANSITIONS[current]:
        allowed = ", ".join(sorted(TRANSITIONS[current])) or "nothing"
        raise TransitionRefused(f"a petition that is {current} can become {allowed}, not {wanted}")


def is_accepting(*, state: str, opens_at: datetime | None, closes_at: datetime | None, now: datetime) -> bool:
    """Whether a signature may be given at `now`: open, begun, and before its closing time."""
    if state != "open":
        return False
    return (opens_at is None or opens_at <= now) and (closes_at is None or now < closes_at)


def goal_in_view(thresholds: Sequence[int], people: int) -> int | None:
    """Return the threshold to show: the first that fewer than nine tenths have reached, else the last.

    thresholds: rising. people: confirmed signers. Returns None where there are no goals.
    """
    for threshold in thresholds:
        if people < threshold * GOAL_RISES_AT:
            return threshold
    return thresholds[-1] if thresholds else None


def goals_reached(thresholds: Iterable[int], people: int) -> list[int]:
    """Return the thresholds that `people` have reached, in their order."""
    return [threshold for threshold in thresholds if people >= threshold]


def percent_of(threshold: int, people: int) -> int:
    """Return how far a goal is reached, 0 to 100, rounded down: a goal never looks reached early."""
    return min(100, people * 100 // threshold)


def first_days(thresholds: Iterable[int], days: Iterable[tuple[date, int]]) -> dict[int, date]:
    """Return the day on whose end each threshold was first reached.

    days: (day, people who came in less those who left), oldest first.
    """
    reached: dict[int, date] = {}
    waiting = sorted(thresholds)
    people = 0
    for day, change in days:
        people += change
        while waiting and people >= waiting[0]:
            reached[waiting.pop(0)] = day
    return reached
