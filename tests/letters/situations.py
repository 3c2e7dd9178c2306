"""Letters in the states that an organiser meets."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from campaign_app.accounts.models import Organiser
from campaign_app.approvals import operations as approvals
from campaign_app.approvals import rules as approval_rules
from campaign_app.bodies import operations as bodies
from campaign_app.bodies import queries as directory
from campaign_app.bodies.content import shipped_bodies
from campaign_app.bodies.models import Body, BodyChannel
from campaign_app.bodies.rules import FORMS
from campaign_app.clock import utc_now
from campaign_app.config import settings
from campaign_app.extensions import db
from campaign_app.languages import LETTER_LANGUAGES
from campaign_app.letters import drafting, models, queries, rules
from campaign_app.letters.frozen import LETTER
from campaign_app.petitions.operations import petition_by_slug
from tests.bodies.situations import DIRECTORY
from tests.letters.samples import frozen_letter
from tests.tables import rows_once

NOW = datetime(
    2026, 12, 10, 12, tzinfo=UTC
)  # in the middle of a month: a President of the Council changes with it
CHANNELS = {
    "mail": "mission@example.org",
    "post": "1 Invented Street\nNowhere",
    "form": "https://example.org/form",
    "hand": "1 Invented Street",
}


def fill_letters(petition_id: int) -> None:
    """Put a row into each table of this room. Does not commit."""
    now, frozen = utc_now(), frozen_letter("en")
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
        written_by="test",
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


def load_directory(*, today: date, source_url: str = "") -> None:
    """Load the shipped directory, and give each body an invented channel of each kind that was checked today.

    source_url: the public page that gives these channels; none by default.
    """
    what = f"directory in {settings().content_dir} of {today} from {source_url}"
    rows_once(what, DIRECTORY, lambda: _load_directory(today, source_url))


def _load_directory(today: date, source_url: str) -> None:
    bodies.load_shipped(bodies=shipped_bodies(settings().content_dir))
    for body in directory.bodies():
        for kind, value in CHANNELS.items():
            channel = BodyChannel(
                body_id=body.id,
                kind=kind,
                value=value,
                source_url=source_url,
                verified_on=today,
                verified_by="test",
            )
            db.session.add(channel)
    db.session.flush()


def ensure_office(key: str, *, kind: str, today: date, **changes: Any) -> Body:
    """Return a body of the directory; where this one has none of its key, an invented one that takes every letter."""
    found = db.session.scalar(select(Body).where(Body.key == key))
    if found is None:
        words = {lang: f"Invented {key}" for lang in LETTER_LANGUAGES}
        values: dict[str, Any] = {
            **dict.fromkeys(("names", "short_names", "addressed_to", "salutation", "close"), words),
            **{name: {} for name in ("mandate", "notes", "refusals")},
            "accepts": list(FORMS),
            "languages": list(LETTER_LANGUAGES),
            "default_visibility": rules.PUBLIC,
            "as_of": today,
            "confidence": "low",
            **changes,
        }
        found = Body(key=key, kind=kind, **values)
        db.session.add(found)
        db.session.flush()
        for way, value in CHANNELS.items():
            channel = BodyChannel(
                body_id=found.id, kind=way, value=value, verified_on=today, verified_by="test"
            )
            db.session.add(channel)
        db.session.flush()
    return found


def begin(template: str = "council-president", **changes: object) -> models.Letter:
    """Draft a letter that has everything; of the Council's President, to the one of the month of NOW."""
    beginning: dict[str, Any] = {
        "template": template,
        "languages": ("en", "ar"),
        "petition_id": petition_by_slug("lists-and-graves").id,
        "month": NOW.date(),
        "signatory": {"name": "A. Signatory", "role": "Coordinator"},
        "way": rules.MAIL,
        **changes,
    }
    return drafting.draft(beginning=drafting.Beginning(**beginning), by="test", now=NOW)


def issue_one(petition_id: int) -> str:
    """Put an issued letter with a document there, as rows; return its reference. Does not commit."""
    fill_letters(petition_id)
    letter = queries.letter("letter-of-a-test")
    letter.state = rules.ISSUED
    return letter.reference or ""


def agreed(by: Organiser, *, now: datetime) -> str:
    """Put a letter there that somebody asked for and another agreed to; return its key. Does not commit."""
    letter = begin(month=now.date())
    approval = approvals.ask(
        kind=approval_rules.LETTER,
        room=queries.ROOM,
        subject=letter.template,
        reference=letter.key,
        digest=queries.digest_of(letter),
        says={"ar": "رسالة", "en": "A letter"},
        by=by,
        now=now,
    )
    approval.state = approval_rules.APPROVED
    db.session.flush()
    return letter.key
