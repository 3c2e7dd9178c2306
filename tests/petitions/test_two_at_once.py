"""Two people who change the same at the same moment: one comes second, and nothing that either typed is lost.

In an emergency, too.
"""

from itertools import count
from typing import Any

import pytest

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.lockdown import operations as lockdown
from campaign_app.petitions import editing, operations
from campaign_app.petitions.models import Petition
from campaign_app.petitions.rules import TEXT_FIELDS, ChangedMeanwhile, TransitionRefused
from tests.conftest import SLUG
from tests.organisers import join
from tests.two_at_once import at_once

ANOTHER = count(9_000_000)
BEGAN: dict[str, Any] = {}  # what the forms of both began from


@pytest.fixture
def owner(context):
    found = join("owner@example.org", ["owner"], now=utc_now())
    db.session.commit()
    return found


def words(owner) -> None:
    petition = operations.petition_by_slug(SLUG)
    stored = editing.latest_texts(petition.id)["en"]
    text = {**{name: getattr(stored, name) for name in TEXT_FIELDS}, "title": f"Title {next(ANOTHER)}"}
    editing.save_texts(
        petition=petition,
        texts={"en": text},
        began_from={"en": 1},
        is_correction=False,
        by=owner,
        now=utc_now(),
    )


def goals(owner) -> None:
    petition = operations.petition_by_slug(SLUG)
    began_from = editing.fingerprint(BEGAN["goals"])
    rows = [*BEGAN["goals"], {"threshold": next(ANOTHER), "meanings": {"en": "we write"}}]
    editing.set_goals(petition=petition, rows=rows, began_from=began_from, by=owner, now=utc_now())


def setting(owner) -> None:
    petition = operations.petition_by_slug(SLUG)
    editing.change_settings(
        petition=petition,
        opens_at=petition.opens_at,
        closes_at=utc_now(),
        required_languages=petition.required_languages,
        people_per_mailbox=petition.people_per_mailbox,
        began_from=editing.fingerprint(BEGAN["settings"]),
        by=owner,
        now=utc_now(),
    )


@pytest.mark.parametrize("change", [words, goals, setting])
def test_of_two_who_save_at_once_the_second_is_told(app, owner, change):
    petition = operations.petition_by_slug(SLUG)
    BEGAN.update(goals=editing.goals_part(petition), settings=editing.settings_part(petition))

    other = at_once(app, lambda: change(owner), lambda: change(owner))

    assert isinstance(other.exception(), ChangedMeanwhile)


def test_a_petition_that_one_withdraws_is_not_closed_by_another(app, owner):
    def step(to: str) -> None:
        petition = operations.petition_by_slug(SLUG)
        operations.move(petition=petition, to=to, obstacles=[], now=utc_now())

    other = at_once(app, lambda: step("withdrawn"), lambda: step("closed"))

    assert isinstance(other.exception(), TransitionRefused)
    assert db.session.query(Petition).filter_by(slug=SLUG).one().state == "withdrawn"


def test_two_who_lock_down_at_once_lock_down_once(app, owner):
    def lock() -> bool:
        return lockdown.order(part="signing", by=owner.audit_name, now=utc_now())

    other = at_once(app, lock, lock)

    assert other.result() is False
