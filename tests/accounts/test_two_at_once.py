"""Two owners who act at the same moment: the desk never ends up without one."""

import pytest

from campaign_app.accounts import operations
from campaign_app.accounts.queries import active_owners, organiser_by_email
from campaign_app.accounts.rules import LastOwner
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from tests.organisers import join
from tests.two_at_once import at_once

ONE, OTHER = "one@example.org", "other@example.org"


def take_the_role(email: str, by: str) -> None:
    found, owner = organiser_by_email(email), organiser_by_email(by)
    operations.change_roles(organiser=found, roles=["viewer"], by=owner, now=utc_now())


def close(email: str, by: str) -> None:
    operations.deactivate(organiser=organiser_by_email(email), by=organiser_by_email(by), now=utc_now())


@pytest.mark.parametrize("act", [take_the_role, close])
def test_of_two_owners_who_remove_each_other_at_once_one_stays(app, context, act):
    owner = join(ONE, ["owner"], now=utc_now())
    join(OTHER, ["owner"], owner, now=utc_now())
    db.session.commit()

    second = at_once(app, lambda: act(OTHER, ONE), lambda: act(ONE, OTHER))

    assert isinstance(second.exception(), LastOwner)
    assert [each.email for each in active_owners()] == [ONE]
