"""A month's letters to all members of the Council: drafted, agreed to, issued together, and packed with their sums."""

import hashlib
import io
import json
import time
import zipfile
from datetime import date

import pytest

from campaign_app.approvals.problems import Changed, SamePerson
from campaign_app.bodies import queries as directory
from campaign_app.extensions import db
from campaign_app.letters import batches, issuing, making, queries, rules
from campaign_app.letters.batches import BatchExists, DocumentsMissing, NobodySits, Plan
from campaign_app.letters.frozen import from_json
from tests.integrity.campaigns import let_sign
from tests.letters.situations import NOW
from tests.organisers import join

pytestmark = pytest.mark.usefixtures("ready")
LANGUAGES = ("en", "fr", "ar")


@pytest.fixture
def people(context):
    """An owner who asks, and an approver."""
    owner = join("owner@example.org", ["owner"], now=NOW)
    approver = join("approver@example.org", ["approver"], owner, now=NOW)
    db.session.commit()
    return owner, approver


@pytest.fixture
def plan(petition):
    """What all members get in the month of NOW, of a petition that three people signed."""
    let_sign(petition.id, 3, on=NOW.date())
    db.session.commit()
    return Plan(
        petition_id=petition.id,
        template="council-member",
        month=NOW.date(),
        languages=LANGUAGES,
        signatory={"name": "A. Signatory", "role": "Coordinator"},
        way=rules.MAIL,
    )


@pytest.fixture
def batch(plan):
    found = batches.draft_batch(plan=plan, by="test", now=NOW)
    db.session.commit()
    return found


def digests(found):
    return {each.key: queries.digest_of(each) for each in batches.letters_of(found)}


def issue(found, people):
    """Ask, agree and issue by three presses."""
    owner, approver = people
    asked = batches.ask_all(found=found, by=owner, now=NOW)
    approved = batches.approve_all(found=found, digests=digests(found), by=approver, now=NOW)
    issued = batches.issue_all(found=found, by=owner, now=NOW)
    db.session.commit()
    return asked, approved, issued


def test_every_member_gets_a_letter_and_the_president_the_president_s_own(batch):
    letters = batches.letters_of(batch)
    members = [each.key for each in directory.members(NOW.date())]
    presides = directory.president(NOW.year, NOW.month).key

    assert len(letters) == len(members) == 15
    assert {each.body_key for each in letters} == set(members)
    assert [each.body_key for each in letters if each.template == "council-president"] == [presides]
    assert letters[0].body_key == presides
    assert {tuple(each.languages) for each in letters} == {LANGUAGES}


def test_a_double_click_drafts_once_and_what_was_thrown_away_may_be_begun_anew(batch, plan, people):
    with pytest.raises(BatchExists) as refusal:
        batches.draft_batch(plan=plan, by="test", now=NOW)
    assert refusal.value.key == batch.key

    for each in batches.letters_of(batch):
        issuing.withdraw(letter=each, reason="Test", by=people[0], now=NOW)

    assert len(batches.letters_of(batches.draft_batch(plan=plan, by="test", now=NOW))) == 15


def test_a_month_whose_members_nobody_entered_has_no_letters(plan):
    with pytest.raises(NobodySits):
        batches.draft_batch(
            plan=Plan(
                petition_id=plan.petition_id, template="open-letter", month=NOW.date(), languages=("en",)
            ),
            by="test",
            now=NOW,
        )


def test_who_asked_for_all_does_not_agree_to_any_and_nobody_to_what_they_were_not_shown(batch, people):
    owner, approver = people
    batches.ask_all(found=batch, by=owner, now=NOW)

    with pytest.raises(SamePerson):
        batches.approve_all(found=batch, digests=digests(batch), by=owner, now=NOW)
    with pytest.raises(Changed):
        batches.approve_all(found=batch, digests={}, by=approver, now=NOW)


def test_fifteen_letters_in_three_languages_are_issued_made_and_packed_with_their_sums(batch, people):
    assert batches.progress(batch) == batches.Progress(15, 0, 0)
    with pytest.raises(DocumentsMissing):
        batches.packed(batch)

    assert issue(batch, people) == (15, 15, 15)
    began = time.process_time()
    making.make_documents(now=NOW)
    content = batches.packed(batch)
    took_seconds = time.process_time() - began

    letters = batches.letters_of(batch)
    assert batches.progress(batch).is_complete
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert len(files) == manifest["total_files"] == 15 * 3 * 3  # PDF, DOCX and text
    assert manifest["total_bytes"] == sum(map(len, files.values()))
    said = {each["name"]: each for each in manifest["files"]}
    assert set(said) == set(files)
    for name, each in files.items():
        assert said[name]["sha256"] == hashlib.sha256(each).hexdigest()
    by_reference = {each.reference: from_json(each.frozen) for each in letters}
    assert len(by_reference) == 15
    for each in manifest["files"]:
        assert each["recipient"] == by_reference[each["reference"]].addressed.names["en"]
        assert each["released"] == by_reference[each["reference"]].released == "two-people"
    assert batches.packed(batch) == content
    assert took_seconds < 20, took_seconds  # two cores do it in half of that


def test_issuing_all_twice_issues_once(batch, people):
    issue(batch, people)

    assert batches.issue_all(found=batch, by=people[0], now=NOW) == 0
    assert batches.ask_all(found=batch, by=people[0], now=NOW) == 0


def test_the_letters_of_another_month_are_others(plan, batch):
    january = Plan(
        petition_id=plan.petition_id, template=plan.template, month=date(2027, 1, 5), languages=("en",)
    )

    other = batches.draft_batch(plan=january, by="test", now=NOW)

    assert {each.body_key for each in batches.letters_of(other)} == {
        each.key for each in directory.members(date(2027, 1, 1))
    }
