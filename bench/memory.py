"""The memory of one web worker that has answered a hundred thousand requests of every kind."""

from . import people, rows
from .installations import Installation
from .load import Plan, run
from .pages import NUMBERS, PETITION
from .report import Line
from .servers import serving
from .signing import CONFIRMED, HOST, SIGNED

SIGNERS = 5_000
FRESH = 5_000
REQUESTS = 100_000


def measure(installation: Installation) -> list[Line]:
    """Return the lines about memory: signatures, confirmations, mistakes, fresh pages, and kept ones for the rest."""
    with serving("wsgi:app", installation.environment, workers=1) as server:
        first = server.memory_mb()
        signing = people.sign_requests(installation.app, HOST, SIGNERS)
        wrong = [
            request.replace(b"%40", b"%60") for request in people.sign_requests(installation.app, HOST, 1_000)
        ]
        sources = [people.page_request(HOST, f"{PETITION}?s=s{number}") for number in range(FRESH)]
        numbers = [people.page_request(HOST, f"{NUMBERS}?s=s{number}") for number in range(FRESH)]
        kept = [people.page_request(HOST, PETITION)]
        answers = run(Plan(server.port, signing, SIGNERS)).answers
        answers += run(
            Plan(server.port, people.confirm_requests(HOST, rows.waiting_tokens(installation)), SIGNERS)
        ).answers
        answers += run(Plan(server.port, wrong, len(wrong))).answers
        for requests in (sources, numbers):
            answers += run(Plan(server.port, requests, len(requests))).answers
        answers += run(Plan(server.port, kept, REQUESTS - answers.total())).answers
        assert (answers[SIGNED], answers[CONFIRMED], answers["422"]) == (SIGNERS, SIGNERS, len(wrong)), (
            answers
        )
        assert answers.total() == REQUESTS
        last = server.memory_mb()
    return [
        Line(
            "memory of a web worker after 100,000 requests, MB (after its first)",
            [f"**{last:.0f}** ({first:.0f})"],
            "≤ 120",
        )
    ]
