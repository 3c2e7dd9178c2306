"""When a mail may go. Ceilings delay mail; they never change the answer, nor what is written.

Decided the same way for an address that has signed and one that has not, from counts of mails asked
for: nobody can learn from it who has signed.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from .providers import is_familiar
from .rules import (
    DOMAIN_WINDOW,
    MAILBOX_WINDOW,
    MAILS_PER_MAILBOX,
    MAILS_PER_UNFAMILIAR_DOMAIN,
    WITHOUT_SCRIPT_WINDOW,
    counted_domain,
)
from .state import Shield, current_shield

PLACE_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class MailPlan:
    """When a mail may go, and whether an organiser should look at the domain first.

    A held request is confirmable as any other once its mail went out.
    """

    not_before: datetime
    is_held: bool


class MailToCome:
    """A mail that is asked for, by the names under which its ceilings are counted.

    Asked for its plan before the transaction begins, it takes no place; it takes them once the mail is queued: a used
    nonce, sent again with the addresses of others, would else fill their queues with mails that never come.
    """

    def __init__(
        self, *, tag: bytes, domain: str, has_script: bool, now: datetime, nonce: bytes = b""
    ) -> None:
        """Name a mail's ceilings: see `plan_mail`."""
        self._shield = shield = current_shield()
        self._now = now
        self._owner = _name(shield, nonce) if nonce else ""
        self._of_mailbox = f"mailbox:{_name(shield, tag)}"
        self._of_domain = "" if is_familiar(domain) else _name_of_domain(shield, domain)
        self._has_script = has_script

    def plan(self, *, take: bool) -> MailPlan:
        """Return when the mail may go; take: and take the place."""
        mailbox = self._place(self._of_mailbox, MAILS_PER_MAILBOX, MAILBOX_WINDOW, take)
        by_domain = by_path = self._now
        if self._of_domain:
            by_domain = self._place(self._of_domain, MAILS_PER_UNFAMILIAR_DOMAIN, DOMAIN_WINDOW, take)
        if not self._has_script:
            by_path = self._place("no-script", self._shield.mails_without_script, WITHOUT_SCRIPT_WINDOW, take)
        return MailPlan(not_before=max(mailbox, by_domain, by_path), is_held=by_domain > self._now)

    def _place(self, key: str, ceiling: int, window: timedelta, take: bool) -> datetime:
        moment = self._now.timestamp()
        place = self._shield.store.reserve(
            key, moment, ceiling=ceiling, window=window.total_seconds(), owner=self._owner, take=take
        )
        return self._now if place <= moment else datetime.fromtimestamp(place, UTC)


def plan_mail(*, tag: bytes, domain: str, has_script: bool, now: datetime, nonce: bytes = b"") -> MailPlan:
    """Give a mail its place: at most three a day for a mailbox, fifty an hour for an unfamiliar domain,
    and ten a second for everyone who signs without JavaScript.

    tag: of the mailbox in its petition. domain: of its canonical address, in ASCII. nonce: of the post; the
    same post again, after an outage or a second press, keeps the places that it has.
    """
    return MailToCome(tag=tag, domain=domain, has_script=has_script, now=now, nonce=nonce).plan(take=True)


def _name_of_domain(shield: Shield, domain: str) -> str:
    return f"domain:{_name(shield, counted_domain(domain).encode())}"


def _name(shield: Shield, content: bytes) -> str:
    """Return the name under which a mailbox, a domain or a post is counted; it cannot be read back."""
    return hmac.digest(shield.keys.mail_place, content, "sha256")[:PLACE_BYTES].hex()
