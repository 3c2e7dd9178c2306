"""Partners and endorsements, for tests of any room."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from campaign_app.accounts.models import Organiser
from campaign_app.extensions import db
from campaign_app.partners import endorsing, operations
from campaign_app.partners.models import Endorsement, Partner
from campaign_app.partners.operations import Described
from campaign_app.petitions.models import Petition
from tests.integrity.campaigns import an_organiser

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
BY = "organiser:1"
SITE = "https://partner.example"


def described(**fields: Any) -> Described:
    """Return a partner as the desk's form describes it."""
    known: dict[str, Any] = {
        "name": "Example Partner",
        "origins": (SITE,),
        "contact": "https://partner.example/contact",
        "language": "en",
    }
    return Described(**known | fields)


def a_partner(code: str = "example", *, now: datetime = NOW, **fields: Any) -> Partner:
    """Return an active partner, stored in the caller's transaction."""
    return operations.add(code=code, described=described(**fields), by=BY, now=now)


def told(**fields: Any) -> endorsing.Told:
    """Return what an organiser records of an endorsement."""
    known: dict[str, Any] = {
        "name": "منظمة مثال للعدالة",
        "country": "DE",
        "site": "https://justice.example",
        "authorised_by": "Its board",
        "authorised_on": date(2026, 5, 18),
    }
    return endorsing.Told(**known | fields)


def an_endorsement(
    petition_id: int,
    *,
    is_checked: bool = True,
    now: datetime = NOW,
    partner: Partner | None = None,
    **fields: Any,
) -> Endorsement:
    """Return an endorsement that one organiser recorded and another checked, in the caller's transaction."""
    petition = db.session.get_one(Petition, petition_id)
    people = list(db.session.scalars(select(Organiser).order_by(Organiser.id).limit(2)))
    while len(people) < 2:
        people.append(an_organiser(f"Organiser {len(people)}", f"endorse-{len(people)}@example.org"))
    recorder, checker = people
    found = endorsing.record_endorsement(
        petition=petition, told=told(**fields), partner=partner, by=recorder, now=now - timedelta(minutes=5)
    )
    if is_checked:
        endorsing.check(endorsement=found, petition=petition, by=checker, now=now)
    return found


def fill_partners(petition_id: int) -> None:
    """Write rows into every table of the room, in the caller's transaction."""
    if db.session.scalar(select(Partner.id)) is None:
        an_endorsement(petition_id, partner=a_partner(), name="Example Partner Association")
