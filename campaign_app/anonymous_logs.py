"""Logs that name nobody: no address, agent, token, e-mail, and no path that could hold one.

A defect is logged with its kind and the lines of code it passed, never with its message: messages repeat
what people typed. gunicorn's own words about a request are cut to the words themselves.
"""

import logging
import re
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from flask import Flask
from gunicorn.glogging import Logger

WHAT_FOLLOWS = re.compile(r" from ip=|[:=%'\"<{]")  # the end of gunicorn's own words
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def place_of(problem: BaseException, trace: TracebackType | None = None) -> str:
    """Return the kind of an exception and where it came from, without its message."""
    frames = traceback.extract_tb(trace or problem.__traceback__)
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-6:]))
    return f"{type(problem).__name__} in {places or 'an unknown place'}"


class NidaaFlask(Flask):
    """Flask, but what goes wrong is logged without what people typed, and nothing here is asynchronous."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a view or hook as it is: Flask would look at each of them in every request."""
        return func

    def log_exception(self, exc_info: Any) -> None:
        """Log a defect by kind and place."""
        self.logger.error("defect: %s", place_of(exc_info[1], exc_info[2]))


class AnonymousLogger(Logger):
    """gunicorn's logger without the arguments that hold an address, a path or a header."""

    def access(self, *args: Any, **kwargs: Any) -> None:
        """Keep no access log."""

    def critical(self, msg: object, *args: Any, **kwargs: Any) -> None:
        """Log gunicorn's words, not what they are about."""
        self.error_log.critical("%s", _words(msg, args))

    def error(self, msg: object, *args: Any, **kwargs: Any) -> None:
        """Log gunicorn's words, not what they are about."""
        self.error_log.error("%s", _words(msg, args))

    def warning(self, msg: object, *args: Any, **kwargs: Any) -> None:
        """Log gunicorn's words, not what they are about."""
        self.error_log.warning("%s", _words(msg, args))

    def exception(self, msg: object, *args: Any, **kwargs: Any) -> None:
        """Log gunicorn's words, not what they are about."""
        self.error_log.error("%s", _words(msg, args))

    def info(self, msg: object, *args: Any, **kwargs: Any) -> None:
        """Say little: a server that runs needs no lines."""

    def debug(self, msg: object, *args: Any, **kwargs: Any) -> None:
        """Say nothing: debug lines repeat requests."""


def configure(level: int = logging.INFO) -> None:
    """Send the application's own lines to stderr."""
    logging.basicConfig(level=level, format=FORMAT)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _words(message: object, arguments: tuple[Any, ...]) -> str:
    """Return gunicorn's words with the numbers it counts by, such as process ids; nothing else they were about.

    Some of its messages arrive finished, with an address and a piece of the request in them, as in "Invalid
    request from ip=…: …": of those only the beginning is kept.
    """
    text = str(message)
    if arguments:
        try:
            return text % tuple(each if isinstance(each, int) else "…" for each in arguments)
        except (TypeError, ValueError):
            pass
    return WHAT_FOLLOWS.split(text, maxsplit=1)[0].strip() or "a problem"
