"""Partners and endorsements in the database."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from campaign_app.accounts.models import Organiser
from campaign_app.audit.models import AuditEntry
from campaign_app.clock import utc_day
from campaign_app.extensions import db
from campaign_app.finished_pages import forget_all
from campaign_app.partners import endorsing, operations, queries
from campaign_app.petitions.models import Petition
from campaign_app.tally.queries import statement
from tests.organisers import join
from tests.partners.situations import BY, NOW, SITE, a_partner, an_endorsement, described, told

DAY = timedelta(days=1)


@pytest.fixture
def petition(petition) -> Petition:
    """The petition that organisations endorse."""
    return db.session.get_one(Petition, petition.id)


def shown(petition: Petition, days_later: int = 0) -> list[str]:
    """Return the names shown at the end of a day."""
    forget_all()
    return [each.name for each in queries.endorsements(petition.id, on=utc_day(NOW + days_later * DAY))]


def counted(petition: Petition, days_later: int = 0) -> int:
    """Return how many endorsements the statement of a day counts, as seen four days later."""
    found = statement(petition.id, now=NOW + 4 * DAY, on=utc_day(NOW + days_later * DAY))
    return found.endorsements


def test_only_an_active_partners_exact_sites_are_known(context):
    partner = a_partner(origins=(SITE, "https://www.partner.example"))
    assert queries.origins_of("example") == (SITE, "https://www.partner.example")
    assert queries.source_codes() == {"example"}

    for state, origins in (("paused", None), ("active", partner.origins), ("ended", None)):
        operations.move(partner=partner, to=state, by=BY, now=NOW)
        forget_all()
        assert queries.origins_of("example") == (tuple(origins) if origins else None)
    assert queries.origins_of("nobody") is None
    with pytest.raises(operations.CannotMove):
        operations.move(partner=partner, to="active", by=BY, now=NOW)


@pytest.mark.parametrize("code", ["example", "wa", "direct", "other"])
def test_a_code_is_given_once_and_never_that_of_a_way_of_sharing(context, code):
    a_partner()

    with pytest.raises(operations.CodeTaken):
        operations.add(code=code, described=described(), by=BY, now=NOW)


def test_a_private_link_opens_until_it_is_replaced_revoked_or_the_partner_ends(context):
    partner = a_partner()
    first = operations.make_link(partner=partner, by=BY, now=NOW)
    assert queries.partner_by_link(first) is partner
    second = operations.make_link(partner=partner, by=BY, now=NOW)
    assert queries.partner_by_link(first) is None
    assert queries.partner_by_link(second) is partner

    assert operations.revoke_link(partner=partner, by=BY, now=NOW)
    assert queries.partner_by_link(second) is None
    third = operations.make_link(partner=partner, by=BY, now=NOW)
    operations.move(partner=partner, to="ended", by=BY, now=NOW)
    assert queries.partner_by_link(third) is None
    on_record = db.session.scalars(select(AuditEntry.details)).all()
    assert not [each for each in on_record if any(token in each for token in (first, second, third))]


def test_an_endorsement_counts_from_its_check_to_its_withdrawal_and_past_days_keep_it(petition):
    waiting = an_endorsement(petition.id, is_checked=False, name="Waiting")
    stays = an_endorsement(petition.id, name="Stays")
    leaves = an_endorsement(petition.id, name="Leaves")
    by = db.session.get_one(Organiser, stays.recorded_by_id)
    endorsing.withdraw(endorsement=leaves, petition=petition, because="Asked by them.", by=by, now=NOW + DAY)
    endorsing.withdraw(endorsement=waiting, petition=petition, because="A slip.", by=by, now=NOW + DAY)

    assert shown(petition) == ["Leaves", "Stays"]
    assert [shown(petition, -1), shown(petition, 1)] == [[], ["Stays"]]
    assert [counted(petition, days) for days in (-1, 0, 1, 3)] == [0, 2, 1, 1]
    with pytest.raises(endorsing.AlreadyWithdrawn):
        endorsing.withdraw(endorsement=leaves, petition=petition, because="Again.", by=by, now=NOW + DAY)


def test_an_organisation_counts_once_until_it_is_withdrawn(petition):
    first = an_endorsement(petition.id, name="Example Association", country="DE")
    by = db.session.get_one(Organiser, first.recorded_by_id)
    again = told(name="example  association.", country="DE")
    with pytest.raises(endorsing.AlreadyRecorded):
        endorsing.record_endorsement(petition=petition, told=again, partner=None, by=by, now=NOW)
    an_endorsement(petition.id, name="Example Association", country="FR")

    endorsing.withdraw(endorsement=first, petition=petition, because="Asked by them.", by=by, now=NOW)

    endorsing.record_endorsement(petition=petition, told=again, partner=None, by=by, now=NOW)


def test_a_second_person_checks_and_once(petition):
    endorsement = an_endorsement(petition.id, is_checked=False)
    recorder = db.session.get_one(Organiser, endorsement.recorded_by_id)
    owner = join("owner@example.org", ["owner"], now=NOW)
    with pytest.raises(endorsing.SamePerson):
        endorsing.check(endorsement=endorsement, petition=petition, by=recorder, now=NOW + 9 * DAY)
    assert shown(petition) == []

    endorsing.check(endorsement=endorsement, petition=petition, by=owner, now=NOW)

    assert shown(petition) == [endorsement.name]
    with pytest.raises(endorsing.AlreadyChecked):
        endorsing.check(endorsement=endorsement, petition=petition, by=owner, now=NOW)
    assert counted(petition) == 1


def test_whoever_is_alone_checks_after_the_wait_and_not_before(petition):
    owner = join("owner@example.org", ["owner"], now=NOW)
    endorsement = endorsing.record_endorsement(
        petition=petition, told=told(), partner=None, by=owner, now=NOW
    )
    with pytest.raises(endorsing.SamePerson) as refusal:
        endorsing.check(endorsement=endorsement, petition=petition, by=owner, now=NOW + timedelta(hours=11))
    assert refusal.value.at == endorsement.recorded_at + timedelta(hours=12)

    endorsing.check(endorsement=endorsement, petition=petition, by=owner, now=refusal.value.at)

    assert endorsement.is_shown
