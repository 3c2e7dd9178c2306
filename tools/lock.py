"""Write requirements.lock and requirements-dev.lock from pyproject.toml; `make lock`.

Every package of every platform, pinned and with its hashes, and no word of where it was found: a lock file says
what to install, the machine says from where (docs/decisions/repository-two-lock-files.md). Versions that still
fit stay; `make lock UPGRADE=1` takes the newest ones instead.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).parent / "uv"
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
OPTIONS = [
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--quiet"),
]


def compile_lock(target: str, *, arguments: list[str]) -> None:
    """Write one lock file. Exits with uv's own words where the ranges cannot be met."""
    upgrade = ["--upgrade"] if os.environ.get("UPGRADE") else []
    options = [*OPTIONS, *arguments, *upgrade, "--output-file", target]
    done = subprocess.run([UV, "pip", "compile", "pyproject.toml", *options], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    print(f"wrote {target}", file=sys.stderr)


def main() -> None:
    """Write both; what the application runs on is the same in both."""
    compile_lock(RUNTIME, arguments=[])
    groups = ["--group", "test", "--group", "check"]
    compile_lock(DEVELOPMENT, arguments=[*groups, "--constraints", RUNTIME])


if __name__ == "__main__":
    main()
