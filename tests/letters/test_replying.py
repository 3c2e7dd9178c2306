"""What became of a letter: replies and their consent, follow-ups after two and four weeks, silence, the end."""

from datetime import timedelta

import pytest

from campaign_app.bodies import queries as directory
from campaign_app.extensions import db
from campaign_app.letters import awaiting, delivering, replying, rules
from campaign_app.letters.problems import NotInThisState
from campaign_app.letters.replying import Filing, NoConsent, NotAScan
from tests.integrity.campaigns import let_sign
from tests.letters.deliveries import handed_over, issued
from tests.letters.situations import NOW, begin
from tests.organisers import join

pytestmark = pytest.mark.usefixtures("ready")
PDF = b"%PDF-1.7 invented"
WEEK = timedelta(weeks=1)


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
def letter(petition, people):
    """A letter to this month's President that was handed over at NOW."""
    let_sign(petition.id, 3, on=NOW.date())
    found = issued(begin(), people)
    handed_over(found, people[0])
    return found


def filed(letter, owner, kind=rules.ANSWER, **more):
    filing = Filing(kind=kind, received_on=NOW.date(), language="en", text="We received it.", **more)
    return replying.file_reply(letter=letter, filing=filing, seen=replying.newest(letter), by=owner, now=NOW)


def make_customary(letter):
    directory.body(letter.body_key).is_reply_customary = True
    db.session.commit()


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ([rules.ACKNOWLEDGEMENT], rules.ACKNOWLEDGED),
        ([rules.ANSWER], rules.ANSWERED),
        ([rules.REFUSAL], rules.DECLINED),
        ([rules.ACKNOWLEDGEMENT, rules.ANSWER], rules.ANSWERED),
        ([rules.REFUSAL, rules.ANSWER], rules.ANSWERED),
        ([rules.ANSWER, rules.ACKNOWLEDGEMENT], rules.ANSWERED),  # a late one says less
    ],
)
def test_a_letter_is_as_far_as_its_replies(letter, owner, kinds, state):
    for kind in kinds:
        filed(letter, owner, kind)

    assert letter.state == state
    assert [each.kind for each in replying.replies_of(letter)] == kinds[::-1]


def test_nothing_is_filed_of_a_letter_that_has_not_left(petition, people):
    let_sign(petition.id, 3, on=NOW.date())

    with pytest.raises(NotInThisState):
        filed(issued(begin(), people), people[0])


def test_a_reply_is_shown_only_with_consent_and_can_be_hidden(letter, owner):
    reply = filed(letter, owner)
    with pytest.raises(NoConsent):
        replying.publish_reply(reply=reply, consent_note=" \n", by=owner, now=NOW)
    assert not reply.is_published

    note = "By mail of 11 December, from the office"
    replying.publish_reply(reply=reply, consent_note=note, by=owner, now=NOW)
    assert (reply.is_published, reply.consent_note) == (True, note)

    replying.hide_reply(reply=reply, by=owner, now=NOW)
    assert not reply.is_published


@pytest.mark.parametrize(
    ("scan", "name", "kept"),
    [
        (PDF, "../../etc/reply.exe", ("reply.pdf", "application/pdf")),
        (b"\x89PNG\r\n\x1a\n-", "C:\\scan.PNG", ("scan.png", "image/png")),
        (b"\xff\xd8\xff\xe0", "\u202egpj.exe\n", ("gpj.jpg", "image/jpeg")),
        (PDF, "", ("reply.pdf", "application/pdf")),
        (PDF, "x" * 300, ("x" * 116 + ".pdf", "application/pdf")),
    ],
)
def test_a_scan_is_what_its_first_bytes_say_and_its_name_leads_nowhere(letter, owner, scan, name, kept):
    reply = filed(letter, owner, scan=scan, scan_name=name)

    assert (reply.file_name, reply.media_type) == kept
    assert reply.content == scan


@pytest.mark.parametrize(
    "scan", [b"<html>", b"MZ", b" %PDF-1.7", PDF + bytes(replying.LARGEST_SCAN_BYTES)], ids=len
)
def test_what_is_no_scan_is_not_filed(letter, owner, scan):
    with pytest.raises(NotAScan):
        filed(letter, owner, scan=scan, scan_name="reply.pdf")


def test_a_follow_up_is_due_after_two_weeks_and_again_after_four(letter, owner):
    def due(at):
        return awaiting.wait_of(letter, now=at).reminders

    assert [due(NOW + each * WEEK - timedelta(seconds=1)) for each in (2, 4)] == [0, 1]
    assert due(NOW + 2 * WEEK) == 1

    replying.note_follow_up(letter=letter, by=owner, now=NOW + 2 * WEEK)

    assert [due(NOW + each * WEEK) for each in (3, 4)] == [0, 1]


def test_silence_is_overdue_after_six_weeks_where_an_answer_is_customary(letter):
    delivering.watch(now=NOW + 6 * WEEK)
    assert letter.state == rules.SENT

    make_customary(letter)
    delivering.watch(now=NOW + 6 * WEEK - timedelta(seconds=1))
    assert letter.state == rules.SENT

    delivering.watch(now=NOW + 6 * WEEK)
    assert letter.state == rules.OVERDUE


def test_an_answer_ends_the_wait_even_when_it_is_late(letter, owner):
    make_customary(letter)
    delivering.watch(now=NOW + 7 * WEEK)

    filed(letter, owner)
    delivering.watch(now=NOW + 8 * WEEK)

    assert letter.state == rules.ANSWERED
    assert awaiting.waits(now=NOW + 8 * WEEK) == []


def test_a_closed_letter_awaits_nothing_and_is_sent_no_more(letter, owner):
    replying.close(letter=letter, by=owner, now=NOW)

    assert (letter.state, letter.closed_at) == (rules.CLOSED, NOW)
    assert awaiting.waits(now=NOW + 3 * WEEK) == []
    for act in (
        lambda: replying.close(letter=letter, by=owner, now=NOW),
        lambda: replying.note_follow_up(letter=letter, by=owner, now=NOW),
        lambda: handed_over(letter, owner),
    ):
        with pytest.raises(NotInThisState):
            act()
