"""Real Chromium, one for each module, and a page whose errors fail the test."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.endurance.servers import Installation, Server, SqliteFile

# How long a page may take to come to what a test waits for: on a machine that does much else at once, a page whose
# password is hashed and whose desk is made first takes longer than the five seconds that are usual.
expect.set_options(timeout=30_000)

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # Hosts that are this machine, and yet no secure context.
    "--host-resolver-rules=MAP *.test 127.0.0.1",
)


# The same engine without a browser's own windows, which nobody sees here and which take a quarter of the time.
WITHOUT_WINDOWS = "chromium-headless-shell"


def installed_browser() -> str | None:
    """Return the browser as people have it, with a history and a profile, if the machine has one."""
    return shutil.which("chromium") or shutil.which("google-chrome")


def needed(program: str | None) -> str:
    """Return the program; skip where a machine has none, fail where CI has none."""
    if program is not None:
        return program
    missing = "Chromium is not installed, so nothing is tested in a real browser"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run Chromium; skip where a machine has none, fail where CI has none."""
    program = needed(shutil.which(WITHOUT_WINDOWS) or installed_browser())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A person's browser: no history, no storage."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that must not have logged an error, nor been refused anything by its policy."""
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield page
    assert problems == []


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serve applications on loopback ports until the test ends. Returns each one's address."""
    with ExitStack() as running:

        def start(app: Flask) -> str:
            server = make_server("127.0.0.1", 0, app, threaded=True)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            running.callback(server.server_close)
            running.callback(thread.join)
            running.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield start


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Run a whole installation, as `make run` does: two web processes, a worker, and mails that become files."""
    found = Installation(tmp_path_factory.mktemp("installation"), SqliteFile())
    with Server(found):
        yield found
