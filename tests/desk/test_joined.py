"""That whoever joins in other tests without the pages has everything that joining through them gives."""

import time

from campaign_app.accounts.models import Organiser, OrganiserSession, RoleSpan
from campaign_app.accounts.sessions import FACTOR_AT, TOKEN
from campaign_app.audit.models import AuditEntry
from campaign_app.extensions import db
from tests.conftest import forget_everything
from tests.desk_client import first_link, joined, joined_through_pages, session_of
from tests.tables import fill_tables

EMAIL = "joins@example.org"
OF_ONE_SIGN_IN = {"_user_id", TOKEN, FACTOR_AT, "fs_gexp", "csrf_token"}
RANDOM = {
    "password",
    "invited_at",
    "confirmed_at",
    "fs_uniquifier",
    "fs_webauthn_user_handle",
    "tf_totp_secret",
}


def test_who_joins_in_other_tests_has_what_joining_through_the_pages_gives(app):
    through_pages = result_of(app, joined_through_pages(app, first_link(app, EMAIL)))
    begin_anew(app)
    joined(app, first_link(app, EMAIL), EMAIL)  # so that it is known what the pages lead to
    begin_anew(app)

    assert result_of(app, joined(app, first_link(app, EMAIL), EMAIL)) == through_pages


def begin_anew(app):
    """Leave the tables as every test finds them."""
    with app.app_context():
        fill_tables(app)
        forget_everything(app)


def result_of(app, client):
    """Return what is stored of somebody who joined and what their cookie says, but for what is new each time."""
    session = session_of(app, client)
    with app.app_context():
        [who] = db.session.query(Organiser)
        [row] = db.session.query(OrganiserSession)
        assert session["_user_id"] == who.fs_uniquifier
        assert abs(session[FACTOR_AT] - time.time()) < 60
        assert row.organiser_id == who.id
        columns = {column.name for column in Organiser.__table__.columns} - RANDOM - {"id", "totp_counter"}
        found = {
            "organiser": {name: getattr(who, name) for name in columns},
            "roles": [(span.role, span.ended_at) for span in db.session.query(RoleSpan)],
            "record": [
                (entry.action, entry.by == who.audit_name, entry.details)
                for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)
            ],
            "cookie": {name: said for name, said in session.items() if name not in OF_ONE_SIGN_IN},
            "names": set(session),
        }
    assert client.get("/desk/").status_code == 200
    client.sign_out()
    assert client.give_password(EMAIL).location.startswith("/desk/tf-validate")
    assert client.give_code().location == "/desk/"
    return found
