"""Every page of the desk: all templates are looked at, in the language asked for, and none is heavy."""

import gzip
from pathlib import Path

from flask import template_rendered
from sqlalchemy import select

from campaign_app.accounts.models import Organiser
from campaign_app.audit.queries import oldest_first
from campaign_app.config import ROOT
from campaign_app.desk.record_details import NAMES
from campaign_app.extensions import db
from tests.desk_client import desk_of
from tests.every_desk_page import GROUPS

TEMPLATES = ROOT / "campaign_app" / "templates"
ROOMS = (
    "accounts",
    "approvals",
    "bodies",
    "desk",
    "exports",
    "integrity",
    "letters/desk",
    "partners",
    "petitions",
    "security",
    "updates",
)
# A page with a passkey in it needs a real authenticator: tests/browser/test_desk_sign_in.py.
SHOWN_ELSEWHERE = {
    "security/two_factor_select.html",
    "security/wan_signin.html",
    "security/wan_verify.html",
    "updates/stop.html",  # a public page: tests/every_page.py
}
KB = 1024
HEAVIEST = (
    100 * KB
)  # experience.md: 200 for a page of the desk, of which style, scripts and fonts take some 60


def own_templates() -> set[str]:
    """Return every template of a whole page of the desk."""
    paths = {path for room in ROOMS for path in (TEMPLATES / room).glob("[!_]*.html")}
    return {Path(path).relative_to(TEMPLATES).as_posix() for path in paths}


def test_every_template_of_the_desk_is_shown_in_its_language_and_is_light(app):
    shown: set[str] = set()

    def _note(_sender, template, **_context):
        shown.add(template.name)

    with template_rendered.connected_to(_note, desk_of(app)):
        for nth, group in enumerate(GROUPS.values()):
            for page in group(app, "ar"):
                assert page.answer.status_code in (200, 403, 404, 409, 410, 422), page.name
                assert '<html lang="ar" dir="rtl">' in page.answer.text, page.name
                assert len(gzip.compress(page.answer.data)) < HEAVIEST, page.name
            everybody_leaves(app, nth)
    with app.app_context():
        details = {name for entry in oldest_first() for name in entry.told}

    assert own_templates() - shown == SHOWN_ELSEWHERE
    assert details - set(NAMES) == set()  # on the page of the record each has a name in the reader's language


def everybody_leaves(app, nth: int) -> None:
    """Let the next group begin with a first owner again."""
    with app.app_context():
        for each in db.session.scalars(select(Organiser).where(Organiser.active)):
            each.active, each.email = False, f"gone-{nth}-{each.id}@example.org"
        db.session.commit()
