"""README's way to production, step by step with the commands that it names, from empty folders to a counted signature.

The launcher that `make setup` writes runs each command; the settings come from a file, as for the service.
"""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from campaign_app.config import ROOT
from campaign_app.sealing.campaign_secret import new_secret
from campaign_app.shield.rules import CHECK_LEAST_AGE
from campaign_app.supervisor import command
from tools import setup

from ..sealing.conftest import public_file
from ..supporters import hidden_fields
from .people import INBOX, PAGE, SIGN, Inbox, Person, Visitor
from .servers import PATIENCE_SECONDS, free_port, wait_for

pytestmark = pytest.mark.endurance

README = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Go to production")[2]
SETTING = re.compile(r"^       ([A-Z_]+)='(.*)'$", re.MULTILINE)
COMMAND_OF_ROOT = (ROOT / "docs/production/campaign").read_text(encoding="utf-8")
SIGNER = Person("Test Signer", "signer@example.org", "192.0.2.1")


class Operator:
    """Somebody with a shell on a new machine, who follows README."""

    def __init__(self, folder: Path, relay_url: str) -> None:
        self.port = free_port()
        self.home, self.keys_dir = folder / "home", folder / "keys"
        self.content = folder / "content"
        self.settings_file = folder / "nidaa.env"
        self.settings = {
            **dict(SETTING.findall(README)),
            "NIDAA_HOME": str(self.home),
            "KEYS_DIR": str(self.keys_dir),
            "CONTENT_DIR": str(self.content),
            "SMTP_URL": relay_url,
            "PORT": str(self.port),
        }
        launcher = folder / "bin" / "campaign"
        launcher.parent.mkdir()
        launcher.write_text(setup.LAUNCHER, encoding="utf-8")
        launcher.chmod(0o755)
        python = launcher.parent / "python"  # stands for the one of .venv, which must not be moved
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
        python.chmod(0o755)
        # The user and the places are others here; all else is as it is shipped.
        script = COMMAND_OF_ROOT.replace("/etc/nidaa.env", str(self.settings_file))
        script = script.replace("/srv/nidaa/.venv/bin/campaign", str(launcher))
        self.command = folder / "campaign"
        self.command.write_text(re.sub(r"exec setpriv .* (?=/)", "exec ", script), encoding="utf-8")
        self.command.chmod(0o755)
        self.folder = folder

    def write_settings(self, **more: str) -> None:
        """Write the file of settings, each value in single quotes."""
        self.settings |= more
        lines = [f"{name}='{value}'\n" for name, value in self.settings.items()]
        self.settings_file.write_text("".join(lines), encoding="utf-8")

    def run(self, words: str, *values: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command that README names, in a folder that has nothing to do with the installation."""
        assert f"`campaign {words}" in README, "README does not name this step"
        done = subprocess.run(
            [self.command, *words.split(), *values],
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def check(self) -> list[str]:
        """Return what stands against signing."""
        lines = self.run("check", code=1).stdout.splitlines()
        assert lines[0] == f"production · {self.home} · {self.settings['BASE_URL']}"
        return [line for line in lines if line.startswith("NOT READY")]

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """Serve as the unit does."""
        with (self.folder / "log").open("wb") as log:
            server = subprocess.Popen([self.command, "serve"], cwd="/", stdout=log, stderr=log)
        try:
            yield server
        finally:
            server.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                server.wait(PATIENCE_SECONDS)
            server.kill()

    def is_answering(self) -> bool:
        """Whether the web server takes connections."""
        with suppress(OSError):
            return Visitor(self.port).get("/healthz").status == 200
        return False


def fill_in_who_is_responsible(content: Path) -> None:
    """Do README's second step."""
    shutil.copytree(ROOT / "content", content)
    path = content / "campaign.toml"
    text = path.read_text(encoding="utf-8")
    for field in ("responsible_body", "responsible_address", "contact_email"):
        text = text.replace(f'{field} = ""', f'{field} = "Test, example.org"', 1)
    path.write_text(text, encoding="utf-8")


def test_readme_leads_from_empty_folders_to_a_counted_signature(tmp_path, relay):
    operator = Operator(tmp_path, relay.url)
    fill_in_who_is_responsible(operator.content)
    operator.write_settings()

    operator.run("init")
    assert len(operator.check()) == 2  # no campaign key, nothing open
    for secret in (new_secret(), new_secret()):
        path = tmp_path / f"{secret.id}.public.json"
        path.write_bytes(public_file(secret))
        operator.run("keys add", str(path))
        operator.run("keys confirm-backup", secret.id, secret.backup_code)
    operator.write_settings(CAMPAIGN_KEY_FINGERPRINT=operator.run("keys fingerprint").stdout.strip())
    assert [line.split()[2] for line in operator.check()] == ["petitions:"]
    operator.run("petition move", PAGE.rpartition("/")[2], "open")
    done = operator.run("check")

    assert "NOT READY" not in done.stdout
    assert "to mend" not in done.stdout
    with operator.serving():
        wait_for(operator.is_answering, "a server that answers")
        assert Visitor(operator.port).get("/readyz").status == 200
        assert sign_and_confirm(operator.port, relay) == 1
    assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")


def sign_and_confirm(port: int, relay) -> int:
    """Sign without JavaScript, open the mailed link, press its button; return the count that is then published."""
    visitor, inbox = Visitor(port), Inbox(relay)
    form = hidden_fields(visitor.get(PAGE).text)
    details = visitor.post(SIGN, {**SIGNER.typed, **form})
    time.sleep(CHECK_LEAST_AGE.total_seconds() + 0.5)
    assert visitor.post(SIGN, {**SIGNER.typed, **hidden_fields(details.text)}).location == INBOX
    [link] = wait_for(lambda: inbox.look().get(SIGNER.email), "the mail")
    assert visitor.post(f"/en/confirm/{link}", {}).status == 303
    people: int = json.loads(visitor.get(f"{PAGE}/numbers.json").text)["people"]
    return people


def test_the_server_does_not_start_before_everything_is_there(tmp_path, relay):
    operator = Operator(tmp_path, relay.url)
    fill_in_who_is_responsible(operator.content)
    operator.write_settings()
    operator.run("init")

    done = operator.run("serve", code=1)

    assert "there is no campaign key" in done.stderr


def test_a_first_look_from_any_folder_keeps_everything_in_one_place(tmp_path):
    port = free_port()
    environment = {"PATH": "/usr/bin:/bin", "NIDAA_HOME": "here", "PORT": str(port)}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [*command("serve"), "--first-run"], cwd=tmp_path, env=environment, stdout=log, stderr=log
        )
    try:
        wait_for(
            lambda: "Nidaa is at" in (tmp_path / "log").read_text(encoding="utf-8"), "a server that answers"
        )
        ready = Visitor(port).get("/readyz").status
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(PATIENCE_SECONDS)

    assert ready == 200
    assert (tmp_path / "here" / "nidaa.sqlite3").exists()
    assert not (ROOT / "here").exists()
    assert (
        (tmp_path / "log")
        .read_text(encoding="utf-8")
        .startswith("made the server's own keys and two demonstration keys\n")
    )
