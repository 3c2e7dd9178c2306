"""Signing and confirming on both databases: accepted a second, latency and processor time, beside the yardsticks."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from . import people, rows
from .installations import Installation
from .load import Plan, run
from .report import Line, Measurements
from .servers import Server, serving

HOST = "127.0.0.1:8000"
SIGNERS = 2_000  # a round, with and without proof of work each
HELLOS = 10_000
SIGNED = "303 check-your-inbox"
CONFIRMED = "303 counted"


@dataclass(frozen=True)
class Database:
    """An installation, and how many plain rows its database makes durable in a second."""

    installation: Installation
    durable_rows_per_second: Callable[[], float]
    found: Measurements = field(default_factory=Measurements)


def measure(databases: Sequence[Database], *, rounds: int) -> list[Line]:
    """Return the lines of the table, a column for each database."""
    with ExitStack() as stack:
        environment = databases[0].installation.environment
        hello = stack.enter_context(serving("bench.hello:app", environment))
        servers = [
            stack.enter_context(serving("wsgi:app", database.installation.environment))
            for database in databases
        ]
        for number in range(rounds + 1):
            for database, server in zip(databases, servers, strict=True):
                _round(database, server, hello)
                if number == 0:  # caches are cold: not counted
                    database.found.values.clear()
    return _lines([database.found for database in databases])


def _round(database: Database, server: Server, hello: Server) -> None:
    """Let people sign, with proof of work and without, and confirm; hold every answer against the rows."""
    installation = database.installation
    found = database.found
    greetings = people.sign_requests(installation.app, HOST, SIGNERS, path="/sign")
    _timed("hello", hello, greetings, HELLOS, "200", found, installation)
    before = rows.count(installation)
    for name, with_work in (("sign", False), ("sign with work", True)):
        signing = people.sign_requests(installation.app, HOST, SIGNERS, with_work=with_work)
        _timed(name, server, signing, SIGNERS, SIGNED, found, installation)
    both = 2 * SIGNERS
    signed = rows.count(installation) - before
    assert signed == rows.Rows(both, both, both, 0, 0), f"accepted is not rows: {signed}"
    rows.note_mailed(installation)
    confirming = people.confirm_requests(HOST, rows.waiting_tokens(installation))
    _timed("confirm", server, confirming, both, CONFIRMED, found, installation)
    settled = rows.count(installation) - before
    assert settled == rows.Rows(0, 0, both, both, both), f"accepted is not rows: {settled}"
    found.add("durable", database.durable_rows_per_second())


def _timed(
    name: str,
    server: Server,
    requests: Sequence[bytes],
    total: int,
    accepted: str,
    found: Measurements,
    installation: Installation,
) -> None:
    """Send requests, hold them to one kind of answer, and keep what they took."""
    web, database = server.cpu_seconds(), installation.database_cpu_seconds()
    outcome = run(Plan(server.port, requests, total))
    assert outcome.answers == {accepted: total}, f"{name}: {dict(outcome.answers)}"
    found.add(name, outcome.per_second)
    found.add(f"{name} p50", outcome.percentile_ms(0.50))
    found.add(f"{name} p99", outcome.percentile_ms(0.99))
    found.add(f"{name} cpu", 1000 * (server.cpu_seconds() - web) / total)
    found.add(f"{name} database cpu", 1000 * (installation.database_cpu_seconds() - database) / total)
    found.add("load cpu", 1000 * outcome.own_cpu_seconds / total)


def _lines(columns: Sequence[Measurements]) -> list[Line]:
    def line(what: str, value: Callable[[Measurements], str], goal: str = "") -> Line:
        return Line(what, [value(column) for column in columns], goal)

    lines = [
        line("hello-world POST of the same fields, answers/s", lambda it: f"{it.median('hello'):,.0f}"),
        line("plain rows of 1 KB made durable/s", lambda it: f"{it.median('durable'):,.0f}"),
    ]
    for name, what, goal in (
        ("sign", "signatures", "0.18, 0.20 (0.25)"),
        ("sign with work", "signatures with proof of work", "0.18, 0.20 (0.25)"),
        ("confirm", "confirmations", "0.22, 0.25 (0.30)"),
    ):
        lines += [
            line(f"**{what} accepted/s**", lambda it, name=name: f"{it.median(name):,.0f}"),
            line("… of hello-world", lambda it, name=name: f"**{it.ratio(name, 'hello'):.2f}**", goal),
            line("… of durable rows", lambda it, name=name: f"{it.ratio(name, 'durable'):.2f}"),
            line(
                "… p50, p99 at 8 connections, ms",
                lambda it, name=name: f"{it.median(f'{name} p50'):.1f}, {it.median(f'{name} p99'):.1f}",
                "p99 ≤ 25",
            ),
            line(
                "… web processor time each, ms (of hello-world's)",
                lambda it, name=name: (
                    f"{it.median(f'{name} cpu'):.2f} ({it.ratio(f'{name} cpu', 'hello cpu'):.1f}×)"
                ),
            ),
        ]
    return lines
