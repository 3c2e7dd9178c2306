"""What an operator may set: each setting is documented, can be set, and is refused in one sentence if it is wrong."""

import dataclasses
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest

from campaign_app import config
from campaign_app.config import ROOT, Settings, from_environment
from campaign_app.errors import ConfigurationError

DOCUMENTED = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)
EXAMPLES = {
    "NIDAA_ENV": "production",
    "NIDAA_HOME": "/elsewhere",
    "KEYS_DIR": "/safe",
    "CONTENT_DIR": "/ours",
    "SECRET_KEY_FILE": "/secret",
    "CAMPAIGN_KEY_FINGERPRINT": "0123456789abcdef",
    "PORT": "8080",
    "BIND": "127.0.0.2",
    "BASE_URL": "https://petition.example.org",
    "DATABASE_URL": "postgresql://example.org/nidaa",
    "LIMITS_URL": "redis://example.org/0",
    "SMTP_URL": "smtps://relay.example.org",
    "BOUNCES_URL": "imaps://post:secret@mail.example.org/INBOX",
    "MAIL_FROM": "post@example.org",
    "TRUSTED_PROXIES": "192.0.2.0/24, 2001:db8::/32",
    "WEB_WORKERS": "3",
    "WEB_THREADS": "5",
    "ARABIC_DIGITS": "yes",
}


class Listening(Mapping[str, str]):
    """An environment that remembers which variables were asked for."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)


def asked_for() -> set[str]:
    """Return the names of every variable that the settings are read from."""
    environment = Listening({})
    from_environment(environment)
    return environment.asked


def test_every_setting_is_documented_and_no_other():
    documented = DOCUMENTED.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))

    assert sorted(documented) == sorted(asked_for())


def test_every_setting_comes_from_a_variable_of_its_own():
    default = from_environment({})

    chosen = from_environment(EXAMPLES)

    unchanged = [
        each.name
        for each in dataclasses.fields(Settings)
        if getattr(default, each.name) == getattr(chosen, each.name)
    ]
    assert unchanged == []
    assert set(EXAMPLES) == asked_for()


def test_the_defaults_of_the_class_and_of_the_environment_are_the_same():
    assert from_environment({}) == Settings()


def test_settings_do_not_change_while_a_process_lives():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NIDAA_ENV", "staging"),
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("WEB_WORKERS", "-1"),
        ("BASE_URL", "petition.example.org"),
        ("BASE_URL", "ftp://petition.example.org"),
        ("BASE_URL", "https://example.org/petition"),
        ("BASE_URL", "https://example.org/?petition"),
        ("MAIL_FROM", "notanaddress"),
        ("MAIL_FROM", "The campaign <post@example.org>"),
        ("MAIL_FROM", "post@"),
        ("ARABIC_DIGITS", "ja"),
        ("DATABASE_URL", "mysql://example.org/nidaa"),
        ("DATABASE_URL", "not an address"),
        ("LIMITS_URL", "memcached://example.org"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, proxy.example.org"),
        ("BIND", "0.0.0.0"),
        ("BIND", "::"),
        ("BIND", "192.0.2.7"),
        ("BIND", "nidaa.example.org"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(name, value):
    with pytest.raises(ConfigurationError, match=name):
        from_environment({name: value})


@pytest.mark.parametrize("name", ["BASE_URL", "MAIL_FROM", "SMTP_URL"])
def test_production_is_refused_without_a_public_address_a_sender_and_a_relay(name):
    without = {key: value for key, value in EXAMPLES.items() if key != name}

    with pytest.raises(ConfigurationError, match=name):
        from_environment(without)


@pytest.mark.parametrize("name", ["NIDAA_HOME", "KEYS_DIR", "CONTENT_DIR", "SECRET_KEY_FILE"])
def test_production_is_refused_where_a_path_depends_on_the_folder_that_a_command_runs_in(name):
    with pytest.raises(ConfigurationError, match=name):
        from_environment({**EXAMPLES, name: "instance"})


def test_every_process_of_an_installation_means_the_same_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = from_environment({"NIDAA_HOME": "here"})
    monkeypatch.chdir("/")

    assert settings.home == tmp_path / "here"
    assert from_environment(settings.places) == settings


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(ConfigurationError, match=r"BASE_URL.*MAIL_FROM.*SMTP_URL"):
        from_environment({"NIDAA_ENV": "production"})


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.0.2.7"])
def test_production_may_be_reached_from_other_machines(bind):
    assert from_environment({**EXAMPLES, "BIND": bind}).bind == bind


def test_production_is_refused_on_an_address_that_is_not_encrypted():
    with pytest.raises(ConfigurationError, match="https"):
        from_environment({**EXAMPLES, "BASE_URL": "http://petition.example.org"})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_is_always_reached_through_the_driver_that_is_locked(scheme):
    settings = from_environment({"DATABASE_URL": f"{scheme}://example.org/nidaa"})

    assert settings.sqlalchemy_url == "postgresql+psycopg://example.org/nidaa"


def test_without_a_database_address_everything_is_in_one_file_at_home(tmp_path):
    settings = from_environment({"NIDAA_HOME": str(tmp_path)})

    assert settings.sqlalchemy_url == f"sqlite:///{tmp_path / 'nidaa.sqlite3'}"


def test_a_secret_key_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    path = tmp_path / "keys" / "secret-key"
    settings = Settings(secret_key_file=path)

    first, second = config.secret_key(settings), config.secret_key(settings)

    assert first == second
    assert len(first) == config.SECRET_BYTES
    assert path.stat().st_mode & 0o777 == 0o600


def test_production_never_makes_a_secret_key_by_itself(tmp_path):
    settings = dataclasses.replace(from_environment(EXAMPLES), secret_key_file=tmp_path / "missing")

    with pytest.raises(ConfigurationError, match="SECRET_KEY_FILE"):
        config.secret_key(settings)


def test_production_refuses_a_secret_key_that_others_on_the_machine_can_read(tmp_path):
    path = tmp_path / "secret-key"
    config.write_secret_key(path)
    settings = dataclasses.replace(from_environment(EXAMPLES), secret_key_file=path)
    assert len(config.secret_key(settings)) == config.SECRET_BYTES
    path.chmod(0o640)

    with pytest.raises(ConfigurationError, match="SECRET_KEY_FILE"):
        config.secret_key(settings)


@pytest.mark.parametrize("content", ["", "00" * (config.SECRET_BYTES - 1), "not hexadecimal " * 8])
def test_a_secret_key_that_is_no_key_is_refused_by_name(tmp_path, content):
    path = tmp_path / "secret-key"
    path.write_text(content, encoding="ascii")

    with pytest.raises(ConfigurationError, match="SECRET_KEY_FILE"):
        config.secret_key(Settings(secret_key_file=path))


def say_of(environment: Mapping[str, str], command_name: str = "check") -> subprocess.CompletedProcess[str]:
    """Run `campaign check`, or another command, with settings."""
    command = [sys.executable, "-c", "from campaign_app.cli import main; main()", command_name]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NIDAA_ENV", "staging", "NIDAA_ENV is 'staging'; it must be development or production"),
        ("NIDAA_HOME", "/dev/null/home", "NIDAA_HOME, /dev/null/home, cannot be made"),
        ("CONTENT_DIR", "/nowhere", "CONTENT_DIR, /nowhere, holds no campaign.toml"),
        ("SECRET_KEY_FILE", "/dev/null/secret", "SECRET_KEY_FILE, /dev/null/secret, cannot be"),
        ("DATABASE_URL", "sqlite:////nowhere/nidaa.sqlite3", "/nowhere/nidaa.sqlite3: No such file"),
    ],
)
def test_a_wrong_setting_is_one_sentence_on_the_command_line(tmp_path, name, value, said):
    done = say_of({"NIDAA_HOME": str(tmp_path), name: value})

    assert done.returncode == 1
    assert done.stdout == ""
    assert re.fullmatch(rf"campaign: {re.escape(said)}.*\n", done.stderr)


def test_content_that_is_no_toml_is_told_with_its_file_and_line(tmp_path):
    (tmp_path / "campaign.toml").write_text("[name]\nar = \n", encoding="utf-8")

    done = say_of({"NIDAA_HOME": str(tmp_path / "home"), "CONTENT_DIR": str(tmp_path)})

    assert done.returncode == 1
    assert re.fullmatch(
        rf"campaign: {re.escape(str(tmp_path))}/campaign.toml is not TOML: .*line 2.*\n", done.stderr
    )


def test_a_damaged_key_file_is_one_sentence_that_names_it(tmp_path):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "master-00.json").write_text("{", encoding="utf-8")

    done = say_of({"NIDAA_HOME": str(tmp_path)}, "init")

    assert done.returncode == 1
    assert done.stderr == "campaign: master-00.json is not a whole key file of version 1\n"
