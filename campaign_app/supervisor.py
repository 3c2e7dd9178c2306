"""Keeps the web server and one worker running, and ends both when told to. Knows processes; knows no room."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import click

from .config import ROOT, Settings
from .errors import ConfigurationError

WEB = (sys.executable, "-m", "gunicorn", "--config", "python:campaign_app.server", "wsgi:app")
LOOK_EVERY_SECONDS = 0.25
RESTART_PAUSE_SECONDS = 2
PATIENCE_SECONDS = 25  # gunicorn lets requests in hand finish for 20


def command(name: str) -> tuple[str, ...]:
    """Return what runs `campaign NAME` in a process of its own, with this interpreter."""
    return (sys.executable, "-c", "from campaign_app.cli import main; main()", name)


def refuse_taken_port(chosen: Settings) -> None:
    """Find out before anything starts that the port cannot be had. Raises ConfigurationError."""
    family = socket.AF_INET6 if ":" in chosen.bind else socket.AF_INET
    try:
        socket.create_server((chosen.bind, chosen.port), family=family).close()
    except socket.gaierror:
        raise ConfigurationError(f"BIND is {chosen.bind!r}, which is no address of this machine") from None
    except OSError as problem:
        reason = os.strerror(problem.errno or 0).lower()
        raise ConfigurationError(
            f"PORT {chosen.port} cannot be used: {reason}. End what uses it, or set PORT to another number"
        ) from None


def supervise(chosen: Settings, *, announce: Callable[[], None]) -> int:
    """Run the web server and one worker until a signal says stop or the web server ends.

    announce: called once, when the web server takes connections.
    Returns the exit code: 0 after a signal, otherwise the web server's.
    """
    stop_asked = []
    # Before the first child: a signal in between must not leave one alone. A list and no Event, since
    # setting an Event from a signal handler can wait forever for a lock that the same thread holds.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop_asked.append(True))
    environment = {**os.environ, **chosen.places, "PYTHONUNBUFFERED": "1"}
    web, worker = _start(WEB, environment), _start(command("worker"), environment)
    is_announced = False
    while not stop_asked and web.poll() is None:
        if not is_announced and _answers(chosen):
            announce()
            is_announced = True
        if worker.poll() is not None:
            click.echo("the worker ended; starting another", err=True)
            time.sleep(RESTART_PAUSE_SECONDS)
            worker = _start(command("worker"), environment)
        time.sleep(LOOK_EVERY_SECONDS)
    _stop(web, worker)
    return 0 if stop_asked else web.returncode or 1


def _start(arguments: tuple[str, ...], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(arguments, cwd=ROOT, env=environment)


def _answers(chosen: Settings) -> bool:
    try:
        socket.create_connection((chosen.bind, chosen.port), timeout=LOOK_EVERY_SECONDS).close()
    except OSError:
        return False
    return True


def _stop(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
