"""What stands in deploy/ and docs/production/ is true of the program: commands, options, settings, paths."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from campaign_app.cli import campaign
from campaign_app.config import ROOT

DEPLOY = ROOT / "deploy" / "one-machine"
PAGES = sorted((ROOT / "docs" / "production").glob("*.md"))
UNITS = sorted([*DEPLOY.glob("*.service"), ROOT / "docs/production/nidaa.service"])
COMMAND = re.compile(r"(?:^    |`|bin/)campaign ([a-z][^`\\\n|;]*)", re.MULTILINE)
SETTING = re.compile(r"^([A-Z_]+)=", re.MULTILINE)
DOCUMENTED = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)


def commands_in(text: str) -> Iterator[list[str]]:
    """Yield the words of each command that a text names."""
    for found in COMMAND.findall(text):
        yield found.split()


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """Follow words down to a command; return it with the words that are left."""
    command: click.Command = campaign
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("path", [*PAGES, *UNITS, DEPLOY / "install.sh"], ids=lambda path: path.name)
def test_every_command_that_is_named_exists_with_its_options(path):
    for words in commands_in(path.read_text(encoding="utf-8")):
        command, left = resolved(words)
        assert command is not campaign, words
        known = {name for parameter in command.params for name in parameter.opts}
        assert [word for word in left if word.startswith("--") and word not in known] == [], words


def test_the_pages_name_commands_at_all():
    assert sum(len(list(commands_in(path.read_text(encoding="utf-8")))) for path in PAGES) > 20


def test_every_setting_of_the_environment_file_is_one_that_the_program_reads():
    documented = DOCUMENTED.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))

    assert set(SETTING.findall((DEPLOY / "nidaa.env").read_text(encoding="utf-8"))) <= set(documented)


@pytest.mark.parametrize("name", ["nidaa-backup.service", "nidaa-withdrawals.service"])
def test_a_backup_runs_with_the_settings_and_the_walls_of_the_service(name):
    own = (DEPLOY / name).read_text(encoding="utf-8")
    service = (ROOT / "docs/production/nidaa.service").read_text(encoding="utf-8")
    walls = service.partition("UMask=")[2].partition("\n\n[Install]")[0].replace(" /var/lib/nidaa-keys", "")

    missing = [line for line in walls.splitlines() if not line.startswith("ReadWrite") and line not in own]

    assert missing == []
    assert "EnvironmentFile=/etc/nidaa.env\n" in own
    variables = set(re.findall(r"\$\{?([A-Z_]+)\}?", own))
    assert variables <= set(SETTING.findall((DEPLOY / "nidaa-backup.env").read_text(encoding="utf-8")))


def test_the_install_script_can_be_read_by_a_plain_shell_and_puts_the_name_everywhere():
    done = subprocess.run(["sh", "-n", DEPLOY / "install.sh"], capture_output=True, text=True, check=False)
    names = re.findall(r"[a-z]+\.example\.org", (DEPLOY / "nginx.conf").read_text(encoding="utf-8"))

    assert done.stderr == ""
    assert set(names) == {"petition.example.org"}


def test_what_the_install_script_installs_is_there():
    script = (DEPLOY / "install.sh").read_text(encoding="utf-8")
    named = re.findall(r"\$(HERE|ROOT)/([a-z][\w./-]*\.[a-z]+|docs/production/campaign)", script)
    folders = {"HERE": DEPLOY, "ROOT": ROOT}

    assert named
    assert [name for folder, name in named if not Path(folders[folder] / name).exists()] == []
