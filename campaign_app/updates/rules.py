"""What a mailing may hold, its states, its pace, and the file of its recipients: pure.

The file is drawn in sealing/mailing.py; static/opener/src/mailing.js writes it too.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..errors import Refusal

DRAFT = "draft"
ASKED = "asked"  # the words stand still; somebody else has to agree
RELEASED = "released"  # agreed; its key is made, its recipients are not here yet
LOADED = "loaded"  # the sealed recipients are here
SENDING = "sending"
PAUSED = "paused"
DONE = "done"
STOPPED = "stopped"
STATES = (DRAFT, ASKED, RELEASED, LOADED, SENDING, PAUSED, DONE, STOPPED)
RUNNING = (SENDING, PAUSED)
HAS_KEY = (RELEASED, LOADED, SENDING, PAUSED)  # its key and its recipients are kept until it is over
OVER = (DONE, STOPPED)

LONGEST_SUBJECT = 120
LONGEST_BODY = 20_000
REFERENCE_BYTES = 8
REFERENCE = re.compile(r"[0-9a-f]{16}")

PACES = (60, 300, 600, 1_200)  # mails a minute
USUAL_PACE = 300
PORTION = timedelta(seconds=5)  # what is put into the outbox at once: a pause takes hold within this
LARGEST_PORTION = 100
PORTIONS_WAITING = 2  # while the relay is away the outbox fills no further
MAIL_KEPT = timedelta(days=7)  # how long one mail of a mailing is tried
HARD_BOUNCES = 2

FORMAT, VERSION = "nidaa-mailing", 1
KEY_FORMAT = "nidaa-mailing-key"
SUFFIX = ".nidaa-mailing"
LONGEST_LINE = 8 * 1024
MOST_RECIPIENTS = 1_000_000
LARGEST_FILE_BYTES = 1_000_000_000
MOST_OF_ONE_MAILBOX = 16
MOST_LETTERS_OF_ADDRESS = 254
STOP_LABEL = b"nidaa stop updates v1"
STOP_BYTES = 24
BOUNCE_LABEL = b"nidaa bounce v1\0"
BOUNCE_BYTES = 16


# Why a file of recipients is not taken.
NOT_ONE = "it is not a file of sealed recipients"
OTHER_VERSION = "it was made by another version of Nidaa"
OTHER_MAILING = "it was sealed for another mailing"
CUT_SHORT = "it is cut short"
CHANGED = "it was changed on its way"
NO_RECIPIENTS = "nobody is in it"


class NotAMailing(Refusal):
    """A file of recipients is not taken. reason: one of the above; it names nobody."""

    def __init__(self, reason: str = NOT_ONE) -> None:
        super().__init__(reason)
        self.reason = reason


class NotAMailingKey(Refusal):
    """The text is not the public key of a mailing."""


@dataclass(frozen=True, kw_only=True)
class FileHeader:
    """The first line of a file of recipients. mailing, key: 16 hexadecimal digits."""

    mailing: str
    key: str
    petition: str
    recipients: int
    sealed_key: bytes

    @property
    def line(self) -> str:
        """Return the header as it is written."""
        fields = {
            "format": FORMAT,
            "version": VERSION,
            "mailing": self.mailing,
            "key": self.key,
            "petition": self.petition,
            "recipients": self.recipients,
            "sealed_key": base64.b64encode(self.sealed_key).decode(),
        }
        return json.dumps(fields, ensure_ascii=False, separators=(",", ":")) + "\n"


def file_header_of(line: bytes) -> FileHeader:
    """Return the header that a first line holds. Raises NotAMailing."""
    try:
        fields = json.loads(line)
        if fields["format"] != FORMAT:
            raise ValueError("another format")
        if fields["version"] != VERSION:
            raise NotAMailing(OTHER_VERSION)
        header = FileHeader(
            mailing=str(fields["mailing"]),
            key=str(fields["key"]),
            petition=str(fields["petition"]),
            recipients=int(fields["recipients"]),
            sealed_key=base64.b64decode(fields["sealed_key"], validate=True),
        )
    except NotAMailing:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotAMailing from None
    if not 0 <= header.recipients <= MOST_RECIPIENTS:
        raise NotAMailing
    return header


def end_line(digest: str) -> bytes:
    """Return the last line of a file. digest: SHA-256 over every byte before it."""
    return json.dumps({"end": True, "sha256": digest}, separators=(",", ":")).encode() + b"\n"


def row_line(sealed: bytes) -> bytes:
    """Return the line of one sealed recipient."""
    return base64.b64encode(sealed) + b"\n"


def sealed_of(line: bytes) -> bytes:
    """Return the sealed bytes of a line. Raises NotAMailing."""
    try:
        return base64.b64decode(line.strip(), validate=True)
    except ValueError:
        raise NotAMailing(CHANGED) from None


@dataclass(frozen=True, kw_only=True)
class MailingKey:
    """What the desk gives an organiser, as a file or to copy: to whom recipients are sealed. point: 65 bytes."""

    mailing: str
    petition: str
    point: bytes

    @property
    def text(self) -> str:
        """Return the key as JSON."""
        fields = {
            "format": KEY_FORMAT,
            "version": VERSION,
            "mailing": self.mailing,
            "petition": self.petition,
            "key": base64.b64encode(self.point).decode(),
        }
        return json.dumps(fields, ensure_ascii=False) + "\n"

    @property
    def fingerprint(self) -> str:
        """Return what is compared by eye or by voice: eight groups of four hexadecimal digits."""
        return fingerprint(self.point)


def fingerprint(point: bytes) -> str:
    """Return 128 bits of SHA-256 over a mailing's public key, in groups of four digits."""
    digits = hashlib.sha256(b"nidaa mailing key v1\0" + point).hexdigest()[:32]
    return "-".join(digits[start : start + 4] for start in range(0, 32, 4))


def mailing_key_of(text: str) -> MailingKey:
    """Return the key that a text holds. Raises NotAMailingKey."""
    try:
        fields = json.loads(text)
        if fields["format"] != KEY_FORMAT or fields["version"] != VERSION:
            raise ValueError("another format")
        key = MailingKey(
            mailing=str(fields["mailing"]),
            petition=str(fields["petition"]),
            point=base64.b64decode(fields["key"], validate=True),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotAMailingKey("this is not the key of a mailing, as the desk shows it") from None
    if not REFERENCE.fullmatch(key.mailing) or len(key.point) != 65:
        raise NotAMailingKey("this key of a mailing is damaged")
    return key


def stop_token(private_token: str) -> str:
    """Return the token that stops updates, made of a signature's private one: it opens nothing, and stays the same.

    private_token: the characters of the link that only the signer has.
    """
    digest = hmac.digest(private_token.encode(), STOP_LABEL, "sha256")[:STOP_BYTES]
    return base64.urlsafe_b64encode(digest).decode()


def bounce_reference(stop: str) -> str:
    """Return what a Message-ID carries of a subscription, 32 hexadecimal digits; nothing can be stopped with it."""
    return hmac.digest(stop.encode(), BOUNCE_LABEL, "sha256")[:BOUNCE_BYTES].hex()


@dataclass(frozen=True)
class Recipient:
    """One mailbox of a mailing: its address, its language, the signatures it stands for, and its stop token."""

    to: str
    language: str
    signatures: tuple[bytes, ...]
    stop: str

    @property
    def sealed_fields(self) -> dict[str, Any]:
        """Return what is sealed of it. The names are short: most rows then fit 256 bytes."""
        ids = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in self.signatures]
        return {"to": self.to, "lang": self.language, "ids": ids, "stop": self.stop}


def recipient_of(fields: Mapping[str, Any]) -> Recipient:
    """Return the recipient that a row holds. Raises NotAMailing; its words name nobody."""
    try:
        to, language, stop = fields["to"], fields["lang"], fields["stop"]
        ids = tuple(base64.urlsafe_b64decode(each + "==") for each in fields["ids"])
        is_whole = (
            all(isinstance(text, str) for text in (to, language, stop))
            and 0 < to.find("@") < len(to) - 1
            and len(to) <= MOST_LETTERS_OF_ADDRESS
            and to.isprintable()
            and not set(to) & set(" ,;<>")
            and 0 < len(ids) <= MOST_OF_ONE_MAILBOX
            and all(len(each) == 16 for each in ids)
            and len(stop) == 32
        )
    except (KeyError, TypeError, ValueError):
        is_whole = False
    if not is_whole:
        raise NotAMailing
    return Recipient(to, language, ids, stop)


def content_digest(
    *, petition: str, reference: str, texts: Mapping[str, Mapping[str, str]], audience: str
) -> str:
    """Return SHA-256 over exactly what a mailing says and to whom: what a second person agrees to."""
    said = [
        "nidaa-mailing-content",
        1,
        petition,
        reference,
        audience,
        [[lang, texts[lang]["subject"], texts[lang]["body"]] for lang in sorted(texts)],
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def portion(pace: int) -> int:
    """Return how many mails are put into the outbox at once. pace: mails a minute."""
    return max(1, min(LARGEST_PORTION, round(pace * PORTION.total_seconds() / 60)))


def next_portion_at(last: datetime | None, *, mails: int, pace: int, now: datetime) -> datetime:
    """Return when the next mails may follow those just put into the outbox."""
    begin = max(last, now - PORTION) if last else now
    return begin + timedelta(minutes=mails / pace)


def missing_languages(texts: Mapping[str, Mapping[str, str]], required: Sequence[str]) -> list[str]:
    """Return the required languages in which a mailing lacks its subject or its text."""
    return [
        lang
        for lang in required
        if not (
            texts.get(lang, {}).get("subject", "").strip() and texts.get(lang, {}).get("body", "").strip()
        )
    ]
