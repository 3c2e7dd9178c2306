"""What other sites load over and over: the counter and the badge, beside hello-world serving the same bytes."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from . import people
from .installations import Installation
from .pages import HOST, KEPT, served, timed
from .report import Line, Measurements
from .servers import serving

ADDRESSES = {
    "counter": f"/ar/petitions/{people.SLUG}/counter.json",
    "badge": f"/badge/{people.SLUG}.svg?lang=ar",
}
LEAST = "0.80"


def measure(installation: Installation, *, rounds: int) -> list[Line]:
    """Return the lines about each, as a share of what hello-world answers with the same bytes."""
    found = Measurements()
    with ExitStack() as stack:
        server = stack.enter_context(serving("wsgi:app", installation.environment))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        yardsticks = {}
        for name, address in ADDRESSES.items():
            (folder / name).write_bytes(served(server, address))
            environment = {**installation.environment, "HELLO_BYTES": str(folder / name)}
            yardsticks[name] = stack.enter_context(serving("bench.hello:app", environment))
        for number in range(rounds + 1):
            for name, address in ADDRESSES.items():
                timed(f"{name} hello", yardsticks[name], [people.page_request(HOST, "/page")], KEPT, found)
                timed(name, server, [people.page_request(HOST, address)], KEPT, found)
            if number == 0:
                found.values.clear()
    return [
        Line(
            f"{name}, of hello-world with the same bytes (answers/s)",
            [f"**{found.ratio(name, f'{name} hello'):.2f}** ({found.median(name):,.0f})"],
            LEAST,
        )
        for name in ADDRESSES
    ]
