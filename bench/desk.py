"""The desk with a million signatures and three years behind them: its home, and the numbers in every period."""

import time
from collections.abc import Sequence
from datetime import datetime
from urllib.request import Request, urlopen

from flask import session
from flask_security.utils import login_user

from campaign_app.accounts import operations
from campaign_app.accounts.models import Organiser, Passkey
from campaign_app.accounts.queries import active_owners
from campaign_app.clock import utc_now
from campaign_app.columns import random_key
from campaign_app.desk_app import COOKIE
from campaign_app.desk_mount import MOUNTED
from campaign_app.extensions import db

from . import rows
from .installations import Installation
from .people import SLUG
from .report import Line
from .servers import Server, serving

LIMIT_MS = 1_000
ROUNDS = 20
HOME = "/desk/"
NUMBERS = [
    f"/desk/numbers/{SLUG}?{query}"
    for query in (
        "period=all",
        "period=7",
        "period=30",
        "period=90",
        "period=days&from=2000-01-01&to=2999-01-01",
    )
]


def measure(installations: Sequence[Installation]) -> list[Line]:
    """Return the lines about the desk, a column for each installation."""
    found: dict[str, list[str]] = {}
    for installation in installations:
        cells = rows.fill_years(installation)
        with serving("wsgi:app", installation.environment, workers=1) as server:
            cookie = _signed_in(installation)
            _asked(server, "/desk/sign-in", cookie)  # the desk itself is made when it is first asked for
            first = {path: _asked(server, path, cookie) for path in (HOME, NUMBERS[0])}
            for name, paths in (("home", [HOME]), ("numbers", NUMBERS)):
                spent = sorted(_asked(server, path, cookie) for _ in range(ROUNDS) for path in paths)
                p95 = spent[int(len(spent) * 0.95)]
                assert p95 <= LIMIT_MS, f"{installation.name}: {name} took {p95:.0f} ms"
                found.setdefault(f"desk {name}, p95 ms", []).append(f"**{p95:.0f}**")
        found.setdefault("cells", []).append(f"{cells:,}")
        found.setdefault("… home, the first of a day in a process, ms", []).append(f"{first[HOME]:.0f}")
        found.setdefault("… numbers, the first of a day in a process, ms", []).append(
            f"{first[NUMBERS[0]]:.0f}"
        )
    return [Line(what, cells, f"{LIMIT_MS}" if "p95" in what else "") for what, cells in found.items()]


def _asked(server: Server, path: str, cookie: str) -> float:
    """Ask for a page and return how many milliseconds it took."""
    began = time.perf_counter()
    request = Request(f"http://127.0.0.1:{server.port}{path}", headers={"Cookie": cookie})
    with urlopen(request, timeout=60) as answer:  # noqa: S310 - our own server
        body = answer.read()
        assert answer.status == 200, path
        assert answer.url.endswith(path), f"{path} led to {answer.url}"
    assert b"</html>" in body, path
    return (time.perf_counter() - began) * 1_000


def _signed_in(installation: Installation) -> str:
    """Return the cookie of an owner who signed in: the row and the signature are as the desk makes them."""
    desk = installation.app.extensions[MOUNTED].made()
    with desk.test_request_context("/desk/", method="POST"):
        now = utc_now()
        owner = next(iter(active_owners()), None) or _first_owner(now)  # what was exported before had owners
        owner.webauthn.append(
            Passkey(
                credential_id=random_key(),
                public_key=random_key(),
                backup_state=False,
                device_type="single_device",
                lastuse_datetime=now,
                name="Blue key",
                usage="secondary",
            )
        )
        login_user(owner, authn_via=["link"])
        db.session.commit()
        signed = desk.session_interface.get_signing_serializer(desk).dumps(dict(session))
        db.engine.dispose()
    return f"{COOKIE}={signed}"


def _first_owner(now: datetime) -> Organiser:
    token = operations.invite_first_owner(email="owner@example.org", by="command", now=now)
    return operations.accept(
        token=token,
        name="Test Owner",
        password_hash="-",  # noqa: S106 - of nobody
        locale="ar",
        now=now,
    )
