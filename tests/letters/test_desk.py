"""Letters at the desk: drafted, written, agreed to, issued, downloaded; and who may not."""

import html
import re

import pytest

from campaign_app.accounts import operations as accounts
from campaign_app.accounts.queries import organiser_by_email
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.letters import queries, rules
from campaign_app.petitions.operations import petition_by_slug
from tests.desk_client import EMAIL, new_client, signed_in, token_of
from tests.integrity.campaigns import let_sign
from tests.letters.situations import load_directory

SLUG = "lists-and-graves"
NEW = "/desk/letters/new"
MARKUP = "<script>alert(1)</script> #set page(fill: red) {% raw %}{{ 7*7 }} =cmd()|' **x**"


@pytest.fixture
def campaign_that_may_write(real_keys, answered, app):
    """A directory that was checked today, by the clock of the pages, and three people who signed."""
    with app.app_context():
        load_directory(today=utc_now().date())
        let_sign(petition_by_slug(SLUG).id, 3, on=utc_now().date())
        db.session.commit()


pytestmark = pytest.mark.usefixtures("campaign_that_may_write")


@pytest.fixture
def owner(app):
    return signed_in(app).language("en")


@pytest.fixture
def approver(app, owner):
    return colleague(app, owner, "approver")


def colleague(app, owner, role):
    """Return the browser of somebody else of the team."""
    email = f"{role}@example.org"
    with app.app_context():
        by = organiser_by_email(EMAIL)
        token = accounts.invite(email=email, roles=[role], by=by, now=utc_now())
        db.session.commit()
    client = new_client(app)
    client.join(token)
    client.set_up_codes()
    return client.language("en")


def post(client, path, **fields):
    """Send a form of the desk."""
    return client.post(path, data={"csrf_token": token_of(client.get("/desk/sign-in")), **fields})


def begun(client, template="council-president", **fields):
    """Begin a letter at the desk; return the address of its page."""
    beginning = {
        "template": template,
        "month": f"{utc_now():%Y-%m}",
        "petition": SLUG,
        "languages": ["en", "ar"],
        "way": "mail",
        **fields,
    }
    answer = post(client, NEW, **beginning)
    assert answer.status_code == 303, answer.text
    return answer.location.removesuffix("/edit")


def words_of(client, page):
    """Return every field of the composer as its page shows it, with a signatory."""
    text = client.get(f"{page}/edit").text
    fields = dict(re.findall(r'<textarea id="([^"]+)"[^>]*>\n([^<]*)</textarea>', text))
    fields = {name: html.unescape(words) for name, words in fields.items()}
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', text)[1]
    chosen = {"visibility": "public", "way": "mail", "month": f"{utc_now():%Y-%m}"}
    signatory = {"signatory-name": "A. Signatory", "signatory-role": "Coordinator"}
    return {**fields, **chosen, **signatory, "seen": seen}


def written(client, **fields):
    """Return the page of a letter that lacks nothing."""
    page = begun(client)
    answer = post(client, f"{page}/edit", **{**words_of(client, page), **fields})
    assert answer.status_code == 303, answer.text
    return page


def letter_of(app, page):
    with app.app_context():
        return queries.letter(page.rsplit("/", 1)[1])


def seen_on(client, page):
    found = re.search(r'name="seen" value="([0-9a-f]+)"', client.get(page).text)
    assert found
    return found[1]


def agreed(app, owner, approver):
    """Return the page of a letter that a second person agreed to."""
    page = written(owner)
    assert post(owner, f"{page}/ask", seen=seen_on(owner, page)).status_code == 303
    shown = approver.get(page).text
    approve = re.search(r'action="(/desk/approvals/\d+/approve)"', shown)[1]
    digest = re.search(r'name="digest" value="([0-9a-f]+)"', shown)[1]
    assert post(approver, approve, digest=digest).status_code == 303
    return page


def test_a_letter_goes_from_its_template_to_its_reference(app, owner, approver):
    page = agreed(app, owner, approver)

    before = owner.get(f"{page}/issue").text
    answer = post(owner, f"{page}/issue")

    assert "3 people now, mailboxes: 3" in before
    found = letter_of(app, page)
    assert (answer.status_code, answer.location) == (303, f"/desk/letters/{found.reference}")
    assert found.state == rules.ISSUED
    assert "documents are being made" in owner.get(answer.location).text


def test_whoever_asked_sees_no_way_to_approve(app, owner, approver):
    page = written(owner)
    post(owner, f"{page}/ask", seen=seen_on(owner, page))

    assert "/approve" not in owner.get(page).text
    assert "/approve" in approver.get(page).text
