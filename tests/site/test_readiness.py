"""`campaign check` and the start in production: what stands against signing is said in plain sentences."""

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import stamp, upgrade
from redis.exceptions import RedisError
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import OperationalError

from campaign_app import health, operate
from campaign_app.app import create_app, refuse_unready
from campaign_app.cli import campaign
from campaign_app.clock import utc_day, utc_now
from campaign_app.config import EXTENSION, ROOT, Settings, settings
from campaign_app.errors import ConfigurationError
from campaign_app.extensions import db
from campaign_app.findings import findings
from campaign_app.mail.models import JobLease
from campaign_app.operate import initialise
from campaign_app.petitions.models import Petition
from campaign_app.sealing.key_files import MASTER, new_key_file, read_key_files, write_key_file
from campaign_app.sealing.keys import keyring
from campaign_app.sealing.models import PetitionKey
from campaign_app.sealing.operations import ensure_development_keys, make_server_keys
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


def told(level: str) -> list[str]:
    """Return what `campaign check` says at a level: "bad" stands against signing, "warning" is to mend."""
    return [finding.says for finding in findings() if finding.level == level]


@contextmanager
def everything_is(state: str) -> Iterator[None]:
    """Let every petition be in a state for a while."""
    db.session.execute(update(Petition).values(state=state))
    db.session.commit()
    try:
        yield
    finally:
        db.session.rollback()
        db.session.execute(update(Petition).values(state="open"))
        db.session.commit()


def test_a_first_start_is_ready_and_only_misses_who_is_responsible(set_up):
    assert told("bad") == []
    assert [line.partition(" lacks ")[0] for line in told("warning")] == [str(campaign_file())]


def campaign_file() -> Path:
    """Return the file that names who is responsible."""
    return ROOT / "content" / "campaign.toml"


def test_check_says_first_which_installation_it_looked_at(installation):
    chosen = installation.extensions[EXTENSION]

    done = installation.test_cli_runner().invoke(campaign, ["check"])

    assert done.output.splitlines()[0] == f"development · {chosen.home} · {chosen.base_url}"


def test_check_can_be_read_by_a_program(installation):
    done = installation.test_cli_runner().invoke(campaign, ["check", "--json"])

    assert {"level", "about", "says"} == set(json.loads(done.output)[0])


@pytest.mark.parametrize("state", ["draft", "closed"])
def test_petitions_that_wait_to_be_opened_stand_against_signing_and_those_that_ended_do_not(set_up, state):
    with everything_is(state):
        bad = told("bad")

    waiting = ["no petition is open: run `campaign petition move fate-of-the-disappeared open`"]
    assert bad == (waiting if state == "draft" else [])


def test_an_installation_without_a_petition_is_not_ready(tmp_path):
    home = tmp_path / "home"
    app = create_app(
        Settings(home=home, keys_dir=home / "keys", secret_key_file=home / "keys" / "secret-key")
    )
    with app.app_context():
        ensure_development_keys(keys_dir=home / "keys", today=utc_day(utc_now()))
        upgrade(directory=str(ROOT / "migrations"))

        bad = told("bad")

        db.engine.dispose()
    assert bad == ["there is no petition: run `campaign init`"]


def test_a_petition_whose_master_is_on_another_host_only_is_told_by_check_and_by_readyz(
    installation, set_up, tmp_path
):
    shutil.copytree(settings().keys_dir, tmp_path / "keys")
    [master] = (tmp_path / "keys").glob("master-*.json")
    master.unlink()
    make_server_keys(keys_dir=tmp_path / "keys", today=utc_day(utc_now()))
    set_up(keys_dir=tmp_path / "keys")

    bad, ready = told("bad"), installation.test_client().get("/readyz")

    assert len(bad) == 2
    assert all("is open, but the master key" in line and "not on this host" in line for line in bad)
    assert ready.status_code == 503
    assert ready.json["obstacles"] == bad


def test_an_open_petition_whose_tag_key_was_destroyed_is_an_obstacle(installation, set_up):
    key = db.session.scalars(select(PetitionKey).order_by(PetitionKey.petition_id)).first()
    kept = (key.wrapped, key.master_id)
    key.wrapped, key.master_id, key.shredded_on = None, None, utc_day(utc_now())
    db.session.commit()
    installation.extensions.pop("nidaa_keyring", None)

    bad = told("bad")

    key = db.session.get(PetitionKey, key.petition_id)
    key.wrapped, key.master_id, key.shredded_on = *kept, None
    db.session.commit()
    assert [line.partition(" on 2")[0] for line in bad] == [
        "fate-of-the-disappeared is open, but the tag key of petition 1 was shredded"
    ]


@pytest.mark.parametrize("announced", [False, True])
def test_production_is_told_to_announce_its_keys(set_up, announced):
    known = keyring().fingerprint if announced else ""
    set_up(environment="production", campaign_key_fingerprint=known)

    assert any("CAMPAIGN_KEY_FINGERPRINT" in line for line in told("warning")) is not announced


def test_what_is_left_of_old_masters_is_destroyed_and_never_rotated_once_more(set_up, tmp_path):
    """To rotate on a second host would make a master that the first does not have."""
    shutil.copytree(settings().keys_dir, tmp_path / "keys")
    set_up(keys_dir=tmp_path / "keys")
    [standing] = read_key_files(tmp_path / "keys", only=MASTER)
    old = new_key_file(MASTER, bytes(32), created_on=standing.created_on)
    write_key_file(tmp_path / "keys", old)
    write_key_file(tmp_path / "keys", replace(standing, replaces=old.id))

    assert told("bad") == [f"old master keys still exist: {old.id}; run `campaign keys destroy-old-masters`"]


@pytest.mark.parametrize(
    ("hours", "said"), [(-1, "this machine's clock stands before"), (1, None), (3, "has done nothing since")]
)
def test_the_worker_s_last_job_tells_of_a_wrong_clock_and_of_a_worker_that_rests(set_up, hours, said):
    db.session.add(JobLease(name="test job", last_run_at=utc_now() - timedelta(hours=hours)))
    db.session.commit()

    warnings = told("warning")

    db.session.execute(delete(JobLease))
    db.session.commit()
    assert [line for line in warnings if said and said in line] == ([line for line in warnings[1:]])
    assert len(warnings) == (2 if said else 1)


def test_a_job_that_failed_is_to_mend(set_up):
    db.session.add(JobLease(name="test job", last_run_at=utc_now(), last_error="TypeError"))
    db.session.commit()

    warnings = told("warning")

    db.session.execute(delete(JobLease))
    db.session.commit()
    assert "its job 'test job' failed last time: TypeError" in warnings


def test_the_command_says_it_in_lines_and_in_its_exit_code(installation):
    done = installation.test_cli_runner().invoke(campaign, ["check"])

    assert done.output.splitlines()[1].startswith(
        f"to mend    responsible body: {campaign_file()} lacks responsible_body"
    )
    assert done.exit_code == 3


def test_production_with_demonstration_keys_and_nobody_responsible_does_not_start(installation, set_up):
    set_up(environment="production")

    with pytest.raises(ConfigurationError, match=r"responsible_body.*demonstration keys"):
        refuse_unready(installation)


def test_a_database_that_is_behind_is_an_obstacle(set_up):
    with at_revision("base"):
        assert told("bad") == ["the database is not at the newest form: run `campaign migrate`"]


@contextmanager
def at_revision(revision: str) -> Iterator[None]:
    """Let the database say for a while that its tables have another form."""
    stamp(directory=str(ROOT / "migrations"), revision=revision)
    try:
        yield
    finally:
        stamp(directory=str(ROOT / "migrations"), revision="head")


def test_a_database_that_is_behind_is_not_served(installation, set_up):
    with at_revision("base"), pytest.raises(ConfigurationError, match="run `campaign migrate`"):
        refuse_unready(installation)


def test_a_newer_database_does_not_end_the_hosts_that_are_not_renewed_yet(installation, set_up):
    """A version is rolled out host by host, after one `campaign migrate`."""
    with db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'of a later version'"))

    try:
        refuse_unready(installation)
        bad = told("bad")
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("DELETE FROM alembic_version"))
        stamp(directory=str(ROOT / "migrations"), revision="head")
    assert bad == []


def test_a_database_that_is_away_does_not_end_a_process_that_begins_anew(installation, set_up, monkeypatch):
    def _is_away() -> bool:
        raise OperationalError("SELECT 1", None, ConnectionError())

    monkeypatch.setattr(health, "is_behind", _is_away)

    refuse_unready(installation)


@pytest.mark.parametrize(("keeps_files", "warned"), [(True, True), (False, False)])
def test_a_store_of_limits_that_writes_to_its_disk_is_to_mend(set_up, monkeypatch, keeps_files, warned):
    set_up(limits_url="redis://127.0.0.1:1/0")
    monkeypatch.setattr(RedisStore, "keeps_files", lambda store: keeps_files)

    assert any("LIMITS_URL" in line for line in told("warning")) is warned


def test_a_store_of_limits_that_is_away_is_no_obstacle(set_up, monkeypatch):
    def _is_away(store: RedisStore) -> bool:
        raise RedisError

    set_up(limits_url="redis://127.0.0.1:1/0")
    monkeypatch.setattr(RedisStore, "keeps_files", _is_away)

    assert told("bad") == []
    assert any("does not answer" in line for line in told("warning"))


@pytest.fixture
def away(tmp_path) -> Iterator[Flask]:
    """An application whose PostgreSQL does not run."""
    app = create_app(
        Settings(
            home=tmp_path,
            secret_key_file=tmp_path / "secret-key",
            database_url="postgresql://nobody@127.0.0.1:1/nidaa",
        )
    )
    yield app
    with app.app_context():
        db.engine.dispose()


def test_a_database_that_starts_together_with_the_server_is_waited_for(away, monkeypatch, capsys):
    naps = []

    def _comes_meanwhile(seconds: float) -> None:
        naps.append(seconds)
        with away.app_context():
            there = db.engine
        monkeypatch.setattr(there, "connect", lambda: sqlite3.connect(":memory:"))

    monkeypatch.setattr(operate.time, "sleep", _comes_meanwhile)

    operate.wait_for_database(away)

    assert len(naps) == 1
    assert capsys.readouterr().err == "the database does not answer yet; waiting a minute for it\n"


def test_a_database_that_does_not_come_ends_the_start(away, monkeypatch):
    monkeypatch.setattr(operate, "WAIT_FOR_DATABASE_SECONDS", 0)

    with pytest.raises(OperationalError):
        operate.wait_for_database(away)


@pytest.mark.parametrize("hours", [0, 1])
def test_the_clock_is_held_against_that_of_a_database_server(context, monkeypatch, hours):
    has_clock = db.engine.dialect.name == "postgresql"
    now = utc_now() + timedelta(hours=hours)
    monkeypatch.setattr("campaign_app.findings.utc_now", lambda: now)

    levels = [finding.level for finding in findings() if finding.about == "clock"]

    assert levels == ["warning" if hours and has_clock else "good"]


def test_production_is_told_what_was_left_out_of_its_settings(set_up, tmp_path):
    set_up(environment="production", home=ROOT / "instance", keys_dir=ROOT / "instance" / "keys")
    careless = {finding.says.split()[0].strip(",") for finding in findings() if finding.about == "settings"}
    set_up(home=tmp_path / "home", keys_dir=tmp_path / "keys", trusted_proxies=("127.0.0.1/32",))

    assert careless == {"NIDAA_HOME", "KEYS_DIR", "TRUSTED_PROXIES"}
    assert [finding for finding in findings() if finding.about == "settings"] == []
