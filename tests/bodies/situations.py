"""The directory as it is shipped, and what organisers make of it, for tests of any room."""

from datetime import date

from sqlalchemy import select

from campaign_app.bodies import operations, queries
from campaign_app.bodies.content import shipped_bodies
from campaign_app.bodies.models import Body, BodyChannel, CouncilTerm, PresidencyOverride
from campaign_app.clock import utc_day, utc_now
from campaign_app.config import ROOT
from campaign_app.extensions import db
from tests.tables import rows_once

CONTENT = ROOT / "content"
BY = "organiser:1"
DIRECTORY = (Body, BodyChannel, CouncilTerm)


def load_directory() -> None:
    """Load the shipped directory, in the caller's transaction."""
    rows_once("directory", DIRECTORY, lambda: operations.load_shipped(bodies=shipped_bodies(CONTENT)))


def enter_channel(key: str, kind: str, value: str, *, verified_on: date | None = None) -> BodyChannel:
    """Enter a way to reach a body, checked today unless another day is given; in the caller's transaction."""
    channel = BodyChannel(
        body_id=queries.body(key).id,
        kind=kind,
        value=value,
        source_url="https://example.org/directory",
        verified_on=verified_on or utc_day(utc_now()),
        verified_by=BY,
    )
    db.session.add(channel)
    db.session.flush()
    return channel


def fill_bodies() -> None:
    """Write rows into every table of the directory, in the caller's transaction."""
    load_directory()
    enter_channel("mission-latvia", "mail", "mission@example.org")
    body_id = queries.body("mission-latvia").id
    if db.session.scalar(select(PresidencyOverride.id)) is None:
        db.session.add(
            PresidencyOverride(
                year=2026, month=12, body_id=body_id, source="Test", noted_by=BY, noted_at=utc_now()
            )
        )
    db.session.flush()
