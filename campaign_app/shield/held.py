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
from .state import current_shield

PLACE_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class MailPlan:
    """When a mail may go, and whether an organiser should look at the domain first.

    A held request is confirmable as any other once its mail went out.
    """

    not_before: datetime
    is_held: bool


def plan_mail(
    *, tag: bytes, domain: str, has_script: bool, now: datetime, nonce: bytes = b"", take: bool = True
) -> MailPlan:
    """Give a mail its place: at most three a day for a mailbox, fifty an hour for an unfamiliar domain,
    and ten a second for everyone who signs without JavaScript.

    Call it before the transaction begins without taking the place, and again to take it once the mail is queued:
    a used nonce, sent again with the addresses of others, would else fill their queues with mails that never come.

    tag: of the mailbox in its petition. domain: of its canonical address, in ASCII. nonce: of the post; the
    same post again, after an outage or a second press, keeps the places that it has.
    """
    owner = _name(nonce) if nonce else ""
    mailbox = _place(f"mailbox:{_name(tag)}", now, MAILS_PER_MAILBOX, MAILBOX_WINDOW, owner, take)
    by_domain = _domain_place(domain, now, owner, take)
    by_path = now if has_script else now + no_script_delay(now, owner, take)
    return MailPlan(not_before=max(mailbox, by_domain, by_path), is_held=by_domain > now)


def no_script_delay(now: datetime, owner: str = "", take: bool = True) -> timedelta:
    """Return how long the next mail of the path without JavaScript waits, by its place in the queue."""
    ceiling = current_shield().mails_without_script
    return _place("no-script", now, ceiling, WITHOUT_SCRIPT_WINDOW, owner, take) - now


def _domain_place(domain: str, now: datetime, owner: str, take: bool) -> datetime:
    if is_familiar(domain):
        return now
    name = _name(counted_domain(domain).encode())
    return _place(f"domain:{name}", now, MAILS_PER_UNFAMILIAR_DOMAIN, DOMAIN_WINDOW, owner, take)


def _place(key: str, now: datetime, ceiling: int, window: timedelta, owner: str, take: bool) -> datetime:
    moment = now.timestamp()
    place = current_shield().store.reserve(
        key, moment, ceiling=ceiling, window=window.total_seconds(), owner=owner, take=take
    )
    return now if place <= moment else datetime.fromtimestamp(place, UTC)


def _name(content: bytes) -> str:
    """Return the name under which a mailbox, a domain or a post is counted; it cannot be read back."""
    return hmac.digest(current_shield().keys.mail_place, content, "sha256")[:PLACE_BYTES].hex()
