"""What of a mailing lies on the worker's host: its key, made once it is released, and the file of its recipients.

Both are destroyed when it is over. sending.py puts the mails into the outbox.
"""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from ..clock import utc_day
from ..config import settings
from ..database import reading
from ..extensions import db
from ..sealing import mailing as sealing
from . import rules
from .models import Mailing
from .recipients_file import forget, kept_references, read_header, recipients_path

CONTENT_KEYS = "nidaa_mailing_content_keys"
ONE_DAY = timedelta(days=1)


def make_key(mailing_id: int, now: datetime) -> None:
    """Make the key pair of a mailing: the secret half is on this host before anyone can seal to the public one.

    Commits.
    """
    keys_dir = settings().keys_dir
    secret = sealing.make_mailing_secret(keys_dir=keys_dir, today=utc_day(now))
    made: Any = db.session.execute(
        update(Mailing)
        .where(Mailing.id == mailing_id, Mailing.key_point.is_(None), Mailing.state == rules.RELEASED)
        .values(key_point=secret.point)
    )
    db.session.commit()
    if not made.rowcount:  # another worker was first
        sealing.destroy_mailing_secret(secret.point, keys_dir=keys_dir)


def content_key(mailing: Mailing) -> bytes:
    """Return what opens the rows of a mailing, opened once a process. Raises OSError, KeyProblem, CannotOpen."""
    kept: dict[str, bytes] = current_app.extensions.setdefault(CONTENT_KEYS, {})
    if mailing.reference not in kept:
        header = read_header(recipients_path(settings().home, mailing.reference))
        if (
            header.recipients != mailing.recipients
        ):  # not the file that was loaded: some would get none, in silence
            raise rules.NotAMailing(rules.CHANGED)
        secret = sealing.mailing_secret(mailing.key_point or b"", keys_dir=settings().keys_dir)
        envelope = sealing.Envelope(
            mailing=header.mailing, petition=header.petition, recipients=header.recipients
        )
        kept[mailing.reference] = secret.open_content_key(header.sealed_key, envelope)
    return kept[mailing.reference]


def forget_what_is_over(now: datetime) -> None:
    """Destroy the recipients and the keys on this host whose mailing is over, or is unknown since a restore."""
    home, keys_dir = settings().home, settings().keys_dir
    files, keys = set(kept_references(home)), set(sealing.kept_mailing_keys(keys_dir=keys_dir))
    if not files and not keys:
        return
    with reading():
        known = db.session.execute(select(Mailing.reference, Mailing.key_point, Mailing.state)).all()
    goes_on = {row.reference for row in known if row.state not in rules.OVER}
    for reference in files - goes_on:
        forget(home, reference)
        current_app.extensions.get(CONTENT_KEYS, {}).pop(reference, None)
    for row in known:
        if row.state in rules.OVER and row.key_point and sealing.mailing_key_id(row.key_point) in keys:
            sealing.destroy_mailing_secret(row.key_point, keys_dir=keys_dir)
    # One of today may be another worker's, who is about to note it.
    noted = {sealing.mailing_key_id(row.key_point) for row in known if row.key_point}
    if keys - noted:
        sealing.destroy_unknown_secrets(noted, keys_dir=keys_dir, before=utc_day(now) - ONE_DAY)
