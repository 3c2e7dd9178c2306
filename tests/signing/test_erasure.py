"""Erasing leaves nothing of a person, and withdrawing nothing that could be read (safety goal 20)."""

import json
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from campaign_app.clock import utc_day, utc_now
from campaign_app.exports.operations import write_sealed_sheet
from campaign_app.extensions import db
from campaign_app.finished_pages import KEPT_SECONDS, STORE
from campaign_app.mail.models import OutboxMail
from campaign_app.sealing import tags
from campaign_app.sealing.tokens import token_hash
from campaign_app.signing import tombstones
from campaign_app.signing.models import Pending, Signature, Tombstone
from campaign_app.signing.recount import recount
from campaign_app.signing.rules import TOMBSTONE_KEPT
from campaign_app.tally.queries import statement
from tests.supporters import (
    PAGE,
    confirm,
    mails,
    newest_token,
    people,
    send_mail,
    sign,
    sign_and_confirm,
    stored,
)

SHOWN = {"name": "Shown Person", "show_name": "y"}


def change(client, token: str, step: str, nth: int = 0):
    return client.post(f"/en/my-signature/{token}/{step}", data={"nth": str(nth)})


def values_of(tag: bytes) -> list[str]:
    """Return the tables that still hold a mailbox's tag."""
    found = [
        table.name
        for table in db.metadata.sorted_tables
        for row in db.session.execute(table.select())
        if tag in row
    ]
    db.session.rollback()
    return found


def sheet_rows(petition) -> int:
    out = BytesIO()
    written = write_sealed_sheet(
        petition_id=petition.id,
        kind="delivery",
        purpose="a test",
        release="two-people",
        out=out,
        now=utc_now(),
    )
    db.session.rollback()
    return written.header.rows


def test_erasing_takes_the_row_the_mails_the_shown_name_and_one_from_the_count(client, petition, mail_dir):
    """At once, where the promise is a minute; only a finished page is kept for some seconds."""
    tag = tags.tag(tags.petition_tag_key(petition.id, session=db.session), "signer@example.org")
    token = sign_and_confirm(client, mail_dir, **SHOWN)
    sign_and_confirm(client, mail_dir, email="other@example.org")
    sign(client, **SHOWN)
    assert sorted(values_of(tag)) == ["pending", "signature"]

    change(client, token, "erase")

    assert values_of(tag) == []
    assert stored() == 1
    assert people() == 1
    assert sheet_rows(petition) == 1
    client.application.extensions[STORE].forget()
    assert "Shown Person" not in client.get(PAGE).text
    assert KEPT_SECONDS <= 60


def test_no_mail_follows_an_erasure_or_a_withdrawal(client, petition, mail_dir):
    for step, email in (("erase", "erased@example.org"), ("withdraw", "withdrawn@example.org")):
        token = sign_and_confirm(client, mail_dir, email=email)
        sign(client, email=email)
        change(client, token, step)
    before = len(mails(mail_dir))

    for later in (timedelta(0), timedelta(hours=26), timedelta(days=3)):
        send_mail(client.application, utc_now() + later)

    assert len(mails(mail_dir)) == before


@pytest.mark.parametrize("step", ["erase", "withdraw"])
def test_the_sealed_details_of_an_open_request_go_too_and_those_of_the_others_stay(
    client, petition, mail_dir, step
):
    first = sign_and_confirm(client, mail_dir)
    sign_and_confirm(client, mail_dir, name="Second Person")
    sign(client)
    sign(client, name="Second Person")

    change(client, first, step)

    left = db.session.scalars(select(Pending)).all()
    assert len(left) == 1
    assert db.session.scalars(select(OutboxMail.about)).all() == [left[0].id]
    whose = db.session.scalars(select(Signature.person_tag).where(Signature.state == "counted")).one()
    assert left[0].person_tag == whose
    assert recount(petition.id).agrees


def test_a_withdrawn_row_holds_no_sealed_details_name_or_choice(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir, **SHOWN, wants_updates="y")

    change(client, token, "withdraw")

    row = db.session.scalars(select(Signature)).one()
    assert (row.sealed_contact, row.key_ids, row.public_name) == (None, "", None)
    assert (row.wants_updates, row.updates_version) == (False, None)
    assert sheet_rows(petition) == 0


def test_erasing_a_withdrawn_signature_takes_nothing_more_from_the_count(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    sign_and_confirm(client, mail_dir, email="other@example.org")
    change(client, token, "withdraw")

    change(client, token, "erase")

    numbers = statement(petition.id, now=utc_now())
    assert (numbers.people, numbers.mailboxes, numbers.withdrawn, numbers.erased) == (1, 1, 1, 0)
    assert recount(petition.id).agrees


def test_pressing_erase_twice_shows_the_same_page_and_takes_one(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    sign_and_confirm(client, mail_dir, email="other@example.org")

    answers = [change(client, token, "erase") for _ in range(3)]

    assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/en/erased")}
    assert people() == 1


def test_who_was_erased_can_sign_again_as_anybody_else(client, petition, mail_dir):
    change(client, sign_and_confirm(client, mail_dir), "erase")

    sign(client)
    send_mail(client.application)

    assert confirm(client, newest_token(mail_dir)).status_code == 303
    assert people() == 1
    assert recount(petition.id).agrees


def test_a_restore_is_told_of_every_withdrawal_and_of_no_person(client, petition, mail_dir):
    tombstones.file_path().unlink(missing_ok=True)
    kept = sign_and_confirm(client, mail_dir)
    ids = {}
    for step in ("withdraw", "erase"):
        token = sign_and_confirm(client, mail_dir, email=f"{step}@example.org")
        newest = select(Signature.id).where(Signature.link_hash == token_hash(token))
        ids[step] = db.session.scalars(newest).one()
        change(client, token, step)

    rows = set(map(tuple, db.session.execute(select(Tombstone.signature_id, Tombstone.kind, Tombstone.day))))
    text = tombstones.file_path().read_text()

    today = utc_day(utc_now())
    assert rows == {(ids["withdraw"], "withdrawn", today), (ids["erase"], "erased", today)}
    assert set(tombstones.lines(tombstones.file_path())) == rows
    assert all(
        set(json.loads(line)) == {"signature", "petition", "kind", "day"} for line in text.splitlines()
    )
    assert token_hash(kept).hex() not in text
    assert tombstones.file_path().stat().st_mode & 0o077 == 0


def test_what_no_living_backup_can_hold_is_forgotten(client, petition, mail_dir):
    change(client, sign_and_confirm(client, mail_dir), "erase")

    tombstones.forget_old(now=utc_now() + TOMBSTONE_KEPT)
    assert len(db.session.scalars(select(Tombstone)).all()) == 1
    tombstones.forget_old(now=utc_now() + TOMBSTONE_KEPT + timedelta(days=1))

    assert db.session.scalars(select(Tombstone)).all() == []
