"""What an operator does from the command line is on record like all else."""

import pytest
from sqlalchemy import text

from campaign_app.audit import queries
from campaign_app.cli import campaign
from campaign_app.extensions import db
from campaign_app.sealing.campaign_secret import new_secret
from campaign_app.sealing.key_files import MASTER, read_key_files
from tests.sealing.conftest import own_keys, public_file  # noqa: F401 - a fixture
from tests.supporters import SLUG

NEWS = '[ar]\ntitle = "خبر"\nbody = "نص"\n[en]\ntitle = "Some news"\nbody = "What happened"\n'


@pytest.fixture
def run(app, context):
    """A function that runs one command."""

    def invoke(*arguments: str):
        db.session.rollback()
        return app.test_cli_runner().invoke(campaign, arguments)

    return invoke


def on_record():
    """Return (action, subject, details) of every entry; all are of commands."""
    db.session.rollback()
    entries = list(queries.oldest_first())
    assert {entry.by for entry in entries} <= {"command"}
    return [(entry.action, entry.subject, dict(entry.told)) for entry in entries]


def test_a_step_of_a_petition_and_news_of_it(run, tmp_path):
    news = tmp_path / "news.toml"
    news.write_text(NEWS)

    answers = [run("petition", "update", SLUG, str(news)), run("petition", "move", SLUG, "close", "--yes")]

    assert [answer.exit_code for answer in answers] == [0, 0]
    assert on_record() == [
        ("petition.update", SLUG, {}),
        ("petition.move", SLUG, {"from": "open", "to": "closed"}),
    ]


def test_the_life_of_keys(run, own_keys, tmp_path):  # noqa: F811
    secret, path = new_secret(), tmp_path / "key.public.json"
    path.write_bytes(public_file(secret))
    (old,) = read_key_files(own_keys, only=MASTER)

    run("keys", "add", str(path))
    run("keys", "confirm-backup", secret.id, secret.backup_code)
    run("keys", "remove", secret.id, "--yes")
    run("keys", "prepare-master")
    run("keys", "rotate-master")
    run("keys", "rotate-mail")

    (new,) = read_key_files(own_keys, only=MASTER)
    actions = on_record()
    assert actions[:5] == [
        ("keys.add", secret.id, {}),
        ("keys.confirm-backup", secret.id, {}),
        ("keys.remove", secret.id, {}),
        ("keys.prepare-master", new.id, {}),
        ("keys.rotate-master", new.id, {}),
    ]
    assert actions[5] == ("keys.destroy-old-masters", "", {"masters": [old.id]})
    assert actions[6][0] == "keys.rotate-mail"
    assert secret.backup_code not in str(actions)


@pytest.mark.usefixtures("own_keys")
def test_what_is_refused_is_not_on_record(run):
    assert run("petition", "move", SLUG, "answer", "--yes").exit_code == 1
    assert run("keys", "remove", "00" * 8, "--yes").exit_code == 1

    assert on_record() == []


@pytest.mark.usefixtures("own_keys")
def test_keys_may_be_made_before_the_tables_and_the_command_says_that_nothing_recorded_it(run):
    db.session.execute(text("ALTER TABLE audit_entry RENAME TO elsewhere"))
    db.session.commit()
    try:
        answer = run("keys", "rotate-mail")
    finally:
        db.session.execute(text("ALTER TABLE elsewhere RENAME TO audit_entry"))
        db.session.commit()

    assert answer.exit_code == 0
    assert "NOT in the audit record, since the database has no tables yet" in answer.stderr
