"""Why a mail did not leave, drawn once. What a relay answers can repeat the address it was given, so
nothing of it is kept but its numbers: a trouble carries a code and our own words.

    MailTrouble
    ├── RelayUnavailable    no mail can go now; none of them is at fault
    ├── DeliveryPostponed   this mail, later
    │   └── ConnectionBroke     the relay may have it
    └── DeliveryRefused     this mail, never
"""

import re

ENHANCED_STATUS = re.compile(rb"\A\s*([245]\.\d{1,3}\.\d{1,3})\b")
# RFC 3463 and RFC 7505: what an operator can act on.
MEANINGS = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such mail domain",
    "1.6": "the mailbox has moved",
    "1.10": "the domain accepts no mail",
    "2.1": "the mailbox is disabled",
    "2.2": "the mailbox is full",
    "4.4": "the relay finds no route to the domain",
    "4.7": "the relay gave up waiting for the domain",
    "6.7": "the address has letters that the domain's server does not accept",
    "7.1": "the receiving side refuses our mail",
    "7.26": "the receiving side wants SPF or DKIM",
}


class MailTrouble(Exception):
    """A mail did not leave. `reason` holds a code and our own words, never an address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RelayUnavailable(MailTrouble):
    """The relay cannot be reached or wants nothing from us; every mail waits and none is at fault."""


class DeliveryPostponed(MailTrouble):
    """The relay or the receiving side said "later" to this mail (4xx)."""


class ConnectionBroke(DeliveryPostponed):
    """The connection ended while the text was on its way; trying again may deliver it twice."""


class DeliveryRefused(MailTrouble):
    """This mail will never be accepted as it is (5xx, or an address that the relay cannot carry)."""


def trouble_of_answer(code: int, text: bytes) -> MailTrouble:
    """Turn a relay's no into ours: the numbers, and our own words for them."""
    status = status_of(code, text)
    enhanced = status.partition(" ")[2].partition(".")[2]
    meaning = MEANINGS.get(enhanced)
    if 500 <= code < 600:
        return DeliveryRefused(f"{status}: {meaning or 'refused for good'}")
    return DeliveryPostponed(f"{status}: {meaning or 'the relay asks to try later'}")


def status_of(code: int, text: bytes) -> str:
    """Return the code, with RFC 3463's enhanced code where the answer begins with one; nothing else of it."""
    enhanced = ENHANCED_STATUS.match(text)
    return f"{code} {enhanced[1].decode()}" if enhanced else str(code)
