"""What changes who works here. Every one of these is put on record by whoever calls it last."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from ..audit.operations import record
from ..extensions import db
from . import queries, rules, standing
from .models import Invitation, Organiser, OrganiserSession, Role
from .open_sessions import end_sessions_of, new_token
from .queries import hash_of


def invite_first_owner(*, email: str, by: str, now: datetime) -> str:
    """Make the link by which the first owner joins, and return its token. An earlier one stops working.

    by: as the record names it. Raises OwnerExists. Flushes; never commits.
    """
    if queries.active_owners():
        raise rules.OwnerExists
    return _invite(
        email=email, roles=[rules.OWNER], lasts=rules.FIRST_LINK_LASTS, by=by, invited_by=None, now=now
    )


def invite(*, email: str, roles: Collection[str], by: Organiser, now: datetime) -> str:
    """Invite somebody to join with these roles, and return the token of their link.

    An earlier invitation of the same address stops working. An organiser who was deactivated may be invited back.
    Raises AlreadyOrganiser or NoRole. Flushes; never commits.
    """
    known = queries.organiser_by_email(email)
    if known is not None and known.active:
        raise rules.AlreadyOrganiser
    return _invite(
        email=email,
        roles=rules.sorted_roles(roles),
        lasts=rules.INVITATION_LASTS,
        by=by.audit_name,
        invited_by=by.id,
        now=now,
    )


def begin_anew(*, organiser: Organiser, by: Organiser, now: datetime) -> str:
    """Give somebody who lost password or second factor a link to set both anew, and return its token.

    Until the link is used, everything stays as it is. Flushes; never commits.
    """
    return _invite(
        email=organiser.email,
        roles=rules.sorted_roles(organiser.role_names),
        lasts=rules.INVITATION_LASTS,
        by=by.audit_name,
        invited_by=by.id,
        now=now,
    )


def begin_anew_alone(*, email: str, by: str, now: datetime) -> str:
    """Give the only owner, whom nobody else can help, a link to set password and factor anew; return its token.

    by: as the record names it. Raises NotAnOwner, or OwnerExists where another owner can help. Flushes; never commits.
    """
    owners = queries.active_owners()
    found = next((each for each in owners if each.email == email.lower()), None)
    if found is None:
        raise rules.NotAnOwner
    if any(each.has_second_factor for each in owners if each is not found):
        raise rules.OwnerExists
    return _invite(
        email=found.email,
        roles=rules.sorted_roles(found.role_names),
        lasts=rules.FIRST_LINK_LASTS,
        by=by,
        invited_by=None,
        now=now,
    )


def _invite(
    *,
    email: str,
    roles: list[str],
    lasts: timedelta,
    by: str,
    invited_by: int | None,
    now: datetime,
) -> str:
    token = new_token()
    db.session.execute(delete(Invitation).where(Invitation.email == email.lower()))
    invitation = Invitation(
        token_hash=hash_of(token),
        email=email.lower(),
        roles=roles,
        invited_at=now,
        expires_at=now + lasts,
        invited_by_id=invited_by,
    )
    db.session.add(invitation)
    db.session.flush()
    subject = f"invitation:{invitation.id}"
    record(action="accounts.invite", by=by, subject=subject, details={"roles": roles}, now=now)
    return token


def accept(*, token: str, name: str, password_hash: str, locale: str, now: datetime) -> Organiser:
    """Let the holder of a link join, or begin anew: every passkey, code and session of before is gone.

    password_hash: as Flask-Security makes it. Raises InvitationUnknown. Flushes; never commits.
    """
    invitation = queries.invitation_of(token, now=now)
    if invitation is None:
        raise rules.InvitationUnknown
    organiser = queries.organiser_by_email(invitation.email)
    if organiser is None:
        organiser = Organiser(email=invitation.email, fs_webauthn_user_handle=uuid.uuid4().hex)
        db.session.add(organiser)
    organiser.name, organiser.password, organiser.locale = name, password_hash, locale
    organiser.active, organiser.invited_at, organiser.confirmed_at = True, invitation.invited_at, now
    organiser.fs_uniquifier = uuid.uuid4().hex
    organiser.tf_primary_method = organiser.tf_totp_secret = organiser.mf_recovery_codes = None
    organiser.totp_counter = None
    organiser.webauthn.clear()
    organiser.roles = _roles(invitation.roles)
    db.session.flush()
    end_sessions_of(organiser)
    subject = f"invitation:{invitation.id}"
    db.session.delete(invitation)
    standing.note(organiser=organiser, now=now)
    record(action="accounts.join", by=organiser.audit_name, subject=subject, now=now)
    return organiser


def withdraw_invitation(*, invitation_id: int, by: Organiser, now: datetime) -> None:
    """Let an invitation's link stop working; nothing where it has already. Never commits."""
    gone = delete(Invitation).where(Invitation.id == invitation_id).returning(Invitation.id)
    if db.session.scalars(gone).all():
        subject = f"invitation:{invitation_id}"
        record(action="accounts.withdraw-invitation", by=by.audit_name, subject=subject, now=now)


def change_roles(*, organiser: Organiser, roles: Collection[str], by: Organiser, now: datetime) -> None:
    """Give an organiser other roles and end their sessions, so that no open page keeps an older one.

    Nor does a link to begin anew. Whoever is an owner no more has nobody waiting whom they invited.
    Raises NoRole, or LastOwner where nobody could invite any more. Flushes; never commits.
    """
    wanted = rules.sorted_roles(roles)
    had = sorted(organiser.role_names)
    if rules.OWNER not in wanted:
        _refuse_last_owner(organiser)
        _withdraw_invitations_of(organiser)
    organiser.roles = _roles(wanted)
    db.session.execute(update(Invitation).where(Invitation.email == organiser.email).values(roles=wanted))
    standing.note(organiser=organiser, now=now)
    end_sessions_of(organiser)
    details = {"had": had, "has": wanted}
    record(
        action="accounts.change-roles",
        by=by.audit_name,
        subject=organiser.audit_name,
        details=details,
        now=now,
    )


def deactivate(*, organiser: Organiser, by: Organiser, now: datetime) -> None:
    """Let an organiser sign in no more, and end their sessions. What they did stays theirs.

    Whom they invited can join no more. Raises LastOwner. Flushes; never commits.
    """
    _refuse_last_owner(organiser)
    organiser.active = False
    organiser.fs_uniquifier = uuid.uuid4().hex
    db.session.execute(delete(Invitation).where(Invitation.email == organiser.email))
    _withdraw_invitations_of(organiser)
    standing.note(organiser=organiser, now=now)
    end_sessions_of(organiser)
    record(action="accounts.deactivate", by=by.audit_name, subject=organiser.audit_name, now=now)


def note_failed_factor(*, organiser: Organiser, what: str, now: datetime) -> None:
    """Put on record that the password was right and the second factor was not. Never commits."""
    record(action="accounts.second-factor-failed", by=organiser.audit_name, details={"what": what}, now=now)


def note_change(*, organiser: Organiser, what: str, now: datetime) -> None:
    """Put on record what somebody changed of their own sign-in, and what they can do by it. Never commits."""
    standing.note(organiser=organiser, now=now)
    record(action="accounts.change-sign-in", by=organiser.audit_name, details={"what": what}, now=now)


def delete_old(*, now: datetime) -> None:
    """Delete invitations and sessions that are over. Never commits."""
    db.session.execute(delete(Invitation).where(Invitation.expires_at <= now))
    db.session.execute(
        delete(OrganiserSession).where(OrganiserSession.last_seen_at <= now - rules.SESSION_RESTS_AT_MOST)
    )


def _refuse_last_owner(organiser: Organiser) -> None:
    # Two who remove each other at once must not both succeed. Roles stand in another table: whoever waited for the
    # owners' rows asks once more, since only a later statement sees what the other has done.
    owners = select(Organiser.id).where(Organiser.active, Organiser.roles.any(Role.name == rules.OWNER))
    db.session.execute(owners.order_by(Organiser.id).with_for_update())
    if [each.id for each in queries.active_owners()] == [organiser.id]:
        raise rules.LastOwner


def _withdraw_invitations_of(organiser: Organiser) -> None:
    """Let nobody join on the word of somebody who may invite no more: it could be their own second address."""
    db.session.execute(delete(Invitation).where(Invitation.invited_by_id == organiser.id))


def _roles(names: Collection[str]) -> list[Role]:
    """Return the rows of roles, made where this is their first use."""
    found = {role.name: role for role in db.session.scalars(select(Role).where(Role.name.in_(names)))}
    for name in names:
        if name not in found:
            found[name] = Role(name=name)
            db.session.add(found[name])
    return [found[name] for name in names]
