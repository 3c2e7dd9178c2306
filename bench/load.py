"""The load generator: a process of its own, a few kept-alive connections, each with one request in flight.

It does as little as it can for each request, since it takes its time from the cores that are measured.
The plan and what came of it pass through a pickled file of our own.
"""

import pickle
import select
import socket
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

RECEIVED_AT_ONCE = 1 << 18
# A connection that is opened anew now and then meets the other web worker: otherwise one run in a few
# has most of its connections on one of the two, and measures that.
REQUESTS_A_CONNECTION = 250
SILENCE_SECONDS = 30


@dataclass(frozen=True)
class Plan:
    """Requests to be sent, over and over if `total` exceeds them, and to where."""

    port: int
    requests: Sequence[bytes]
    total: int
    connections: int = 8


@dataclass
class Outcome:
    """What came back. answers: by status and last part of Location. latencies in seconds."""

    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    body_bytes: int = 0
    own_cpu_seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Return answers a second."""
        return len(self.latencies) / self.seconds

    def percentile_ms(self, share: float) -> float:
        """Return the latency in milliseconds that this share of the requests did not exceed."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def run(plan: Plan) -> Outcome:
    """Send a plan's requests from a process of its own."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plan"
        path.write_bytes(pickle.dumps(plan))
        subprocess.run([sys.executable, "-c", "from bench import load; load.main()", str(path)], check=True)
        outcome = pickle.loads(path.read_bytes())  # noqa: S301 - our own file
        assert isinstance(outcome, Outcome)
        return outcome


class _Connection:
    """One connection with one request in flight."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = 0
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.sent += 1
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)


def perform(plan: Plan) -> Outcome:
    """Send a plan's requests and tell what came back."""
    outcome = Outcome()
    waiting = deque(plan.requests[number % len(plan.requests)] for number in range(plan.total))
    poll = select.epoll()
    connections: dict[int, _Connection] = {}

    def open_connection() -> None:
        connection = _Connection(plan.port)
        connections[connection.socket.fileno()] = connection
        poll.register(connection.socket, select.EPOLLIN)
        connection.send(waiting.popleft())

    began = time.perf_counter()
    own = time.process_time()
    for _ in range(min(plan.connections, plan.total)):
        open_connection()
    while connections:
        events = poll.poll(SILENCE_SECONDS)
        if not events:
            raise TimeoutError("the server has been silent for half a minute")
        for descriptor, _ in events:
            connection = connections[descriptor]
            received = connection.socket.recv(RECEIVED_AT_ONCE)
            if not received:
                raise ConnectionError("the server closed a connection without an answer")
            connection.received += received
            answer = _complete(connection.received)
            if answer is None:
                continue
            outcome.latencies.append(time.perf_counter() - connection.sent_at)
            outcome.answers[answer[0]] += 1
            outcome.body_bytes += answer[1]
            if waiting and connection.sent < REQUESTS_A_CONNECTION:
                connection.send(waiting.popleft())
                continue
            poll.unregister(connection.socket)
            connection.socket.close()
            del connections[descriptor]
            if waiting:
                open_connection()
    outcome.seconds = time.perf_counter() - began
    outcome.own_cpu_seconds = time.process_time() - own
    return outcome


def _complete(received: bytes) -> tuple[str, int] | None:
    """Return what an answer was and the length of its body, or None while some of it is missing."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    start = received.find(b"Content-Length: ", 0, end)
    length = int(received[start + 16 : received.find(b"\r", start)]) if start > 0 else 0
    if len(received) < end + 4 + length:
        return None
    kind = received[9:12].decode()
    place = received.find(b"Location: ", 0, end)
    if place > 0:
        kind += " " + received[place:].split(b"\r", 1)[0].rpartition(b"/")[2].decode()
    return kind, length


def main() -> None:
    """Read a plan from the file that is named, perform it, and write the outcome in its place."""
    path = Path(sys.argv[1])
    path.write_bytes(pickle.dumps(perform(pickle.loads(path.read_bytes()))))  # noqa: S301 - our own file
