"""Two who take the same total back at the same moment: it is subtracted once."""

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.integrity import outside
from campaign_app.integrity.outside import CannotTakeBack, Told
from campaign_app.petitions.operations import petition_by_slug
from campaign_app.tally.models import OutsideTotal
from tests.supporters import SLUG
from tests.two_at_once import at_once

from .campaigns import NOW, TODAY, an_organiser


def test_sheets_that_two_take_back_at_once_are_taken_back_once(app, petition):
    one, other = an_organiser(), an_organiser("Test Colleague", "colleague@example.org")
    told = Told(
        kind="paper", name="Sheets", number=40, as_of=TODAY, evidence="A scan", sha256="0" * 64, sheets=3
    )
    found = petition_by_slug(SLUG)
    sheets = outside.record_total(petition=found, told=told, by=one, now=NOW)
    outside.check(total=sheets, petition=found, by=other, now=NOW)
    db.session.commit()
    total_id = sheets.id

    def take_back() -> None:
        total = db.session.get_one(OutsideTotal, total_id)
        outside.take_back(total=total, petition=petition_by_slug(SLUG), by=one, now=NOW)

    second = at_once(app, take_back, take_back)

    assert isinstance(second.exception(), CannotTakeBack)
    assert len(db.session.scalars(select(OutsideTotal.id)).all()) == 2
