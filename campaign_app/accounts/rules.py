"""Roles, and how long links and sessions last: pure, knows no table and no request."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

OWNER = "owner"
ORGANISER = "organiser"
APPROVER = "approver"
TRANSLATOR = "translator"
VIEWER = "viewer"
ROLES = (OWNER, ORGANISER, APPROVER, TRANSLATOR, VIEWER)

FIRST_LINK_LASTS = timedelta(hours=24)  # printed on a terminal, for whoever sits before it
INVITATION_LASTS = timedelta(days=7)  # as long as any mail of ours is kept
SESSION_LASTS = timedelta(hours=12)
SESSION_RESTS_AT_MOST = timedelta(minutes=60)
SEEN_AGAIN_AFTER = timedelta(minutes=1)  # a session that is used is not written to more often
FACTOR_IS_FRESH_FOR = timedelta(minutes=5)

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 128
SHORTEST_GUESS = 4  # a word about us that is shorter stands in too many good passwords
SHORTEST_REST = 8  # characters of a password beside the words about us
LONGEST_NAME = 100
LONGEST_EMAIL = 254


class LastOwner(Exception):
    """What was asked would leave nobody who may invite and decide."""


class OwnerExists(Exception):
    """There is an owner already: whoever joins is invited at the desk."""


class NotAnOwner(Exception):
    """Nobody who is an owner and may sign in has this address."""


class NoRole(Exception):
    """An organiser has at least one role, and only roles that exist."""


class InvitationUnknown(Exception):
    """No invitation has this link: it was used, replaced or is over."""


class AlreadyOrganiser(Exception):
    """An active organiser has this address."""


def sorted_roles(names: Collection[str]) -> list[str]:
    """Return roles in their fixed order. Raises NoRole for none, or for one that does not exist."""
    if not names or not set(names) <= set(ROLES):
        raise NoRole
    return [role for role in ROLES if role in names]


def session_is_over(*, created_at: datetime, last_seen_at: datetime, now: datetime) -> bool:
    """Whether a session has lasted its twelve hours, or was not used for one."""
    return now >= created_at + SESSION_LASTS or now >= last_seen_at + SESSION_RESTS_AT_MOST


def session_ends_at(*, created_at: datetime, last_seen_at: datetime) -> datetime:
    """Return when a session that is not used again is over."""
    return min(created_at + SESSION_LASTS, last_seen_at + SESSION_RESTS_AT_MOST)


def without_words(password: str, words: Iterable[str]) -> str:
    """Return the letters and digits of a password that are left when words, the longest first, are taken out of it."""
    rest = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word.casefold(), " ")
    return "".join(each for each in rest if each.isalnum())
