"""The link that stops updates: one button, one click, and the same answer to every link."""

import pytest

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.sealing.tokens import token_hash
from campaign_app.signing import private_page
from campaign_app.signing.models import Tombstone
from campaign_app.updates.models import UpdateLink
from tests.pages import end_the_tests_own_transaction

from .situations import supporter, wants

STOP = "s" * 32
UNKNOWN = "u" * 32


@pytest.fixture
def two_of_one_mailbox(petition) -> tuple[bytes, bytes, bytes]:
    """Two people of one mailbox, the first of whom the mail was for, and somebody else."""
    people = [supporter(petition, 1), supporter(petition, 2, nth=1, mailbox=1), supporter(petition, 3)]
    db.session.flush()
    db.session.add(UpdateLink(token_hash=token_hash(STOP), signature_id=people[0].id, bounce_mark=b"m" * 32))
    ids = tuple(person.id for person in people)
    db.session.commit()
    return ids


def test_one_press_stops_the_news_to_everyone_of_the_mailbox_and_to_nobody_else(client, two_of_one_mailbox):
    first, second, other = two_of_one_mailbox
    page = client.get(f"/ar/stop-updates/{STOP}")
    assert page.text.count("<button") >= 1
    assert wants(first)

    answer = client.post(f"/ar/stop-updates/{STOP}")

    assert answer.status_code == 200
    assert [wants(each) for each in (first, second, other)] == [False, False, True]
    kinds = db.session.query(Tombstone.kind).all()
    assert kinds == [("no-updates",), ("no-updates",)], "a restore must not bring the news back"


def test_a_mail_program_s_one_click_needs_no_cookie_no_origin_and_no_form(client, two_of_one_mailbox):
    end_the_tests_own_transaction()
    answer = client.post(
        f"/en/stop-updates/{STOP}",
        data={"List-Unsubscribe": "One-Click"},
        headers={"Origin": "https://mail.example.org", "Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert not wants(two_of_one_mailbox[0])


def test_an_unknown_link_and_one_pressed_twice_get_the_same_answer(client, two_of_one_mailbox):
    said = [client.post(f"/en/stop-updates/{token}").text for token in (STOP, STOP, UNKNOWN)]

    assert len({text.replace(STOP, "").replace(UNKNOWN, "") for text in said}) == 1


def test_the_link_goes_with_the_signature_and_never_stands_in_its_way(petition, context, two_of_one_mailbox):
    first = two_of_one_mailbox[0]
    tag = db.session.get_one(UpdateLink, (token_hash(STOP), first))
    assert tag.token_hash != STOP.encode()
    from campaign_app.signing.models import Signature

    mailbox = db.session.get_one(Signature, first).tag
    private_page.erase(petition_id=petition.id, tag=mailbox, nth=0, now=utc_now())
    db.session.commit()

    assert db.session.query(UpdateLink).all() == []
