"""Whoever was taken out, withdrew and signed again is counted, and a run that is undone does not count them twice."""

from datetime import timedelta

from sqlalchemy import select

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.integrity import operations
from campaign_app.integrity.models import InvalidatedSignature
from campaign_app.integrity.rules import Rule
from campaign_app.petitions.models import Petition
from campaign_app.signing.models import Signature
from campaign_app.signing.recount import recount
from campaign_app.tally.queries import statement
from tests.supporters import sign_and_confirm

from .campaigns import an_organiser, let_work

ADDRESS = "signer@example.org"


def take_out(petition, by):
    """Have everyone taken out who signed since yesterday; return the run."""
    run = operations.invalidate(
        petition=db.session.get_one(Petition, petition.id),
        rule=Rule(first_on=utc_now().date() - timedelta(days=1)),
        reason="automated",
        note="A test.",
        expected=1,
        fitting=1,
        by=by,
        now=utc_now(),
    )
    db.session.commit()
    let_work()
    assert states() == ["invalidated"]
    return run


def undo(run, by):
    operations.undo(run=run, by=by, now=utc_now())
    db.session.commit()
    let_work()


def states():
    db.session.rollback()
    return db.session.scalars(select(Signature.state)).all()


def withdraw(client, token):
    db.session.rollback()
    client.post(f"/en/my-signature/{token}/withdraw", data={"nth": "0"})


def test_who_was_taken_out_withdrew_and_signed_again_is_counted_once(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir, email=ADDRESS)
    by = an_organiser()
    run = take_out(petition, by)
    withdraw(client, token)

    sign_and_confirm(client, mail_dir, email=ADDRESS)

    assert states() == ["counted"]
    undo(run, by)
    assert statement(petition.id, now=utc_now()).people == 1
    assert db.session.scalars(select(InvalidatedSignature)).all() == []
    assert recount(petition.id).agrees


def test_who_is_taken_out_once_more_belongs_to_the_later_run(client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir, email=ADDRESS)
    by = an_organiser()
    first = take_out(petition, by)
    withdraw(client, token)
    sign_and_confirm(client, mail_dir, email=ADDRESS)
    second = take_out(petition, by)

    undo(first, by)
    assert states() == ["invalidated"]
    undo(second, by)

    assert states() == ["counted"]
    assert recount(petition.id).agrees
