"""Pages that are read: kept as finished bytes, rendered afresh, and with a million signatures behind them."""

import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.request import Request, urlopen

from . import people
from .hello import as_served
from .installations import Installation
from .load import Plan, run
from .report import Line, Measurements
from .servers import Server, serving

HOST = "127.0.0.1:8000"
KEPT = 10_000
FRESH = 1_000
PETITION = f"/ar/petitions/{people.SLUG}"
NUMBERS = f"{PETITION}/numbers"


def measure(installation: Installation, *, rounds: int) -> list[Line]:
    """Return the lines about the petition page, beside hello-world serving the same bytes."""
    found = Measurements()
    with ExitStack() as stack:
        server = stack.enter_context(serving("wsgi:app", installation.environment))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "page").write_bytes(served(server, PETITION))
        environment = {**installation.environment, "HELLO_BYTES": str(folder / "page")}
        hello = stack.enter_context(serving("bench.hello:app", environment))
        for number in range(rounds + 1):
            kept = [people.page_request(HOST, PETITION)]
            timed("hello", hello, [people.page_request(HOST, "/page")], KEPT, found)
            timed("kept", server, kept, KEPT, found)
            timed("fresh", server, _never_the_same(PETITION), FRESH, found)
            if number == 0:
                found.values.clear()
    return [
        Line("hello-world GET of the same bytes, answers/s", [f"{found.median('hello'):,.0f}"]),
        Line("petition page, kept, of hello-world", [f"**{found.ratio('kept', 'hello'):.2f}**"], "0.90"),
        Line(
            "petition page, rendered afresh, of hello-world",
            [f"**{found.ratio('fresh', 'hello'):.2f}**"],
            "0.25",
        ),
        Line("… answers/s, p99 ms", [f"{found.median('fresh'):,.0f}, {found.median('fresh p99'):.1f}"]),
    ]


def measure_million(
    small: Sequence[Installation], large: Sequence[Installation], *, rounds: int
) -> list[Line]:
    """Return the lines about pages rendered afresh with a million signatures, beside a thousand."""
    lines: dict[str, list[str]] = {}
    for few, many in zip(small, large, strict=True):
        found = Measurements()
        with (
            serving("wsgi:app", few.environment) as few_server,
            serving("wsgi:app", many.environment) as many_server,
        ):
            for number in range(rounds + 1):
                for what, path in (("petition page", PETITION), ("/numbers", NUMBERS)):
                    for size, server in (("few", few_server), ("many", many_server)):
                        timed(f"{what} {size}", server, _never_the_same(path), FRESH, found)
                if number == 0:
                    found.values.clear()
        for what in ("petition page", "/numbers"):
            lines.setdefault(what, []).append(f"**{found.ratio(f'{what} few', f'{what} many'):.2f}×**")
    return [
        Line(f"{what}, cost at 1,000,000 signatures over 1,000", cells, "≤ 1.20×")
        for what, cells in lines.items()
    ]


def _never_the_same(path: str) -> list[bytes]:
    """Return requests for one page that no kept answer serves: each comes from another source."""
    return [people.page_request(HOST, f"{path}?s=s{number}") for number in range(FRESH)]


def timed(name: str, server: Server, requests: Sequence[bytes], total: int, found: Measurements) -> None:
    """Ask a server `total` times, and note how fast it was under a name."""
    cpu = server.cpu_seconds()
    outcome = run(Plan(server.port, requests, total))
    assert outcome.answers == {"200": total}, f"{name}: {dict(outcome.answers)}"
    found.add(name, outcome.per_second)
    found.add(f"{name} p99", outcome.percentile_ms(0.99))
    found.add(f"{name} cpu", 1000 * (server.cpu_seconds() - cpu) / total)


def served(server: Server, path: str) -> bytes:
    """Fetch an answer as a browser gets it, for hello-world to serve."""
    address = f"http://127.0.0.1:{server.port}{path}"
    with urlopen(Request(address, headers={"Accept-Encoding": "br, gzip"})) as answer:
        own = ("server", "date", "connection", "content-length")
        headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in own]
        return as_served(headers, answer.read())
