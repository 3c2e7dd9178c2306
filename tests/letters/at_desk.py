"""What people do at the desk of letters: one who owns, colleagues of other roles, forms that are sent."""

from datetime import datetime

from campaign_app.accounts import operations as accounts
from campaign_app.accounts.models import Organiser
from campaign_app.accounts.queries import organiser_by_email
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from tests.desk_client import EMAIL, joined, token_of
from tests.organisers import join

AGREES = "agrees@example.org"
SLUG = "lists-and-graves"
MARKUP = "<script>alert(1)</script> #set page(fill: red) {% raw %}{{ 7*7 }} =cmd()|' **x**"


def colleague(app, owner, role):
    """Return the browser of somebody else of the team."""
    email = f"{role}@example.org"
    with app.app_context():
        by = organiser_by_email(EMAIL)
        token = accounts.invite(email=email, roles=[role], by=by, now=utc_now())
        db.session.commit()
    return joined(app, token, email).language("en")


def post(client, path, **fields):
    """Send a form of the desk."""
    return client.post(path, data={"csrf_token": token_of(client.get("/desk/sign-in")), **fields})


def people_of(now: datetime) -> tuple[Organiser, Organiser]:
    """Return the owner whose browser is signed in, and somebody who agrees to what they ask. Never commits."""
    owner = organiser_by_email(EMAIL)
    assert owner is not None
    agrees = organiser_by_email(AGREES) or join(AGREES, ["approver"], owner, now=now)
    return owner, agrees
