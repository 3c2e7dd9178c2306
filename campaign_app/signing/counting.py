"""What moves a number: a person counted or no longer counted, a request that ended. Each grows its tally cell.

Executes in the caller's transaction; never commits.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import Table, and_, bindparam, delete, insert, select, update

from ..clock import utc_day
from ..extensions import db
from ..mail import operations as mail
from ..prepared import AnyConnection, Prepared
from ..tally import operations as tally
from ..tally.models import TallyCell
from .mailboxes import Person, keep_links, mailbox_mark, people_of
from .models import Pending, PrivateLink, Signature


class Place(TypedDict):
    """Where in the breakdowns a request or signature belongs."""

    country: str
    language: str
    source: str
    path: str


_SIGNATURE: Table = Signature.__table__  # type: ignore[assignment]
_INSERT_SIGNATURE = Prepared(insert(_SIGNATURE))
_REVIVE_SIGNATURE = Prepared(
    update(_SIGNATURE).where(_SIGNATURE.c.id == bindparam("withdrawn_id")), columns=tuple(_SIGNATURE.c.keys())
)
_COPIED = (
    "id",
    "petition_id",
    "tag",
    "person_tag",
    "sealed_contact",
    "key_ids",
    "text_language",
    "text_version",
    "consent_version",
    "updates_version",
    "wants_updates",
    "domain_tag",
    "path",
    "public_name",
)


def count(
    row: dict[str, Any],
    mailbox: Sequence[Person],
    nth: int,
    now: datetime,
    connection: AnyConnection | None = None,
) -> None:
    """Store a counted signature from the columns of a request, and grow its cell.

    mailbox: its people as the caller found them. connection: the session's by default.
    Raises IntegrityError where another request was first.
    """
    chosen = connection or db.session.connection()
    today = utc_day(now)
    returning = next((person for person in mailbox if person.nth == nth), None)
    if returning is not None:
        # No constraint tells then that someone else of the mailbox was counted while we waited for its rows.
        mailbox = people_of(row["petition_id"], row["tag"], chosen)
    is_first = not any(person.state == "counted" for person in mailbox)
    cell_id = tally.add(
        event="confirmed",
        petition_id=row["petition_id"],
        day=today,
        mailboxes=int(is_first),
        connection=chosen,
        **cell_of(row),
    )
    signature = {name: row[name] for name in _COPIED} | {
        "nth": nth,
        "state": "counted",
        "tally_cell_id": cell_id,
        "signed_on": today,
        "link_hash": row["token_hash"],
    }
    if returning is None:
        _INSERT_SIGNATURE.run(chosen, signature)
    else:
        keep_links(row["petition_id"], row["tag"], [returning.link_hash], chosen)
        _REVIVE_SIGNATURE.run(chosen, {**signature, "withdrawn_id": returning.id})


def uncount(person: Person, petition_id: int, tag: bytes | None, event: str, now: datetime) -> None:
    """Grow the cell of a withdrawal or erasure, in the place of the breakdown where the person was counted.

    tag: None once tags were destroyed: nobody knows then who shares a mailbox, and it goes with its first person.
    """
    cell = db.session.execute(
        select(TallyCell.country, TallyCell.language, TallyCell.source, TallyCell.path).where(
            TallyCell.id == person.tally_cell_id
        )
    ).one()
    if tag is None:
        is_last = person.nth == 0
    else:
        counted = {other.id for other in people_of(petition_id, tag) if other.state == "counted"}
        is_last = not counted - {person.id}
    tally.add(
        event=event,
        petition_id=petition_id,
        day=utc_day(now),
        mailboxes=int(is_last),
        **cell._asdict(),
    )


def count_ended(
    rows: Sequence[dict[str, Any]], now: datetime, *, reason: str, connection: AnyConnection | None = None
) -> None:
    """Count requests that ended without being counted, if their mail had been sent."""
    ended = Counter(
        (row["petition_id"], *cell_of(row).items()) for row in rows if row["requested_on"] is not None
    )
    for (petition_id, *place), people in ended.items():
        tally.add(
            event="expired",
            reason=reason,
            petition_id=petition_id,
            day=utc_day(now),
            people=people,
            connection=connection,
            **dict(place),
        )


def end_requests_where(which: Any, *, now: datetime, reason: str) -> list[bytes]:
    """Delete requests with their mails, count those whose mail had been sent as ended; return their links' hashes."""
    rows = (
        db.session.execute(
            delete(Pending.__table__).where(which).returning(*Pending.__table__.c)  # type: ignore[arg-type]
        )
        .mappings()
        .all()
    )
    count_ended([dict(row) for row in rows], now, reason=reason)
    mail.delete_about(about=[row["id"] for row in rows])
    return [row["token_hash"] for row in rows]


def end_requests_of(
    person: Person, petition_id: int, tag: bytes, *, now: datetime, reason: str
) -> list[bytes]:
    """End the open requests of one person, whose sealed contacts must go with theirs; return their links' hashes."""
    is_theirs = and_(
        Pending.petition_id == petition_id, Pending.tag == tag, Pending.person_tag == person.person_tag
    )
    return end_requests_where(is_theirs, now=now, reason=reason)


def forget_mailbox(petition_id: int, tag: bytes, now: datetime) -> None:
    """Delete the open requests, links and waiting mails of a mailbox that no longer signs."""
    end_requests_where(and_(Pending.petition_id == petition_id, Pending.tag == tag), now=now, reason="erased")
    mail.delete_about(about=[mailbox_mark(tag)])
    db.session.execute(
        delete(PrivateLink).where(PrivateLink.petition_id == petition_id, PrivateLink.tag == tag)
    )


def cell_of(row: dict[str, Any]) -> Place:
    """Return the place of the breakdown that a request or signature belongs to."""
    return Place(country=row["country"], language=row["language"], source=row["source"], path=row["path"])
