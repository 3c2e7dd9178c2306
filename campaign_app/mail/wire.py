"""A mail as it stands on the wire: its bytes, its headers' encoding, its addresses."""

from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage

from email_validator import EmailNotValidError, validate_email

from .troubles import DeliveryRefused


class MailPolicy(policy.EmailPolicy):
    """Python's policy for mail, except that long headers keep their spaces.

    Python's own folding of encoded words loses the space where it breaks a line (seen with 3.11), and two
    Arabic words become one in the subject; the older Header class keeps it.
    """

    def fold(self, name: str, value: str) -> str:
        """Return a header with its line breaks."""
        encoded = self._encoded(name, value)
        return super().fold(name, value) if encoded is None else encoded

    def fold_binary(self, name: str, value: str) -> bytes:
        """Return a header with its line breaks, as bytes."""
        encoded = self._encoded(name, value)
        return super().fold_binary(name, value) if encoded is None else encoded.encode("ascii")

    def _encoded(self, name: str, value: str) -> str | None:
        """Return a subject or a sender in encoded words (RFC 2047); None where Python's way will do."""
        if self.utf8 or str(value).isascii():
            return None
        if name.lower() == "subject":
            return f"{name}: {self._words(str(value), name)}{self.linesep}"
        if name.lower() == "from":
            sender: Address = value.addresses[0]  # type: ignore[attr-defined]
            return f"{name}: {self._words(sender.display_name, name)} <{sender.addr_spec}>{self.linesep}"
        return None

    def _words(self, text: str, name: str) -> str:
        return Header(text, "utf-8", header_name=name).encode(linesep=self.linesep)


# Lines end in CRLF and bodies are ASCII on the wire, so that any relay carries them unchanged.
MESSAGE_POLICY = MailPolicy(linesep="\r\n", cte_type="7bit")


def carried_address(address: str) -> str:
    """Return an address as relays carry it: the domain in ASCII wherever the local part allows it.

    Raises DeliveryRefused for what is no address.
    """
    if address.isascii():
        return address
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        pass
    else:
        return found.ascii_email or found.normalized
    raise DeliveryRefused("the address is not one that mail can be sent to")


def recipient_of(message: EmailMessage) -> str:
    """Return the one address that a mail goes to."""
    found: str = message["To"].addresses[0].addr_spec
    return found


def as_sent(message: EmailMessage) -> bytes:
    """Return the bytes on the wire; header lines are UTF-8 only where an address needs it (RFC 6532)."""
    needs_utf8 = not (recipient_of(message) + message["From"].addresses[0].addr_spec).isascii()
    return message.as_bytes(policy=MESSAGE_POLICY.clone(utf8=needs_utf8))
