"""`campaign check` and the start in production: what stands against signing is said in plain sentences."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask_migrate import stamp
from redis.exceptions import RedisError

from campaign_app.app import create_app, refuse_unready
from campaign_app.cli import campaign
from campaign_app.config import EXTENSION, ROOT, Settings, settings
from campaign_app.errors import ConfigurationError
from campaign_app.extensions import db
from campaign_app.operate import findings, initialise
from campaign_app.shield.redis_store import RedisStore


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return an installation as `campaign init` leaves it on its first day."""
    home = tmp_path_factory.mktemp("installation")
    app = create_app(
        Settings(home=home, keys_dir=home / "keys", secret_key_file=home / "keys" / "secret-key")
    )
    with app.app_context():
        initialise()
    return app


@pytest.fixture
def set_up(installation: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Enter the installation, and let a test change its settings."""

    def _set_up(**changes: object) -> None:
        monkeypatch.setitem(installation.extensions, EXTENSION, replace(settings(), **changes))

    with installation.app_context():
        yield _set_up
        db.session.remove()


def test_a_first_start_is_ready_and_only_misses_who_is_responsible(set_up):
    obstacles, warnings = findings()

    assert obstacles == []
    assert [line.partition(" lacks ")[0] for line in warnings] == ["content/campaign.toml"]


def test_the_command_says_it_in_lines_and_in_its_exit_code(installation):
    done = installation.test_cli_runner().invoke(campaign, ["check"])

    assert done.output.startswith("to mend    content/campaign.toml lacks responsible_body")
    assert done.exit_code == 3


def test_production_with_demonstration_keys_and_nobody_responsible_does_not_start(installation, set_up):
    set_up(environment="production")

    with pytest.raises(ConfigurationError, match=r"responsible_body.*demonstration keys"):
        refuse_unready(installation)


def test_a_database_that_is_behind_is_an_obstacle(set_up):
    migrations = str(ROOT / "migrations")
    stamp(directory=migrations, revision="base")

    obstacles, _ = findings()

    stamp(directory=migrations, revision="head")
    assert obstacles == ["the database is not at the newest form: run `campaign migrate`"]


@pytest.mark.parametrize(("keeps_files", "warned"), [(True, True), (False, False)])
def test_a_store_of_limits_that_writes_to_its_disk_is_to_mend(set_up, monkeypatch, keeps_files, warned):
    set_up(limits_url="redis://127.0.0.1:1/0")
    monkeypatch.setattr(RedisStore, "keeps_files", lambda store: keeps_files)

    assert any("LIMITS_URL" in line for line in findings()[1]) is warned


def test_a_store_of_limits_that_is_away_is_no_obstacle(set_up, monkeypatch):
    def _is_away(store: RedisStore) -> bool:
        raise RedisError

    set_up(limits_url="redis://127.0.0.1:1/0")
    monkeypatch.setattr(RedisStore, "keeps_files", _is_away)

    obstacles, warnings = findings()

    assert obstacles == []
    assert any("does not answer" in line for line in warnings)
