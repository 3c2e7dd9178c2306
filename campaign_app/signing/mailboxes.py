"""The rows of one mailbox: its people and their places, and the links that open its private page.

A mailbox is known by its tag and by nothing readable. Nothing here counts; `counting` does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from ..columns import KEY_BYTES
from ..errors import Refusal
from ..extensions import db
from ..petitions.queries import petition_by_id
from ..petitions.rules import PetitionClosed
from ..prepared import AnyConnection, Prepared
from .models import PrivateLink, Signature
from .rules import free_place

Answer = TypeVar("Answer")
TRIES = 10  # more than one mailbox has places


class SignatureUnknown(Refusal):
    """The private page has no such person, or no longer."""


@dataclass(frozen=True)
class Person:
    """One person of a mailbox: a row of `signature`, as changes need it."""

    id: bytes
    nth: int
    person_tag: bytes | None
    state: str
    link_hash: bytes
    tally_cell_id: int


# Locked, so that two changes to one mailbox at once are made one after the other (PostgreSQL).
_PEOPLE = (
    select(
        Signature.id,
        Signature.nth,
        Signature.person_tag,
        Signature.state,
        Signature.link_hash,
        Signature.tally_cell_id,
    )
    .where(Signature.petition_id == bindparam("petition_id"))
    .with_for_update()
)
_MAILBOX = Prepared(_PEOPLE.where(Signature.tag == bindparam("tag")))
_OF_LINK = _PEOPLE.where(Signature.link_hash == bindparam("link"))
_OPENED_BY = tuple(
    Prepared(select(table.petition_id, table.tag).where(column == bindparam("opened")))
    for table, column in ((Signature, Signature.link_hash), (PrivateLink, PrivateLink.token_hash))
)
_LINKS: Table = PrivateLink.__table__  # type: ignore[assignment]
_KEEP_LINK = {
    "sqlite": Prepared(sqlite.insert(_LINKS).on_conflict_do_nothing()),
    "postgresql": Prepared(postgresql.insert(_LINKS).on_conflict_do_nothing()),
}


def people_of(petition_id: int, tag: bytes, connection: AnyConnection | None = None) -> list[Person]:
    """Return the rows of a mailbox in no order, locked until the transaction ends.

    connection: here and below, the session's by default.
    """
    found = _MAILBOX.run(connection or db.session.connection(), {"petition_id": petition_id, "tag": tag})
    return [Person(*row) for row in found.rows]


def person_of(petition_id: int, tag: bytes | None, nth: int, link: bytes = b"") -> Person:
    """Return one person of a private page. Raises SignatureUnknown.

    tag: of the mailbox; once tags were destroyed None, and then the page speaks for its own person only.
    link: the hash of the page's link.
    """
    if tag is None:
        rows = db.session.execute(_OF_LINK, {"petition_id": petition_id, "link": link})
        people = [Person(*row) for row in rows]
    else:
        people = people_of(petition_id, tag)
    person = next((person for person in people if person.nth == nth), None)
    if person is None:
        raise SignatureUnknown
    return person


def place_of(person_tag: bytes, mailbox: Sequence[Person], people_per_mailbox: int) -> int | None:
    """Return the place a person takes among those of the mailbox: their own again after a withdrawal, the
    lowest free one, or None where they are already counted or all places are taken.
    """
    known = next((person for person in mailbox if person.person_tag == person_tag), None)
    if known is not None:
        return known.nth if known.state == "withdrawn" else None
    return free_place({person.nth for person in mailbox}, people_per_mailbox)


def people_per_mailbox(petition_id: int) -> int:
    """Return how many may sign from one mailbox. Raises PetitionClosed for a petition that was withdrawn."""
    petition = petition_by_id(petition_id)
    if petition.state == "withdrawn":
        raise PetitionClosed
    return petition.people_per_mailbox


def mailbox_of_link(
    opened: bytes, connection: AnyConnection | None = None
) -> tuple[int, bytes | None] | None:
    """Return (petition id, tag) of the private page that a link's hash opens, or None.

    The tag is None once the petition's tags were destroyed; the page then speaks for its own signature only.
    """
    for statement in _OPENED_BY:
        for petition_id, tag in statement.run(connection or db.session.connection(), {"opened": opened}).rows:
            return petition_id, tag
    return None


def mailbox_mark(tag: bytes) -> bytes:
    """Return by what a waiting mail is found that is about a mailbox and not about one request of it."""
    return tag[:KEY_BYTES]


def keep_links(
    petition_id: int, tag: bytes, hashes: Sequence[bytes], connection: AnyConnection | None = None
) -> None:
    """Let further links mailed to this mailbox open its private page."""
    for link in hashes:
        chosen = connection or db.session.connection()
        row = {"token_hash": link, "petition_id": petition_id, "tag": tag}
        _KEEP_LINK[chosen.dialect.name].run(chosen, row)


def until_settled(work: Callable[[], Answer]) -> Answer:
    """Do work on a mailbox, again where another request was first between its look and its insert.

    Whenever that happens the other one is done, and a mailbox has few places: so it ends.
    """
    for _ in range(TRIES - 1):
        try:
            return work()
        except IntegrityError:
            db.session.rollback()
    return work()
