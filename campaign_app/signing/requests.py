"""Requests: stored with the token they used up and their mail, taken out with their mails. All of it once, or nothing.

SQLite lives in this process, where three inserts cost what they write. PostgreSQL does not, and there a round
trip costs as much as an insert: so what belongs together is one statement.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Table, and_, bindparam, delete, insert, select
from sqlalchemy.dialects import postgresql

from ..clock import utc_day
from ..columns import KEY_BYTES
from ..mail import operations as mail
from ..mail.models import OutboxMail
from ..petitions.queries import PetitionRecord
from ..prepared import AnyConnection, Prepared
from ..sealing import tags
from ..sealing.contacts import seal_contact
from ..sealing.keys import Keyring
from ..sealing.reveal import seal_reveal
from ..sealing.tokens import token_hash
from ..shield import operations as shield
from ..shield.models import Spent
from .models import Pending
from .rules import domain_of, expires_on, folded_name

_SPENT: Table = Spent.__table__  # type: ignore[assignment]
_PENDING: Table = Pending.__table__  # type: ignore[assignment]
_OUTBOX: Table = OutboxMail.__table__  # type: ignore[assignment]
_COLUMNS = tuple(_PENDING.c.keys())
_INSERT_PENDING = Prepared(insert(_PENDING))


@dataclass(frozen=True, kw_only=True)
class Signer:
    """What a person typed and chose, already validated.

    source: as counted (`rules.known_source`). text_language and text_version: the words they read.
    updates_version: version of the wording of the second consent, None where it was not given.
    """

    name: str
    email: str
    country: str
    language: str
    source: str
    path: str
    text_language: str
    text_version: int
    consent_version: int
    updates_version: int | None
    is_shown: bool

    @property
    def wants_updates(self) -> bool:
        """Whether the person asked to be told what happens."""
        return self.updates_version is not None


def row_of(
    petition: PetitionRecord,
    signer: Signer,
    key: bytes,
    canonical: str,
    token: str,
    keyring: Keyring,
    now: datetime,
) -> dict[str, Any]:
    """Return the columns of a pending signature: hashes and sealed bytes, nothing readable."""
    pending_id = secrets.token_bytes(KEY_BYTES)
    contact = {
        "format": 1,
        "id": pending_id.hex(),
        "name": signer.name,
        "email": signer.email,
        "country": signer.country,
        "language": signer.language,
        "consents": {"signing": signer.consent_version, "updates": signer.updates_version},
        "text_version": signer.text_version,
        "token": token,
    }
    return {
        "id": pending_id,
        "petition_id": petition.id,
        "purpose": "sign",
        "tag": tags.tag(key, canonical),
        "person_tag": tags.person_tag(key, canonical, folded_name(signer.name)),
        "token_hash": token_hash(token),
        "sealed_contact": seal_contact(contact, petition_slug=petition.slug, keys=keyring.campaign_public),
        "key_ids": ",".join(key.id for key in keyring.campaign_public),
        "country": signer.country,
        "language": signer.language,
        "source": signer.source,
        "path": signer.path,
        "text_language": signer.text_language,
        "text_version": signer.text_version,
        "consent_version": signer.consent_version,
        "updates_version": signer.updates_version,
        "wants_updates": signer.wants_updates,
        "domain_tag": tags.domain_tag(key, domain_of(canonical)),
        "is_held": False,
        "reveal": seal_reveal({"name": signer.name, "is_shown": signer.is_shown}, token.encode()),
        "requested_on": None,
        "expires_on": expires_on(utc_day(now)),
    }


def store(
    connection: AnyConnection,
    *,
    nonce: bytes,
    body_mac: bytes,
    pending: Mapping[str, Any],
    kind: str,
    sealed_mail: bytes,
    not_before: datetime,
    now: datetime,
) -> bool:
    """Store a new request and return True; the same body under the same nonce changes nothing.

    connection: from `database.directly`. pending: its columns. kind, sealed_mail, not_before: of its mail.
    Raises shield's NonceSpent where the nonce came with another body. Executes; never commits.
    """
    letter = {
        "kind": kind,
        "about": pending["id"],
        "sealed": sealed_mail,
        "not_before": not_before,
        "expires_on": pending["expires_on"],
    }
    if connection.dialect.name == "postgresql":
        spent = shield.spent_row(nonce=nonce, body_mac=body_mac, now=now)
        return _store_at_once(connection, spent, pending, mail.waiting_row(**letter))
    if shield.spend(nonce=nonce, body_mac=body_mac, now=now, connection=connection) == "same":
        return False
    _INSERT_PENDING.run(connection, pending)
    mail.queue(**letter, connection=connection)
    return True


def take(opened: bytes, connection: AnyConnection) -> list[dict[str, Any]]:
    """Delete every request of the person whose link was opened, with their mails, and return the requests.

    A second confirmation of the same person waits here and then finds nothing left to count.

    opened: the hash of the link. Rows are as the driver gives them. Executes; never commits.
    """
    statement = _TAKE_AT_ONCE if connection.dialect.name == "postgresql" else _TAKE
    taken = [
        dict(zip(_COLUMNS, row, strict=True)) for row in statement.run(connection, {"opened": opened}).rows
    ]
    if statement is _TAKE:
        mail.delete_about(about=[row["id"] for row in taken], connection=connection)
    return taken


def _store_at_once(
    connection: AnyConnection, spent: Mapping[str, Any], pending: Mapping[str, Any], letter: Mapping[str, Any]
) -> bool:
    values = {f"spent_{name}": value for name, value in spent.items()}
    values.update((f"pending_{name}", value) for name, value in pending.items())
    values.update((f"outbox_{name}", value) for name, value in letter.items())
    if _STORE_AT_ONCE.run(connection, values).rowcount:
        return True
    shield.accept_repeat(spent, connection)
    return False


def _parameters(table: Table, *, without: tuple[str, ...] = ()) -> dict[str, BindParameter[Any]]:
    """Return a parameter for each column; its name begins with the table's, since three tables share one statement."""
    return {
        column.name: bindparam(f"{table.name}_{column.name}", type_=column.type)
        for column in table.columns
        if column.name not in without
    }


def _storing_at_once() -> Prepared:
    """Build WITH spent AS (INSERT … ON CONFLICT DO NOTHING …), pending AS (INSERT … SELECT … FROM spent …) INSERT …

    A nonce that was spent before returns no row, and so nothing else is inserted.
    """
    spent = (
        postgresql.insert(_SPENT)
        .values(_parameters(_SPENT))
        .on_conflict_do_nothing()
        .returning(_SPENT.c.hash)
        .cte("newly_spent")
    )
    of_pending = _parameters(_PENDING)
    pending = (
        insert(_PENDING)
        .from_select(list(of_pending), select(*of_pending.values()).select_from(spent))
        .returning(_PENDING.c.id)
        .cte("newly_pending")
    )
    of_mail = _parameters(_OUTBOX, without=("last_error", "claimed_until"))
    queued = insert(_OUTBOX).from_select(
        list(of_mail), select(*of_mail.values()).select_from(pending), include_defaults=False
    )
    return Prepared(queued)


_STORE_AT_ONCE = _storing_at_once()

_OPENED = _PENDING.alias("opened")
# By key: a comparison of whole rows would have SQLite read every request.
_SAME_PERSON = (
    select(_PENDING.c.id)
    .join(
        _OPENED,
        and_(*(_PENDING.c[name] == _OPENED.c[name] for name in ("petition_id", "tag", "person_tag"))),
    )
    .where(_OPENED.c.token_hash == bindparam("opened"), _OPENED.c.purpose == "sign")
)
_TAKEN = delete(_PENDING).where(_PENDING.c.id.in_(_SAME_PERSON)).returning(*_PENDING.c)
_TAKE = Prepared(_TAKEN)


def _taking_at_once() -> Prepared:
    taken = _TAKEN.cte("taken")
    mails = delete(_OUTBOX).where(_OUTBOX.c.about.in_(select(taken.c.id))).cte("their_mails")
    return Prepared(select(*taken.c).add_cte(mails))


_TAKE_AT_ONCE = _taking_at_once()
