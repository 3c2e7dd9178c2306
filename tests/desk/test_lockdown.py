"""A lockdown: what it shuts, what stays as it was, and the way back."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from campaign_app import finished_pages, jobs
from campaign_app.accounts.models import OrganiserSession
from campaign_app.audit import queries as audit
from campaign_app.audit.models import AuditEntry
from campaign_app.audit.rules import BY_COMMAND
from campaign_app.clock import utc_now
from campaign_app.desk import lockdown
from campaign_app.errors import Refusal
from campaign_app.extensions import db
from campaign_app.findings import findings
from campaign_app.lockdown import operations
from campaign_app.lockdown.models import LockdownOrder
from campaign_app.lockdown.queries import parts_in_force
from campaign_app.lockdown.rules import IN_FORCE, KEYS, NAMES, PARTS, PURGE, SIGNING, NotAPart, parts_of
from campaign_app.mail.models import OutboxMail
from campaign_app.petitions.queries import forget_kept, public_petition
from campaign_app.sealing.keys import keyring
from campaign_app.sealing.tags import petition_tag_key
from campaign_app.signing.models import Pending
from campaign_app.tally.queries import statement
from tests.desk_client import desk_of, new_client, signed_in
from tests.supporters import (
    PAGE,
    ROSA,
    SIGN,
    SLUG,
    confirm,
    newest_token,
    people,
    ready_form,
    send_mail,
    sign,
    sign_and_confirm,
    typed_again,
    words,
)

PLACE = "/desk/lockdown/"


def a_second_later(app) -> None:
    """Let no process remember what it read a second ago, nor pages kept for five."""
    app.extensions[finished_pages.STORE].forget()
    for each in (app, desk_of(app)):
        with each.app_context():
            forget_kept()


def lock(app, *parts: str) -> lockdown.Locked:
    """Lock down from the terminal."""
    with app.app_context():
        done = lockdown.lock(parts=parts, by=BY_COMMAND, now=utc_now())
        db.session.commit()
    a_second_later(app)
    return done


def run_command(app, *arguments: str):
    from campaign_app.cli import campaign

    return app.test_cli_runner().invoke(campaign.commands["lockdown"], [*arguments, "--yes"])


@pytest.mark.parametrize("chosen", [[], ["signing", "everything"], "signing", None])
def test_a_lockdown_has_parts_and_no_others(chosen):
    with pytest.raises(NotAPart):
        parts_of(chosen)


def test_parts_are_done_in_one_order():
    assert parts_of(["purge", "signing"]) == ["signing", "purge"]


def test_while_signing_is_stopped_nobody_signs_and_everything_typed_is_kept(app, client):
    form = ready_form(client)
    lock(app, SIGNING)

    answer = client.post(SIGN, data=form)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "3600")
    assert "Signing is paused" in words(answer)
    kept = typed_again(answer)
    assert {name: kept[name] for name in ROSA} == ROSA
    page = client.get(PAGE)
    assert (page.status_code, "Signing is paused" in words(page)) == (200, True)
    assert "<form" not in page.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Pending)) == 0


def test_a_mailed_link_is_refused_while_signing_is_stopped_and_works_again_later(app, client, mail_dir):
    sign(client)
    send_mail(app)
    token = newest_token(mail_dir)
    lock(app, SIGNING)

    for answer in (client.get(f"/en/confirm/{token}"), confirm(client, token)):
        assert answer.status_code == 503
        assert "its link works until the end of" in words(answer)
    with app.app_context():
        assert people() == 0

    owner = signed_in(app)
    owner.send("/desk/lockdown/signing/lift", page=PLACE)
    a_second_later(app)

    assert confirm(client, token).status_code == 303
    with app.app_context():
        assert people() == 1


def test_whoever_has_signed_can_leave_while_signing_is_stopped(app, client, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    lock(app, SIGNING)

    assert client.get(f"/en/my-signature/{token}").status_code == 200
    client.post(f"/en/my-signature/{token}/withdraw", data={"nth": "0"})

    with app.app_context():
        assert people() == 0


def test_whoever_lost_their_link_can_leave_too_while_signing_is_stopped(app, client, mail_dir):
    sign_and_confirm(client, mail_dir)
    form = ready_form(client)
    post = {name: form[name] for name in ("email", "form_token", "check_token")}
    assert client.post(f"{PAGE}/lost-link", data=post).status_code == 303
    send_mail(app)
    token = newest_token(mail_dir)
    lock(app, SIGNING)

    assert confirm(client, token).status_code == 303
    assert client.get(f"/en/my-signature/{token}").status_code == 200


def test_an_owner_locks_down_at_the_desk_and_afterwards_everything_is_as_before(app, client, mail_dir):
    token = sign_and_confirm(client, mail_dir, show_name="y")
    sign(client, email="waiting@example.org")
    with app.app_context():
        petition_id = public_petition(SLUG).id
        tag_key = petition_tag_key(petition_id, session=db.session)
        before = statement(petition_id, now=utc_now())
    owner = signed_in(app)
    owner.language("en")
    other = new_client(app)
    other.totp, other.half_minutes = owner.totp, owner.half_minutes
    other.give_password()
    other.give_code()
    assert ROSA["name"] in client.get(PAGE).text

    told = words(owner.get(PLACE))
    for sentence in (
        "1 name is no longer shown",
        "1 browser is signed out of this desk at once; yours stays.",
        "1 request that waits for a mailbox to answer is deleted",
    ):
        assert sentence in told
    refused = owner.send(PLACE, page=PLACE)
    assert (refused.status_code, 'id="parts-error"' in refused.text) == (422, True)
    assert owner.post(PLACE, data={"csrf_token": _token(owner), "parts": list(PARTS)}).location == PLACE
    a_second_later(app)

    assert other.get("/desk/").location == "/desk/login"
    assert owner.get("/desk/").status_code == 200
    assert "Signing is stopped since" in words(owner.get("/desk/"))
    for place in (PAGE, f"{PAGE}/numbers"):
        assert ROSA["name"] not in client.get(place).text
    assert "since" in words(owner.get(PLACE))
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(OutboxMail)) == 0
        old_mail_key = keyring().mail_public.id
        lockdown.carry_out(utc_now())
        assert parts_in_force() == {SIGNING, NAMES}
        assert keyring(fresh=True).mail_public.id != old_mail_key
        keys_dir = app.extensions["nidaa_settings"].keys_dir
        assert len(list(keys_dir.glob("master-*.json"))) == 1, (
            "the old one wraps nothing any more, and is gone"
        )
        assert petition_tag_key(petition_id, session=db.session) == tag_key
        found = {finding.about: finding for finding in findings() if finding.about == "lockdown"}
        assert "no shown name is shown" in found["lockdown"].says
        assert people() == before.people == 1

    for part in (SIGNING, NAMES):
        assert owner.send(f"/desk/lockdown/{part}/lift", page=PLACE).location == PLACE
    assert owner.send(f"/desk/lockdown/{NAMES}/lift", page=PLACE).location == PLACE  # twice does no harm
    a_second_later(app)

    assert ROSA["name"] in client.get(PAGE).text
    assert client.get(f"/en/my-signature/{token}").status_code == 200
    sign_and_confirm(client, mail_dir, email="new@example.org")
    with app.app_context():
        assert people() == 2
        actions = [entry.action for entry in audit.entries(limit=40)]
        assert actions.count("lockdown.lift") == 2
        assert {"lockdown.lock", "lockdown.keys-done", "lockdown.purge-done", "keys.rotate-mail"} <= set(
            actions
        )


def _token(client) -> str:
    from tests.desk_client import token_of

    return token_of(client.get(PLACE))


def test_very_many_requests_are_deleted_by_the_worker_and_it_can_be_stopped(app, client, monkeypatch):
    monkeypatch.setattr(lockdown, "AT_ONCE", 2)
    for number in range(5):
        sign(client, email=f"waiting{number}@example.org")
    send_mail(app)
    with app.app_context():
        petition_id = public_petition(SLUG).id

    done = lock(app, PURGE)
    assert (done.purged, done.left) == (2, 3)
    with app.app_context():
        assert db.session.get(LockdownOrder, PURGE).done == 2
        lockdown.finish_purge(now=utc_now(), told=lambda gone: _stop() if gone == 2 else None)
        assert lockdown.pendings() in (0, 1)
        left = lockdown.pendings()
        lockdown.carry_out(utc_now())
        assert (lockdown.pendings(), left) == (left, 1)

    lock(app, PURGE)
    with app.app_context():
        lockdown.carry_out(utc_now())
        assert (lockdown.pendings(), parts_in_force()) == (0, frozenset())
        numbers = statement(petition_id, now=utc_now())
        assert (numbers.requested, numbers.people) == (5, 0)
        tomorrow = statement(petition_id, now=utc_now() + timedelta(days=1))
        assert tomorrow.pending == 0  # each request ended, so none is waited for


def _stop() -> None:
    operations.lift(part=PURGE, by=BY_COMMAND, now=utc_now())
    db.session.commit()


def test_the_terminal_locks_what_an_owner_would_and_deletes_no_request_unasked(app, client):
    sign(client)
    owner = signed_in(app)

    found = run_command(app)

    assert found.exit_code == 0, found.output
    assert owner.get("/desk/").location == "/desk/login"
    with app.app_context():
        assert parts_in_force() == {SIGNING, NAMES, KEYS}
        assert lockdown.pendings() == 1
        assert db.session.scalar(select(func.count()).select_from(OrganiserSession)) == 0
        assert audit.entries(limit=1)[0].by == "command"
        assert [finding.level for finding in findings() if finding.about == "lockdown"].count("bad") == 1

    assert run_command(app, "--purge", "--signing").exit_code == 0
    with app.app_context():
        assert (lockdown.pendings(), PURGE in parts_in_force()) == (0, False)


def test_keys_that_cannot_be_replaced_leave_the_order_standing(app, monkeypatch):
    lock(app, KEYS)

    class Gone(Refusal):
        """The key files cannot be written."""

    def refuse(**given):
        raise Gone

    monkeypatch.setattr(lockdown, "rotate_mail", refuse)
    with app.app_context():
        with pytest.raises(Gone):
            lockdown.carry_out(utc_now())
        db.session.rollback()
        assert parts_in_force() == {KEYS}


def test_the_master_is_made_once_however_often_the_mail_key_cannot_be_made(app, monkeypatch):
    lock(app, KEYS)
    with app.app_context():
        begun = keyring(fresh=True).newest_master
        with monkeypatch.context() as broken:
            broken.setattr(lockdown, "rotate_mail", refuse_to_write)
            for _ in range(3):
                with pytest.raises(OSError, match="no space"):
                    lockdown.replace_keys(now=utc_now())
                db.session.rollback()
        lockdown.replace_keys(now=utc_now())
        db.session.rollback()  # what the next worker finds
        made = db.session.scalars(select(AuditEntry).filter_by(action="keys.rotate-master")).all()

        assert len(made) == 1
        assert keyring(fresh=True).newest_master != begun
        assert KEYS not in parts_in_force()


def test_keys_that_an_owner_keeps_after_all_are_left_as_they_are(app, client, monkeypatch):
    """The order is taken back while the worker still deletes requests, which stand before the keys."""
    sign(client)
    lock(app, KEYS)
    with app.app_context():
        operations.order(part=PURGE, by=BY_COMMAND, now=utc_now())
        db.session.commit()
        begun = keyring(fresh=True).newest_master
        purge = lockdown.finish_purge

        def _kept(**given):
            purge(**given)
            operations.lift(part=KEYS, by=BY_COMMAND, now=utc_now())
            db.session.commit()

        monkeypatch.setattr(lockdown, "finish_purge", _kept)
        lockdown.carry_out(utc_now())

        assert (keyring(fresh=True).newest_master, parts_in_force()) == (begun, frozenset())


def refuse_to_write(**_what):
    raise OSError("no space")


def test_the_worker_looks_every_few_seconds(app):
    from campaign_app.mail.schedule import EXTENSION

    assert app.extensions[EXTENSION]["lockdown"].every == jobs.SOON
    assert set(IN_FORCE) < set(PARTS)
