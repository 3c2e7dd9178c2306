"""Make .venv and put the locked packages into it; do nothing when it is already right.

Uses the standard library only, so that a fresh machine needs nothing but Python.
Usage: python3 tools/setup.py runtime | test | check
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCKS = {"runtime": "requirements.lock", "test": "requirements-dev.lock", "check": "requirements-dev.lock"}
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)


def fingerprint(lock: str) -> str:
    """Return what the environment must have been made from: interpreter, lock file and project file."""
    digest = hashlib.sha256(sys.version.encode())
    for name in (lock, "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return f"{lock} {digest.hexdigest()}"


def make_environment() -> None:
    """Create .venv, installing Debian's python3-venv first where it is missing and may be installed."""
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        install_venv_package()
    venv.EnvBuilder(with_pip=False, clear=True).create(VENV)
    subprocess.run(
        [PYTHON, "-m", "ensurepip", "--upgrade", "--default-pip"], check=True, stdout=subprocess.DEVNULL
    )


def install_venv_package() -> None:
    """Install python3-venv with apt as root, or say in one sentence how to get it."""
    if os.geteuid() == 0 and Path("/usr/bin/apt-get").exists():
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "python3-venv"], check=True)
        return
    sys.exit("Python's venv module is missing. On Debian or Ubuntu: sudo apt-get install python3-venv")


def install(lock: str) -> None:
    """Install the locked wheels, checked by hash, then the project itself, editable."""
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    wanted = ["--require-hashes", "--only-binary", ":all:", "-r", str(ROOT / lock)]
    subprocess.run([*pip, *wanted], check=True)
    # The project is reached through one .pth file and one launcher: no build step, no build tools.
    packages = subprocess.run(
        [PYTHON, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    Path(packages, "nidaa.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    launcher = VENV / "bin" / "campaign"
    launcher.write_text(f"#!{PYTHON}\nfrom campaign_app.cli import main\n\nmain()\n", encoding="utf-8")
    launcher.chmod(0o755)


def main() -> None:
    """Bring .venv to what the asked set needs."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    lock = LOCKS[sys.argv[1] if len(sys.argv) > 1 else "runtime"]
    stamp = VENV / "made-from"
    made_from = stamp.read_text(encoding="utf-8") if stamp.exists() else ""
    wanted = fingerprint(lock)
    # The development set holds the runtime set too.
    if made_from.partition("\n")[0] in (wanted, fingerprint(LOCKS["test"])):
        return
    print(f"Setting up .venv from {lock} …", file=sys.stderr)
    if not PYTHON.exists() or sys.version not in made_from:
        make_environment()
    install(lock)
    stamp.write_text(f"{wanted}\n{sys.version}", encoding="utf-8")


if __name__ == "__main__":
    main()
