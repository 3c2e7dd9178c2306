"""The team's page, the invitation by mail, and the home: what needs somebody today."""

import dataclasses
import re
from datetime import timedelta

from campaign_app.accounts.models import Invitation
from campaign_app.accounts.queries import organiser_by_email
from campaign_app.clock import utc_now
from campaign_app.config import EXTENSION as SETTINGS
from campaign_app.extensions import db
from campaign_app.mail import operations as mail
from campaign_app.mail.models import OutboxMail
from campaign_app.petitions import today
from campaign_app.sealing.keys import keyring
from campaign_app.sealing.mail import seal_mail
from tests.desk_client import EMAIL, desk_of, new_client, signed_in, token_of
from tests.supporters import send_mail, words

LINK = re.compile(r"http://localhost/desk/invitation/([A-Za-z0-9_-]+)")


def invite(client, email="viewer@example.org", roles=("viewer",)):
    token = token_of(client.get("/desk/team/"))
    return client.post("/desk/team/invite", data={"csrf_token": token, "email": email, "roles": list(roles)})


def newest_link(app, mail_dir) -> str:
    send_mail(app)
    newest = max(mail_dir.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    found = LINK.search(newest.read_text().replace("=\n", ""))
    assert found
    return found[1]


def test_an_invited_person_gets_a_mail_joins_and_sees_what_the_role_allows(app, mail_dir):
    owner = signed_in(app)

    assert invite(owner).location == "/desk/team/"
    with app.app_context():
        [waiting] = db.session.query(OutboxMail)
        assert b"viewer@example.org" not in waiting.sealed
    guest = new_client(app)
    guest.join(newest_link(app, mail_dir), name="Test Viewer")
    guest.set_up_codes()

    home = guest.get("/desk/")
    assert home.status_code == 200
    assert 'href="/desk/team/"' not in home.text
    assert guest.get("/desk/team/").status_code == 403
    assert "Test Viewer" in owner.get("/desk/team/").text


def test_an_invitation_needs_an_address_and_a_role_and_nobody_who_is_here_already(app):
    owner = signed_in(app)

    for email, roles, field in (
        ("viewer", ["viewer"], "email"),
        ("viewer@example.org", [], "roles"),
        ("viewer@example.org", ["admin"], "roles"),
        (EMAIL, ["viewer"], "email"),
    ):
        page = invite(owner, email, roles)
        assert page.status_code == 422, (email, roles)
        assert f'href="#{field}"' in page.text
        assert f'id="{field}-error"' in page.text


def test_a_withdrawn_invitation_opens_nothing(app, mail_dir):
    owner = signed_in(app)
    invite(owner)
    token = newest_link(app, mail_dir)
    number = re.search(r"/desk/team/invitations/(\d+)/withdraw", owner.get("/desk/team/").text)[1]

    owner.send(f"/desk/team/invitations/{number}/withdraw", page="/desk/team/")

    assert new_client(app).get(f"/desk/invitation/{token}").status_code == 410


def test_a_closed_account_is_signed_out_at_once_and_cannot_sign_in(app, mail_dir):
    owner = signed_in(app)
    invite(owner)
    guest = new_client(app)
    guest.join(newest_link(app, mail_dir), name="Test Viewer")
    guest.set_up_codes()
    with app.app_context():
        number = organiser_by_email("viewer@example.org").id

    place = f"/desk/team/{number}/deactivate"
    assert owner.send(place, page=place).location == "/desk/team/"

    assert guest.get("/desk/").location == "/desk/login"
    assert guest.give_password("viewer@example.org").status_code == 200
    assert guest.get("/desk/").location == "/desk/login"


def test_the_only_owner_stays_one(app):
    owner = signed_in(app)
    with app.app_context():
        number = organiser_by_email(EMAIL).id
    token = token_of(owner.get("/desk/team/"))

    owner.post(f"/desk/team/{number}/roles", data={"csrf_token": token, "roles": ["viewer"]})
    page = owner.get("/desk/team/")
    assert "notice error" in page.text
    owner.send(f"/desk/team/{number}/deactivate", page=f"/desk/team/{number}/deactivate")

    assert owner.get("/desk/team/").status_code == 200


def test_an_owner_signs_somebody_out_everywhere_and_they_come_in_again_as_before(app, mail_dir):
    owner = signed_in(app)
    invite(owner)
    guest = new_client(app)
    guest.join(newest_link(app, mail_dir), name="Test Viewer")
    guest.set_up_codes()
    with app.app_context():
        number = organiser_by_email("viewer@example.org").id

    owner.send(f"/desk/team/{number}/sign-out", page="/desk/team/")

    assert owner.get("/desk/").status_code == 200
    assert guest.get("/desk/").location == "/desk/login"
    guest.give_password("viewer@example.org")
    assert guest.give_code().location == "/desk/"


def test_somebody_who_lost_the_phone_begins_anew_by_mail(app, mail_dir):
    owner = signed_in(app)
    invite(owner)
    guest = new_client(app)
    guest.join(newest_link(app, mail_dir), name="Test Viewer")
    guest.set_up_codes()
    with app.app_context():
        number = organiser_by_email("viewer@example.org").id

    owner.send(f"/desk/team/{number}/begin-anew", page="/desk/team/")
    again = new_client(app)
    again.join(newest_link(app, mail_dir), name="Test Viewer", password="four new quiet words")

    assert again.get("/desk/").location == "/desk/sign-in"
    assert guest.get("/desk/").location == "/desk/login"


def test_without_keys_nobody_is_invited_and_the_page_says_why(app, tmp_path, monkeypatch, caplog):
    owner = signed_in(app).language("en")
    desk, token = desk_of(app), token_of(owner.get("/desk/team/"))
    elsewhere = dataclasses.replace(desk.extensions[SETTINGS], keys_dir=tmp_path)
    monkeypatch.setitem(desk.extensions, SETTINGS, elsewhere)
    monkeypatch.delitem(desk.extensions, "nidaa_keyring", raising=False)

    answer = owner.post(
        "/desk/team/invite", data={"csrf_token": token, "email": "viewer@example.org", "roles": "viewer"}
    )

    assert (answer.status_code, "The keys on the server cannot be used" in words(answer)) == (503, True)
    assert "what you typed should still be there" in words(answer)
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []
    with app.app_context():
        assert db.session.query(Invitation).all() == []


def test_the_home_says_when_nothing_needs_anybody(app, monkeypatch):
    monkeypatch.setattr(
        today, "facts_to_mend", lambda day: {}
    )  # the shipped figures grow old while nobody looks
    page = signed_in(app).language("en").get("/desk/")

    assert "Nothing. Mail goes out, and people can sign." in page.text
    assert page.text.count('<dl class="numbers">') == 2


def test_the_home_says_that_mails_were_refused_for_good(app):
    with app.app_context():
        now = utc_now()
        sealed = seal_mail({"to": "signer@example.org"}, key=keyring().mail_public)
        mail.queue(kind="confirm", about=None, not_before=now, sealed=sealed)
        [claim] = mail.claim(now=now, until=now + timedelta(minutes=5), limit=1)
        mail.note_dead(claim=claim, held_until=now + timedelta(minutes=5), reason="550")
        db.session.commit()

    page = signed_in(app).language("en").get("/desk/")

    assert "1 mail was refused for good." in page.text
