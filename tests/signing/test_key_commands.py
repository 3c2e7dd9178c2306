"""`campaign keys shred`: refused while anybody may sign or still change their mind, and then the whole of it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, or_, select

from campaign_app.cli import campaign
from campaign_app.clock import utc_day, utc_now
from campaign_app.config import settings
from campaign_app.extensions import db
from campaign_app.petitions import operations as petitions
from campaign_app.petitions.queries import public_petition
from campaign_app.sealing import tags
from campaign_app.sealing.key_files import MASTER, read_key_files
from campaign_app.sealing.keys import keyring
from campaign_app.sealing.models import PetitionKey
from campaign_app.sealing.problems import PetitionKeyShredded
from campaign_app.signing.models import Pending, PrivateLink, Signature
from tests.supporters import SLUG, people, sign, sign_and_confirm

DAY = timedelta(days=1)
OTHER = "fate-of-the-disappeared"


@pytest.fixture
def shred(app):
    """Run the command on a petition."""
    return lambda slug, *arguments, typed=None: app.test_cli_runner().invoke(
        campaign, ["keys", "shred", slug, *arguments], input=typed
    )


def close(days_ago: int) -> None:
    """Close the petition some days ago."""
    petition = petitions.petition_by_slug(SLUG)
    petitions.move(petition=petition, to="closed", obstacles=[], now=utc_now() - days_ago * DAY)
    db.session.commit()


def is_shredded() -> bool:
    """Whether the petition's tag key is gone."""
    db.session.expire_all()
    found = db.session.get(PetitionKey, public_petition(SLUG).id).shredded_on is not None
    db.session.rollback()
    return found


@pytest.mark.usefixtures("context")
def test_the_key_of_an_open_petition_is_never_destroyed(shred):
    result = shred(SLUG, "--yes")

    assert result.exit_code == 1
    assert f"{SLUG} is open" in result.stderr
    assert not is_shredded()


@pytest.mark.parametrize(("days_ago", "code"), [(29, 1), (30, 0)])
@pytest.mark.usefixtures("context")
def test_thirty_days_pass_between_the_close_and_the_shredding(shred, days_ago, code):
    close(days_ago)

    result = shred(SLUG, "--yes")

    assert result.exit_code == code
    assert is_shredded() is (code == 0)
    if code:
        assert f"are destroyed from {utc_day(utc_now()) + DAY} on" in result.stderr


def test_the_tags_the_links_and_the_open_requests_go_with_the_key_and_the_count_stays(
    client, context, mail_dir, shred
):
    sign_and_confirm(client, mail_dir)
    sign(client, email="waiting@example.org")
    other = public_petition(OTHER).id
    kept = tags.petition_tag_key(other, session=db.session)
    db.session.rollback()
    close(30)

    result = shred(SLUG, "--yes")

    assert result.exit_code == 0
    assert people() == 1
    traces = or_(Signature.tag.is_not(None), Signature.person_tag.is_not(None))
    assert db.session.scalar(select(func.count()).select_from(Signature).where(traces)) == 0
    assert db.session.scalar(select(func.count()).select_from(PrivateLink)) == 0
    assert db.session.scalar(select(func.count()).select_from(Pending)) == 0
    keyring(fresh=True)
    assert tags.petition_tag_key(other, session=db.session) == kept
    with pytest.raises(PetitionKeyShredded):
        tags.petition_tag_key(public_petition(SLUG).id, session=db.session)
    db.session.rollback()


def test_the_shredding_takes_the_master_that_was_carried_to_every_host(app, context, shred):
    """Else another host could not read the other petitions' keys, and nobody could sign there."""
    app.test_cli_runner().invoke(campaign, ["keys", "prepare-master"])
    carried = {file.id for file in read_key_files(settings().keys_dir, only=MASTER)}
    close(30)

    shred(SLUG, "--yes")

    left = {file.id for file in read_key_files(settings().keys_dir, only=MASTER)}
    assert len(left) == 1
    assert left < carried


@pytest.mark.usefixtures("context")
def test_nothing_is_shredded_without_asking_and_no_unknown_petition(shred):
    close(30)

    unsure, unknown = shred(SLUG, typed="n\n"), shred("no-such-petition", "--yes")

    assert unsure.exit_code == unknown.exit_code == 1
    assert "no petition is called" in unknown.stderr
    assert not is_shredded()
