"""What accounts give to every process: their tables, and the job that forgets what is over."""

from datetime import datetime, timedelta

from flask import Flask

from ..mail.schedule import Job, add_job
from . import operations


def register(app: Flask) -> None:
    """Have the workers of an application delete sessions and invitations that are over."""
    add_job(app, Job("sessions that are over", timedelta(hours=1), _forget))


def _forget(now: datetime) -> None:
    operations.delete_old(now=now)
