"""The statement as machines are told it, by whatever address they ask."""

from .rules import Statement


def statement_as_json(found: Statement) -> dict[str, object]:
    """Return a statement's kinds, each apart, with the moments that they hold for (ISO 8601)."""
    return {
        "as_of": found.as_of.isoformat() if found.as_of else None,
        "people": found.people,
        "mailboxes": found.mailboxes,
        "pending": found.pending,
        "pending_as_of": found.pending_as_of.isoformat() if found.pending_as_of else None,
        "confirmed": found.confirmed,
        "withdrawn": found.withdrawn,
        "erased": found.erased,
        "invalidated": dict(found.invalidated),
        "restored": found.restored,
        "taken_out": found.taken_out,
        "paper": found.paper,
        "endorsements": found.endorsements,
        "first_signed_on": found.first_on.isoformat() if found.first_on else None,
    }
