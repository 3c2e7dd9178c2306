"""`campaign serve`, as `make run` starts it: it begins, mends itself and ends without a word that frightens."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from campaign_app.config import ROOT

pytestmark = pytest.mark.endurance

SERVE = [sys.executable, "-c", "from campaign_app.cli import main; main()", "serve"]
PATIENCE_SECONDS = 60


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something holds; fail if it never does."""
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < ends_at, "this took too long"
        time.sleep(0.05)


def children_of(process_id: int) -> dict[int, str]:
    """Return the direct children of a process with their command lines."""
    listed = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii").split()
    return {int(child): Path(f"/proc/{child}/cmdline").read_text(encoding="utf-8") for child in listed}


def workers_of(server: subprocess.Popen[bytes]) -> list[int]:
    """Return the living mail workers of a server."""
    return [child for child, command in children_of(server.pid).items() if "worker" in command]


@pytest.fixture
def port() -> int:
    """Return a port that nothing uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
    return found


@pytest.fixture
def environment(tmp_path: Path, port: int) -> dict[str, str]:
    """Return the environment of an installation that has never been started."""
    return {
        "PATH": os.environ["PATH"],
        "NIDAA_HOME": str(tmp_path / "home"),
        "PORT": str(port),
        "WEB_WORKERS": "1",
    }


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start an installation for the first time and wait until it has printed its address."""
    words = tmp_path / "words"
    with words.open("wb") as file:
        process = subprocess.Popen([*SERVE, "--first-run"], cwd=ROOT, env=environment, stderr=file)
    try:
        wait_for(lambda: process.poll() is not None or b"Nidaa is at" in words.read_bytes())
        assert process.poll() is None, words.read_text(encoding="utf-8")
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def test_a_server_replaces_a_dead_worker_and_leaves_nothing_behind_when_it_is_stopped(server, port):
    (worker,) = workers_of(server)

    os.kill(worker, signal.SIGKILL)

    wait_for(lambda: [each for each in workers_of(server) if each != worker])
    with urlopen(f"http://127.0.0.1:{port}/ar/", timeout=PATIENCE_SECONDS) as page:
        assert page.status == 200
    children = children_of(server.pid)

    server.send_signal(signal.SIGTERM)

    assert server.wait(PATIENCE_SECONDS) == 0
    assert len(children) == 2
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []


def test_a_port_that_is_taken_is_one_sentence_and_nothing_is_made(environment, port):
    with socket.create_server(("127.0.0.1", port)):
        done = subprocess.run(
            [*SERVE, "--first-run"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    assert done.returncode == 1
    assert done.stderr == (
        f"campaign: PORT {port} cannot be used: address already in use. "
        "End what uses it, or set PORT to another number\n"
    )
    assert not Path(environment["NIDAA_HOME"]).exists()
