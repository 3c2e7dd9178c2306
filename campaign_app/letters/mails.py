"""One delivery of a letter as a mail: from the campaign under its own name, its words as text, its documents as issued.

The outbox holds the number of the delivery alone; all that leaves is read when its turn comes, and nothing is made
anew: a document whose sum is not the one that was put on record does not leave.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from hashlib import sha256
from typing import Any

from ..campaign import campaign
from ..config import settings
from ..extensions import db
from ..mail.hooks import Outcome
from ..mail.messages import as_message_id
from ..mail.troubles import DeliveryRefused
from ..mail.wire import MESSAGE_POLICY, carried_address
from . import delivering, frozen, queries, returning, rules
from .models import Letter, LetterDelivery, LetterFile


class MailsOfLetters:
    """Writes the mails of letters and notes what became of them, for the worker of the mail room."""

    def written(self, parameters: Mapping[str, Any], now: datetime) -> EmailMessage | None:
        """Return the mail; None where the letter is not to leave any more. Raises DeliveryRefused."""
        delivery = db.session.get(LetterDelivery, parameters["delivery"])
        letter = db.session.get(Letter, delivery.letter_id) if delivery else None
        if delivery is None or letter is None or delivery.state != rules.QUEUED:
            return None
        if letter.state != rules.ISSUED and letter.state not in rules.HAS_LEFT - {rules.CLOSED}:
            return None
        return mail_of(letter, delivery, now=now)

    def ended(self, parameters: Mapping[str, Any], outcome: Outcome, reason: str, now: datetime) -> None:
        """Note on the delivery, and on the letter, what became of a mail."""
        delivery = db.session.get(LetterDelivery, parameters["delivery"])
        if delivery is None:
            return
        if outcome == "sent":
            delivering.note_left(delivery=delivery, now=now)
        elif delivery.state == rules.QUEUED:
            delivering.note_failed(delivery=delivery, reason=reason or rules.UNWANTED, now=now)


def mail_of(letter: Letter, delivery: LetterDelivery, *, now: datetime) -> EmailMessage:
    """Return the mail of a delivery. Raises DeliveryRefused where a document is not what was put on record."""
    made = frozen.from_json(letter.frozen or "")
    lang = letter.languages[0]
    message = EmailMessage(policy=MESSAGE_POLICY)
    message["From"] = Address(sender_of(made, lang), addr_spec=carried_address(settings().mail_from))
    message["To"] = carried_address(delivery.sent_to)
    if answers_to() != settings().mail_from:
        message["Reply-To"] = carried_address(answers_to())
    message["Subject"] = subject_of(made, lang)
    message["Date"] = now
    message["Message-ID"] = as_message_id(returning.name_of(delivery))
    message.set_content(text_of(letter, lang))
    for each in _as_recorded(letter, delivery):
        kind, _, subtype = each.media_type.partition("/")
        message.add_attachment(each.content, maintype=kind, subtype=subtype, filename=each.name)
    message["Content-Language"] = lang  # last, since attaching moves such headers to the first part
    return message


def sender_of(made: frozen.FrozenLetter, lang: str) -> str:
    """Return under which name a mail goes."""
    return made.campaign.get(lang) or campaign().names["en"]


def answers_to() -> str:
    """Return the mailbox that an answer to a mail reaches."""
    return campaign().contact_email or settings().mail_from


def subject_of(made: frozen.FrozenLetter, lang: str) -> str:
    """Return the subject line: the letter's own, and its reference."""
    return f"{' '.join(made.texts[lang].subject.split())} ({made.reference})"


def text_of(letter: Letter, lang: str) -> str:
    """Return the words of the mail: the plain text that was made with the other documents. Raises DeliveryRefused."""
    for each in queries.files_of(letter):
        if each.language == lang and each.media_type.startswith("text/"):
            return each.content.decode()
    raise DeliveryRefused(rules.WITHOUT_WORDS)


def _as_recorded(letter: Letter, delivery: LetterDelivery) -> Sequence[LetterFile]:
    found = {each.name: each for each in delivering.attachments_of(letter)}
    files = [found[name] for name in sorted(delivery.sha256) if name in found]
    is_whole = len(files) == len(delivery.sha256) > 0
    if not is_whole or any(sha256(each.content).hexdigest() != delivery.sha256[each.name] for each in files):
        raise DeliveryRefused(rules.OTHER_DOCUMENT)
    return files
