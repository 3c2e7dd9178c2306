"""Letters that were issued, with their documents, and a worker that sends their mails through a real SMTP server."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from flask import Flask

from campaign_app.approvals import operations as approvals
from campaign_app.approvals.queries import approval_of
from campaign_app.config import EXTENSION
from campaign_app.extensions import db
from campaign_app.letters import delivering, issuing, making, queries, rules
from campaign_app.letters.models import Letter, LetterFile
from campaign_app.mail.worker import Report, run_batch
from tests.letters.situations import NOW
from tests.mail.relays import FakeRelay

DOCUMENTS = {"pdf": "application/pdf", "txt": "text/plain; charset=utf-8"}


def keep_documents(letter: Letter) -> None:
    """Put invented documents there, where a test is about what is done with them. Does not commit."""
    for lang in letter.languages:
        for kind, media_type in DOCUMENTS.items():
            content = f"{letter.reference} invented {kind} {lang}".encode()
            file = LetterFile(
                letter_id=letter.id,
                language=lang,
                name=f"{letter.reference}-{lang}.{kind}",
                media_type=media_type,
                sha256=hashlib.sha256(content).hexdigest(),
                size_bytes=len(content),
                content=content,
            )
            db.session.add(file)
    db.session.flush()


def issued(letter: Letter, people, *, now: datetime = NOW, with_documents: bool = True) -> Letter:
    """Return a letter after one person asked, another agreed, and it was issued; its documents made. Commits."""
    owner, approver = people
    issuing.ask(letter=letter, by=owner, now=now)
    approval = approval_of(queries.ROOM, letter.key)
    approvals.approve(approval=approval, digest=approval.digest, by=approver, now=now)
    issuing.issue(letter=letter, by=owner, now=now)
    if with_documents:
        db.session.commit()
        making.make(letter, now=now)
    db.session.commit()
    return letter


def newest(letter: Letter) -> int:
    """Return what a page carries of the deliveries that it shows."""
    found = delivering.deliveries_of(letter)
    return found[0].id if found else 0


def sent(letter: Letter, by, *, to=None, seen: int | None = None, now: datetime = NOW):
    """Put a letter into the outbox for all offices, or for some. Commits."""
    offices = to if to is not None else [each.body_key for each in delivering.outgoing(letter, now=now)]
    made = delivering.send(
        letter=letter, to=offices, seen=newest(letter) if seen is None else seen, by=by, now=now
    )
    db.session.commit()
    return made


@contextmanager
def relayed(app: Flask, relay: FakeRelay) -> Iterator[None]:
    """Let the worker send through a relay, as the campaign."""
    before = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(before, smtp_url=relay.url, mail_from="post@example.org")
    try:
        yield
    finally:
        app.extensions[EXTENSION] = before


def worked(app: Flask, relay: FakeRelay, *, now: datetime = NOW) -> Report:
    """Let the worker send what is due."""
    with relayed(app, relay):
        report = run_batch(now=now)
    db.session.rollback()
    return report


def handed_over(letter: Letter, by, *, at: datetime = NOW, is_received: bool = False, **more):
    """Record that a letter was brought by hand. Commits."""
    made = delivering.record_delivery(
        letter=letter,
        way=rules.HAND,
        sent_to="Mail room",
        left_at=at,
        is_received=is_received,
        seen=newest(letter),
        by=by,
        now=max(at, NOW),
        **more,
    )
    db.session.commit()
    return made
