"""Stopping updates by the link in a mail. It needs no address, and tells nobody whether a link is known."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update

from ..extensions import db
from ..sealing.tokens import token_hash
from ..signing import tombstones
from ..signing.mailboxes import people_of
from ..signing.models import Signature
from .models import Mailing, UpdateLink


def stop_updates(*, token: str, now: datetime) -> int:
    """Stop updates of a petition to the mailbox that a link was sent to; return to how many people of it.

    That is everybody who signed that petition from the mailbox, as long as the mailbox can still be recognised, and
    those whom the mail was for in any case. An unknown link stops nothing. Executes; never commits.
    """
    links = db.session.execute(
        select(UpdateLink.signature_id, UpdateLink.mailing_id).where(
            UpdateLink.token_hash == token_hash(token)
        )
    ).all()
    if not links:
        return 0
    found = {link.signature_id for link in links}
    mailboxes = db.session.execute(
        select(Signature.petition_id, Signature.tag)
        .where(Signature.id.in_(found), Signature.tag.is_not(None))
        .distinct()
    ).all()
    for petition_id, tag in mailboxes:
        found |= {person.id for person in people_of(petition_id, tag or b"")}
    changed = end_updates(found, now=now)
    if changed and links[0].mailing_id is not None:
        db.session.execute(
            update(Mailing).where(Mailing.id == links[0].mailing_id).values(stops=Mailing.stops + 1)
        )
    return changed


def end_updates(signatures: Collection[bytes], *, now: datetime) -> int:
    """Let signatures ask for no news any more, and remember it for restores; return how many did ask.

    Executes; never commits.
    """
    ended = db.session.execute(
        update(Signature)
        .where(Signature.id.in_(signatures), Signature.wants_updates)
        .values(wants_updates=False, updates_version=None)
        .returning(Signature.id, Signature.petition_id)
        .execution_options(synchronize_session=False)
    ).all()
    for row in ended:
        tombstones.add(signature_id=row.id, petition_id=row.petition_id, kind="no-updates", now=now)
    return len(ended)
