"""`campaign recount` proves that the published numbers are the sum of the rows, and finds any that are not."""

import json

import pytest
from sqlalchemy import delete, select, update

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.signing.commands import recount as command
from campaign_app.signing.models import Pending, Signature
from campaign_app.signing.recount import recount
from campaign_app.signing.retention import shred
from campaign_app.tally.models import TallyCell
from tests.supporters import SLUG, send_mail, sign, sign_and_confirm


@pytest.fixture
def lived(client, petition, mail_dir):
    """Let people of two countries sign, share a mailbox, withdraw and wait."""
    sign_and_confirm(client, mail_dir)
    sign_and_confirm(client, mail_dir, name="Second Person", country="LB")
    token = sign_and_confirm(client, mail_dir, email="withdrawn@example.org")
    client.post(f"/en/my-signature/{token}/withdraw", data={"nth": "0"})
    sign(client, email="waiting@example.org")
    send_mail(client.application)
    return petition


def confirmed(country: str = "DE"):
    return TallyCell.event == "confirmed", TallyCell.country == country


def test_what_was_lived_agrees(lived):
    found = recount(lived.id)

    assert found.agrees
    assert (found.people_by_cells, found.mailboxes_by_cells, found.open_requests_by_cells) == (2, 1, 1)
    assert found.differences == {}


TAMPERED = {
    "a person added": lambda: update(TallyCell).where(*confirmed()).values(people=TallyCell.people + 1),
    "a person taken": lambda: update(TallyCell).where(*confirmed()).values(people=TallyCell.people - 1),
    "a mailbox added": lambda: (
        update(TallyCell).where(*confirmed()).values(mailboxes=TallyCell.mailboxes + 1)
    ),
    "a withdrawal forgotten": lambda: delete(TallyCell).where(TallyCell.event == "withdrawn"),
    "a withdrawal invented": lambda: (
        update(TallyCell).where(TallyCell.event == "withdrawn").values(people=TallyCell.people + 1)
    ),
    "a request forgotten": lambda: delete(TallyCell).where(TallyCell.event == "requested"),
    "a row lost": lambda: delete(Signature).where(Signature.nth == 1),
    "a row withdrawn without a word": lambda: (
        update(Signature).where(Signature.nth == 1).values(state="withdrawn")
    ),
    "a waiting request lost": lambda: delete(Pending),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_whatever_was_tampered_with_is_found(lived, app, tamper):
    db.session.execute(tamper())
    db.session.commit()

    assert not recount(lived.id).agrees
    db.session.rollback()
    assert app.test_cli_runner().invoke(command).exit_code == 1


def test_two_wrongs_that_cancel_each_other_out_are_found(lived):
    for country, change in (("DE", 1), ("LB", -1)):  # one cell each; on PostgreSQL a place may have several
        db.session.scalars(select(TallyCell).where(*confirmed(country)).limit(1)).one().people += change
    db.session.flush()

    found = recount(lived.id)

    assert found.people_by_cells == found.people_by_rows
    assert not found.agrees
    assert {place[0] for place in found.differences} == {"DE", "LB"}


def test_people_are_still_recounted_when_nobody_can_tell_mailboxes_any_more(lived):
    shred(petition_id=lived.id, now=utc_now())
    db.session.commit()

    found = recount(lived.id)

    assert found.agrees
    assert found.mailboxes_by_rows is None
    db.session.execute(update(TallyCell).where(*confirmed()).values(people=TallyCell.people + 1))
    assert not recount(lived.id).agrees


def test_the_command_says_it_for_people_and_for_scripts(lived, app):
    db.session.rollback()
    told = app.test_cli_runner().invoke(command)
    data = json.loads(app.test_cli_runner().invoke(command, ["--json"]).stdout)

    assert told.exit_code == 0
    assert [line for line in told.stdout.splitlines() if line.startswith(SLUG)] == [
        f"{SLUG}\tcells 2\trows 2\tagrees"
    ]
    assert data[SLUG]["agrees"] is True
    assert data[SLUG]["people_by_rows"] == 2


def test_recounting_changes_nothing(lived, app):
    before = [list(db.session.execute(select(table))) for table in db.metadata.sorted_tables]
    db.session.rollback()

    app.test_cli_runner().invoke(command)

    assert [list(db.session.execute(select(table))) for table in db.metadata.sorted_tables] == before
