"""gunicorn's lines keep its own words and the numbers it counts by, and nothing of a request.

tests/endurance sends ten thousand requests to a real server and searches what it said.
"""

import logging

import pytest
from gunicorn.config import Config

from campaign_app.anonymous_logs import AnonymousLogger


@pytest.mark.parametrize(
    ("message", "arguments", "kept"),
    [
        (
            "Invalid request from ip=192.0.2.1: Invalid HTTP request line: 'GET /en/confirm/t'",
            (),
            "Invalid request",
        ),
        ("Invalid request from ip=192.0.2.1: %s%%d", (), "Invalid request"),
        ("Error handling request %s %s", ("GET", "/en/confirm/t"), "Error handling request … …"),
        ("Error handling request (no URI read)", (), "Error handling request (no URI read)"),
        ("Worker (pid:%s) exited with code %s.", (4711, 3), "Worker (pid:4711) exited with code 3."),
        ("Worker (pid:%s) was sent %s!", (4711, "SIGKILL"), "Worker (pid:4711) was sent …!"),
        ("Number %d", ("of 192.0.2.1",), "Number"),
        (ValueError("'192.0.2.1' is no number"), (), "a problem"),
    ],
)
@pytest.mark.parametrize("level", ["warning", "error", "critical", "exception"])
def test_a_line_of_gunicorn_keeps_its_words_only(level, message, arguments, kept):
    logger = AnonymousLogger(Config())
    lines: list[logging.LogRecord] = []
    logger.error_log.handlers = [handler := logging.Handler()]
    handler.emit = lines.append  # type: ignore[method-assign]

    getattr(logger, level)(message, *arguments)

    assert [line.getMessage() for line in lines] == [kept]
    assert lines[0].exc_info is None
