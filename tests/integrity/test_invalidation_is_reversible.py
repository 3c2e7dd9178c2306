"""Taking signatures out of the count can be cancelled and undone, and then the numbers are what they were (goal 12)."""

import json
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from campaign_app.audit.models import AuditEntry
from campaign_app.extensions import db
from campaign_app.integrity import batches, operations
from campaign_app.integrity.models import InvalidatedSignature, Invalidation
from campaign_app.integrity.rules import Rule
from campaign_app.petitions.models import Petition
from campaign_app.signing import private_page
from campaign_app.signing.models import Signature
from campaign_app.signing.recount import recount
from campaign_app.tally.queries import statement
from campaign_app.tally.snapshots import _people

from .campaigns import BAD, NOW, TODAY, an_organiser, begin, let_sign, let_work

WORKER = Path(__file__).with_name("killed_worker.py")
DAYS = (TODAY, TODAY - timedelta(days=3), TODAY - timedelta(days=9))


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(batches, "BATCH", 7)


@pytest.fixture
def house(petition):
    """A petition of which 40 people, through 20 mailboxes on three days, came from one domain, and others did not."""
    for day, people in zip(DAYS, (20, 12, 8), strict=True):
        let_sign(petition.id, people, domain=BAD, on=day, to_a_mailbox=2, country="SY", source="wa")
        let_sign(petition.id, 9, on=day)
    db.session.commit()
    return petition.id


@pytest.fixture
def by(context):
    found = an_organiser()
    db.session.commit()
    return found


def numbers(petition_id):
    """Return everything that is published, but the two counters that say that it happened."""
    found = statement(petition_id, now=NOW)
    net = {reason: people for reason, people in found.taken_out.items()}
    places = _people(petition_id, TODAY)
    checked = recount(petition_id)
    assert checked.agrees, checked
    db.session.rollback()
    groups = {kind: {code: n for code, n in codes.items() if n} for kind, codes in places.items()}
    return replace(found, invalidated={}, restored=0, restored_by_reason={}), net, groups


def state_of(run):
    db.session.rollback()
    return db.session.get_one(Invalidation, run.id, populate_existing=True).state


def test_the_numbers_without_them_are_published_by_reason(house, by):
    run = begin(house, by, 40)
    let_work()

    found = statement(house, now=NOW)
    assert (found.people, found.mailboxes) == (27, 27)
    assert found.invalidated == found.taken_out == {"automated": 40}
    assert recount(house).agrees
    assert state_of(run) == "done"


def test_undone_the_numbers_are_what_they_were(house, by):
    before = numbers(house)
    run = begin(house, by, 40)
    let_work()
    assert numbers(house) != before

    operations.undo(run=run, by=by, now=NOW)
    db.session.commit()
    let_work()

    assert numbers(house) == before
    assert state_of(run) == "undone"
    assert statement(house, now=NOW).restored == 40


def test_cancelled_midway_the_numbers_are_what_they_were(house, by):
    before = numbers(house)
    run = begin(house, by, 40)
    let_work(3)
    assert 0 < statement(house, now=NOW).invalidated["automated"] < 40

    operations.cancel(run=run, by=by, now=NOW)
    db.session.commit()
    let_work()

    assert numbers(house) == before
    assert state_of(run) == "cancelled"
    assert not db.session.scalar(select(func.count()).select_from(InvalidatedSignature))


def test_a_step_that_breaks_before_its_commit_is_taken_again(house, by):
    begin(house, by, 40)
    for _ in range(4):
        operations.step(now=NOW)
        db.session.rollback()
        let_work(2)
    let_work()

    assert numbers(house)[1] == {"automated": 40}


def test_who_left_meanwhile_stays_gone(house, by):
    run = begin(house, by, 40)
    let_work()
    rows = db.session.execute(
        select(Signature.id, Signature.tag, Signature.nth).where(Signature.domain_tag == BAD).limit(3)
    ).all()
    whom = [{"petition_id": house, "tag": row.tag, "nth": row.nth, "now": NOW} for row in rows]
    private_page.withdraw(**whom[0])
    private_page.erase(**whom[1])
    db.session.commit()
    assert statement(house, now=NOW).people == 27

    operations.undo(run=run, by=by, now=NOW)
    db.session.commit()
    let_work()

    assert statement(house, now=NOW).people == 27 + 38
    assert numbers(house)[1] == {"automated": 2}


def test_after_the_tags_are_destroyed_it_is_undone_with_the_same_mailboxes(house, by):
    before = statement(house, now=NOW)
    run = begin(house, by, 40)
    let_work()
    db.session.execute(update(Signature).values(tag=None, person_tag=None, domain_tag=None))

    operations.undo(run=run, by=by, now=NOW)
    db.session.commit()
    let_work()

    after = statement(house, now=NOW)
    assert (after.people, after.mailboxes) == (before.people, before.mailboxes)


def test_one_run_takes_only_whom_its_rule_fits(house, by):
    begin(house, by, 12, country="SY", first_on=DAYS[1], last_on=DAYS[1])
    let_work()

    left = statement(house, now=NOW)
    assert left.people == 67 - 12
    assert db.session.scalar(select(func.count(Signature.id)).where(Signature.state == "invalidated")) == 12


def test_what_cannot_be_done_is_refused(house, by):
    with pytest.raises(operations.NothingStated):
        begin(house, by, 40, domain_tag=None)
    with pytest.raises(operations.NobodyFits):
        begin(house, by, 0)
    run = begin(house, by, 40)
    with pytest.raises(operations.AnotherRunUnderWay):
        begin(house, by, 40)
    with pytest.raises(operations.NotInThatState):
        operations.undo(run=run, by=by, now=NOW)
    let_work()
    with pytest.raises(operations.NotInThatState):
        operations.cancel(run=run, by=by, now=NOW)


@pytest.mark.parametrize(("fitting", "is_taken"), [(44, True), (45, False)])
def test_a_tenth_more_than_the_preview_showed_is_taken_out_and_not_a_person_beyond(
    house, by, fitting, is_taken
):
    def _begin():
        return operations.invalidate(
            petition=db.session.get_one(Petition, house),
            rule=Rule(domain_tag=BAD),
            reason="automated",
            note="A test.",
            expected=40,
            fitting=fitting,
            by=by,
            now=NOW,
        )

    if is_taken:
        assert _begin().expected == fitting
    else:
        with pytest.raises(operations.PreviewOutdated):
            _begin()
    db.session.rollback()


def test_every_act_is_on_record(house, by):
    run = begin(house, by, 40)
    let_work()
    operations.undo(run=run, by=by, now=NOW)
    db.session.commit()
    let_work()

    entries = db.session.execute(select(AuditEntry.action, AuditEntry.by).order_by(AuditEntry.id)).all()
    assert [tuple(each) for each in entries] == [
        ("integrity.invalidate", by.audit_name),
        ("integrity.done", "system"),
        ("integrity.undoing", by.audit_name),
        ("integrity.undone", "system"),
    ]


def test_a_worker_that_is_killed_midway_leaves_whole_steps_and_another_goes_on(house, by, base_settings):
    before = numbers(house)
    run, organiser = begin(house, by, 40).id, by.id
    db.session.remove()
    told = json.dumps(asdict(base_settings), default=str)
    killed = subprocess.run(
        [sys.executable, str(WORKER), told, NOW.isoformat(), "4"], check=False, timeout=60
    )
    assert killed.returncode == -signal.SIGKILL
    taken_out = statement(house, now=NOW).invalidated["automated"]
    assert 0 < taken_out < 40
    assert recount(house).agrees
    db.session.rollback()

    let_work()
    assert numbers(house)[1] == {"automated": 40}
    by = db.session.get_one(type(by), organiser)
    operations.undo(run=db.session.get_one(Invalidation, run), by=by, now=NOW)
    db.session.commit()
    let_work()
    assert numbers(house) == before
