"""Somebody at the desk: a browser with a cookie, who goes through the mount as production does."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from passlib.totp import TOTP
from sqlalchemy import select
from werkzeug.test import TestResponse

from campaign_app.accounts import open_sessions, operations, standing
from campaign_app.accounts.models import Organiser, Passkey
from campaign_app.accounts.queries import organiser_by_email
from campaign_app.accounts.rules import OWNER
from campaign_app.accounts.sessions import FACTOR_AT, TOKEN
from campaign_app.approvals.models import Approval
from campaign_app.clock import utc_now
from campaign_app.columns import random_key
from campaign_app.desk_mount import MOUNTED
from campaign_app.exports.models import SealedSheet
from campaign_app.extensions import db
from campaign_app.petitions.models import Petition

from .pages import AuditingClient, audit, end_the_tests_own_transaction

PASSWORD = "four quiet words here"
EMAIL = "owner@example.org"
CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
KEY = re.compile(r'class="key" dir="ltr">([^<]+)<')
SETUP = re.compile(r'action="(/desk/tf-setup/[^"]+)"')


class DeskClient(AuditingClient):
    """The test client with the desk's cookie. Every page is audited as all others are, and nothing may keep it."""

    totp: TOTP
    half_minutes = 0  # how far the next code lies ahead: each works once

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request and audit the answer."""
        end_the_tests_own_transaction()
        response = super(AuditingClient, self).open(*args, **kwargs)
        end_the_tests_own_transaction()
        if response.status_code not in (301, 302, 303, 308) and response.mimetype == "text/html":
            audit(response.get_data(as_text=True))
        assert response.headers["Cache-Control"] == "no-store"
        return response

    def send(self, path: str, /, *, page: str = "/desk/login", **fields: Any) -> TestResponse:
        """Post a form, as it stands on a page."""
        return self.post(path, data={"csrf_token": token_of(self.get(page, follow_redirects=True)), **fields})

    def code(self) -> str:
        """Return a one-time code that was not used yet."""
        self.half_minutes += 1
        return self.totp.generate(time=time.time() + 30 * (self.half_minutes - 1)).token

    def join(self, token: str, *, name: str = "Test Owner", password: str = PASSWORD) -> TestResponse:
        """Open an invitation and choose a password."""
        place = f"/desk/invitation/{token}"
        return self.send(place, page=place, name=name, password=password, password_again=password)

    def set_up_codes(self) -> TestResponse:
        """Set up one-time codes, and keep the key as a phone does."""
        page = self.send("/desk/tf-setup", page="/desk/tf-setup", setup="authenticator")
        key, place = KEY.search(page.text), SETUP.search(page.text)
        assert key, page.text
        assert place
        self.totp = TOTP(key=key[1].replace("-", "").replace(" ", ""))
        return self.post(place[1], data={"csrf_token": token_of(page), "code": self.code()})

    def give_password(self, email: str = EMAIL, password: str = PASSWORD, **fields: str) -> TestResponse:
        """Take the first step of signing in."""
        return self.send("/desk/login", email=email, password=password, **fields)

    def give_code(self, code: str | None = None) -> TestResponse:
        """Take the second step of signing in."""
        place = "/desk/tf-validate"
        return self.send(place, page=place, code=code or self.code())

    def prove(self) -> TestResponse:
        """Give the second factor once more."""
        return self.send("/desk/prove", page="/desk/prove", code=self.code())

    def sign_out(self) -> TestResponse:
        """Leave."""
        return self.send("/desk/sign-out", page="/desk/sign-in")

    def language(self, code: str) -> "DeskClient":
        """Choose a language."""
        self.send("/desk/language", page="/desk/sign-in", language=code)
        return self


def token_of(page: TestResponse) -> str:
    """Return a form's CSRF token."""
    found = CSRF.search(page.text)
    assert found, page.text
    return found[1]


def new_client(app: Flask) -> DeskClient:
    """Return a browser that has never been here."""
    return DeskClient(app, app.response_class, use_cookies=True)


def first_link(app: Flask, email: str = EMAIL) -> str:
    """Return the token of the first owner's link."""
    with app.app_context():
        token = operations.invite_first_owner(email=email, by="command", now=utc_now())
        db.session.commit()
    return token


def signed_in(app: Flask, roles: Sequence[str] = (OWNER,), email: str = EMAIL) -> DeskClient:
    """Return a browser in which somebody with these roles is signed in, with one-time codes."""
    client = joined(app, first_link(app, email), email)
    give_roles(app, roles, email)
    return client


def joined(app: Flask, token: str, email: str, name: str = "Test Owner") -> DeskClient:
    """Return a browser in which somebody has just joined by this invitation and set up one-time codes.

    Whoever joins first in a test process goes through the pages. They weigh and hash a password, encrypt a key and
    draw its QR code, which takes half a second: so everybody of the same address after them is given what they came
    to (tests/desk/test_joined.py holds that it is the same).
    """
    known: dict[str, _Joined] = app.extensions.setdefault("tests_joined", {})
    if email not in known:
        client = joined_through_pages(app, token, name)
        known[email] = _joined_of(app, client, email)
        return client
    return _joined_like(app, known[email], token, name)


def joined_through_pages(app: Flask, token: str, name: str = "Test Owner") -> DeskClient:
    """Join by an invitation and set up one-time codes as people do."""
    client = new_client(app)
    assert client.join(token, name=name).status_code == 303
    assert client.set_up_codes().location == "/desk/sign-in"
    return client


@dataclass(frozen=True)
class _Joined:
    """What somebody came to who joined through the pages: password and key as they are stored, and the cookie."""

    password_hash: str
    stored_key: str
    totp: TOTP
    session: dict[str, Any]


def _joined_of(app: Flask, client: DeskClient, email: str) -> _Joined:
    with app.app_context():
        found = organiser_by_email(email)
        assert found is not None
        assert found.password
        assert found.tf_totp_secret
        return _Joined(found.password, found.tf_totp_secret, client.totp, session_of(app, client))


def session_of(app: Flask, client: DeskClient) -> dict[str, Any]:
    """Return what the cookie of a browser says."""
    cookie = client.get_cookie(_cookie(app), path="/desk")
    assert cookie
    found: dict[str, Any] = _serializer(app).loads(cookie.value)
    return found


def _joined_like(app: Flask, known: _Joined, token: str, name: str) -> DeskClient:
    """Write the rows and the cookie of somebody who joined through the pages a moment ago."""
    client = new_client(app)
    client.totp, client.half_minutes = known.totp, 1
    seconds = time.time()
    with app.app_context():
        now = utc_now()
        who = operations.accept(
            token=token, name=name, password_hash=known.password_hash, locale="ar", now=now
        )
        session_token = open_sessions.begin_session(organiser=who, via="link", now=now)
        who.tf_primary_method, who.tf_totp_secret = "authenticator", known.stored_key
        who.totp_counter = int(seconds) // 30
        operations.note_change(organiser=who, what="codes", now=now)
        new = {
            "_user_id": who.fs_uniquifier,
            TOKEN: session_token,
            FACTOR_AT: seconds,
            "fs_gexp": int(seconds),
        }
        db.session.commit()
    client.set_cookie(_cookie(app), _serializer(app).dumps({**known.session, **new}), path="/desk")
    return client


def _cookie(app: Flask) -> str:
    name: str = desk_of(app).config["SESSION_COOKIE_NAME"]
    return name


def _serializer(app: Flask) -> Any:
    desk = desk_of(app)
    return desk.session_interface.get_signing_serializer(desk)  # type: ignore[attr-defined] # it signs cookies


def give_roles(app: Flask, roles: Sequence[str], email: str = EMAIL) -> None:
    """Change somebody's roles behind the application's back; they stay signed in."""
    with app.app_context():
        found = organiser_by_email(email)
        assert found is not None
        found.roles = operations._roles(roles)
        standing.note(organiser=found, now=utc_now())
        db.session.commit()


def desk_of(app: Flask) -> Flask:
    """Return the desk's application."""
    desk: Flask = app.extensions[MOUNTED].made()
    return desk


def fill_accounts() -> None:
    """Write a row into every table of accounts, in the caller's transaction."""
    now = utc_now()
    token = operations.invite_first_owner(email=EMAIL, by="command", now=now)
    owner = operations.accept(token=token, name="Test Owner", password_hash="-", locale="ar", now=now)
    owner.webauthn.append(passkey("Blue key"))
    open_sessions.begin_session(organiser=owner, via="code", now=now)
    standing.note(organiser=owner, now=now)
    operations.invite(email="viewer@example.org", roles=["viewer"], by=owner, now=now)
    asked = Approval(
        kind="letter",
        room="letters",
        subject="test-letter",
        reference="test-letter-1",
        digest="0" * 64,
        says={"en": "A letter"},
        asked_by=owner,
        asked_at=now,
    )
    db.session.add(asked)
    db.session.flush()
    sheet = SealedSheet(
        reference="0" * 16,
        kind="contacts",
        petition_id=db.session.scalar(select(Petition.id).limit(1)),
        purpose="Test",
        expected=1,
        state="asked",
        asked_by=owner,
        asked_at=now,
    )
    db.session.add(sheet)


def passkey(name: str) -> Passkey:
    """Return a passkey that no device has."""
    return Passkey(
        credential_id=random_key(),
        public_key=random_key(),
        backup_state=False,
        device_type="single_device",
        lastuse_datetime=utc_now() - timedelta(days=1),
        name=name,
        usage="secondary",
    )


def age_of_session(app: Flask, email: str, **ages: timedelta) -> None:
    """Let an organiser's sessions have begun, or been used last, some time ago. ages: by column."""
    from campaign_app.accounts.models import OrganiserSession

    with app.app_context():
        owner = db.session.query(Organiser).filter_by(email=email).one()
        for row in db.session.query(OrganiserSession).filter_by(organiser_id=owner.id):
            for column, age in ages.items():
                setattr(row, column, utc_now() - age)
        db.session.commit()
