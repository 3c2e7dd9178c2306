"""Hold the whole tree to the rules of the house; `make check`.

Each check says in one line whether it holds; what does not is shown in full. All of them run, even after a
failure. Nothing is changed: `ruff format`, `make messages` and `make lock` mend what a tool can mend.
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
CHECKS = {
    "ruff finds no fault": ["ruff", "check", "--quiet", "--output-format", "concise", "."],
    "formatted by ruff": ["ruff", "format", "--quiet", "--diff", "."],
    "types are strict": ["mypy", "--no-error-summary"],
    "rooms import only downwards": ["lint-imports", "--no-logo", "--cache-dir", ".import_linter_cache"],
    "templates are well-formed": ["djlint", "--quiet", "--lint", "campaign_app/templates"],
    # The rest are tests like any other: see each file for the promises it holds.
    "settings, repository and catalogues keep their promises": [
        *("pytest", "-n", "0", "--no-header", "--tb=short"),
        *(f"tests/site/test_{name}.py" for name in ("settings", "repository", "catalogues")),
    ],
}


def holds(claim: str, command: list[str]) -> bool:
    """Run one check, say whether its claim holds, and show what the tool says if not."""
    started = time.monotonic()
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    verdict = "ok    " if done.returncode == 0 else "FAILED"
    print(f"{verdict} {claim} ({time.monotonic() - started:.0f} s)", flush=True)
    if done.returncode:
        print(done.stdout.rstrip(), flush=True)
    return done.returncode == 0


def main() -> None:
    """Run every check and end with 1 if one does not hold."""
    results = [holds(claim, command) for claim, command in CHECKS.items()]
    print(f"checks: {results.count(True)} passed, {results.count(False)} failed", flush=True)
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
