"""Two people, or a wait in a team of one: on a real database, without HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from campaign_app.accounts import operations as accounts
from campaign_app.accounts import standing as people
from campaign_app.accounts.models import RoleSpan
from campaign_app.approvals import operations, queries, rules
from campaign_app.approvals.models import Approval
from campaign_app.approvals.problems import (
    Changed,
    NotAnApprover,
    NotAsked,
    NotReleasedYet,
    NotYours,
    ReleasedBefore,
    SamePerson,
)
from campaign_app.audit import queries as audit
from campaign_app.extensions import db
from campaign_app.mail.models import JobLease, OutboxMail
from campaign_app.sealing.keys import keyring
from campaign_app.sealing.mail import open_mail
from tests import organisers
from tests.statements import sent

pytestmark = pytest.mark.usefixtures("context")

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
DIGEST, OTHER = "a" * 64, "b" * 64
HOUR = timedelta(hours=1)


def join(email, roles, by=None, *, now=NOW, has_factor=True):
    return organisers.join(email, roles, by, now=now, has_factor=has_factor)


@pytest.fixture
def owner(context):
    return join("owner@example.org", ["owner"], now=NOW - timedelta(days=30))


@pytest.fixture
def second(owner):
    return join("second@example.org", ["organiser"], owner, now=NOW - timedelta(days=20))


def ask(by, *, kind=rules.PERSONAL_DATA, digest=DIGEST, now=NOW, reference="sheet-1"):
    return operations.ask(
        kind=kind,
        room="exports",
        subject="lists-and-graves",
        reference=reference,
        digest=digest,
        says={"en": "A sheet", "ar": "قائمة"},
        by=by,
        now=now,
    )


def release(approval, *, now, digest=DIGEST):
    return operations.release(approval=approval, digest=digest, by="organiser:1", now=now)


def notices():
    """Return the notices that wait: (address, what it says)."""
    secret = keyring().mail_secret
    rows = db.session.scalars(select(OutboxMail).where(OutboxMail.kind == "approval-notice"))
    return sorted((m["to"], m["what"]) for m in (open_mail(row.sealed, secret=secret) for row in rows))


def test_what_a_second_person_approved_leaves_once(owner, second):
    approval = ask(owner)
    with pytest.raises(NotReleasedYet) as refused:
        release(approval, now=NOW + timedelta(days=365))
    assert refused.value.releasable_at is None

    operations.approve(approval=approval, digest=DIGEST, by=second, now=NOW)

    assert release(approval, now=NOW).how == "two-people"
    with pytest.raises(ReleasedBefore):
        release(approval, now=NOW)
    assert notices() == []


@pytest.mark.parametrize("roles", [["owner"], ["owner", "organiser", "approver"]])
@pytest.mark.usefixtures("second")
def test_whoever_asked_never_approves_whatever_their_roles(owner, roles):
    accounts.change_roles(organiser=owner, roles=roles, by=owner, now=NOW)
    approval = ask(owner)

    with pytest.raises(SamePerson):
        operations.approve(approval=approval, digest=DIGEST, by=owner, now=NOW)
    with pytest.raises(NotReleasedYet):
        release(approval, now=NOW)


@pytest.mark.parametrize(
    ("kind", "role", "may"),
    [
        (rules.PERSONAL_DATA, "organiser", True),
        (rules.PERSONAL_DATA, "approver", False),
        (rules.PERSONAL_DATA, "viewer", False),
        (rules.MAILING, "organiser", True),
        (rules.MAILING, "translator", False),
        (rules.LETTER, "approver", True),
        (rules.LETTER, "organiser", False),
    ],
)
def test_each_kind_has_its_approvers(owner, kind, role, may):
    other = join("other@example.org", [role], owner)
    approval = ask(owner, kind=kind)

    if may:
        operations.approve(approval=approval, digest=DIGEST, by=other, now=NOW)
        assert approval.state == "approved"
    else:
        with pytest.raises(NotAnApprover):
            operations.approve(approval=approval, digest=DIGEST, by=other, now=NOW)


def test_whoever_has_no_second_factor_neither_approves_nor_keeps_a_team_from_being_one(owner):
    half = join("half@example.org", ["owner"], owner, has_factor=False)
    approval = ask(owner)

    with pytest.raises(NotAnApprover):
        operations.approve(approval=approval, digest=DIGEST, by=half, now=NOW)
    assert queries.standing(approval, NOW).is_alone


def test_what_was_altered_since_is_void(owner, second):
    approval = ask(owner)

    with pytest.raises(Changed):
        operations.approve(approval=approval, digest=OTHER, by=second, now=NOW)
    operations.approve(approval=approval, digest=DIGEST, by=second, now=NOW)
    with pytest.raises(Changed):
        release(approval, now=NOW, digest=OTHER)

    again = ask(owner, digest=OTHER)
    assert queries.approval_of("exports", "sheet-1") == again
    *_before, replaced, asked = audit.oldest_first()
    assert [(each.action, each.subject, each.by) for each in (replaced, asked)] == [
        ("approval.replace", approval.audit_name, owner.audit_name),
        ("approval.ask", again.audit_name, owner.audit_name),
    ]
    with pytest.raises(NotAsked):
        release(approval, now=NOW)
    with pytest.raises(NotReleasedYet):
        release(again, now=NOW, digest=OTHER)


@pytest.mark.parametrize("end", [operations.cancel, operations.decline])
def test_what_was_declined_or_cancelled_never_leaves(owner, second, end):
    approval = ask(second)
    end(approval=approval, by=owner, now=NOW)

    with pytest.raises(NotAsked):
        operations.approve(approval=approval, digest=DIGEST, by=owner, now=NOW)
    with pytest.raises(NotAsked):
        release(approval, now=NOW + timedelta(days=30))


def test_only_the_asker_and_owners_cancel(owner, second):
    third = join("third@example.org", ["organiser"], owner)

    with pytest.raises(NotYours):
        operations.cancel(approval=ask(second), by=third, now=NOW)
    operations.cancel(approval=ask(second), by=second, now=NOW)
    operations.cancel(approval=ask(second), by=owner, now=NOW)


@pytest.mark.parametrize(("kind", "hours"), [("personal-data", 72), ("letter", 12), ("mailing", 12)])
def test_who_is_alone_waits_and_the_owners_are_told_twice(owner, kind, hours):
    approval = ask(owner, kind=kind)
    assert notices() == [("owner@example.org", "waits")]

    with pytest.raises(NotReleasedYet) as refused:
        release(approval, now=NOW + hours * HOUR - timedelta(seconds=1))
    assert refused.value.releasable_at == NOW + hours * HOUR

    assert release(approval, now=NOW + hours * HOUR).how == "one-person"
    assert notices() == [("owner@example.org", "left"), ("owner@example.org", "waits")]
    assert audit.entries()[0].told["how"] == "one-person"


def test_who_joins_meanwhile_must_approve(owner):
    approval = ask(owner)
    second = join("second@example.org", ["organiser"], owner, now=NOW + 70 * HOUR)

    with pytest.raises(NotReleasedYet) as refused:
        release(approval, now=NOW + 100 * HOUR)
    assert refused.value.releasable_at is None

    operations.approve(approval=approval, digest=DIGEST, by=second, now=NOW + 101 * HOUR)
    assert release(approval, now=NOW + 101 * HOUR).how == "two-people"


def left(organiser, by, now):
    accounts.deactivate(organiser=organiser, by=by, now=now)


def lost_the_role(organiser, by, now):
    accounts.change_roles(organiser=organiser, roles=["viewer"], by=by, now=now)


def lost_the_factor(organiser, by, now):
    token = accounts.begin_anew(organiser=organiser, by=by, now=now)
    accounts.accept(token=token, name="Test Organiser", password_hash="-", locale="en", now=now)


@pytest.mark.parametrize("leave", [left, lost_the_role, lost_the_factor])
def test_who_comes_to_be_alone_waits_the_full_time_from_then(owner, second, leave):
    approval = ask(owner)

    leave(second, owner, NOW + 80 * HOUR)

    with pytest.raises(NotReleasedYet) as refused:
        release(approval, now=NOW + 151 * HOUR)
    assert refused.value.releasable_at == NOW + 152 * HOUR
    assert release(approval, now=NOW + 152 * HOUR).how == "one-person"


def test_an_owner_who_was_put_out_is_still_told(owner):
    second = join("second@example.org", ["owner"], owner)
    approval = ask(owner)
    assert notices() == []

    accounts.deactivate(organiser=second, by=owner, now=NOW + HOUR)
    operations.notice_who_is_alone(now=NOW + 2 * HOUR)
    operations.notice_who_is_alone(now=NOW + 3 * HOUR)  # once is enough

    assert notices() == [("owner@example.org", "waits"), ("second@example.org", "waits")]
    assert queries.standing(approval, NOW + 3 * HOUR).releasable_at == NOW + 73 * HOUR


def test_a_clock_that_is_set_back_makes_no_wait_shorter(owner, second):
    approval = ask(owner, now=NOW)

    accounts.deactivate(organiser=second, by=owner, now=NOW + 10 * HOUR)
    again = ask(owner, now=NOW - timedelta(days=10))

    assert approval.state == "cancelled"
    assert queries.standing(again, NOW).releasable_at == NOW + 82 * HOUR


def test_the_time_that_the_worker_noted_last_counts_where_the_clock_is_behind_it(owner):
    db.session.add(JobLease(name="who is alone", last_run_at=NOW + 5 * HOUR))

    approval = ask(owner, now=NOW)

    assert queries.standing(approval, NOW).releasable_at == NOW + 77 * HOUR


def test_the_time_at_which_anything_was_asked_counts_where_the_clock_is_behind_it(owner):
    ask(owner, now=NOW + 5 * HOUR, reference="asked before the clock was set back")

    approval = ask(owner, now=NOW)

    assert queries.standing(approval, NOW).releasable_at == NOW + 77 * HOUR


def test_a_change_that_went_round_us_is_noted_when_it_is_met(owner, second):
    approval = ask(owner)
    second.active = False  # as somebody with the database would
    db.session.flush()

    with pytest.raises(NotReleasedYet):
        release(approval, now=NOW + 200 * HOUR)

    [span] = db.session.scalars(select(RoleSpan).where(RoleSpan.organiser_id == second.id))
    assert span.ended_at == NOW + 200 * HOUR
    assert queries.standing(approval, NOW + 201 * HOUR).releasable_at == NOW + 272 * HOUR


def test_of_one_reference_at_most_one_is_open(owner):
    ask(owner)
    ask(owner)

    open_ones = queries.open_approvals()

    assert len(open_ones) == 1
    assert len(db.session.scalars(select(Approval)).all()) == 2


def test_the_team_is_read_once_however_much_waits(owner, second):
    for reference in ("a", "b", "c"):
        ask(owner, reference=reference)
    waiting = queries.open_approvals()

    with sent() as for_one:
        one = queries.standings(waiting[:1], NOW)
    with sent() as for_all:
        found = queries.standings(waiting, NOW)

    assert len(for_all) <= len(for_one)
    assert found[waiting[0].id] == one[waiting[0].id] == queries.standing(waiting[0], NOW)
    assert queries.approvals_of("exports", ["a", "c", "unknown"]) == {"a": waiting[0], "c": waiting[2]}


def test_everything_is_on_record_by_name(owner, second):
    approval = ask(owner)
    operations.approve(approval=approval, digest=DIGEST, by=second, now=NOW)
    release(approval, now=NOW)

    told = [(entry.action, entry.by, entry.subject) for entry in reversed(audit.entries()[:3])]

    assert told == [
        ("approval.ask", owner.audit_name, approval.audit_name),
        ("approval.approve", second.audit_name, approval.audit_name),
        ("approval.release", "organiser:1", approval.audit_name),
    ]
    assert people.able_now(rules.APPROVERS[rules.PERSONAL_DATA]) == [owner, second]
