"""One organiser's way: from the first link to the desk, out, and in again; and what stands in the way of others."""

import dataclasses
import re
import subprocess
import sys
import unicodedata
from datetime import timedelta

import pytest
from flask import session
from flask_security.utils import login_user, verify_password
from werkzeug.exceptions import Forbidden

from campaign_app.accounts import limits, security
from campaign_app.accounts.models import OrganiserSession
from campaign_app.accounts.queries import organiser_by_email
from campaign_app.app import create_app
from campaign_app.audit.models import AuditEntry
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from tests.desk_client import (
    EMAIL,
    PASSWORD,
    age_of_session,
    desk_of,
    first_link,
    new_client,
    passkey,
    signed_in,
    token_of,
)


def actions(app):
    with app.app_context():
        return [each.action for each in db.session.query(AuditEntry).order_by(AuditEntry.id)]


def test_the_first_owner_joins_by_the_link_and_reaches_the_desk_only_with_a_second_factor(app, desk):
    token = first_link(app)

    assert desk.join(token).location == "/desk/sign-in"
    assert desk.get("/desk/").location == "/desk/sign-in"
    assert desk.get("/desk/team/").location == "/desk/sign-in"

    assert desk.set_up_codes().location == "/desk/sign-in"
    home = desk.get("/desk/")
    assert home.status_code == 200
    assert "Test Owner" in home.text


def test_the_link_works_once(app, desk):
    token = first_link(app)
    desk.join(token)

    again = new_client(app).get(f"/desk/invitation/{token}")

    assert again.status_code == 410


def test_opening_the_link_uses_nothing_up(app, desk):
    token = first_link(app)

    for _ in range(2):
        assert desk.get(f"/desk/invitation/{token}").status_code == 200


@pytest.mark.parametrize(
    ("password", "again", "field"),
    [
        ("too short", "too short", "password"),
        (PASSWORD, "another four words", "password_again"),
        ("x" * 129, "x" * 129, "password"),
        ("password1234", "password1234", "password"),
        ("x" * 128, "x" * 128, "password"),
        ("Nidaa 2026 Test Owner", "Nidaa 2026 Test Owner", "password"),
    ],
)
def test_a_weak_or_mistyped_password_is_refused_at_its_field(app, desk, password, again, field):
    place = f"/desk/invitation/{first_link(app)}"

    page = desk.send(place, page=place, name="Test Owner", password=password, password_again=again)

    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text
    assert PASSWORD not in page.text


def test_signing_in_asks_for_the_password_and_then_the_code(app):
    client = signed_in(app)
    client.sign_out()
    assert client.get("/desk/").location == "/desk/login"

    step = client.give_password()
    assert "/desk/tf-validate" in step.location
    assert client.get("/desk/").location == "/desk/login"
    assert client.give_code().location == "/desk/"

    assert client.get("/desk/").status_code == 200


def test_a_code_works_once(app):
    client = signed_in(app)
    used = client.totp.generate().token
    client.sign_out()
    client.give_password()

    assert client.give_code(used).status_code == 200
    assert client.get("/desk/").location == "/desk/login"
    assert "accounts.second-factor-failed" in actions(app)


def test_a_known_and_an_unknown_account_get_the_same_answer(app):
    client = signed_in(app)
    client.sign_out()
    pages = []
    for email in (EMAIL, "nobody@example.org"):
        stranger = new_client(app)
        page = stranger.give_password(email, "not the password at all")
        text = re.sub(r'value="[^"]+"', "", page.text)
        pages.append((page.status_code, text))

    assert pages[0] == pages[1]


def test_after_ten_tries_an_account_waits_and_is_told_how_long_known_or_not(app):
    client = signed_in(app)
    client.sign_out()
    for email in (EMAIL, "nobody@example.org"):
        stranger = new_client(app)
        for _ in range(limits.BY_ACCOUNT.amount):
            assert stranger.give_password(email, "not the password at all").status_code == 200
        page = stranger.give_password(email)

        assert page.status_code == 429
        assert 0 < int(page.headers["Retry-After"]) <= 600


def test_codes_cannot_be_guessed(app):
    client = signed_in(app)
    client.sign_out()
    client.give_password()
    for _ in range(limits.BY_ACCOUNT.amount):
        assert client.give_code("000000").status_code == 200

    assert client.give_code().status_code == 429


def test_a_recovery_code_takes_the_place_of_the_second_factor_once(app):
    client = signed_in(app)
    page = client.send("/desk/mf-recovery-codes", page="/desk/mf-recovery-codes", generate_new_codes="1")
    code = re.search(r"<li>((?:[a-z2-9]{4}-){5}[a-z2-9]{4})</li>", page.text)[1]
    with app.app_context():
        kept = str(organiser_by_email(EMAIL).mf_recovery_codes)
        assert code not in kept
        assert code.replace("-", "") not in kept
    assert code not in client.get("/desk/mf-recovery-codes?show_codes=1").text

    for typed, outcome in ((code.upper().replace("-", " "), "/desk/"), (code, None)):
        other = new_client(app)
        other.give_password()
        answer = other.send("/desk/mf-recovery", page="/desk/mf-recovery", code=typed)
        assert answer.location == outcome
    assert actions(app)[-1] == "accounts.second-factor-failed"


@pytest.mark.parametrize(
    "ages", [{"last_seen_at": timedelta(minutes=61)}, {"created_at": timedelta(hours=12)}]
)
def test_a_session_ends_after_an_hour_without_use_and_after_twelve_in_any_case(app, ages):
    client = signed_in(app)
    assert client.get("/desk/").status_code == 200

    age_of_session(app, EMAIL, **ages)

    assert client.get("/desk/").location == "/desk/login"
    client.give_password()
    client.give_code()
    assert client.get("/desk/").status_code == 200


def test_a_session_in_use_is_noted_also_when_pages_are_only_read(app):
    client = signed_in(app)
    age_of_session(app, EMAIL, last_seen_at=timedelta(minutes=50))

    client.get("/desk/")
    age_of_session(app, EMAIL, created_at=timedelta(hours=2))

    page = client.get("/desk/sign-in")
    assert page.status_code == 200
    with app.app_context():
        [session] = db.session.query(OrganiserSession)
        assert utc_now() - session.last_seen_at < timedelta(minutes=1)


def test_a_session_can_be_ended_from_another_browser(app):
    first = signed_in(app)
    second = new_client(app)
    second.totp, second.half_minutes = first.totp, first.half_minutes
    second.give_password()
    second.give_code()
    assert second.get("/desk/").status_code == 200

    first.send("/desk/sign-in/sessions/end-others", page="/desk/sign-in")

    assert second.get("/desk/").location == "/desk/login"
    assert first.get("/desk/").status_code == 200


def test_signing_out_ends_the_session_also_for_a_copy_of_its_cookie(app):
    client = signed_in(app)
    cookie = client.get_cookie("nidaa-desk", path="/desk")
    client.sign_out()

    thief = new_client(app)
    thief.set_cookie("nidaa-desk", cookie.value, path="/desk")

    assert thief.get("/desk/").location == "/desk/login"


def test_a_second_factor_shown_again_makes_a_copy_of_the_cookie_worthless(app):
    client = signed_in(app)
    cookie = client.get_cookie("nidaa-desk", path="/desk")

    client.prove()

    thief = new_client(app)
    thief.set_cookie("nidaa-desk", cookie.value, path="/desk")
    assert client.get("/desk/").status_code == 200
    assert thief.get("/desk/").location == "/desk/login"


def test_a_new_password_that_is_tried_first_is_refused_and_the_old_one_stays(app):
    client = signed_in(app).language("en")
    weak = "owner@example.org 1"
    with app.app_context():
        kept = organiser_by_email(EMAIL).password

    page = client.send(
        "/desk/change", page="/desk/change", password=PASSWORD, new_password=weak, new_password_confirm=weak
    )

    assert "these name you or the campaign" in page.text
    with app.app_context():
        assert organiser_by_email(EMAIL).password == kept


def test_a_new_password_signs_out_everywhere_else(app):
    client = signed_in(app)
    other = new_client(app)
    other.totp, other.half_minutes = client.totp, client.half_minutes
    other.give_password()
    other.give_code()
    new = "four other quiet words"

    answer = client.send(
        "/desk/change", page="/desk/change", password=PASSWORD, new_password=new, new_password_confirm=new
    )

    assert answer.location == "/desk/sign-in"
    assert client.get("/desk/").status_code == 200
    assert other.get("/desk/").location == "/desk/login"
    with app.app_context():
        stored = organiser_by_email(EMAIL).password
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_post_without_its_token_is_refused(app):
    client = signed_in(app)

    answer = client.post("/desk/sign-out", data={})

    assert answer.status_code == 400
    assert client.get("/desk/").status_code == 200


def test_the_cookie_is_for_the_desk_alone_and_the_public_site_has_none(app, client):
    answer = new_client(app).get("/desk/login")

    said = answer.headers["Set-Cookie"]
    assert said.startswith("nidaa-desk=")
    assert {part.strip() for part in said.split(";")[1:]} == {"HttpOnly", "Path=/desk", "SameSite=Strict"}
    assert client.get("/en/").status_code == 200  # the client fails at any cookie


def test_where_everything_is_encrypted_so_is_the_cookie(base_settings):
    public = create_app(dataclasses.replace(base_settings, base_url="https://sign.example.org"))

    answer = new_client(public).get("/desk/login")

    said = answer.headers["Set-Cookie"]
    assert said.startswith("__Secure-nidaa-desk=")
    assert "Secure" in {part.strip() for part in said.split(";")[1:]}
    with public.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example.org/",
        "//evil.example.org/",
        "/desk//evil.example.org",
        "/desk/\\evil.example.org",
        "/en/",
        "/deskevil",
        "/desk/\x19",
    ],
)
def test_no_way_back_leads_away_from_the_desk(app, desk, wanted):
    chosen = desk.send("/desk/language", language="en", next=wanted)
    assert chosen.location == "/desk/"

    for place in ("/desk/login", "/desk/prove", "/desk/tf-validate"):
        assert desk.get(place, query_string={"next": wanted}).status_code == 400


def test_after_signing_in_one_is_where_one_wanted_to_be(app):
    client = signed_in(app)
    client.sign_out()

    login = client.get("/desk/team/").location
    assert login == "/desk/login?next=/desk/team/"
    step = client.send(login, page=login, email=EMAIL, password=PASSWORD).location
    done = client.send(step, page=step, code=client.code())

    assert done.location.endswith("/desk/team/")


def test_the_language_is_chosen_once_and_remembered(app):
    client = signed_in(app)

    assert 'dir="ltr"' in client.language("en").get("/desk/").text[:100]
    assert 'dir="rtl"' in client.language("ar").get("/desk/").text[:100]
    client.sign_out()
    other = new_client(app)
    other.totp, other.half_minutes = client.totp, client.half_minutes
    other.give_password()
    other.give_code()
    assert 'lang="ar"' in other.get("/desk/").text[:100]


def test_the_librarys_own_password_page_and_sign_out_are_closed(app):
    client = signed_in(app)

    assert client.get("/desk/verify").status_code == 404
    token = token_of(client.get("/desk/sign-in"))
    assert client.post("/desk/logout", data={"csrf_token": token}).status_code == 404
    assert client.get("/desk/").status_code == 200


def test_the_desk_and_what_it_needs_is_made_once(app, desk):
    desk.get("/desk/login")

    assert desk_of(app) is desk_of(app)


def test_ones_password_and_anothers_passkey_sign_nobody_in(app):
    signed_in(app)
    desk = desk_of(app)

    with desk.test_request_context("/wan-signin/state", method="POST"):
        session["tf_user_id"] = "somebody else's"
        with pytest.raises(Forbidden):
            login_user(organiser_by_email(EMAIL), authn_via=["webauthn"])
        assert "_user_id" not in session
        db.session.rollback()


def test_the_desk_sends_the_headers_of_the_public_pages_and_lets_no_script_stand_in_a_page(app, client, desk):
    names = ("Content-Security-Policy", "Permissions-Policy", "X-Content-Type-Options", "Referrer-Policy")
    public, ours = client.get("/en/").headers, desk.get("/desk/login").headers

    assert [ours[name] for name in names] == [public[name] for name in names]
    assert desk.get("/desk/invitation/unknown").headers["Referrer-Policy"] == "strict-origin"
    assert "Content-Encoding" not in desk.get("/desk/login", headers={"Accept-Encoding": "br"}).headers


@pytest.mark.parametrize("path", ["/deskx", "/de", "/en/desk/", "/DESK/"])
def test_only_the_desks_own_addresses_lead_to_the_desk(client, path):
    assert client.get(path).status_code == 404


def test_a_process_that_serves_no_desk_does_not_load_what_it_needs(base_settings):
    script = (
        "import sys, campaign_app.app, campaign_app.cli\n"
        "print([name for name in ('flask_security', 'flask_login', 'webauthn', 'passlib') if name in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_the_only_second_factor_stays(app):
    client = signed_in(app)
    with app.app_context():
        owner = organiser_by_email(EMAIL)
        owner.webauthn.append(passkey("Blue key"))
        owner.tf_primary_method = owner.tf_totp_secret = None
        db.session.commit()

    answer = client.send("/desk/wan-delete", page="/desk/sign-in", name="Blue key")

    assert answer.location == "/desk/sign-in"
    with app.app_context():
        assert organiser_by_email(EMAIL).has_second_factor


def test_a_passkey_beside_one_time_codes_can_be_removed_and_that_is_on_record(app):
    client = signed_in(app)
    with app.app_context():
        owner = organiser_by_email(EMAIL)
        owner.webauthn.append(passkey("Blue key"))
        db.session.commit()

    client.send("/desk/wan-delete", page="/desk/sign-in", name="Blue key")

    with app.app_context():
        assert organiser_by_email(EMAIL).webauthn == []
    assert actions(app)[-2:] == ["accounts.change-sign-in"] * 2


def test_nobody_waits_while_a_password_is_compared(app, monkeypatch):
    signed_in(app)
    is_writing = []

    def watched(*given):
        is_writing.append(db.session().in_transaction())
        return verify_password(*given)

    monkeypatch.setattr(security, "verify_password", watched)
    for email in (EMAIL, "nobody@example.org"):
        new_client(app).give_password(email)

    assert is_writing == [False, False]


def test_a_password_of_arabic_letters_is_the_same_however_they_are_encoded(app, desk):
    password = "أربع كلمات هادئة هنا"
    desk.join(first_link(app), password=unicodedata.normalize("NFC", password))
    desk.set_up_codes()
    desk.sign_out()

    step = desk.give_password(password=unicodedata.normalize("NFD", password))

    assert "/desk/tf-validate" in step.location
