"""The end of a log says which tests failed: whoever has nothing else of a run can run them alone."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from campaign_app.config import ROOT

RUN_TESTS = """\
import pathlib, sys
from tools import run_tests
run_tests.ROOT = pathlib.Path(sys.argv.pop(1))
run_tests.install_programs = lambda: None
run_tests.LONGEST_SUITE_SECONDS = int(sys.argv.pop(1))
run_tests.main()
"""


@pytest.fixture
def run_of(tmp_path: Path):
    """Run the suite of a folder with one file of tests, on one worker; return the closing lines."""

    def run(source: str, seconds: int = 600) -> list[str]:
        (tmp_path / "tests").mkdir()
        (tmp_path / "tests" / "__init__.py").touch()
        (tmp_path / "tests" / "test_made_up.py").write_text(source, encoding="utf-8")
        # A run inside a run: it must not take itself for a worker of this one.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        environment.pop("CI", None)  # with it pytest shortens no difference, and skips would count
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # it starts in half the time
        pytest_arguments = ["-p", "xdist.plugin", "-n", "0", "-p", "no:cacheprovider"]
        command = [sys.executable, "-c", RUN_TESTS, str(tmp_path), str(seconds), *pytest_arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stdout + done.stderr
        return done.stdout.splitlines()

    return run


def test_each_failed_test_is_named_before_the_counts_with_its_database_and_how_it_ended(run_of):
    lines = run_of(
        "import os, pytest\n"
        "def test_counts(): assert [1, 2] == [1, 3]\n"
        "@pytest.mark.parametrize('how', ['one way'])\n"
        "def test_refuses(how): raise ValueError('somebody@example.org said no')\n"
        "@pytest.fixture\n"
        "def server(): raise OSError('no port')\n"
        "class TestServer:\n"
        "    def test_serves(self, server): pass\n"
        "def test_on_one_only(): assert os.environ['TEST_DATABASE'] == 'sqlite'\n"
    )

    here = "tests/test_made_up.py::"
    named = [
        [
            f"  failed on {database}: {here}test_counts: assert [1, 2] == [1, 3] … At index 1 diff: 2 != 3",
            f"  failed on {database}: {here}test_refuses[one way]: ValueError: (address) said no",
            f"  failed on {database}: {here}TestServer::test_serves: OSError: no port",
        ]
        for database in ("SQLite", "PostgreSQL")
    ]
    one_only = f"  failed on PostgreSQL: {here}test_on_one_only: "
    first = lines.index(named[0][0])
    assert lines[first : first + 3] == named[0]
    assert lines[first + 3 : first + 6] == named[1]
    assert lines[first + 6].startswith(one_only)
    assert lines[first + 7].startswith("SQLite: 1 passed, 3 failed")
    assert lines[-1] == "tests: 1 passed, 7 failed, 0 skipped"


def test_a_file_that_cannot_be_read_is_named_with_the_reason(run_of):
    lines = run_of("import nothing_of_that_name\n")

    assert (
        "  failed on SQLite: tests/test_made_up.py: ModuleNotFoundError: No module named 'nothing_of_that_name'"
        in lines
    )


def test_of_very_many_failures_the_first_are_named_and_the_others_counted(run_of):
    lines = run_of(
        "import pytest\n"
        "@pytest.mark.parametrize('each', range(20))\n"
        "def test_fails(each): raise ValueError('x' * 999)\n"
    )

    named = [line for line in lines if line.startswith("  failed on ")]
    assert len(named) == 30
    assert max(map(len, named)) < 300
    assert "  … and 10 more" in lines
    assert lines[-1] == "tests: 0 passed, 40 failed, 0 skipped"


def test_a_run_that_takes_too_long_names_what_had_failed_by_then(run_of):
    lines = run_of(
        "import os, time\n"
        "def test_fails(): assert False\n"
        "def test_hangs(): time.sleep(600 * (os.environ['TEST_DATABASE'] == 'sqlite'))\n",
        seconds=15,
    )

    assert "  failed on SQLite: tests/test_made_up.py::test_fails: assert False" in lines
    counts = next(line for line in lines if line.startswith("SQLite: "))
    assert ", 1 failed" in counts
    assert "it took too long" in counts


def test_the_second_run_leaves_out_what_no_fixture_leads_to_a_database_and_nothing_else():
    rules, rows = "tests/petitions/test_rules.py", "tests/petitions/test_two_at_once.py"
    mixed = "tests/petitions/test_operations.py"

    def collected(**more: str) -> Counter[str]:
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", rules, rows, mixed]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment.pop("ONLY_WITH_A_DATABASE", None)
        done = subprocess.run(
            command, cwd=ROOT, env={**environment, **more}, capture_output=True, text=True, check=True
        )
        counts = Counter[str]()
        for path, count in re.findall(r"^(tests/\S+): (\d+)$", done.stdout, re.MULTILINE):
            counts[path] = int(count)
        return counts

    first, second = collected(), collected(ONLY_WITH_A_DATABASE="1")

    assert first[rules] > 10
    assert second[rules] == 0
    assert second[rows] == first[rows] > 0
    assert 0 < second[mixed] < first[mixed]
