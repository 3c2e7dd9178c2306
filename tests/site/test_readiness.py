"""`campaign check` and the start in production: what stands against signing is said in plain sentences."""

from dataclasses import replace

import pytest
from flask import Flask
from redis.exceptions import RedisError

from campaign_app.app import refuse_unready
from campaign_app.cli import campaign
from campaign_app.config import EXTENSION, Settings
from campaign_app.errors import ConfigurationError
from campaign_app.operate import findings
from campaign_app.shield.redis_store import RedisStore


@pytest.fixture
def set_up(context: Flask, monkeypatch: pytest.MonkeyPatch):
    """Change settings of the application for one test."""

    def _set_up(**changes: object) -> Flask:
        present: Settings = context.extensions[EXTENSION]
        monkeypatch.setitem(context.extensions, EXTENSION, replace(present, **changes))
        return context

    return _set_up


def test_a_first_start_is_ready_and_only_misses_who_is_responsible(context):
    obstacles, warnings = findings()

    assert obstacles == []
    assert [line for line in warnings if "campaign.toml" not in line] == []


def test_the_command_says_it_in_lines_and_in_its_exit_code(context):
    done = context.test_cli_runner().invoke(campaign, ["check"])

    assert done.output.startswith("to mend    content/campaign.toml lacks responsible_body")
    assert done.exit_code == 3


def test_production_with_demonstration_keys_and_nobody_responsible_does_not_start(set_up):
    app = set_up(environment="production")

    with pytest.raises(ConfigurationError, match=r"responsible_body.*demonstration keys"):
        refuse_unready(app)


def test_production_without_a_relay_is_not_ready(set_up):
    set_up(environment="production", smtp_url="")

    assert any("SMTP_URL" in line for line in findings()[0])


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
