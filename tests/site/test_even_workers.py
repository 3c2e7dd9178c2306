"""The web workers share the connections that come: one that is busy leaves the next to one that is free."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from campaign_app.config import ROOT

pytestmark = pytest.mark.endurance

TURNS = 8  # without the rule, each would go wrong in one of two cases
PATIENCE_SECONDS = 30


def application(environ, start_response):
    """Answer at once; under /slow, when the test lets it."""
    if environ["PATH_INFO"] == "/slow":
        turn = Path(os.environ["NIDAA_HOME"], environ["QUERY_STRING"])
        turn.with_suffix(".begun").touch()
        wait_for(turn.with_suffix(".over").exists, "a worker that may end")
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


def wait_for(condition, what: str) -> None:
    """Wait until something holds."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends_at, f"waited in vain for {what}"
        time.sleep(0.02)


@pytest.fixture
def port(tmp_path) -> Iterator[int]:
    """Two workers of one thread each, under the settings of `campaign serve`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "python:campaign_app.server",
            f"{__name__}:application",
        ],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "NIDAA_HOME": str(tmp_path),
            "PORT": str(free),
            "WEB_WORKERS": "2",
            "WEB_THREADS": "1",
        },
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: len(children_of(server.pid)) == 2 and answers(free), "both workers")
        yield free
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)


def children_of(process_id: int) -> list[str]:
    """Return the ids of a process's children."""
    with open(f"/proc/{process_id}/task/{process_id}/children", encoding="ascii") as listed:
        return listed.read().split()


def answers(port: int) -> bool:
    """Whether a connection is answered."""
    try:
        return bool(urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE_SECONDS / 2).status == 200)
    except OSError:
        return False


def test_while_one_worker_is_busy_the_other_takes_every_connection(port, tmp_path):
    for turn in range(TURNS):
        with socket.create_connection(("127.0.0.1", port)) as busy:
            request = f"GET /slow?{turn} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            busy.sendall(request.encode())
            wait_for((tmp_path / f"{turn}.begun").exists, "a busy worker")

            is_answered = answers(port)

            (tmp_path / f"{turn}.over").touch()
            assert busy.recv(1)
        assert is_answered
