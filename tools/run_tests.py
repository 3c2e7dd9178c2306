"""Run the suite on SQLite and then on a real PostgreSQL, and say honestly what ran and what did not.

`make test`. What a test needs beyond Python packages is installed where that is allowed (as root, with apt);
elsewhere its tests are skipped and the last lines say which and how to get it. With CI=true a skip is a failure.
The closing lines name what failed, so that the end of a log is enough to know.
The tests in a browser run on SQLite only: they are about pages, take the longest, and the journeys that they drive
run on PostgreSQL without a browser too. What no fixture leads to a database is the same on both and runs once as
well, as do the tests of finished documents. What the tests write goes to memory where there is room: a disk that
has much else to write takes longer than all that is tested.
Arguments go to pytest: `.venv/bin/python tools/run_tests.py tests/signing`.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IS_CI = os.environ.get("CI") == "true"
# TEST_DATABASE, and what is left out there.
ASKS_NO_TABLE = ["--ignore=tests/letters/documents"]
DATABASES = {"SQLite": ("sqlite", []), "PostgreSQL": ("postgresql", ["-m", "not browser", *ASKS_NO_TABLE])}
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of this run's own is made in it
ROOM_BYTES = 4 << 30  # a run writes a tenth of it
WORKERS = 3  # on two cores: many tests wait for a server, a browser or a clock
LONGEST_SUITE_SECONDS = 40 * 60  # what hangs is ended, not what runs on half a machine
LONGEST_END_SECONDS = 60
LONGEST_FETCH_SECONDS = 30  # a machine without a network says so no sooner
TIMED_OUT = 124  # as timeout(1) says it
MOST_NAMED = 30  # failures in the closing lines; more have one cause, and it is further up
LONGEST_LINE = 200  # characters of a failure's message
NO_LINE = "Use -v to get more diff"  # how pytest ends what it shortens
ADDRESS = re.compile(r"[^\s'\"<>@]+@[^\s'\"<>@]+")


@dataclass(frozen=True)
class Program:
    """A program that some tests drive, and the Debian package that has it. lighter: one that does the same faster."""

    names: tuple[str, ...]
    package: str
    needed_by: str
    lighter: str = ""

    @property
    def is_here(self) -> bool:
        """Whether one of its names can be run."""
        return any(shutil.which(name) for name in self.names)


PROGRAMS = (
    Program(
        ("chromium", "google-chrome"),
        "chromium",
        "the tests in a real browser",
        lighter="chromium-headless-shell",
    ),
    Program(("redis-server", "valkey-server"), "redis-server", "limits shared between hosts"),
    Program(("nginx",), "nginx", "the proxy in front of one machine"),
    Program(("pdftotext",), "poppler-utils", "what a reader gets out of a letter"),
)


@dataclass
class Outcome:
    """What one run of the suite came to."""

    database: str
    exit_code: int
    seconds: float
    passed: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        """Whether everything passed; in CI, whether everything ran too."""
        return self.exit_code == 0 and not self.failed and not (IS_CI and self.skipped)

    def __str__(self) -> str:
        stopped = " and was stopped: it took too long, and what just ran is not among the failed"
        ended = stopped if self.exit_code == TIMED_OUT else ""
        counts = f"{self.passed} passed, {self.failed} failed, {self.skipped.total()} skipped"
        return f"{self.database}: {counts} in {self.seconds:.0f} s{ended}"


def install_programs() -> None:
    """Install the missing programs with apt where this is root's machine."""
    missing = [program.package for program in PROGRAMS if not program.is_here]
    lighter = [each.lighter for each in PROGRAMS if each.lighter and not shutil.which(each.lighter)]
    if not (missing or lighter) or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"Installing {', '.join([*missing, *lighter])} for the tests …", file=sys.stderr)
    apt_get("update")
    # By itself what is needed, since of several that are asked for together none comes when one is unknown.
    for packages in filter(None, (lighter, missing)):
        apt_get("install", "-y", "--no-install-recommends", *packages)


def apt_get(*arguments: str) -> None:
    """Run apt-get. A refusal is not the end: what is still missing is said at the end."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    patience = ["-o", f"Acquire::http::Timeout={LONGEST_FETCH_SECONDS}", "-o", "Acquire::Retries=1"]
    subprocess.run(
        ["apt-get", "-qq", *patience, *arguments], env=quiet, stdout=subprocess.DEVNULL, check=False
    )


def run_suite(name: str, folder: Path, arguments: list[str]) -> Outcome:
    """Run pytest on one database; its own output goes to the terminal as it comes."""
    print(f"\n== {name} ==", flush=True)
    report = folder / f"{name}.xml"
    database, left_out = DATABASES[name]
    pytest = [sys.executable, "-m", "pytest", "-n", str(WORKERS), f"--junitxml={report}"]
    command = [*pytest, *left_out, *arguments]
    # A folder for temporary files of this run's own: it goes afterwards, and the lock by which PostgreSQL's
    # package lets one test process start at a time is not one that another user's run has left behind.
    environment = {**os.environ, "TEST_DATABASE": database, "TMPDIR": str(folder)}
    if name != next(iter(DATABASES)) and not arguments:
        environment["ONLY_WITH_A_DATABASE"] = "1"
    started = time.monotonic()
    code = run_for(LONGEST_SUITE_SECONDS, command, environment)
    outcome = Outcome(name, code, time.monotonic() - started)
    if report.exists():
        read_report(report, outcome)
    # A run that broke before it could count, or in which nothing ran, is one failure.
    if (outcome.exit_code or not outcome.passed) and not outcome.failed:
        outcome.failed = 1
    return outcome


def place_of_files() -> str | None:
    """Return the folder in which a run's files lie: in memory, or None for the usual one."""
    if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    # Some machines keep programs from being run there, and tests write scripts.
    has_room = shutil.disk_usage(MEMORY).free >= ROOM_BYTES and not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
    return str(MEMORY) if has_room else None


def run_for(seconds: int, command: list[str], environment: dict[str, str]) -> int:
    """Run a command at most so long; return its exit code, or TIMED_OUT."""
    running = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        return running.wait(seconds)
    except subprocess.TimeoutExpired:
        # As Ctrl-C does: pytest still says what failed until now, and writes its report.
        running.send_signal(signal.SIGINT)
    try:
        running.wait(LONGEST_END_SECONDS)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
    return TIMED_OUT


def read_report(report: Path, outcome: Outcome) -> None:
    """Count what pytest wrote down of its run."""
    for case in ElementTree.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest wrote it just now
        skip = case.find("skipped")
        fault = next((found for found in case if found.tag in ("failure", "error")), None)
        if fault is not None:
            outcome.failed += 1
            outcome.failures.append(f"{test_id(case)}: {last_line(fault)}")
        elif skip is not None:
            outcome.skipped[skip.get("message") or "no reason given"] += 1
        else:
            outcome.passed += 1


def test_id(case: ElementTree.Element) -> str:
    """Return what pytest takes as an argument to run this test alone."""
    module, name = case.get("classname") or "", case.get("name") or ""
    if not module:  # a file that could not be read has its module for a name
        return f"{name.replace('.', '/')}.py"
    path, *classes = re.split(r"\.(?=[A-Z])", module)
    return "::".join((f"{path.replace('.', '/')}.py", *classes, name))


def last_line(fault: ElementTree.Element) -> str:
    """Return how a failure ends, on one line, led by what kind of failure it is; no mail address stands in it."""
    marked = [line[1:].strip() for line in (fault.text or "").splitlines() if re.match(r"E\s", line)]
    said = marked or (fault.get("message") or "").splitlines()
    lines = [line.strip() for line in said if line.strip() and line != NO_LINE] or ["no message"]
    return ADDRESS.sub("(address)", " … ".join(dict.fromkeys((lines[0], lines[-1]))))[:LONGEST_LINE]


def name_failures(outcomes: list[Outcome]) -> None:
    """Print each failed test with its database and the end of its message."""
    failures = [f"  failed on {each.database}: {line}" for each in outcomes for line in each.failures]
    for line in failures[:MOST_NAMED]:
        print(line)
    if len(failures) > MOST_NAMED:
        print(f"  … and {len(failures) - MOST_NAMED} more")


def say(outcomes: list[Outcome]) -> None:
    """Print what ran, what did not and why, and one closing line."""
    print()
    name_failures(outcomes)
    for outcome in outcomes:
        print(outcome)
    print(
        "The tests in a browser, those of finished documents and those without a database ran with SQLite only."
    )
    reasons = sum((outcome.skipped for outcome in outcomes), Counter[str]())
    for reason, times in reasons.most_common():
        print(f"  skipped {times}: {reason}")
    for program in PROGRAMS:
        if not program.is_here:
            print(
                f"  {program.needed_by}: not run without {program.package}; `apt-get install {program.package}`"
            )
    if IS_CI and reasons:
        print("CI=true: a test that was skipped is a failure")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    print(f"tests: {passed} passed, {failed} failed, {reasons.total()} skipped", flush=True)


def main() -> None:
    """Install, run twice, say, and end with 1 if anything is not as it should be."""
    # Whoever starts this behind a shell's `&` has it ignore Ctrl-C, and pytest would too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    install_programs()
    with tempfile.TemporaryDirectory(dir=place_of_files()) as folder:
        outcomes = [run_suite(name, Path(folder), sys.argv[1:]) for name in DATABASES]
    say(outcomes)
    sys.exit(0 if all(outcome.is_good for outcome in outcomes) else 1)


if __name__ == "__main__":
    main()
