"""Thirty days after a petition closes nobody can test an address any more, and the numbers stay (safety goal 3).

The worker's own jobs do it. What is deleted when follows content/legal.
"""

from datetime import datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, select

from campaign_app.audit.queries import Filter, entries
from campaign_app.clock import utc_day, utc_now
from campaign_app.config import settings
from campaign_app.extensions import db
from campaign_app.finished_pages import STORE
from campaign_app.languages import format_day
from campaign_app.mail.models import OutboxMail
from campaign_app.mail.schedule import run_due_jobs
from campaign_app.petitions import operations as petitions
from campaign_app.petitions.queries import forget_kept
from campaign_app.sealing import tags
from campaign_app.sealing.key_files import MASTER, read_key_files
from campaign_app.sealing.models import PetitionKey
from campaign_app.signing.models import Pending, PrivateLink, Signature
from campaign_app.signing.recount import recount
from campaign_app.tally.queries import SETTLED, statement
from tests.supporters import PAGE, SLUG, newest_token, send_mail, sign, sign_and_confirm, words

DAY = timedelta(days=1)


def close(app, *, days_ago: int, answered_days_ago: int | None = None) -> None:
    """Close the petition some days ago; where told, it was delivered at once and answered later."""
    db.session.rollback()
    steps = [("closed", days_ago)]
    if answered_days_ago is not None:
        steps += [("delivered", days_ago), ("answered", answered_days_ago)]
    for step, ago in steps:
        petition = petitions.petition_by_slug(SLUG)
        petitions.move(petition=petition, to=step, obstacles=[], now=utc_now() - ago * DAY)
    db.session.commit()
    forget(app)


def let_the_worker_work(app, now: datetime | None = None) -> None:
    """Run every job of the worker once."""
    db.session.rollback()
    run_due_jobs(now=now or utc_now())
    forget(app)


def forget(app) -> None:
    """Drop what this process keeps for seconds."""
    forget_kept()
    app.extensions.pop(SETTLED, None)
    app.extensions[STORE].forget()


def numbers_page(client) -> dict[str, object]:
    """Return the published statement without its time."""
    return {**client.get(f"{PAGE}/numbers.json").get_json(), "as_of": None}


def count(statement) -> int:
    return db.session.scalar(statement) or 0


def test_tags_and_their_key_are_gone_after_thirty_days_and_no_number_changed(app, client, petition, mail_dir):
    sign_and_confirm(client, mail_dir)
    sign_and_confirm(client, mail_dir, name="Second Person")
    sign_and_confirm(client, mail_dir, email="other@example.org")
    withdrawn = sign_and_confirm(client, mail_dir, email="withdrawn@example.org")
    client.post(f"/en/my-signature/{withdrawn}/withdraw", data={"nth": "0"})
    sign(client, email="unanswered@example.org")
    before = numbers_page(client)
    backup = db.session.get(PetitionKey, petition.id).wrapped
    close(app, days_ago=30)

    let_the_worker_work(app)

    has_tags = (
        Signature.tag.is_not(None) | Signature.person_tag.is_not(None) | Signature.domain_tag.is_not(None)
    )
    assert count(select(func.count()).select_from(Signature).where(has_tags)) == 0
    assert [
        count(select(func.count()).select_from(table)) for table in (Pending, PrivateLink, OutboxMail)
    ] == [0] * 3
    assert db.session.get(PetitionKey, petition.id).wrapped is None
    assert recount(petition.id).agrees
    assert numbers_page(client) == before
    assert (before["people"], before["mailboxes"], before["withdrawn"]) == (3, 2, 1)
    assert_no_master_opens(backup, petition.id)


def assert_no_master_opens(wrapped: bytes, petition_id: int) -> None:
    """Try what a backup of the database holds with every master that is left on this host."""
    masters = [file.key for file in read_key_files(settings().keys_dir) if file.kind == MASTER]
    assert masters
    for master in masters:
        with pytest.raises(InvalidTag):
            AESGCM(master).decrypt(
                wrapped[:12], wrapped[12:], tags.WRAP_LABEL + petition_id.to_bytes(8, "big")
            )


def test_nothing_is_destroyed_a_day_earlier(app, client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir)
    close(app, days_ago=29)

    let_the_worker_work(app)

    assert count(select(func.count()).select_from(Signature).where(Signature.tag.is_(None))) == 0
    assert count(select(func.count()).select_from(Signature).where(Signature.sealed_contact.is_(None))) == 0
    assert client.post(f"/en/my-signature/{token}/withdraw", data={"nth": "0"}).status_code == 303
    assert statement(petition.id, now=utc_now()).people == 0


def test_the_private_page_can_still_be_read_and_every_promise_on_it_kept(app, client, petition, mail_dir):
    token = sign_and_confirm(client, mail_dir, name="Shown Person", show_name="y")
    close(app, days_ago=31)
    let_the_worker_work(app)

    page = client.get(f"/en/my-signature/{token}")
    assert page.status_code == 200
    assert "Shown Person" in page.text
    client.post(f"/en/my-signature/{token}/name", data={"nth": "0"})
    client.post(f"/en/my-signature/{token}/withdraw", data={"nth": "0"})

    forget(app)
    assert "Shown Person" not in client.get(PAGE).text
    assert statement(petition.id, now=utc_now()).people == 0
    assert recount(petition.id).agrees


@pytest.mark.parametrize("step", ["lost-link", "send-again"])
def test_afterwards_no_address_is_looked_for_and_nobody_is_told_that_they_were_not_counted(
    app, client, petition, mail_dir, step
):
    sign_and_confirm(client, mail_dir)
    close(app, days_ago=31)
    let_the_worker_work(app)
    page = words(client.get(PAGE))

    answer = client.post(f"{PAGE}/{step}", data={"email": "signer@example.org"})
    asked = client.get(f"{PAGE}/lost-link")

    for refusal in (answer, asked):
        assert refusal.status_code == 410
        assert "Whatever was signed and confirmed stays counted." in words(refusal)
        assert "nor counted" not in words(refusal)
    assert f'href="{PAGE}/lost-link"' not in client.get(PAGE).text
    assert "open the link in your confirmation e-mail" in page


def test_the_other_petition_still_tells_a_repeat(app, client, petition, mail_dir):
    other = "/en/petitions/fate-of-the-disappeared"
    other_id = petitions.petition_by_slug("fate-of-the-disappeared").id
    key = tags.petition_tag_key(other_id, session=db.session)
    close(app, days_ago=30)

    let_the_worker_work(app)

    app.extensions.pop("nidaa_keyring", None)
    assert tags.petition_tag_key(other_id, session=db.session) == key
    assert client.get(other).status_code == 200


def test_what_the_worker_does_by_itself_is_on_record(app, client, petition, mail_dir):
    sign_and_confirm(client, mail_dir)
    close(app, days_ago=31)

    let_the_worker_work(app)
    let_the_worker_work(app)

    done = [(entry.action, entry.subject, entry.details) for entry in entries(Filter(by="system"))]
    assert done == [("keys.shred", SLUG, "{}"), ("contacts.delete", "", '{"contacts":1}')]


def test_doing_it_again_changes_nothing(app, client, petition, mail_dir):
    sign_and_confirm(client, mail_dir)
    close(app, days_ago=30)
    let_the_worker_work(app)
    masters = [file.id for file in read_key_files(settings().keys_dir) if file.kind == MASTER]

    let_the_worker_work(app, utc_now() + timedelta(hours=2))

    assert [file.id for file in read_key_files(settings().keys_dir) if file.kind == MASTER] == masters
    assert recount(petition.id).agrees


@pytest.mark.parametrize(
    ("closed_days_ago", "answered_days_ago", "wants_updates", "signed_days_ago", "is_kept"),
    [
        (29, None, False, 60, True),
        (30, None, False, 60, False),
        (30, None, True, 60, True),
        (300, 29, True, 600, True),
        (300, 30, True, 600, False),
        (300, 29, False, 600, False),
        (40, None, True, 729, True),
        (40, None, True, 730, False),
    ],
)
def test_sealed_details_are_kept_as_long_as_the_notice_says(
    app,
    client,
    petition,
    mail_dir,
    closed_days_ago,
    answered_days_ago,
    wants_updates,
    signed_days_ago,
    is_kept,
):
    sign_and_confirm(client, mail_dir, **({"wants_updates": "y"} if wants_updates else {}))
    db.session.scalars(select(Signature)).one().signed_on = utc_day(utc_now()) - signed_days_ago * DAY
    db.session.commit()
    close(app, days_ago=closed_days_ago, answered_days_ago=answered_days_ago)

    let_the_worker_work(app)

    signature = db.session.scalars(select(Signature)).one()
    assert (signature.sealed_contact is not None) == is_kept
    assert bool(signature.key_ids) == is_kept
    assert statement(petition.id, now=utc_now()).people == 1


def test_a_petition_closes_by_itself_when_its_time_has_come(app, client, petition, mail_dir):
    let_the_worker_work(app, petition.closes_at - timedelta(seconds=1))
    assert petitions.petition_by_slug(SLUG).state == "open"

    let_the_worker_work(app, petition.closes_at + timedelta(hours=30))

    closed = petitions.petition_by_slug(SLUG)
    assert (closed.state, closed.closed_on) == ("closed", petition.closes_at.date())


@pytest.mark.parametrize(
    ("days_ago", "said"),
    [
        (0, "may confirm until the end of"),
        (7, "may confirm until the end of"),
        (8, "Nobody new is added any more"),
    ],
)
def test_a_closed_petition_says_until_when_its_number_may_grow_and_shows_no_goal(
    app, client, petition, days_ago, said
):
    before = words(client.get(PAGE))
    close(app, days_ago=days_ago)

    page = words(client.get(PAGE))

    assert said in page
    assert "At 1,000:" in before
    assert "At 1,000:" not in page
    assert "<progress" not in client.get(PAGE).text


def test_a_petition_says_on_which_day_it_was_handed_over_and_answered(app, client, petition):
    close(app, days_ago=20, answered_days_ago=3)

    handed, answered = (format_day(utc_day(utc_now()) - ago * DAY, "en") for ago in (20, 3))

    assert f"Handed over on {handed}, answered on {answered}." in words(client.get(PAGE))


def test_an_unanswered_request_is_gone_after_seven_days_with_its_mail(app, client, petition, mail_dir):
    sign(client)
    send_mail(app)
    token = newest_token(mail_dir)
    let_the_worker_work(app, utc_now() + 7 * DAY)
    assert count(select(func.count()).select_from(Pending)) == 1

    let_the_worker_work(app, utc_now() + 8 * DAY)

    assert [count(select(func.count()).select_from(table)) for table in (Pending, OutboxMail)] == [0, 0]
    assert client.get(f"/en/confirm/{token}").status_code == 410
    assert recount(petition.id).agrees
