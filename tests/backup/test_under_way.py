"""What was about to leave when a backup was made is over after its restore; what was shut here stays shut."""

from sqlalchemy import select

from campaign_app.approvals import operations as approvals
from campaign_app.approvals.models import Approval
from campaign_app.clock import utc_now
from campaign_app.exports import sheets
from campaign_app.exports.models import SealedSheet
from campaign_app.extensions import db
from campaign_app.lockdown import operations as lockdown
from campaign_app.lockdown.models import LockdownOrder
from campaign_app.petitions.queries import public_petition
from campaign_app.updates import operations as mailings
from campaign_app.updates.models import Mailing
from tests.supporters import SLUG
from tests.updates.situations import two_organisers


def test_what_was_under_way_is_over_and_what_was_shut_stays_shut(house):
    """A release that was used after the backup is not used twice, and nobody is mailed twice."""
    house.sign("signer@example.org")

    def _begin() -> None:
        owner, second = two_organisers()
        petition, now = public_petition(SLUG), utc_now()
        sheet = sheets.ask(petition=petition, kind="delivery", purpose="Letter", by=owner, now=now)
        approval = sheets.approval_of(sheet)
        approvals.approve(approval=approval, digest=approval.digest, by=second, now=now)
        for state in ("draft", "asked", "sending", "done"):
            update = dict.fromkeys(("subject", "body"), "News")
            mailing = mailings.write(
                petition_id=petition.id, texts={"en": update}, pace=60, by=owner, now=now
            )
            mailing.state = state
        db.session.commit()

    def _go_on() -> None:
        sheet = db.session.scalars(select(SealedSheet)).one()
        sheets.start(sheet=sheet, by="organiser:1", now=utc_now())
        lockdown.order(part="signing", by="organiser:1", now=utc_now())
        db.session.commit()

    def _look() -> list[list[str]]:
        columns = (Approval.state, SealedSheet.state, Mailing.state, LockdownOrder.part)
        return [sorted(db.session.scalars(select(column))) for column in columns]

    house.inside(_begin)
    path = house.back_up()
    house.inside(_go_on)

    done = house.restore(path, "--replace")

    assert house.inside(_look) == [
        ["cancelled"],
        ["cancelled"],
        ["done", "draft", "draft", "stopped"],
        ["signing"],
    ]
    assert "under way then, and are over: 4" in done.output
