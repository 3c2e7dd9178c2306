"""Two people who do something at the same moment, each in a session of their own."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from flask import Flask

from campaign_app.extensions import db

MOMENT = 0.5  # seconds, in which the second one gets as far as it can


def at_once(app: Flask, first: Callable[[], Any], second: Callable[[], Any]) -> Future[Any]:
    """Let somebody begin a change, somebody else begin another, and only then commit the first."""
    begun = Event()

    def _second() -> Any:
        begun.wait()
        with app.app_context():
            found = second()
            db.session.commit()
            return found

    db.session.rollback()
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(_second)
        first()
        begun.set()
        with pytest.raises(TimeoutError):
            other.exception(timeout=MOMENT)
        db.session.commit()
        other.exception()
    return other
