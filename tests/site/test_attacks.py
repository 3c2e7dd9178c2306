"""What an attacker may try on the pages of a signature, and what comes of it: each of these once worked."""

import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time, timedelta
from io import BytesIO
from threading import Barrier
from time import sleep
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, insert, select, update

from campaign_app import database, server
from campaign_app.clock import utc_day, utc_now
from campaign_app.config import EXTENSION, settings
from campaign_app.extensions import db
from campaign_app.finished_pages import STORE
from campaign_app.mail.hooks import hooks
from campaign_app.mail.schedule import EXTENSION as JOBS
from campaign_app.petitions.models import Petition
from campaign_app.petitions.queries import CACHE, forget_kept, public_petition
from campaign_app.sealing import keys
from campaign_app.shield.models import Spent
from campaign_app.shield.rules import MAILS_PER_MAILBOX
from campaign_app.signing import confirming, retention, tombstones
from campaign_app.signing.models import Pending, Signature
from campaign_app.signing.recount import recount
from campaign_app.tally.queries import statement
from tests.supporters import (
    PAGE,
    ROSA,
    SIGN,
    SLUG,
    confirm,
    link_in,
    mails,
    newest_token,
    people,
    ready_form,
    send_mail,
    sign,
    sign_and_confirm,
    stored,
    typed,
)

pytestmark = pytest.mark.usefixtures("context")

URLENCODED = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("decoy", "asked"), [("shared=&shared=1", "shared=1"), ("s=x%26shared%3D1", "s=x&shared=1")]
)
def test_a_query_written_oddly_does_not_put_its_page_in_the_place_of_another(client, decoy, asked):
    client.get(f"{PAGE}?{decoy}")

    assert "does not let the browser fill in" in client.get(f"{PAGE}?{asked}").text


def test_of_a_source_given_twice_the_page_and_its_place_go_by_the_same_one(client):
    client.get(f"{PAGE}?s=qr&s=wa")

    assert 'value="wa"' in client.get(f"{PAGE}?s=wa").text


def test_a_page_asked_for_under_another_prefix_is_not_given_to_others(client):
    client.get(PAGE, environ_overrides={"SCRIPT_NAME": "//evil.example"})

    assert "evil.example" not in client.get(PAGE).text
    assert server.forwarder_headers == ""


def mailbox_form(client: Any, email: str = "signer@example.org") -> dict[str, Any]:
    """Return a complete post of the forms that take an address only."""
    form = ready_form(client, email=email)
    return {name: form[name] for name in ("email", "form_token", "check_token")}


def run_job(app: Flask, name: str) -> None:
    """Let the worker do one of its periodic jobs now."""
    db.session.rollback()
    app.extensions[JOBS][name].run(utc_now())
    db.session.commit()


class Trickle(BytesIO):
    """A body that notes whether a transaction is open while we wait for the rest of it."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.held_transactions: list[bool] = []

    def readinto(self, buffer: memoryview) -> int:
        self.held_transactions.append(db.session().in_transaction())
        return super().readinto(buffer)


def test_a_body_that_trickles_in_keeps_no_writer_waiting(client, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    for path in (
        f"{PAGE}/sign",
        f"{PAGE}/lost-link",
        f"{PAGE}/send-again",
        f"/en/my-signature/{token}/withdraw",
    ):
        body = Trickle(b"nth=7")
        forget_kept()
        client.post(path, input_stream=body, content_type=URLENCODED, content_length=5)

        assert body.held_transactions
        assert not any(body.held_transactions), path


def close_and_shred(app: Flask) -> None:
    """Let 31 days pass since the close, and the worker do what is due then."""
    petition = db.session.scalar(select(Petition).filter_by(slug=SLUG))
    petition.state, petition.closed_on = "closed", utc_day(utc_now()) - timedelta(days=31)
    db.session.commit()
    retention.delete_due_contacts(now=utc_now())
    assert retention.shred_due_petitions(now=utc_now()) == [SLUG]
    db.session.commit()
    for forgotten in (CACHE, keys.EXTENSION):
        app.extensions.pop(forgotten, None)
    app.extensions[STORE].forget()


def test_a_shown_name_can_be_hidden_and_news_stopped_after_the_marks_were_destroyed(app, client, mail_dir):
    token = sign_and_confirm(client, mail_dir, name="Shown Name", show_name="y", wants_updates="y")
    close_and_shred(app)
    assert "Shown Name" in client.get(PAGE).text

    for change in ("name", "updates"):
        assert f"/my-signature/{token}/{change}" in client.get(f"/en/my-signature/{token}").text
        assert client.post(f"/en/my-signature/{token}/{change}", data={"nth": "0"}).status_code == 303

    app.extensions[STORE].forget()
    assert "Shown Name" not in client.get(PAGE).text
    db.session.rollback()
    retention.delete_due_contacts(now=utc_now())
    signature = db.session.scalar(select(Signature))
    assert (signature.public_name, signature.sealed_contact) == (None, None)


def test_everything_can_be_erased_after_the_marks_were_destroyed(app, client, mail_dir):
    token = sign_and_confirm(client, mail_dir, wants_updates="y")
    other = sign_and_confirm(client, mail_dir, email="other@example.org")
    close_and_shred(app)

    answer = client.post(f"/en/my-signature/{token}/erase", data={"nth": "0"})

    assert answer.location == "/en/erased"
    assert client.get(f"/en/my-signature/{token}").status_code == 410
    assert client.get(f"/en/my-signature/{other}").status_code == 200
    petition_id = public_petition(SLUG).id
    assert recount(petition_id).agrees
    numbers = statement(petition_id, now=utc_now())
    assert (numbers.people, numbers.mailboxes) == (1, 1)


def test_who_asks_for_a_lost_link_after_the_marks_were_destroyed_is_told_and_meets_no_defect(app, client):
    close_and_shred(app)

    answer = client.post(f"{PAGE}/lost-link", data=mailbox_form(client))

    assert answer.status_code == 410
    assert "We can no longer find a signature by its address" in answer.text


def test_an_erased_name_does_not_stay_in_the_files_of_the_database(app, client, mail_dir):
    token = sign_and_confirm(client, mail_dir, name="Canary Shown", show_name="y")
    client.post(f"/en/my-signature/{token}/erase", data={"nth": "0"})

    run_job(app, "journal of the database")

    files = [
        path for path in settings().home.glob("nidaa.sqlite3*") if path.is_file()
    ]  # not the bell of writers
    assert [path.name for path in files if b"Canary Shown" in path.read_bytes()] == []


def test_a_flood_of_requests_is_gone_when_its_seven_days_are_over(app, client):
    sign(client)
    row = dict(db.session.execute(select(Pending.__table__)).mappings().one())
    flood = [
        {**row, "id": bytes(12) + number.to_bytes(4, "big"), "token_hash": number.to_bytes(32, "big")}
        for number in range(1_500)
    ]
    db.session.rollback()
    db.session.execute(insert(Pending.__table__), flood)
    db.session.execute(update(Pending).values(expires_on=utc_day(utc_now()) - timedelta(days=1)))
    db.session.commit()

    run_job(app, "expired requests")

    assert stored() == 0


def test_asking_again_does_not_let_a_mailbox_be_filled_at_once(app, client, mail_dir):
    begin = utc_now()
    for form in ["lost-link"] * 3 + ["send-again"] + ["lost-link"] * 12:
        assert client.post(f"{PAGE}/{form}", data=mailbox_form(client)).status_code == 303

    for hours in (0, 25, 26, 27):
        send_mail(app, begin + timedelta(hours=hours))
        send_mail(app, begin + timedelta(hours=hours))

    assert len(mails(mail_dir)) <= 2 * MAILS_PER_MAILBOX


def test_asking_again_sends_at_most_a_day_s_mails_of_the_requests_that_others_made(app, client):
    for number in range(5):
        sign(client, name=f"Somebody Else {'x' * number}")
    request = db.session.scalars(select(Pending)).first()
    asked = {"petition_id": request.petition_id, "tag": request.tag.hex()}

    assert len(hooks(app).pendings_of(asked, utc_now())) == MAILS_PER_MAILBOX


def test_the_mark_of_an_erasure_is_gone_after_a_month_from_the_file_too(app, client, mail_dir):
    tombstones.file_path().unlink(missing_ok=True)
    for email in ("first@example.org", "second@example.org"):
        token = sign_and_confirm(client, mail_dir, email=email)
        client.post(f"/en/my-signature/{token}/erase", data={"nth": "0"})
    first, second = tombstones.file_path().read_text().splitlines()
    month_ago = (utc_day(utc_now()) - timedelta(days=32)).isoformat()
    old = first.replace(utc_day(utc_now()).isoformat(), month_ago)
    tombstones.file_path().write_text(f"{old}\n{second}\n")

    run_job(app, "old tombstones")

    assert tombstones.file_path().read_text() == f"{second}\n"


def test_a_used_token_keeps_no_hour_of_the_signature(client):
    sign(client)

    expires_at = db.session.scalars(select(Spent.expires_at)).one()

    assert expires_at.time() == time.min
    assert timedelta(days=1) <= expires_at - utc_now() + timedelta(minutes=1) <= timedelta(days=2, minutes=1)


def at_one_moment(app: Flask, *requests: Callable[[Any], Any]) -> list[int]:
    """Send requests from threads of their own at the same moment; return their statuses."""
    db.session.rollback()
    barrier = Barrier(len(requests))

    def _send(request: Callable[[Any], Any]) -> int:
        barrier.wait()
        status: int = request(app.test_client()).status_code
        return status

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(_send, requests))


def test_pressing_the_button_that_adds_a_person_many_times_counts_once_and_is_no_defect(
    app, client, mail_dir
):
    token = sign_and_confirm(client, mail_dir)
    path, person = f"/en/my-signature/{token}/people", typed(name="Another Person", asked_me="y")

    statuses = at_one_moment(app, *[lambda other: other.post(path, data=person)] * 6)

    assert sorted(statuses) == [303] + [422] * 5
    assert recount(public_petition(SLUG).id).agrees


def test_a_mailbox_is_counted_once_though_two_of_its_people_confirm_at_one_moment(app, client, mail_dir):
    first = sign_and_confirm(client, mail_dir)
    client.post(f"/en/my-signature/{first}/withdraw", data={"nth": "0"})
    tokens = []
    for name in (ROSA["name"], "Another Person"):
        sign(client, name=name)
        send_mail(app)
        tokens.append(newest_token(mail_dir))
    assert confirming.confirm(token=tokens[1], now=utc_now()).is_new

    with ThreadPoolExecutor() as pool:
        back = pool.submit(lambda: confirm(app.test_client(), tokens[0]).status_code)
        sleep(0.3)  # it waits for the mailbox's rows by now
        db.session.commit()

        assert back.result() == 303
    counted = recount(public_petition(SLUG).id)
    assert (counted.people_by_cells, counted.mailboxes_by_cells) == (2, 1)
    assert counted.agrees


def test_the_dots_of_a_gmail_address_make_no_further_person_and_no_further_mails(app, client, mail_dir):
    sign_and_confirm(client, mail_dir, email="test.signer@gmail.com")

    for email in ("t.e.s.tsigner@gmail.com", "TestSigner+x@googlemail.com", "tests.igner@googlemail.com"):
        sign(client, email=email)
    send_mail(app, utc_now() + timedelta(minutes=1))
    for mail in mails(mail_dir):
        confirm(client, link_in(mail))

    assert people() == 1
    assert len(mails(mail_dir)) == MAILS_PER_MAILBOX


@pytest.mark.parametrize(
    ("address", "status"), [("/en?next=//evil.example", 200), ("/en//privacy?fbclid=x", 404)]
)
def test_no_redirect_repeats_the_host_or_the_query_of_a_visitor(client, address, status):
    answer = client.get(address, headers={"Host": "evil.example"})

    assert (answer.status_code, answer.location) == (status, None)
    assert "evil" not in answer.text


def test_readiness_tells_a_stranger_nothing_of_the_keys(app, client, monkeypatch):
    assert client.get("/readyz").json["obstacles"] == []
    monkeypatch.setitem(app.extensions, EXTENSION, replace(settings(), environment="production"))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json == {"ready": False, "mail": {"is_going_out": True, "has_undeliverable": False}}


def test_the_files_of_a_new_database_are_its_owner_s_alone(context, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path}/new.sqlite3")
    database.prepare(engine)

    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE anything (id INTEGER)")

        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    engine.dispose()

    assert len(modes) == 5  # the database, its journal and index, the turn to write and its bell
    assert set(modes.values()) == {0o600}


def test_an_erasure_takes_along_a_request_to_send_again_that_still_waits(client, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    for _ in range(3):
        client.post(f"{PAGE}/send-again", data=mailbox_form(client))

    client.post(f"/en/my-signature/{token}/erase", data={"nth": "0"})

    assert stored() == 0


def test_a_used_form_sent_again_for_others_does_not_make_their_mails_wait(app, client, mail_dir):
    for form in [ready_form(client, email="attacker@example.org") for _ in range(4)]:
        client.post(SIGN, data=form)
        for victim in ("first@example.org", "second@example.org"):
            assert client.post(SIGN, data={**form, "email": victim}).status_code == 422

    for victim in ("first@example.org", "second@example.org"):
        sign(client, email=victim)
    send_mail(app, utc_now() + timedelta(minutes=1))

    assert {"first@example.org", "second@example.org"} <= {mail["To"] for mail in mails(mail_dir)}


def test_who_asked_for_news_is_kept_for_24_months_at_most_though_the_petition_is_open(client, mail_dir):
    sign_and_confirm(client, mail_dir, wants_updates="y")
    sign_and_confirm(client, mail_dir, email="other@example.org")
    today = utc_day(utc_now())
    db.session.execute(update(Petition).values(opens_at=utc_now() - timedelta(days=800)))

    for days, deleted in ((729, 0), (730, 1)):
        db.session.execute(update(Signature).values(signed_on=today - timedelta(days=days)))
        assert retention.delete_due_contacts(now=utc_now()) == deleted
