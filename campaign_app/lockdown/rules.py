"""The parts of a lockdown, and which of them can be taken back: pure."""

SIGNING = "signing"  # nobody can sign or confirm
NAMES = "names"  # no shown name is shown
PURGE = "purge"  # the requests that wait are deleted, a few at a time
KEYS = "keys"  # the worker, which holds them, replaces the server's own keys
SESSIONS = "sessions"  # everybody at the desk is signed out: done at once, so nothing stays in force

PARTS = (SIGNING, NAMES, SESSIONS, KEYS, PURGE)
STAYS = (SIGNING, NAMES)  # until somebody takes it back
TASKS = (PURGE, KEYS)  # until the worker has done it
IN_FORCE = (*STAYS, *TASKS)
# What a lockdown does when nobody says otherwise: all but what loses people who have just signed.
USUAL = (SIGNING, NAMES, SESSIONS, KEYS)


class NotAPart(ValueError):
    """A lockdown has no such part, or none was chosen."""


def parts_of(chosen: object) -> list[str]:
    """Return chosen parts in their fixed order. Raises NotAPart for none, or for one that does not exist."""
    wanted = set(chosen) if isinstance(chosen, (list, tuple, set, frozenset)) else set()
    if not wanted or not wanted <= set(PARTS):
        raise NotAPart
    return [part for part in PARTS if part in wanted]
