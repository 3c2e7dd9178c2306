"""gunicorn as `campaign serve` starts it, on a free port; what it costs in processor time and memory."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from campaign_app.config import ROOT

START_SECONDS = 60
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running web server."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def workers(self) -> list[int]:
        """Return the process ids of the web workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def cpu_seconds(self) -> float:
        """Return the processor time that the workers have used since they started."""
        return sum(cpu_seconds(worker) for worker in self.workers)

    def memory_mb(self) -> float:
        """Return the resident memory of the largest worker, shared pages included, in MB."""
        return max(_resident_mb(worker) for worker in self.workers)


@contextmanager
def serving(
    application: str, environment: Mapping[str, str], *, workers: int = 2, threads: int = 2
) -> Iterator[Server]:
    """Run an application under the project's own gunicorn settings. application: "module:name"."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--config", "python:campaign_app.server", application],
        cwd=ROOT,
        env={
            **os.environ,
            **environment,
            "PORT": str(port),
            "WEB_WORKERS": str(workers),
            "WEB_THREADS": str(threads),
        },
        stderr=subprocess.DEVNULL if "BENCH_SHOW_LOG" not in os.environ else None,
    )
    server = Server(port, process)
    try:
        _wait_until_it_answers(server, workers)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cpu_seconds(process: int) -> float:
    """Return the processor time of one process, its threads together; 0 for one that has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def _resident_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _wait_until_it_answers(server: Server, workers: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise RuntimeError("the server ended while it started; BENCH_SHOW_LOG=1 shows why")
        if len(server.workers) == workers and _answers(server.port):
            return
        time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/hello", timeout=5):
            return True
    except HTTPError:
        return True
    except OSError:
        return False
