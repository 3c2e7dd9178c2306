"""The page of what waits: whoever looks at it is offered one way to say no."""

from campaign_app.accounts.queries import organiser_by_email
from campaign_app.approvals import operations, rules
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from tests.desk_client import EMAIL, signed_in
from tests.organisers import join

PLACE = "/desk/approvals/"


def ask(by):
    operations.ask(
        kind=rules.PERSONAL_DATA,
        room="exports",
        subject="lists-and-graves",
        reference=f"sheet-{by.id}",
        digest="a" * 64,
        says={"en": "A sheet"},
        by=by,
        now=utc_now(),
    )
    db.session.commit()


def test_one_cancels_what_one_asked_for_and_declines_what_another_did(app):
    owner = signed_in(app)
    with app.app_context():
        second = join("second@example.org", ["organiser"], organiser_by_email(EMAIL), now=utc_now())
        ask(second)
    of_another = owner.get(PLACE).text
    with app.app_context():
        ask(organiser_by_email(EMAIL))
    of_both = owner.get(PLACE).text

    assert [of_another.count(f'{act}"') for act in ("/approve", "/decline", "/cancel")] == [1, 1, 0]
    assert [of_both.count(f'{act}"') for act in ("/approve", "/decline", "/cancel")] == [1, 1, 1]
