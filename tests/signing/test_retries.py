"""Retries, lost answers and presses at the same moment: acknowledged is stored, and counts once (safety goals 7, 8).

tests/endurance kills real processes; here a commit happens and its answer is lost, and people press together.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.prepared import Direct
from campaign_app.shield import held
from campaign_app.signing.models import Pending, Signature
from campaign_app.signing.recount import recount
from campaign_app.tally.queries import statement
from tests.supporters import (
    SIGN,
    confirm,
    link_in,
    mails,
    newest_token,
    ready_form,
    send_mail,
    sign,
    sign_and_confirm,
    stored,
)

NAMES = ("Amal Test", "Basel Test", "Carim Test", "Dima Test", "Emad Test", "Farah Test")


@pytest.fixture
def lose_an_answer(app, monkeypatch):
    """A function: from then on the next commit happens, and its answer is lost together with the connection."""

    def begin() -> None:
        commit = Direct.commit

        def committed_but_silent(connection: Direct) -> None:
            commit(connection)
            monkeypatch.undo()
            raise OperationalError("COMMIT", None, ConnectionError("gone"), connection_invalidated=True)

        monkeypatch.setattr(Direct, "commit", committed_but_silent)

    yield begin
    assert "silent" not in Direct.commit.__name__, "nothing was committed"


@pytest.fixture
def no_ceiling(monkeypatch):
    """Send every mail at once, however many one mailbox is asked for."""
    monkeypatch.setattr(held, "MAILS_PER_MAILBOX", 100)


def numbers(petition) -> tuple[int, int]:
    found = statement(petition.id, now=utc_now())
    assert recount(petition.id).agrees
    db.session.rollback()
    return found.people, found.mailboxes


def test_a_signature_whose_answer_was_lost_is_asked_for_once(client, petition, lose_an_answer):
    form = ready_form(client)
    lose_an_answer()

    answer = client.post(SIGN, data=form)

    assert answer.status_code == 303
    assert stored() == 2  # one request, one mail


def test_a_confirmation_whose_answer_was_lost_counts_once_and_is_thanked_for(
    client, petition, mail_dir, lose_an_answer
):
    sign(client)
    send_mail(client.application)
    token = newest_token(mail_dir)
    lose_an_answer()

    answer = confirm(client, token)

    assert answer.location == f"/en/my-signature/{token}/counted"
    assert numbers(petition) == (1, 1)


def waiting(client, mail_dir, names=NAMES, email="signer@example.org") -> list[str]:
    """Let people of one mailbox sign; return the links of all mails so far."""
    for name in names:
        assert sign(client, name=name, email=email).status_code == 303
        send_mail(client.application, utc_now() + timedelta(minutes=1))
    return [link_in(message) for message in mails(mail_dir)]


def at_once(app, posts: list[tuple[str, dict]]) -> Counter[int]:
    """Send posts from as many threads; count the answers by status."""

    def post(one: tuple[str, dict]) -> int:
        return app.test_client().post(one[0], data=one[1]).status_code

    with ThreadPoolExecutor(len(posts)) as pool:
        return Counter(pool.map(post, posts))


def test_two_mails_of_one_person_confirmed_at_once_count_one(app, client, petition, mail_dir):
    tokens = waiting(client, mail_dir, names=["Test Signer"] * 3)

    answers = at_once(app, [(f"/en/confirm/{token}", {}) for token in tokens * 4])

    assert answers == {303: 12}
    assert numbers(petition) == (1, 1)


def test_more_people_than_a_mailbox_may_speak_for_confirmed_at_once_fill_its_places(
    app, client, petition, mail_dir, no_ceiling
):
    tokens = waiting(client, mail_dir)
    assert len(tokens) == 6

    answers = at_once(app, [(f"/en/confirm/{token}", {}) for token in tokens])

    assert answers == {303: 6}
    assert numbers(petition) == (4, 1)
    assert db.session.scalar(select(func.count()).select_from(Pending)) == 0


def test_people_added_at_once_fill_the_places_and_no_more(app, client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    person = {"email": "signer@example.org", "country": "LB", "asked_me": "y"}

    answers = at_once(app, [(f"/en/my-signature/{token}/people", {**person, "name": name}) for name in NAMES])

    assert answers == {303: 3, 422: 3}
    assert numbers(petition) == (4, 1)


def test_one_person_added_twice_at_once_is_added_once(app, client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    person = {"name": "Second Person", "email": "signer@example.org", "country": "LB", "asked_me": "y"}

    answers = at_once(app, [(f"/en/my-signature/{token}/people", person)] * 6)

    assert set(answers) <= {303, 422}
    assert numbers(petition) == (2, 1)


@pytest.mark.parametrize("step", ["withdraw", "erase"])
def test_both_people_of_a_mailbox_leaving_at_once_take_their_mailbox_along_once(
    app, client, petition, mail_dir, step
):
    tokens = [sign_and_confirm(client, mail_dir, name=name) for name in NAMES[:2]]
    posts = [(f"/en/my-signature/{tokens[0]}/{step}", {"nth": str(nth)}) for nth in (0, 1)]

    answers = at_once(app, posts * 3)

    assert set(answers) == {303}
    assert numbers(petition) == (0, 0)


def test_confirming_withdrawing_and_erasing_at_once_leave_numbers_that_agree(app, client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    again = waiting(client, mail_dir, names=["Test Signer", "Second Person"])[-2:]
    posts = [(f"/en/confirm/{each}", {}) for each in again]
    posts += [(f"/en/my-signature/{token}/{step}", {"nth": "0"}) for step in ("withdraw", "erase")]

    answers = at_once(app, posts * 2)

    assert set(answers) <= {303, 410}
    counted = db.session.scalar(
        select(func.count()).select_from(Signature).where(Signature.state == "counted")
    )
    db.session.rollback()
    assert numbers(petition)[0] == counted
