"""What changes who works here, on a real database, without HTTP."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from campaign_app.accounts import open_sessions, operations, queries, rules
from campaign_app.accounts.models import Invitation, OrganiserSession
from campaign_app.audit.models import AuditEntry
from campaign_app.clock import utc_now
from campaign_app.extensions import db

pytestmark = pytest.mark.usefixtures("context")


def join(email="owner@example.org", roles=None, by=None):
    now = utc_now()
    token = (
        operations.invite(email=email, roles=roles, by=by, now=now)
        if by
        else operations.invite_first_owner(email=email, by="command", now=now)
    )
    return operations.accept(token=token, name="Test Organiser", password_hash="-", locale="ar", now=now)


def test_an_invitation_is_kept_as_a_hash_and_works_once():
    token = operations.invite_first_owner(email="Owner@Example.org", by="command", now=utc_now())

    owner = operations.accept(
        token=token, name="Test Organiser", password_hash="-", locale="ar", now=utc_now()
    )

    assert (owner.email, owner.role_names) == ("owner@example.org", {"owner"})
    assert db.session.scalars(select(Invitation)).all() == []
    with pytest.raises(rules.InvitationUnknown):
        operations.accept(token=token, name="Other", password_hash="-", locale="ar", now=utc_now())


def test_a_stored_invitation_does_not_open_anything():
    token = operations.invite_first_owner(email="owner@example.org", by="command", now=utc_now())
    stored = db.session.scalar(select(Invitation))

    assert token.encode() not in stored.token_hash
    assert queries.invitation_of(stored.token_hash.hex(), now=utc_now()) is None


def test_the_first_link_is_over_after_a_day_and_a_newer_one_replaces_it():
    first = operations.invite_first_owner(email="owner@example.org", by="command", now=utc_now())
    second = operations.invite_first_owner(email="owner@example.org", by="command", now=utc_now())

    assert queries.invitation_of(first, now=utc_now()) is None
    assert queries.invitation_of(second, now=utc_now() + timedelta(hours=23)) is not None
    assert queries.invitation_of(second, now=utc_now() + timedelta(hours=24)) is None


def test_no_link_is_made_on_the_server_once_an_owner_can_sign_in():
    join()

    with pytest.raises(rules.OwnerExists):
        operations.invite_first_owner(email="second@example.org", by="command", now=utc_now())


def test_the_last_owner_can_neither_be_deactivated_nor_lose_the_role():
    owner = join()
    viewer = join("viewer@example.org", ["viewer"], owner)

    with pytest.raises(rules.LastOwner):
        operations.deactivate(organiser=owner, by=owner, now=utc_now())
    with pytest.raises(rules.LastOwner):
        operations.change_roles(organiser=owner, roles=["viewer"], by=owner, now=utc_now())

    operations.change_roles(organiser=viewer, roles=["owner"], by=owner, now=utc_now())
    operations.deactivate(organiser=owner, by=viewer, now=utc_now())
    assert [each.email for each in queries.active_owners()] == ["viewer@example.org"]


def test_other_roles_and_a_closed_account_end_every_session():
    owner = join()
    viewer = join("viewer@example.org", ["viewer"], owner)
    for _ in range(2):
        open_sessions.begin_session(organiser=viewer, via="code", now=utc_now())

    operations.change_roles(organiser=viewer, roles=["translator"], by=owner, now=utc_now())
    assert queries.sessions_of(viewer, now=utc_now()) == []

    open_sessions.begin_session(organiser=viewer, via="code", now=utc_now())
    before = viewer.fs_uniquifier
    operations.deactivate(organiser=viewer, by=owner, now=utc_now())
    assert queries.sessions_of(viewer, now=utc_now()) == []
    assert viewer.fs_uniquifier != before


def test_whoever_begins_anew_keeps_the_account_and_loses_passkeys_codes_and_sessions():
    owner = join()
    viewer = join("viewer@example.org", ["viewer"], owner)
    viewer.tf_primary_method, viewer.tf_totp_secret = "authenticator", "-"
    viewer.mf_recovery_codes = ["-"]
    open_sessions.begin_session(organiser=viewer, via="code", now=utc_now())
    token = operations.begin_anew(organiser=viewer, by=owner, now=utc_now())
    assert viewer.has_second_factor

    again = operations.accept(token=token, name="Test Viewer", password_hash="-", locale="en", now=utc_now())

    assert (again.id, again.role_names, again.has_second_factor) == (viewer.id, {"viewer"}, False)
    assert again.mf_recovery_codes is None
    assert queries.sessions_of(again, now=utc_now()) == []


def test_a_link_to_begin_anew_gives_no_role_back_that_was_taken_away_since():
    owner = join()
    second = join("second@example.org", ["owner"], owner)
    token = operations.begin_anew(organiser=second, by=owner, now=utc_now())

    operations.change_roles(organiser=second, roles=["viewer"], by=owner, now=utc_now())
    operations.accept(token=token, name="Second", password_hash="-", locale="ar", now=utc_now())

    assert second.role_names == {"viewer"}


@pytest.mark.parametrize("leave", ["deactivate", "change_roles"])
def test_nobody_joins_on_the_word_of_somebody_who_is_an_owner_no_more(leave):
    owner = join()
    second = join("second@example.org", ["owner"], owner)
    theirs = operations.invite(email="third@example.org", roles=["owner"], by=second, now=utc_now())
    ours = operations.invite(email="fourth@example.org", roles=["owner"], by=owner, now=utc_now())

    other_roles = {"roles": ["organiser"]} if leave == "change_roles" else {}
    getattr(operations, leave)(organiser=second, by=owner, now=utc_now(), **other_roles)

    assert queries.invitation_of(theirs, now=utc_now()) is None
    assert queries.invitation_of(ours, now=utc_now()) is not None


def test_nobody_ends_the_session_of_another():
    owner = join()
    viewer = join("viewer@example.org", ["viewer"], owner)
    open_sessions.begin_session(organiser=owner, via="code", now=utc_now())
    [session] = queries.sessions_of(owner, now=utc_now())

    assert not open_sessions.end_session(session_id=session.id, organiser=viewer, now=utc_now())
    assert open_sessions.end_session(session_id=session.id, organiser=owner, now=utc_now())


def test_what_is_over_is_deleted_and_nothing_else():
    owner = join()
    open_sessions.begin_session(organiser=owner, via="code", now=utc_now() - timedelta(hours=2))
    open_sessions.begin_session(organiser=owner, via="code", now=utc_now())
    operations.invite(email="late@example.org", roles=["viewer"], by=owner, now=utc_now() - timedelta(days=8))
    operations.invite(email="viewer@example.org", roles=["viewer"], by=owner, now=utc_now())

    operations.delete_old(now=utc_now())

    assert len(db.session.scalars(select(OrganiserSession)).all()) == 1
    assert [each.email for each in db.session.scalars(select(Invitation))] == ["viewer@example.org"]


def test_everything_is_on_record_without_an_address():
    owner = join()
    viewer = join("viewer@example.org", ["viewer"], owner)
    operations.change_roles(organiser=viewer, roles=["approver"], by=owner, now=utc_now())
    operations.note_failed_factor(organiser=viewer, what="code", now=utc_now())
    operations.deactivate(organiser=viewer, by=owner, now=utc_now())

    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()

    assert [(each.by, each.action) for each in entries] == [
        ("command", "accounts.invite"),
        (owner.audit_name, "accounts.join"),
        (owner.audit_name, "accounts.invite"),
        (viewer.audit_name, "accounts.join"),
        (owner.audit_name, "accounts.change-roles"),
        (viewer.audit_name, "accounts.second-factor-failed"),
        (owner.audit_name, "accounts.deactivate"),
    ]
    assert json.loads(entries[4].details) == {"had": ["viewer"], "has": ["approver"]}
    assert "example.org" not in "".join(each.details + each.subject for each in entries)
