"""Make .venv and put the locked packages into it; do nothing when it is already right.

Uses the standard library only, so that a fresh machine needs nothing but Python.
Usage: python3 tools/setup.py runtime | test | check
"""

import hashlib
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = {"runtime": "requirements.lock", "test": "requirements-dev.lock", "check": "requirements-dev.lock"}
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "made-from"
OLDEST_PYTHON = (3, 11)
# Published as source only, in 2013: plain Python, for which no compiler is needed. flask-security stands on it.
SOURCE_ONLY = "flask-principal"
# Through the shell, because a "#!" line takes neither a space nor a long path. -P: nothing is imported from the
# folder that it is called in.
LAUNCHER = """\
#!/bin/sh
exec "$(dirname "$(readlink -f "$0")")/python" -P -c 'from campaign_app.cli import main; main()' "$@"
"""


def place() -> str:
    """Return what a virtual environment cannot survive a change of: where it stands, and its interpreter."""
    return f"{ROOT} {sys.version}".replace("\n", " ")


def contents(lock: str) -> str:
    """Return what was put into the environment: the name of a lock file and its digest."""
    return f"{lock} {hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()}"


def make_environment() -> None:
    """Create .venv, installing Debian's python3-venv first where it is missing and may be installed."""
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        install_venv_package()
    venv.EnvBuilder(with_pip=False, clear=True).create(VENV)
    subprocess.run([PYTHON, "-m", "ensurepip", "--upgrade"], check=True, stdout=subprocess.DEVNULL)


def install_venv_package() -> None:
    """Install python3-venv with apt as root, or say in one sentence how to get it."""
    if os.geteuid() != 0 or not Path("/usr/bin/apt-get").exists():
        sys.exit("Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=quiet)
    subprocess.run(["apt-get", "install", "-y", "-qq", "python3-venv"], check=True, env=quiet)


def install(lock: str) -> None:
    """Install the locked wheels, each checked by its hash, then reach the project itself where it stands."""
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input"]
    wheels = ["--only-binary", ":all:", "--no-binary", SOURCE_ONLY]
    subprocess.run([*pip, "--require-hashes", *wheels, "-r", str(ROOT / lock)], check=True)
    # One .pth file and one launcher: no build step, so no build tools.
    packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(VENV)}))
    (packages / "nidaa.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    write_launcher()


def write_launcher() -> None:
    """Write what runs `campaign`, where it is missing or of an older form."""
    launcher = VENV / "bin" / "campaign"
    if not launcher.exists() or launcher.read_text(encoding="utf-8") != LAUNCHER:
        launcher.write_text(LAUNCHER, encoding="utf-8")
        launcher.chmod(0o755)


def main() -> None:
    """Bring .venv to what the asked set needs."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    lock = LOCKS[sys.argv[1] if len(sys.argv) > 1 else "runtime"]
    made_from = STAMP.read_text(encoding="utf-8").splitlines() if STAMP.exists() else []
    # The development set holds the runtime set too.
    if any(made_from == [place(), contents(name)] for name in (lock, LOCKS["test"])):
        write_launcher()
        return
    print(f"Setting up .venv from {lock}; the first time takes a minute …", file=sys.stderr)
    # Without a stamp, what stands there is half made: begin anew.
    STAMP.unlink(missing_ok=True)
    try:
        if made_from[:1] != [place()]:
            make_environment()
        install(lock)
    except subprocess.CalledProcessError:
        sys.exit("The packages could not be installed; the lines above say why. Running it again is safe.")
    STAMP.write_text(f"{place()}\n{contents(lock)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
