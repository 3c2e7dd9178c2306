"""What changes a mailing: written, agreed to by a second person, loaded with its recipients, sent, paused, ended.

Each is put on record in the same transaction. Nothing here holds an address; sending.py works with them.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from flask_babel import force_locale
from flask_babel import gettext as _

from ..accounts.models import Organiser
from ..approvals import operations as approvals
from ..approvals.problems import NotAsked
from ..approvals.queries import approval_of
from ..approvals.rules import MAILING, OPEN_STATES
from ..audit.operations import record
from ..errors import Refusal
from ..extensions import db
from ..languages import LANGUAGES
from ..mail import operations as mail
from ..mail.rules import UPDATE
from ..petitions.queries import PetitionRecord, petition_by_id
from ..sealing.keys import keyring
from ..sealing.mail import seal_mail
from ..sealing.mailing import mailing_key_id
from ..sealing.tokens import new_token
from . import bounces, queries, rules
from .models import Mailing
from .recipients_file import Received

ROOM = "updates"  # as approvals names it


class LanguagesMissing(Refusal):
    """A required language lacks its subject or its text. languages: which."""

    def __init__(self, languages: Sequence[str]) -> None:
        super().__init__("a required language is missing")
        self.languages = languages


class NotInThisState(Refusal):
    """The mailing has moved on: somebody else was here, or the page was old."""


class NobodyAsked(Refusal):
    """Nobody who is counted wants updates of this petition now."""


class LockedDown(Refusal):
    """The campaign is locked down: nothing is sent to supporters until that is taken back."""


def write(
    *, petition_id: int, texts: Mapping[str, Mapping[str, str]], pace: int, by: Organiser, now: datetime
) -> Mailing:
    """Begin an update to those who asked for news of a petition. Flushes; never commits.

    texts: language → {"subject", "body"}; a language without either is left out. Raises PetitionUnknown.
    """
    petition = petition_by_id(petition_id)
    mailing = Mailing(
        reference=secrets.token_hex(rules.REFERENCE_BYTES),
        petition_id=petition.id,
        state=rules.DRAFT,
        texts=_filled(texts),
        pace=pace,
        written_by=by.audit_name,
        written_at=now,
    )
    db.session.add(mailing)
    db.session.flush()
    _record("updates.write", mailing, by.audit_name, now, languages=sorted(mailing.texts))
    return mailing


def rewrite(
    *, mailing: Mailing, texts: Mapping[str, Mapping[str, str]], pace: int, by: Organiser, now: datetime
) -> None:
    """Change the words of a draft. Raises NotInThisState. Flushes; never commits."""
    _hold(mailing, {rules.DRAFT})
    mailing.texts, mailing.pace, mailing.written_at = _filled(texts), pace, now
    db.session.flush()
    _record("updates.rewrite", mailing, by.audit_name, now, languages=sorted(mailing.texts))


def send_test(*, mailing: Mailing, language: str, by: Organiser, now: datetime) -> None:
    """Put a mail of this update into the outbox for whoever asks and nobody else. Raises KeyProblem. Never commits."""
    parameters = {
        "to": by.email,
        "language": language,
        "mailing": mailing.id,
        "ids": [],
        "stop": new_token(),
        "test": True,
    }
    sealed = seal_mail(parameters, key=keyring().mail_public)
    mail.queue(kind=UPDATE, about=None, not_before=now, sealed=sealed)
    _record("updates.test", mailing, by.audit_name, now, language=language)


def ask(*, mailing: Mailing, by: Organiser, now: datetime) -> None:
    """Let the words stand still and ask a second person to agree.

    Raises LanguagesMissing, NobodyAsked, KeyProblem, NotInThisState. Flushes; never commits.
    """
    keyring()  # without keys nothing could be sent
    if missing := rules.missing_languages(mailing.texts, queries.required_languages(mailing.petition_id)):
        raise LanguagesMissing(missing)
    if not queries.asked_for_news(mailing.petition_id):
        raise NobodyAsked
    _move(mailing, {rules.DRAFT}, rules.ASKED)
    petition = petition_by_id(mailing.petition_id)
    approvals.ask(
        kind=MAILING,
        room=ROOM,
        subject=petition.slug,
        reference=mailing.reference,
        digest=queries.digest_of(mailing),
        says={lang: _sentence(mailing, petition, lang) for lang in LANGUAGES},
        by=by,
        now=now,
    )


def _sentence(mailing: Mailing, petition: PetitionRecord, lang: str) -> str:
    """Return what an approver reads. Nothing of it is markup."""
    with force_locale(lang):
        return str(
            _(
                "Mail to those who signed “%(title)s” and asked for news. Subject: %(subject)s",
                title=petition.text(lang).title,
                subject=mailing.subject_in(lang),
            )
        )


def take_back(*, mailing: Mailing, by: Organiser, now: datetime) -> None:
    """Make a draft of it again: nobody has to agree any more, and whoever did has to again.

    Raises NotInThisState. Flushes; never commits.
    """
    _move(mailing, {rules.ASKED}, rules.DRAFT)
    approval = approval_of(ROOM, mailing.reference)
    if approval is not None and approval.state in OPEN_STATES:
        approvals.cancel(approval=approval, by=by, now=now)
    _record("updates.take-back", mailing, by.audit_name, now)


def release(*, mailing: Mailing, by: Organiser, now: datetime) -> None:
    """Use the agreement up: from now on the worker makes the mailing's key, and recipients can be sealed to it.

    Raises what approvals.release raises, KeyProblem, LockedDown, NotInThisState. Flushes; never commits.
    """
    keyring()
    _refuse_while_locked_down()
    _move(mailing, {rules.ASKED}, rules.RELEASED)
    approval = approval_of(ROOM, mailing.reference)
    if approval is None:
        raise NotAsked
    released = approvals.release(
        approval=approval,
        digest=queries.digest_of(mailing),
        by=by.audit_name,
        now=now,
    )
    mailing.release = released.how
    db.session.flush()
    _record("updates.release", mailing, by.audit_name, now, release=released.how)


def load(*, mailing: Mailing, received: Received, by: Organiser, now: datetime) -> None:
    """Take the sealed recipients that were just checked; an earlier file is replaced, unless it is being sent.

    Raises NotInThisState, and then leaves the earlier file where it is. Flushes; never commits.
    """
    _move(mailing, {rules.RELEASED, rules.LOADED}, rules.LOADED)
    mailing.recipients, mailing.place, mailing.rows_read = received.recipients, received.first_row_at, 0
    db.session.flush()
    details = {"recipients": received.recipients, "sha256": received.sha256}
    _record("updates.load", mailing, by.audit_name, now, **details)
    received.put()


def start(*, mailing: Mailing, by: Organiser, now: datetime) -> None:
    """Begin to send. Raises LockedDown, NotInThisState. Flushes; never commits."""
    _refuse_while_locked_down()
    _move(mailing, {rules.LOADED}, rules.SENDING)
    mailing.started_at = now
    db.session.flush()
    _record("updates.start", mailing, by.audit_name, now, recipients=mailing.recipients)


def pause(*, mailing: Mailing, by: Organiser, now: datetime) -> None:
    """Send no further until it is resumed. Raises NotInThisState. Flushes; never commits."""
    _move(mailing, {rules.SENDING}, rules.PAUSED)
    _record("updates.pause", mailing, by.audit_name, now, sent=mailing.sent)


def resume(*, mailing: Mailing, by: Organiser, now: datetime) -> None:
    """Go on where it was paused. Raises LockedDown, NotInThisState. Flushes; never commits."""
    _refuse_while_locked_down()
    _move(mailing, {rules.PAUSED}, rules.SENDING)
    mail.hurry(about=queries.mark_of(mailing.reference), now=now)
    _record("updates.resume", mailing, by.audit_name, now, sent=mailing.sent)


def set_pace(*, mailing: Mailing, pace: int, by: Organiser, now: datetime) -> None:
    """Send so many mails a minute from now on. Raises NotInThisState. Flushes; never commits."""
    _hold(mailing, {rules.RELEASED, rules.LOADED, *rules.RUNNING})
    mailing.pace, mailing.next_at = pace, None
    db.session.flush()
    _record("updates.pace", mailing, by.audit_name, now, pace=pace)


def stop(*, mailing: Mailing, by: Organiser, now: datetime) -> None:
    """End it for good: what waits is not sent, and the worker destroys recipients and key.

    Raises NotInThisState. Flushes; never commits.
    """
    _move(mailing, {rules.ASKED, *rules.HAS_KEY}, rules.STOPPED)
    approval = approval_of(ROOM, mailing.reference)
    if approval is not None and approval.state in OPEN_STATES:
        approvals.cancel(approval=approval, by=by, now=now)
    mailing.ended_at = now
    db.session.flush()
    mail.delete_about(about=[queries.mark_of(mailing.reference)])
    _record("updates.stop", mailing, by.audit_name, now, sent=mailing.sent, recipients=mailing.recipients)


def take_returned(*, returned: bounces.Returned, by: Organiser, now: datetime) -> bounces.Outcome:
    """Count a mail that an organiser saw come back. Flushes; never commits."""
    outcome = bounces.take(returned=returned, by_hand=True, now=now)
    details = {"outcome": outcome.value}
    record(action="updates.returned", by=by.audit_name, subject=returned.mailing, details=details, now=now)
    return outcome


def mailing_key(mailing: Mailing) -> rules.MailingKey | None:
    """Return the public key to seal recipients to; None until the worker has made it."""
    if mailing.key_point is None:
        return None
    slug = petition_by_id(mailing.petition_id).slug
    return rules.MailingKey(mailing=mailing.reference, petition=slug, point=mailing.key_point)


def expected_file(mailing: Mailing) -> tuple[rules.MailingKey, str]:
    """Return the key that a file of recipients must be sealed to, and its name. Raises NotInThisState."""
    key = mailing_key(mailing)
    if key is None or mailing.state not in (rules.RELEASED, rules.LOADED):
        raise NotInThisState
    return key, mailing_key_id(key.point)


def _refuse_while_locked_down() -> None:
    if queries.is_locked_down():
        raise LockedDown("the campaign is locked down")


def _filled(texts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {
        lang: {"subject": " ".join(text["subject"].split()), "body": text["body"].strip()}
        for lang, text in texts.items()
        if text["subject"].strip() or text["body"].strip()
    }


def _move(mailing: Mailing, expected: set[str], to: str) -> None:
    """Move a mailing on, only from where it is believed to be. Raises NotInThisState."""
    _hold(mailing, expected)
    mailing.state = to
    db.session.flush()


def _hold(mailing: Mailing, expected: set[str]) -> None:
    """Read a mailing anew and keep it until the transaction ends: two may press at once. Raises NotInThisState."""
    db.session.refresh(mailing, with_for_update=True)
    if mailing.state not in expected:
        raise NotInThisState


def _record(action: str, mailing: Mailing, by: str, now: datetime, **details: object) -> None:
    record(action=action, by=by, subject=mailing.reference, details=details, now=now)
