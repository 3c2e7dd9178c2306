"""A campaign that may send letters: real keys, somebody who answers, an office whose channel was checked today."""

import pytest

from campaign_app.campaign import campaign
from campaign_app.extensions import db
from campaign_app.sealing.keys import Keyring
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
