"""From draft to issued: what stands against it, who agrees, what is frozen, and that nothing of it moves afterwards."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from campaign_app.approvals import operations as approvals
from campaign_app.approvals.problems import Changed, NotAsked, NotReleasedYet
from campaign_app.approvals.queries import approval_of
from campaign_app.audit.models import AuditEntry
from campaign_app.bodies.models import Body, BodyChannel
from campaign_app.extensions import db
from campaign_app.letters import drafting, issuing, obstacles, queries, rules
from campaign_app.letters.frozen import from_json
from campaign_app.letters.problems import NotInThisState, ObstaclesLeft
from campaign_app.petitions.models import Petition, PetitionText
from campaign_app.petitions.queries import forget_kept
from campaign_app.tally.queries import statement
from tests.integrity.campaigns import let_sign
from tests.letters.situations import NOW, begin
from tests.organisers import join

SLUG = "lists-and-graves"
pytestmark = pytest.mark.usefixtures("ready")
EDIT = drafting.Edit(
    texts={lang: {"subject": "Lists", "body": "We ask. {{statement}}"} for lang in ("en", "ar")},
    typed={},
    parts=(),
    signatory={"name": "A. Signatory", "role": "Coordinator"},
    visibility=rules.PUBLIC,
    way=rules.MAIL,
)


@pytest.fixture
def letter(petition):
    """A draft to this month's President, of a petition that three people signed."""
    let_sign(petition.id, 3, on=NOW.date())
    found = begin()
    db.session.commit()
    return found


def codes(found, *, now=NOW, with_warnings=False):
    """Return what stands against issuing a letter."""
    listed = obstacles.against_issuing(found, now=now)
    return {each.code for each in listed if with_warnings or not each.is_warning}


def agree(found, people, *, now=NOW):
    """Ask, and let the second person approve."""
    owner, approver = people
    issuing.ask(letter=found, by=owner, now=now)
    approval = approval_of(queries.ROOM, found.key)
    approvals.approve(approval=approval, digest=approval.digest, by=approver, now=now)


def issued(found, people, *, now=NOW):
    """Return a letter once it is issued."""
    agree(found, people, now=now)
    issuing.issue(letter=found, by=people[0], now=now)
    db.session.commit()
    return found


def test_a_letter_of_the_shipped_template_can_be_issued_at_once(letter):
    assert codes(letter) == set()


def test_issuing_freezes_words_numbers_and_recipient_under_a_reference(letter, people):
    issued(letter, people)

    frozen = from_json(letter.frozen)
    now = statement(letter.petition_id, now=NOW)
    assert letter.state == rules.ISSUED
    assert frozen.reference == letter.reference == f"NID-{NOW.year}-0001"
    assert (frozen.statement.people, frozen.statement.mailboxes) == (now.people, now.mailboxes) == (3, 3)
    assert frozen.released == letter.how == "two-people"
    assert frozen.sha256 == letter.frozen_sha256
    assert frozen.addressed.month == f"{NOW:%Y-%m}"
    assert "3" in frozen.texts["en"].statement
    assert letter.code in frozen.addresses["en"]
    assert "{{" not in letter.frozen


def test_what_is_frozen_does_not_move_when_people_sign(letter, people):
    issued(letter, people)
    before = letter.frozen

    let_sign(letter.petition_id, 3, on=NOW.date())
    db.session.commit()

    db.session.refresh(letter)
    assert letter.frozen == before
    assert from_json(letter.frozen).statement.people == 3
    assert statement(letter.petition_id, now=NOW).people == 6


def test_nothing_of_an_issued_letter_can_be_edited_asked_or_issued_again(letter, people):
    issued(letter, people)
    owner = people[0]

    for again in (
        lambda: drafting.edit(letter=letter, edit=EDIT, by="test", now=NOW),
        lambda: issuing.ask(letter=letter, by=owner, now=NOW),
        lambda: issuing.issue(letter=letter, by=owner, now=NOW),
        lambda: issuing.take_back(letter=letter, by=owner, now=NOW),
    ):
        with pytest.raises(NotInThisState):
            again()


def test_references_of_a_year_follow_each_other_without_a_gap_and_begin_anew_with_the_year(letter, people):
    others = [begin() for _ in range(2)]
    first = [issued(each, people).reference for each in (letter, *others)]
    later = begin(month=date(2027, 1, 1))
    new_year = datetime(2027, 1, 2, tzinfo=UTC)
    for channel in db.session.scalars(select(BodyChannel)):
        channel.verified_on = new_year.date()

    assert [int(each.rpartition("-")[2]) for each in first] == [1, 2, 3]
    assert issued(later, people, now=new_year).reference == "NID-2027-0001"


def test_one_person_is_not_enough(letter, people):
    issuing.ask(letter=letter, by=people[0], now=NOW)

    with pytest.raises(NotReleasedYet):
        issuing.issue(letter=letter, by=people[0], now=NOW)


def test_nothing_is_issued_that_nobody_was_asked_about(letter, people):
    with pytest.raises(NotAsked):
        issuing.issue(letter=letter, by=people[0], now=NOW)


def test_somebody_alone_waits_twelve_hours_and_the_letter_says_so(letter, context):
    now = NOW
    owner = join("alone@example.org", ["owner"], now=now)
    issuing.ask(letter=letter, by=owner, now=now)

    with pytest.raises(NotReleasedYet):
        issuing.issue(letter=letter, by=owner, now=now + timedelta(hours=11, minutes=59))
    issuing.issue(letter=letter, by=owner, now=now + timedelta(hours=12))

    assert letter.how == from_json(letter.frozen).released == "one-person"


def test_what_was_agreed_to_stands_still_until_it_is_taken_back(letter, people):
    agree(letter, people)
    with pytest.raises(NotInThisState):
        drafting.edit(letter=letter, edit=EDIT, by="test", now=NOW)

    issuing.take_back(letter=letter, by=people[0], now=NOW)
    drafting.edit(letter=letter, edit=EDIT, by="test", now=NOW)

    with pytest.raises(NotAsked):
        issuing.issue(letter=letter, by=people[0], now=NOW)


def test_words_that_changed_behind_the_desk_are_not_what_was_agreed_to(letter, people):
    agree(letter, people)
    letter.texts = {**letter.texts, "en": {"subject": "Other", "body": "Other words."}}
    db.session.flush()

    with pytest.raises(Changed):
        issuing.issue(letter=letter, by=people[0], now=NOW)


@pytest.mark.parametrize(
    "field",
    ["visibility", "languages", "has_names", "has_endorsements", "signatory", "body_month", "way"],
)
def test_all_that_a_reader_would_see_is_agreed_to(letter, field):
    before = queries.digest_of(letter)
    changed = {
        "visibility": rules.VERIFY_ONLY,
        "languages": ["en"],
        "has_names": True,
        "has_endorsements": False,
        "signatory": {"name": "B. Other", "role": "Coordinator"},
        "body_month": date(2027, 5, 1),
        "way": rules.POST,
    }

    setattr(letter, field, changed[field])

    assert queries.digest_of(letter) != before


def test_the_embargo_is_agreed_to(letter):
    before = queries.digest_of(letter)

    letter.embargo_until = NOW

    assert queries.digest_of(letter) != before


def edited(letter, **changes):
    """Return a draft after an edit."""
    drafting.edit(letter=letter, edit=replace(EDIT, **changes), by="test", now=NOW)
    db.session.commit()
    return letter


def body(text):
    """Return texts whose English body is `text`."""
    return {**EDIT.texts, "en": {"subject": "Lists", "body": text}}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{{fact:nothing}}", "unresolved"),
        ("{{ 7*7 }}", "unresolved"),
        ("At least 13,197 people.", "bare-number"),
        ("Tens of thousands.", "bare-number"),
        ("", "text-missing"),
    ],
)
def test_words_that_cannot_be_defended_stop_it(letter, people, text, code):
    edited(letter, texts=body(text))

    assert code in codes(letter)
    with pytest.raises(ObstaclesLeft):
        issuing.ask(letter=letter, by=people[0], now=NOW)


def test_a_number_that_states_no_fact_is_marked_as_that(letter):
    edited(letter, texts=body("Within {{plain:30}} days. {{statement}}"))

    assert codes(letter) == set()


def test_demonstration_keys_stop_it(letter, monkeypatch):
    monkeypatch.undo()

    assert {"demo-keys", "campaign-missing"} <= codes(letter)


def test_a_letter_that_does_not_speak_of_signatures_brings_none(letter, people):
    plain = {"subject": "Lists", "body": "How should families write to you?"}
    edited(letter, texts={"en": plain, "ar": plain}, has_names=True)
    issued(letter, people)

    frozen = from_json(letter.frozen)
    assert frozen.statement is None
    assert frozen.annexes.count == 0


def test_a_letter_that_nobody_signs_stops_it(letter):
    edited(letter, signatory={"name": "A. Signatory", "role": " "})

    assert codes(letter) == {"signatory-missing"}


def test_without_signatures_there_is_no_statement_and_no_letter_with_one(petition):
    found = begin()

    (said,) = [each for each in obstacles.against_issuing(found, now=NOW) if "{{statement}}" in str(each)][:1]
    assert said.code == "unresolved"


@pytest.mark.parametrize(("state", "code"), [("withdrawn", "petition-withdrawn"), ("draft", "petition-gone")])
def test_a_petition_that_is_not_there_any_more_stops_it(letter, state, code):
    db.session.get_one(Petition, letter.petition_id).state = state
    db.session.commit()
    forget_kept()

    assert code in codes(letter)


def test_a_title_that_nobody_wrote_in_the_language_of_the_letter_is_told(letter, petition):
    assert "title-missing" not in codes(letter, with_warnings=True)
    french = begin(languages=("fr",))
    for text in db.session.scalars(select(PetitionText).filter_by(petition_id=petition.id, language="en")):
        text.title = "Another title"
    db.session.commit()
    forget_kept()

    assert "title-missing" in codes(french, with_warnings=True)
    assert "title-missing" not in codes(letter, with_warnings=True)


def test_a_channel_that_was_not_checked_for_ninety_days_stops_it(letter):
    to = db.session.scalar(select(Body).where(Body.key == letter.body_key))
    channel = db.session.scalar(
        select(BodyChannel).where(BodyChannel.body_id == to.id, BodyChannel.kind == "mail")
    )
    channel.verified_on = NOW.date() - timedelta(days=90)
    db.session.commit()
    assert codes(letter) == set()

    channel.verified_on -= timedelta(days=1)
    db.session.commit()

    assert codes(letter) == {"channel-old"}


def test_no_way_and_no_channel_stop_it(letter):
    edited(letter, way=None)
    assert codes(letter) == {"way-missing"}

    edited(letter, way=rules.POST)
    db.session.execute(BodyChannel.__table__.delete().where(BodyChannel.kind == "post"))
    db.session.commit()

    assert codes(letter) == {"channel-missing"}


def test_a_month_without_a_president_stops_it(letter):
    found = begin(month=date(2031, 3, 1))

    assert "no-president" in codes(found)


def test_a_month_that_is_over_stops_it_and_one_to_come_is_told(petition):
    let_sign(petition.id, 1, on=NOW.date())
    found = begin(month=date(2026, 12, 5))
    in_november, in_december = (datetime(2026, month, 20, tzinfo=UTC) for month in (11, 12))
    late, in_january = datetime(2026, 12, 28, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    months = {"month-ahead", "month-ends", "month-over"}

    told = [
        codes(found, now=at, with_warnings=True) & months
        for at in (in_november, in_december, late, in_january)
    ]

    assert told == [{"month-ahead"}, set(), {"month-ends"}, {"month-over"}]
    assert "month-over" in codes(found, now=in_january)


def test_a_letter_is_never_more_open_than_its_template_or_its_recipient_by_default(petition):
    found = begin()

    assert found.visibility == rules.PUBLIC
    for wanted, floor in itertools.product(rules.VISIBILITIES, repeat=2):
        assert rules.VISIBILITIES.index(drafting._at_least(floor, wanted)) == max(
            rules.VISIBILITIES.index(wanted), rules.VISIBILITIES.index(floor)
        )


def test_a_confidential_letter_prints_no_address_of_a_page(letter, people):
    edited(letter, visibility=rules.CONFIDENTIAL)
    issued(letter, people)

    assert from_json(letter.frozen).addresses == {}


def test_a_correction_is_a_new_letter_that_names_the_old(letter, people):
    issued(letter, people)
    new = drafting.correct(letter=letter, by="test", now=NOW)
    db.session.commit()

    issued(new, people)

    assert from_json(new.frozen).corrects == letter.reference
    assert new.reference != letter.reference
    assert letter.state == rules.ISSUED


def test_a_draft_is_not_corrected(letter):
    with pytest.raises(NotInThisState):
        drafting.correct(letter=letter, by="test", now=NOW)


def test_what_was_issued_and_not_sent_can_be_taken_back_and_keeps_its_number(letter, people):
    issued(letter, people)

    issuing.withdraw(letter=letter, reason="wrong month", by=people[0], now=NOW)
    db.session.commit()

    assert (letter.state, letter.number) == (rules.WITHDRAWN, 1)
    assert issued(begin(), people).number == 2


def test_every_edit_is_a_version(letter):
    edited(letter, texts=body("One. {{statement}}"))
    edited(letter, texts=body("Two. {{statement}}"))

    versions = queries.versions_of(letter)

    assert [each.version for each in versions] == [3, 2, 1]
    assert versions[0].texts["en"]["body"].startswith("Two.")


def test_the_record_says_what_was_issued_and_names_no_signer(letter, people):
    issued(letter, people)

    entry = db.session.scalar(select(AuditEntry).where(AuditEntry.action == "letter.issue"))
    details = json.loads(entry.details)
    assert details["sha256"] == letter.frozen_sha256
    assert details["people"] == 3
