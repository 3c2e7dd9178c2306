"""Letters with what was tried to deliver them and what was replied, for the pages that show it. All is invented."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from campaign_app.bodies import queries as directory
from campaign_app.extensions import db
from campaign_app.letters import frozen, models, rules
from tests.letters import sent
from tests.letters.situations import ensure_office

COPY = "sc-secretariat"
SILENT = timedelta(days=43)


@dataclass(frozen=True)
class Places:
    """Addresses at the desk: a letter that is not sent, one without an answer with what is about it, a sheet."""

    unsent: str
    silent: str
    sheet: str
    failed: str
    left: str
    reply: str


def places(*, now: datetime) -> Places:
    """Put the letters there. The directory has to be loaded. Flushes; never commits."""
    ensure_office(COPY, kind="secretariat", today=now.date())
    president = directory.president(now.year, now.month)
    other = directory.body("mission-latvia")
    assert president is not None
    president.is_reply_customary = other.is_reply_customary = True
    month = now.date().replace(day=1)
    unsent = sent.send(41, at=now, state=rules.ISSUED, body_key=president.key, body_month=month)
    silent = sent.send(
        42,
        at=now - SILENT,
        state=rules.OVERDUE,
        body_key=other.key,
        replies=[
            {"text": "We have read it.\nWe will see.", "consent_note": "The registry", "body_key": COPY}
        ],
    )
    sheet = sent.send(43, at=now, state=rules.ISSUED, says={"kind": frozen.NUMBERS_SHEET})
    failed = _attempt(
        silent, now, way=rules.MAIL, state=rules.FAILED, trouble="550 5.1.1: there is no such mailbox"
    )
    left = _attempt(silent, now - SILENT, way=rules.HAND, state=rules.LEFT, note="Handed to the registry.")
    _attempt(silent, now, way=rules.MAIL, state=rules.QUEUED, body_key=COPY, is_copy=True)
    reply = db.session.query(models.LetterReply).filter_by(letter_id=silent.id).one()
    return Places(
        *(f"/desk/letters/{each.reference}" for each in (unsent, silent, sheet)),
        *(f"/desk/letters/{silent.reference}/deliveries/{each.id}" for each in (failed, left)),
        f"/desk/letters/{silent.reference}/replies/{reply.id}",
    )


def _attempt(letter: models.Letter, at: datetime, **columns: Any) -> models.LetterDelivery:
    values = {
        "body_key": letter.body_key,
        "sent_to": "mission@example.org",
        "sha256": {"letter.pdf": "0" * 64},
    }
    found = models.LetterDelivery(
        **{**values, **columns}, letter_id=letter.id, made_by="test", made_at=at, changed_at=at
    )
    db.session.add(found)
    db.session.flush()
    return found
