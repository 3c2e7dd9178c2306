"""A campaign that may send letters: real keys, somebody who answers, an office whose channel was checked today."""

import pytest

from campaign_app.campaign import campaign
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.petitions.operations import petition_by_slug
from campaign_app.sealing.keys import Keyring
from tests.integrity.campaigns import let_sign
from tests.letters.at_desk import SLUG
from tests.letters.situations import NOW, load_directory
from tests.organisers import join


@pytest.fixture
def real_keys(monkeypatch):
    """Keys that are not for demonstration: those of the tests are, and nothing else of them matters here."""
    monkeypatch.setattr(Keyring, "is_demo", property(lambda self: False))


@pytest.fixture
def answered(monkeypatch, context):
    """A responsible body whom a reply reaches."""
    for name in ("responsible_body", "responsible_address", "contact_email"):
        monkeypatch.setitem(campaign().details, name, f"invented-{name}")


@pytest.fixture
def directory(context):
    """The shipped directory, each body with channels that were checked that day."""
    load_directory(today=NOW.date())
    db.session.commit()


@pytest.fixture
def ready(real_keys, answered, directory):
    """All that a letter needs around it."""


@pytest.fixture
def people(context):
    """An owner who asks, and an approver."""
    now = NOW
    owner = join("owner@example.org", ["owner"], now=now)
    approver = join("approver@example.org", ["approver"], owner, now=now)
    db.session.commit()
    return owner, approver


@pytest.fixture
def campaign_that_may_write(real_keys, answered, app):
    """A directory that was checked today, by the clock of the pages, and three people who signed."""
    with app.app_context():
        load_directory(today=utc_now().date())
        let_sign(petition_by_slug(SLUG).id, 3, on=utc_now().date())
        db.session.commit()
