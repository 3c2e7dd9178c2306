"""Opens a sealed sheet and seals those who want news to the key of one mailing; needs the secret key and no database.

static/opener/src/mailing.js does the same in a browser; tests/sealing/golden holds the two together.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import Refusal
from ..exports.opening import require_key
from ..exports.rules import NotAContact, NotARow, SheetHeader, parts_of, usable
from ..sealing.campaign_secret import CampaignSecret
from ..sealing.contacts import open_contact
from ..sealing.mailing import Envelope, mailing_key_id, row_sealer
from ..sealing.problems import CannotOpen, NotSealed
from ..signing.rules import canonical_email
from . import rules
from .rules import FileHeader, MailingKey, Recipient


class NotForThisSheet(Refusal):
    """The sheet is of another petition than the mailing, or does not say who still wants news."""


@dataclass
class Resealing:
    """What became of a sheet's rows. failed: line number → what is wrong with it."""

    header: SheetHeader
    key: MailingKey
    seen: int = 0
    without_news: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    mailboxes: dict[str, Recipient] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether every row that the sheet promised was there and opened."""
        return self.seen == self.header.rows and not self.failed

    @property
    def report(self) -> list[str]:
        """Return the outcome in sentences."""
        told = [f"{self.seen} rows seen, {self.without_news} of people who want no news"]
        told.append(f"{len(self.mailboxes)} mailboxes sealed for the mailing {self.key.mailing}")
        if self.seen < self.header.rows:
            told.append(f"the sheet is cut short: {self.header.rows - self.seen} rows are missing")
        told += [f"line {line}: {reason}" for line, reason in list(self.failed.items())[:20]]
        return told


def begin(header: SheetHeader, key: MailingKey, secret: CampaignSecret) -> Resealing:
    """Refuse what does not fit together, before any row is opened. Raises NotForThisSheet, SealedForOthers."""
    if header.petition != key.petition:
        raise NotForThisSheet(f"this sheet is of {header.petition}, and the mailing of {key.petition}")
    if header.version == 1:
        raise NotForThisSheet("this sheet does not say who still wants news: make a new one")
    require_key(header, secret)
    return Resealing(header, key)


def gather(lines: Iterable[str], *, resealing: Resealing, secret: CampaignSecret) -> None:
    """Open every row of a sheet and note each mailbox that wants news, once. Never raises for a row.

    lines: what follows the header.
    """
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        resealing.seen += 1
        try:
            sealed, wants_updates = parts_of(line, resealing.header.version)
            if not wants_updates:
                resealing.without_news += 1
                continue
            contact = open_contact(_bytes_of(sealed), petition_slug=resealing.header.petition, secret=secret)
            _add(usable(contact, wants_updates=True, kind=resealing.header.kind), resealing)
        except (CannotOpen, NotARow, NotAContact) as problem:
            resealing.failed[number] = str(problem)


def sealed_lines(resealing: Resealing) -> Iterator[bytes]:
    """Yield the lines of the file of recipients."""
    key = resealing.key
    envelope = Envelope(mailing=key.mailing, petition=key.petition, recipients=len(resealing.mailboxes))
    sealer = row_sealer(key.point, envelope)
    header = FileHeader(
        mailing=key.mailing,
        key=mailing_key_id(key.point),
        petition=key.petition,
        recipients=envelope.recipients,
        sealed_key=sealer.sealed_key,
    )
    first = header.line.encode()
    digest = hashlib.sha256(first)
    yield first
    for number, recipient in enumerate(resealing.mailboxes.values(), 1):
        line = rules.row_line(sealer.seal(number, recipient.sealed_fields))
        digest.update(line)
        yield line
    yield rules.end_line(digest.hexdigest())


def _add(contact: Mapping[str, Any], resealing: Resealing) -> None:
    """Note a contact; a mailbox that several people share gets one mail. Raises NotAContact."""
    try:
        if not contact["consents"]["updates"]:
            resealing.without_news += 1
            return
        signature = bytes.fromhex(contact["id"])
        mailbox = canonical_email(contact["email"])
        known = resealing.mailboxes.get(mailbox)
        if known is None:
            found = Recipient(
                contact["email"], contact["language"], (signature,), rules.stop_token(contact["token"])
            )
            resealing.mailboxes[mailbox] = rules.recipient_of(found.sealed_fields)
        elif len(known.signatures) < rules.MOST_OF_ONE_MAILBOX:
            resealing.mailboxes[mailbox] = Recipient(
                known.to, known.language, (*known.signatures, signature), known.stop
            )
    except (KeyError, TypeError, ValueError, AttributeError, rules.NotAMailing):
        raise NotAContact("a field of the contact is missing") from None


def _bytes_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise NotSealed("not a sealed contact") from None
