"""What an installation holds, counted in the test's own process: rows by mailbox, cells, the published number."""

from collections import Counter
from datetime import datetime

from sqlalchemy import func, select

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.mail.transport import Transport
from campaign_app.mail.worker import Report, run_batch
from campaign_app.petitions.queries import public_petition
from campaign_app.sealing.tags import petition_tag_key, tag
from campaign_app.signing.models import Pending, Signature
from campaign_app.signing.rules import canonical_email
from campaign_app.tally.models import TallyCell
from campaign_app.tally.queries import statement

from .people import SLUG
from .servers import Installation


def signatures_by_mailbox(site: Installation) -> Counter[bytes]:
    """Return how many rows each mailbox has, waiting and confirmed together, by its tag."""
    with site.inside():
        found: Counter[bytes] = Counter()
        for table in (Pending, Signature):
            found.update(db.session.scalars(select(table.tag).where(table.tag.is_not(None))).all())
        return found


def confirmed_by_mailbox(site: Installation) -> Counter[bytes]:
    """Return how many confirmed people each mailbox has, by its tag."""
    with site.inside():
        found = Counter(db.session.scalars(select(Signature.tag)).all())
        return found


def tags_of(site: Installation, addresses: list[str]) -> list[bytes]:
    """Return the tags of addresses, as the installation's own key makes them."""
    with site.inside():
        key = petition_tag_key(public_petition(SLUG).id, session=db.session)
    return [tag(key, canonical_email(address)) for address in addresses]


def confirmed_by_cells(site: Installation) -> int:
    """Return the sum of the cells of confirmations."""
    with site.inside():
        found = db.session.scalar(select(func.sum(TallyCell.people)).where(TallyCell.event == "confirmed"))
        return int(found or 0)


def published(site: Installation) -> int:
    """Return the number of people that every page shows."""
    with site.inside():
        found = statement(public_petition(SLUG).id, now=utc_now()).people
        return found


def send_mail(site: Installation, *, now: datetime, transport: Transport | None = None) -> Report:
    """Run one batch of the worker at a time of the test's choice."""
    with site.inside():
        return run_batch(now=now, limit=200, transport=transport)
