"""What the worker does by the clock, and what mail asks of the rooms above it. Part of the application's wiring."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from .approvals import operations as approvals
from .clock import utc_day
from .config import settings
from .database import empty_journal
from .desk import lockdown
from .exports import making
from .extensions import db
from .integrity import arrivals
from .integrity import operations as integrity
from .letters import delivering
from .letters import making as letters
from .letters.mails import MailsOfLetters
from .mail.hooks import hooks
from .mail.rules import LETTER, UPDATE
from .mail.schedule import Job, add_job
from .petitions.operations import open_due_petitions
from .sealing import tags
from .sealing.operations import destroy_old_mail_secrets
from .shield.operations import sweep_spent
from .shield.rules import MAILS_PER_MAILBOX
from .signing import operations, rates, retention, tombstones
from .signing.models import Pending
from .tally import snapshots
from .updates import bounce_mailbox, mails, sending

AT_ONCE = timedelta(seconds=3)
SOON = timedelta(seconds=10)
A_MINUTE = timedelta(minutes=1)
A_FEW_MINUTES = timedelta(minutes=5)
OFTEN = timedelta(minutes=10)
HOURLY = timedelta(hours=1)


def register(app: Flask) -> None:
    """Register the jobs and the hooks of mail."""
    mail_hooks = hooks(app)
    mail_hooks.on_first_sent.append(_mark_requested)
    mail_hooks.pendings_of = _pendings_of
    mail_hooks.private_link = _as_asked
    mail_hooks.before_batch.append(sending.prepare)
    mail_hooks.writers = {UPDATE: mails.MailsOfMailings(), LETTER: MailsOfLetters()}
    add_job(app, Job("returned mail", A_FEW_MINUTES, bounce_mailbox.take_returned))
    add_job(app, Job("expired requests", OFTEN, _until_done(operations.expire_pendings)))
    add_job(app, Job("spent tokens", HOURLY, _until_done(sweep_spent)))
    add_job(app, Job("opening petitions", A_MINUTE, lambda now: open_due_petitions(now=now)))
    add_job(app, Job("closing petitions", A_MINUTE, lambda now: retention.close_due_petitions(now=now)))
    add_job(app, Job("who is alone", A_MINUTE, lambda now: approvals.notice_who_is_alone(now=now)))
    add_job(app, Job("contacts no longer needed", HOURLY, lambda now: retention.delete_due_contacts(now=now)))
    add_job(app, Job("tags no longer needed", HOURLY, lambda now: retention.shred_due_petitions(now=now)))
    add_job(app, Job("old master keys", HOURLY, _destroy_old_masters))
    add_job(app, Job("old mail keys", HOURLY, _destroy_old_mail_secrets))
    add_job(app, Job("old tombstones", HOURLY, lambda now: tombstones.forget_old(now=now)))
    add_job(app, Job("midnight snapshots", OFTEN, lambda now: snapshots.take(now=now)))
    add_job(app, Job("confirmation rates", OFTEN, lambda now: rates.take(now=now)))
    add_job(app, Job("invalidations", SOON, lambda now: integrity.work(now=now), lease=A_MINUTE))
    add_job(app, Job("what stands out", OFTEN, lambda now: arrivals.look(now=now)))
    add_job(app, Job("lockdown", SOON, lockdown.carry_out))
    add_job(
        app, Job("documents of letters", AT_ONCE, lambda now: letters.make_documents(now=now), lease=A_MINUTE)
    )
    add_job(app, Job("sealed sheets", AT_ONCE, lambda now: making.make_released(now=now), lease=A_MINUTE))
    add_job(app, Job("old sealed sheets", OFTEN, lambda now: making.delete_old(now=now)))
    add_job(app, Job("letters awaiting an answer", OFTEN, lambda now: delivering.watch(now=now)))
    add_job(app, Job("journal of the database", OFTEN, lambda now: empty_journal()))


def _until_done(step: Callable[..., int]) -> Callable[[datetime], None]:
    """Return a job that repeats a step which deletes a part at a time, and lets others write in between."""

    def _run(now: datetime) -> None:
        while step(now=now):
            db.session.commit()

    return _run


def _destroy_old_masters(now: datetime) -> None:
    """Destroy the masters that wrap nothing any more on this host, so that backups cannot use them either."""
    tags.destroy_old_masters(keys_dir=settings().keys_dir, session=db.session)


def _destroy_old_mail_secrets(now: datetime) -> None:
    destroy_old_mail_secrets(keys_dir=settings().keys_dir, today=utc_day(now))


def _mark_requested(pending_ids: Sequence[bytes], now: datetime) -> None:
    operations.mark_requested(pending_ids=pending_ids, now=now)


def _pendings_of(parameters: Mapping[str, Any], now: datetime) -> Sequence[bytes]:
    """Return the open requests of the mailbox that asked to have its mail sent again, a day's mails at most.

    Links that were asked for are not among them: they keep their places, or anyone could fill a mailbox at once.
    """
    return db.session.scalars(
        select(Pending.id)
        .where(
            Pending.petition_id == parameters["petition_id"],
            Pending.tag == bytes.fromhex(parameters["tag"]),
            Pending.purpose == "sign",
        )
        .order_by(Pending.expires_on.desc(), Pending.id)
        .limit(MAILS_PER_MAILBOX)
    ).all()


def _as_asked(parameters: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
    """Send a private link as it was asked for: its token is already stored, and opening it settles the rest."""
    return parameters
