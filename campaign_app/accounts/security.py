"""Flask-Security as the desk uses it: a password, then a passkey or a one-time code. Imported by the desk only.

Nobody registers themselves, nobody is mailed by the library, no browser is remembered, no token or JSON signs in.
"""

import hmac
import secrets
from datetime import timedelta
from functools import cache
from typing import Any, NoReturn

from flask import Flask, redirect, request, url_for
from flask_security import LoginForm, MailUtil, Security, SQLAlchemyUserDatastore, Totp
from flask_security.forms import Form
from flask_security.utils import hash_password, verify_password
from flask_security.webauthn_util import WebauthnUtil
from werkzeug.wrappers import Response

from ..campaign import campaign
from ..clock import utc_now
from ..config import settings
from ..extensions import db
from . import library_words, rules
from .models import Organiser, Passkey, Role
from .passwords import CheckedPasswords, normalized
from .queries import organiser_by_email
from .recovery import HOW_MANY, HashedRecoveryCodes

EXTENSION = "security"  # the library's own name
# OWASP's second choice for argon2id: 19 MiB, two passes. A server of 1 GB bears several at once.
ARGON2 = {"argon2__time_cost": 2, "argon2__memory_cost": 19_456, "argon2__parallelism": 1}


class NoMail(MailUtil):
    """The library writes no mail: ours are neutral, sealed and sent by the worker."""

    def send_mail(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: nothing that we switched on sends any."""
        raise RuntimeError("the desk sends no mail of Flask-Security's")


class OnceOnlyTotp(Totp):
    """One-time codes that work once: the last counter used is a column of the organiser."""

    def get_last_counter(self, user: Any) -> int | None:
        """Return the last half minute whose code was used."""
        counter: int | None = user.totp_counter
        return counter

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        """Note the half minute whose code was used now; committed with the sign-in itself."""
        user.totp_counter = tmatch.counter


class OwnOrigin(WebauthnUtil):
    """Passkeys bound to BASE_URL, whatever host a request names; in development also to localhost."""

    def origin(self) -> str:
        """Return the only origin that a passkey's answer may come from."""
        chosen = settings()
        return chosen.base_url if chosen.is_production else request.host_url.rstrip("/")


class SignInForm(LoginForm):
    """The library's form, but no writer waits while a password is hashed, and every account costs the same time.

    A post holds SQLite's one write turn from its first statement: a supporter's signature would wait 30 ms for each
    password that somebody tries.
    """

    def validate(self, **kwargs: Any) -> bool:
        """Whether address and password belong together and to somebody who may sign in."""
        if not Form.validate(self, **kwargs):
            return False
        found = organiser_by_email(self.email.data or "")
        stored = found.password if found is not None and found.active else None
        db.session.rollback()
        is_right = verify_password(normalized(self.password.data or ""), stored or _hash_of_nobody())
        if found is None or stored is None or not is_right:
            self.form_errors.append("")  # the page has one sentence for every reason
            return False
        self.user = found  # type: ignore[assignment] # our model stands in for the library's
        self.user_authenticated = True
        return True


@cache
def _hash_of_nobody() -> str:
    """Return a hash to compare with where there is no account, made once with the settings of all others."""
    return str(hash_password(secrets.token_urlsafe()))


def register(desk: Flask, secret: bytes) -> Security:
    """Give the desk the library's sign-in. secret: the application's; every use has a key of its own."""
    desk.config.update(_settings(secret))
    store = SQLAlchemyUserDatastore(db, Organiser, Role, Passkey)  # type: ignore[arg-type] # our model stands in for the library's
    security = Security(
        desk,
        store,
        login_form=SignInForm,
        mail_util_cls=NoMail,
        totp_cls=OnceOnlyTotp,
        webauthn_util_cls=OwnOrigin,
        password_util_cls=CheckedPasswords,
        mf_recovery_codes_util_cls=HashedRecoveryCodes,
    )
    # The library that holds the session would else keep a hash of the browser's address and name in it.
    desk.login_manager.session_protection = None  # type: ignore[attr-defined] # set by the library
    security.want_json(lambda asked: False)
    security.reauthn_handler(_ask_again)
    return security


def derived(secret: bytes, use: str) -> bytes:
    """Return the key of one use, so that what is made for one is worth nothing to another."""
    return hmac.digest(secret, f"nidaa desk v1 {use}".encode(), "sha256")


def _ask_again(within: timedelta, grace: timedelta) -> Response:
    """Send to our own page, which asks for the second factor; the library's would be content with the password."""
    return redirect(url_for("accounts.prove", next=request.script_root + request.full_path.rstrip("?")), 303)


def _settings(secret: bytes) -> dict[str, Any]:
    return library_words.settings() | {
        "SECURITY_PASSWORD_SALT": derived(secret, "passwords").hex(),
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2,
        "SECURITY_PASSWORD_LENGTH_MIN": rules.SHORTEST_PASSWORD,
        "SECURITY_TOTP_SECRETS": {"1": derived(secret, "one-time codes").hex()},
        "SECURITY_TOTP_ISSUER": campaign().short_name("en"),
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "accounts.sign_in_settings",
        "SECURITY_WEBAUTHN": True,
        "SECURITY_WAN_RP_NAME": campaign().short_name("en"),
        "SECURITY_WAN_ALLOW_AS_FIRST_FACTOR": False,
        "SECURITY_WAN_ALLOW_AS_MULTI_FACTOR": False,
        "SECURITY_WAN_ALLOW_AS_VERIFY": ["secondary"],
        "SECURITY_WAN_POST_REGISTER_VIEW": "accounts.sign_in_settings",
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": HOW_MANY,
        "SECURITY_FRESHNESS": rules.FACTOR_IS_FRESH_FOR,
        "SECURITY_FRESHNESS_GRACE_PERIOD": rules.FACTOR_IS_FRESH_FOR * 0,
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_POST_LOGIN_VIEW": "desk.home",
        "SECURITY_POST_LOGOUT_VIEW": "security.login",
        "SECURITY_POST_VERIFY_VIEW": "desk.home",
        "SECURITY_POST_CHANGE_VIEW": "accounts.sign_in_settings",
        "SECURITY_LOGOUT_METHODS": ["POST"],
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_CACHE_CONTROL": None,  # every page of the desk says no-store by our own hook
        "SECURITY_DATETIME_FACTORY": utc_now,
        "SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS": False,
    }
