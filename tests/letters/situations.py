"""Letters in the states that an organiser meets."""

from sqlalchemy import select

from campaign_app.accounts.models import Organiser
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.letters import models, rules
from campaign_app.letters.frozen import LETTER
from tests.letters.samples import frozen_letter


def fill_letters(petition_id: int) -> None:
    """Put a row into each table of this room. Does not commit."""
    by, now, frozen = db.session.scalars(select(Organiser)).first(), utc_now(), frozen_letter("en")
    assert by is not None
    letter = models.Letter(
        key="letter-of-a-test",
        kind=LETTER,
        state=rules.SENT,
        petition_id=petition_id,
        template=frozen.template,
        template_version=1,
        body_key="mission-nowhere",
        body_month=now.date().replace(day=1),
        languages=["en"],
        texts={"en": {"subject": "Lists", "body": "We ask for the lists."}},
        typed={},
        parts=[],
        signatory={"name": "A. Signatory", "role": "Coordinator"},
        visibility=rules.PUBLIC,
        way=rules.POST,
        batch="batch-of-a-test",
        written_by_id=by.id,
        written_at=now,
        edited_at=now,
        year=now.year,
        number=1,
        reference=rules.reference(now.year, 1),
        code="A" * rules.CODE_LETTERS,
        frozen=frozen.text,
        frozen_sha256=frozen.sha256,
        issued_at=now,
        how="two-people",
        sent_at=now,
    )
    db.session.add(letter)
    db.session.flush()
    known = {"letter_id": letter.id}
    db.session.add_all(
        [
            models.LetterFile(
                **known,
                language="en",
                name="NID.txt",
                media_type="text/plain",
                sha256="0" * 64,
                size_bytes=5,
                content=b"Lists",
            ),
            models.LetterVersion(
                **known, version=1, texts=letter.texts, typed={}, parts=[], written_by="test", written_at=now
            ),
            models.LetterDelivery(
                **known,
                body_key=letter.body_key,
                way=rules.POST,
                sent_to="Nowhere",
                state=rules.LEFT,
                sha256={},
                made_by="test",
                made_at=now,
                changed_at=now,
            ),
            models.LetterReply(
                **known,
                kind=rules.ACKNOWLEDGEMENT,
                received_on=now.date(),
                language="en",
                text="Received.",
                filed_by="test",
                filed_at=now,
            ),
            models.LetterBatch(
                key=letter.batch,
                petition_id=petition_id,
                template=letter.template,
                body_month=letter.body_month,
                languages=["en"],
                made_by="test",
                made_at=now,
            ),
        ]
    )
    db.session.flush()
