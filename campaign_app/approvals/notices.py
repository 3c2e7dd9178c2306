"""Tells the owners by mail that one person alone asked for something, or released it. Names no supporter."""

from collections.abc import Sequence
from datetime import datetime
from secrets import token_urlsafe

from sqlalchemy import select

from ..accounts import queries as accounts
from ..accounts.models import Organiser, RoleSpan
from ..accounts.rules import OWNER
from ..extensions import db
from ..mail import operations as mail
from ..mail.rules import APPROVAL_NOTICE
from ..sealing.keys import keyring
from ..sealing.mail import seal_mail
from .models import Approval
from .rules import OWNERS_ARE_TOLD_FOR

WAITS = "waits"
LEFT = "left"
TOKEN_BYTES = 16  # makes the mail's own number; opens nothing


def tell_owners(*, approval: Approval, what: str, moment: datetime, now: datetime) -> int:
    """Queue a notice to each owner; return how many. what: WAITS or LEFT. moment: of the release. Never commits."""
    key = keyring().mail_public
    owners = told_owners(now=now)
    for owner in owners:
        parameters = {
            "to": owner.email,
            "language": owner.locale,
            "token": token_urlsafe(TOKEN_BYTES),
            "what": what,
            "about": approval.kind,
            "moment": moment.isoformat(),
        }
        mail.queue(kind=APPROVAL_NOTICE, about=None, not_before=now, sealed=seal_mail(parameters, key=key))
    return len(owners)


def told_owners(*, now: datetime) -> Sequence[Organiser]:
    """Return every owner, and who ceased to be one in the last days: whoever closes an account is not rid of them."""
    lately = select(RoleSpan.organiser_id).where(
        RoleSpan.role == OWNER, RoleSpan.ended_at > now - OWNERS_ARE_TOLD_FOR
    )
    former = db.session.scalars(select(Organiser).where(Organiser.id.in_(lately)))
    found = {each.id: each for each in (*accounts.active_owners(), *former)}
    return [found[number] for number in sorted(found)]
