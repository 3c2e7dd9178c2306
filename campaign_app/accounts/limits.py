"""How often a password or a second factor may be tried, by account and by network: beyond it one waits.

An account that nobody has is counted like any other, so no limit tells who works here.
"""

import hmac
import math
import time

from flask import Flask, current_app, request, session
from limits import RateLimitItem, parse
from werkzeug.exceptions import TooManyRequests

from ..extensions import limiter
from ..shield.ceilings import network_key

BY_ACCOUNT = parse("10 per 10 minutes")
BY_NETWORK = parse("60 per 10 minutes")  # an office of a few people behind one address
TRIES = {
    "security.login",
    "security.two_factor_token_validation",
    "security.wan_signin_response",
    "security.mf_recovery",
    "security.change_password",
    "accounts.prove",
    "accounts.accept",
}


def register(desk: Flask) -> None:
    """Count every try before its view runs."""
    desk.before_request(_count)


def _count() -> None:
    if request.method != "POST" or request.endpoint not in TRIES:
        return
    _hit(BY_NETWORK, "desk-network", network_key())
    account = request.form.get("email", "").strip().lower() if request.endpoint == "security.login" else ""
    account = account or session.get("tf_user_id", "") or session.get("_user_id", "")
    if account:
        # Its HMAC: a store of counts holds no address.
        name = hmac.digest(str(current_app.secret_key).encode(), account.encode(), "sha256").hex()
        _hit(BY_ACCOUNT, f"desk-{request.endpoint}", name)


def _hit(limit: RateLimitItem, what: str, key: str) -> None:
    if limiter.limiter.hit(limit, what, key):
        return
    ends_at = limiter.limiter.get_window_stats(limit, what, key).reset_time
    raise TooManyRequests(retry_after=max(1, math.ceil(ends_at - time.time())))
