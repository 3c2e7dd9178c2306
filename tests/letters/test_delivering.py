"""A letter leaves by mail through a real SMTP server, or as an organiser says; what is refused; what becomes of it."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from campaign_app.bodies import queries as directory
from campaign_app.bodies.models import BodyChannel, PresidencyOverride
from campaign_app.extensions import db
from campaign_app.letters import awaiting, delivering, issuing, queries, rules
from campaign_app.letters.delivering import DocumentsMissing, NothingToSend, SentMeanwhile
from campaign_app.letters.models import LetterDelivery, LetterFile
from campaign_app.letters.problems import NotInThisState
from campaign_app.letters.templates import template
from campaign_app.mail.models import OutboxMail
from campaign_app.mail.rules import LETTER as LETTER_MAIL
from campaign_app.sealing.keys import keyring
from campaign_app.sealing.mail import open_mail
from tests.integrity.campaigns import let_sign
from tests.letters.deliveries import handed_over, issued, newest, sent, worked
from tests.letters.situations import NOW, begin, ensure_office
from tests.mail.relays import FakeRelay
from tests.organisers import join

pytestmark = pytest.mark.usefixtures("ready")
SECRETARIAT = "sc-secretariat"


@pytest.fixture
def people(context):
    """An owner who asks, and an approver."""
    owner = join("owner@example.org", ["owner"], now=NOW)
    approver = join("approver@example.org", ["approver"], owner, now=NOW)
    db.session.commit()
    return owner, approver


@pytest.fixture
def owner(people):
    return people[0]


@pytest.fixture
def draft(petition):
    """A draft to this month's President, of a petition that three people signed; offices with addresses apart."""
    let_sign(petition.id, 3, on=NOW.date())
    ensure_office(SECRETARIAT, kind="secretariat", today=NOW.date())
    found = begin()
    channel_of(SECRETARIAT).value = "copies@example.org"
    db.session.commit()
    return found


@pytest.fixture
def letter(draft, people):
    """The same, issued, with its documents."""
    return issued(draft, people)


@pytest.fixture
def relay():
    with FakeRelay() as running:
        yield running


def channel_of(key: str, kind: str = rules.MAIL) -> BodyChannel:
    to = directory.body(key)
    return db.session.scalar(
        select(BodyChannel).where(BodyChannel.body_id == to.id, BodyChannel.kind == kind)
    )


def mails() -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail).where(OutboxMail.kind == LETTER_MAIL)))


def documents_of(letter) -> set[str]:
    """Return the names of what goes along with a letter in English and Arabic."""
    return {f"{letter.reference}-{lang}.{kind}" for lang in ("en", "ar") for kind in ("pdf", "docx")}


def states(letter) -> dict[str, str]:
    return {each.body_key: each.state for each in delivering.deliveries_of(letter)}


# -- By mail -----------------------------------------------------------------------------------------------------------


def test_the_dry_run_says_what_would_go_where_and_sends_nothing(letter):
    recipient, copy = delivering.outgoing(letter, now=NOW)

    assert (recipient.body_key, recipient.address, recipient.is_copy) == (
        letter.body_key,
        "mission@example.org",
        False,
    )
    assert (copy.body_key, copy.address, copy.is_copy) == (SECRETARIAT, "copies@example.org", True)
    assert recipient.is_usual
    assert copy.is_usual
    assert db.session.scalar(select(func.count()).select_from(LetterDelivery)) == 0
    assert mails() == []


def test_a_letter_leaves_in_the_campaign_s_own_name_with_exactly_its_documents(context, letter, owner, relay):
    sent(letter, owner)

    worked(context, relay)

    by_address = {each.to: each.message for each in relay.received}
    assert set(by_address) == {"mission@example.org", "copies@example.org"}
    mail = by_address["mission@example.org"]
    attached = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    stored = {each.name: each for each in queries.files_of(letter) if not each.name.endswith(".txt")}
    assert set(attached) == set(stored) == documents_of(letter)
    for name, content in attached.items():
        assert hashlib.sha256(content).hexdigest() == stored[name].sha256
    assert letter.reference in mail["Subject"]
    assert mail["From"].addresses[0].display_name == "International Campaign to Save the Detainees in Syria"
    assert mail["From"].addresses[0].addr_spec == "post@example.org"
    assert mail["Content-Language"] == "en"
    words = next(each for each in queries.files_of(letter) if each.name.endswith("-en.txt"))
    shown = mail.get_body(("plain",)).get_content()
    assert shown.splitlines() == words.content.decode().splitlines()
    assert letter.reference in shown


def test_the_outbox_holds_the_number_of_the_delivery_and_nothing_else(letter, owner):
    made = sent(letter, owner)

    secret = keyring().mail_secret
    opened = [open_mail(each.sealed, secret=secret) for each in mails()]

    assert sorted(each["delivery"] for each in opened) == [each.id for each in made]
    assert {tuple(each) for each in opened} == {("delivery",)}


def test_a_letter_is_sent_once_the_relay_took_it_and_not_before(context, letter, owner, relay):
    sent(letter, owner)
    db.session.refresh(letter)
    assert letter.state == rules.ISSUED

    later = NOW + timedelta(hours=2)
    worked(context, relay, now=later)

    db.session.refresh(letter)
    assert letter.state == rules.SENT
    assert later <= letter.sent_at < later + timedelta(minutes=1)
    assert set(states(letter).values()) == {rules.LEFT}
    assert mails() == []


def test_a_double_click_sends_one_mail_to_each_office(context, letter, owner, relay):
    seen = newest(letter)
    sent(letter, owner, seen=seen)

    with pytest.raises(SentMeanwhile):
        sent(letter, owner, seen=seen)
    with pytest.raises(NothingToSend):
        sent(letter, owner)  # from a page that shows that both wait
    db.session.rollback()
    worked(context, relay)

    assert sorted(each.to for each in relay.received) == ["copies@example.org", "mission@example.org"]


def test_what_left_goes_again_only_where_somebody_says_so(context, letter, owner, relay):
    sent(letter, owner)
    worked(context, relay)
    recipient, copy = delivering.outgoing(letter, now=NOW)
    assert (recipient.is_usual, copy.is_usual) == (False, False)

    sent(letter, owner, to=[letter.body_key])
    worked(context, relay)

    assert [each.to for each in relay.received].count("mission@example.org") == 2
    assert [each.to for each in relay.received].count("copies@example.org") == 1


def test_a_refusal_is_told_and_the_letter_can_be_sent_again(context, letter, owner, relay):
    relay.wishes.refuse_recipients = {"mission@example.org": "550 5.1.1 no"}
    sent(letter, owner)
    worked(context, relay)

    failed = next(each for each in delivering.deliveries_of(letter) if not each.is_copy)
    db.session.refresh(letter)
    assert failed.state == rules.FAILED
    assert "no such mailbox" in failed.trouble
    assert letter.state == rules.ISSUED  # its copy left; the recipient has nothing

    relay.wishes.refuse_recipients = {}
    sent(letter, owner, to=[letter.body_key])
    worked(context, relay)

    db.session.refresh(letter)
    assert letter.state == rules.SENT


def test_a_relay_that_asks_to_wait_is_asked_again_and_nothing_is_lost(context, letter, owner, relay):
    relay.wishes.RCPT = "451 4.7.1 later"
    sent(letter, owner)
    worked(context, relay)
    assert set(states(letter).values()) == {rules.QUEUED}

    relay.wishes.RCPT = ""
    worked(context, relay, now=NOW + timedelta(minutes=3))

    assert set(states(letter).values()) == {rules.LEFT}


def test_a_document_that_was_changed_behind_the_desk_does_not_leave(context, letter, owner, relay):
    sent(letter, owner)
    file = db.session.scalar(select(LetterFile).where(LetterFile.name == f"{letter.reference}-en.pdf"))
    file.content = file.content.replace(b"/Title", b"/Tutle")
    db.session.commit()

    worked(context, relay)

    assert relay.received == []
    assert set(states(letter).values()) == {rules.FAILED}


def test_a_mail_that_waits_can_be_stopped_and_then_the_letter_taken_back(context, letter, owner, relay):
    made = sent(letter, owner)
    with pytest.raises(NotInThisState):
        issuing.withdraw(letter=letter, reason="Test", by=owner, now=NOW)
    db.session.rollback()

    for each in made:
        delivering.stop(delivery=each, by=owner, now=NOW)
    issuing.withdraw(letter=letter, reason="Test", by=owner, now=NOW)
    db.session.commit()
    worked(context, relay)

    assert relay.received == []
    assert letter.state == rules.WITHDRAWN


def test_a_mail_that_the_worker_has_in_hand_cannot_be_stopped(letter, owner):
    made = sent(letter, owner)
    for each in mails():
        each.claimed_until = NOW + timedelta(minutes=5)
    db.session.commit()

    with pytest.raises(NotInThisState):
        delivering.stop(delivery=made[0], by=owner, now=NOW)


def test_a_mail_that_is_gone_from_the_outbox_is_told_as_not_delivered(letter, owner):
    sent(letter, owner)
    delivering.watch(now=NOW)
    assert set(states(letter).values()) == {rules.QUEUED}

    db.session.execute(OutboxMail.__table__.delete())  # as after a restored backup, or a week without a relay
    delivering.watch(now=NOW)

    assert set(states(letter).values()) == {rules.FAILED}


def test_a_confidential_letter_is_mailed_without_any_address_of_a_page(context, petition, people, relay):
    let_sign(petition.id, 3, on=NOW.date())
    ensure_office("icrc", kind="humanitarian", today=NOW.date(), default_visibility=rules.CONFIDENTIAL)
    found = begin("icrc-iimp-request", body_key="icrc", languages=("en",), month=None)
    found.typed = {each.name: {"en": "invented words"} for each in template("icrc-iimp-request").fields}
    db.session.commit()
    found = issued(found, people)
    sent(found, people[0])

    worked(context, relay)

    (mail,) = relay.received
    assert found.visibility == rules.CONFIDENTIAL
    assert f"/letters/{found.reference}".encode() not in mail.content
    assert found.code.encode() not in mail.content


# -- Refused -----------------------------------------------------------------------------------------------------------


def test_a_draft_is_not_sent(draft, owner):
    with pytest.raises(NotInThisState):
        sent(draft, owner)


def test_a_letter_that_was_taken_back_is_not_sent(letter, owner):
    issuing.withdraw(letter=letter, reason="Test", by=owner, now=NOW)
    db.session.commit()

    with pytest.raises(NotInThisState):
        sent(letter, owner)


def test_nothing_is_sent_before_its_documents_are_made(draft, people):
    found = issued(draft, people, with_documents=False)

    with pytest.raises(DocumentsMissing):
        sent(found, people[0])
    with pytest.raises(DocumentsMissing):
        handed_over(found, people[0])


def test_an_address_that_was_not_checked_for_ninety_days_gets_nothing(letter, owner):
    channel_of(letter.body_key).verified_on = NOW.date() - timedelta(days=91)
    channel_of(SECRETARIAT).verified_on = None
    db.session.commit()

    recipient, copy = delivering.outgoing(letter, now=NOW)

    assert [each.code for each in recipient.obstacles] == ["channel-old"]
    assert [each.code for each in copy.obstacles] == ["channel-unverified"]
    with pytest.raises(NothingToSend):
        sent(letter, owner)
    assert mails() == []


def test_an_office_without_an_address_gets_nothing_and_the_others_get_theirs(context, letter, owner, relay):
    db.session.delete(channel_of(SECRETARIAT))
    db.session.commit()

    sent(letter, owner)
    worked(context, relay)

    assert [each.to for each in relay.received] == ["mission@example.org"]
    assert [each.code for each in delivering.outgoing(letter, now=NOW)[1].obstacles] == ["channel-missing"]


def test_a_council_letter_does_not_leave_in_another_month(letter, owner):
    january = datetime(2027, 1, 4, tzinfo=UTC)

    recipient, _copy = delivering.outgoing(letter, now=january)

    assert [each.code for each in recipient.obstacles] == ["other-month"]
    with pytest.raises(NothingToSend):
        sent(letter, owner, to=[letter.body_key], now=january)


def test_a_council_letter_does_not_leave_to_who_does_not_preside_after_all(letter):
    other = next(each for each in directory.members(NOW.date()) if each.key != letter.body_key)
    override = PresidencyOverride(
        year=NOW.year, month=NOW.month, body_id=other.id, source="Test", noted_by="test", noted_at=NOW
    )
    db.session.add(override)
    db.session.commit()

    recipient, _copy = delivering.outgoing(letter, now=NOW)

    assert [each.code for each in recipient.obstacles] == ["other-president"]


# -- As an organiser says ----------------------------------------------------------------------------------------------


def test_what_was_handed_over_with_a_receipt_is_sent_and_received(letter, owner):
    made = handed_over(letter, owner, note="Stamped by the mail room, folder 3", is_received=True)

    assert (made.state, made.note) == (rules.RECEIVED, "Stamped by the mail room, folder 3")
    assert (letter.state, letter.sent_at) == (rules.SENT, NOW)
    assert set(made.sha256) == documents_of(letter)


def test_a_copy_alone_does_not_make_a_letter_sent(letter, owner):
    handed_over(letter, owner, body_key=SECRETARIAT)

    assert letter.state == rules.ISSUED
    with pytest.raises(NotInThisState):  # and yet somebody has it
        issuing.withdraw(letter=letter, reason="Test", by=owner, now=NOW)


def test_a_delivery_that_came_back_is_told_and_a_receipt_that_came_later_too(letter, owner):
    first = handed_over(letter, owner)
    delivering.note_returned(delivery=first, why="Closed\nthat day", by=owner, now=NOW)
    second = handed_over(letter, owner)
    delivering.note_receipt(delivery=second, note="Stamp of the mail room", by=owner, now=NOW)

    assert (first.state, first.trouble) == (rules.BOUNCED, "Closed that day")
    assert (second.state, second.note) == (rules.RECEIVED, "Stamp of the mail room")
    with pytest.raises(NotInThisState):
        delivering.note_receipt(delivery=first, note="-", by=owner, now=NOW)


def test_a_numbers_sheet_goes_to_nobody_by_mail_and_to_the_press_by_hand(petition, people):
    let_sign(petition.id, 3, on=NOW.date())
    sheet = issued(begin("numbers-sheet", month=None, way=None), people)

    assert delivering.outgoing(sheet, now=NOW) == []
    handed_over(sheet, people[0])

    assert sheet.state == rules.SENT
    assert awaiting.waits(now=NOW) == []  # nobody is to answer it
