"""What a returned mail says, for every room whose mails may come back. Keeps nothing of it, not an address.

A delivery status notification (RFC 3464) names a status (RFC 3463), and quotes the headers of the message that could
not be delivered (RFC 3462), among them our Message-ID. Anybody can write to the mailbox that they come to.
"""

import re
from email import message_from_bytes, policy
from email.message import Message

from .troubles import MEANINGS

LARGEST_BYTES = 200_000
POLICY = "7"  # RFC 3463, x.7.x: somebody refuses us, which says nothing of the mailbox
_STATUS = re.compile(r"^[ \t]*status:[ \t]*([245])\.(\d{1,3})\.(\d{1,3})\b", re.IGNORECASE | re.MULTILINE)

Status = tuple[str, str, str]  # class, subject, detail: "5", "1", "1"


def found_in(pattern: re.Pattern[str], text: bytes) -> re.Match[str] | None:
    """Return the first place where a report has what is looked for: as it came, or once it is decoded."""
    text = text[:LARGEST_BYTES]
    return pattern.search(text.decode("utf-8", "replace")) or pattern.search(_decoded(text))


def statuses_of(text: bytes) -> list[Status]:
    """Return every status that a report gives."""
    text = text[:LARGEST_BYTES]
    return _STATUS.findall(_decoded(text)) or _STATUS.findall(text.decode("utf-8", "replace"))


def reason_of(status: Status) -> str:
    """Return a status as its code and our own words: nothing that the report itself says."""
    kind, subject, detail = status
    meaning = MEANINGS.get(f"{subject}.{detail}", "it could not be delivered")
    return f"{kind}.{subject}.{detail}: {meaning}"


def _decoded(text: bytes) -> str:
    """Return every text of a report, its transfer encodings undone: some servers send theirs in base 64.

    Of mails within mails without end nothing is read, and the next one is.
    """
    try:
        return _texts_of(message_from_bytes(text, policy=policy.compat32))
    except RecursionError:
        return ""


def _texts_of(message: Message) -> str:
    parts = []
    for part in message.walk():
        if part.is_multipart():
            parts.append("\n".join(f"{name}: {value}" for name, value in part.items()))
            continue
        payload = part.get_payload(decode=True)
        parts.append(payload.decode("utf-8", "replace") if isinstance(payload, bytes) else "")
        parts.append("\n".join(f"{name}: {value}" for name, value in part.items()))
    return "\n".join(parts)
