"""A small application with nothing but a shield, and a real Redis to count in."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from campaign_app.config import EXTENSION as SETTINGS
from campaign_app.config import Settings
from campaign_app.shield import redis_store, setup, views

SECRET = b"a secret that only these tests use"


def make_app(secret: bytes = SECRET, **settings: object) -> Flask:
    """Return an application of one worker with a shield, with the settings changed as told."""
    app = Flask("shield_under_test")
    app.secret_key = secret
    app.testing = True
    known = Settings(base_url="https://petition.example.org", web_workers=1)
    app.extensions[SETTINGS] = replace(known, **settings)  # type: ignore[arg-type]
    setup.init_app(app)
    app.register_blueprint(views.blueprint)
    return app


@pytest.fixture
def shielded() -> Flask:
    """Return an application with nothing but a shield, counting in memory."""
    return make_app()


@pytest.fixture
def in_shielded(shielded: Flask) -> Iterator[Flask]:
    """Enter the context of that application."""
    with shielded.app_context():
        yield shielded


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give Redis more time than in service: a loaded test machine must not look like an outage."""
    monkeypatch.setattr(redis_store, "TIMEOUT_SECONDS", 5.0)


class RedisServer:
    """A real redis-server that keeps no files, and can be stopped, paused and started again."""

    def __init__(self, program: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._arguments = [
            *(program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)),
            *("--save", "", "--appendonly", "no"),
        ]
        self.start()

    def start(self) -> None:
        """Start the server and wait until it says that it is ready."""
        self._process = subprocess.Popen(self._arguments, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        for line in self._process.stdout:
            if "Ready to accept connections" in line:
                return
        raise RuntimeError("redis-server did not start")

    def stop(self) -> None:
        """Kill the server: connections are refused from now on."""
        self._process.kill()
        self._process.communicate()

    def pause(self) -> None:
        """Let the server accept connections and never answer."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let the server answer again."""
        self._process.send_signal(signal.SIGCONT)


def redis_program() -> str:
    """Return the server's program; skip where a machine has none, fail where CI has none."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        missing = "redis-server is not installed, so counting shared between hosts is not tested"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return program


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Run one server for the tests of a module."""
    server = RedisServer(redis_program(), tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture
def failing_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """Run a server of one test's own, which the test may stop."""
    server = RedisServer(redis_program(), tmp_path)
    yield server
    server.resume()
    server.stop()
