"""`campaign keys …` as an operator meets it: what it prints, what it refuses, and with which exit code."""

import json
from dataclasses import replace

import pytest

from campaign_app.extensions import db
from campaign_app.petitions.queries import public_petitions
from campaign_app.sealing import tags
from campaign_app.sealing.campaign_secret import new_secret
from campaign_app.sealing.commands import keys
from campaign_app.sealing.key_files import MASTER, read_key_files
from campaign_app.sealing.keys import fingerprint_of_points, keyring, load_keys
from campaign_app.sealing.models import PetitionKey

from .conftest import public_file


@pytest.fixture
def campaign(app, own_keys):
    """A function that runs one `campaign keys` command."""
    return lambda *arguments, typed=None: app.test_cli_runner().invoke(keys, arguments, input=typed)


@pytest.fixture
def public_key(tmp_path):
    """A secret, and the file of its public half."""
    secret = new_secret()
    path = tmp_path / "key.public.json"
    path.write_bytes(public_file(secret))
    return secret, str(path)


def test_a_campaign_goes_from_demonstration_keys_to_its_own(campaign, public_key, own_keys):
    secret, path = public_key
    demo = [key.id for key in load_keys(own_keys).campaign_public]

    added = campaign("add", path)
    proved = campaign("confirm-backup", secret.id, secret.backup_code)
    removed = [campaign("remove", key_id, "--yes") for key_id in demo]
    listed = json.loads(campaign("list", "--json").stdout)

    assert added.stdout == f"{secret.id}\n"
    assert f"confirm-backup {secret.id} CODE" in added.stderr
    assert {result.exit_code for result in (added, proved, *removed)} == {0}
    assert [key["id"] for key in listed] == [secret.id]
    assert listed[0]["backup_read_on"]
    assert not listed[0]["demo"]


def test_the_fingerprint_to_announce_is_said_whenever_the_keys_change(campaign, public_key, own_keys):
    secret, path = public_key
    points = [key.point for key in load_keys(own_keys).campaign_public] + [secret.point]

    added = campaign("add", path)
    shown = campaign("fingerprint")

    assert shown.stdout.strip() == fingerprint_of_points(points)
    assert f"CAMPAIGN_KEY_FINGERPRINT={shown.stdout.strip()}" in added.stderr


def test_the_list_says_in_words_what_is_a_demonstration_and_what_is_not_proved(campaign, public_key):
    _, path = public_key
    campaign("add", path)

    shown = campaign("list").stdout

    assert shown.count("DEMONSTRATION") == 2
    assert shown.count("backup NOT read back yet") == 3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["remove", "00" * 8, "--yes"], "there is no campaign key"),
        (["confirm-backup", "00" * 8, "AAAA"], "there is no campaign key"),
        (["add", __file__], "not a whole key file"),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_1(campaign, arguments, told):
    result = campaign(*arguments)

    assert result.exit_code == 1
    assert told in result.stderr
    assert result.stdout == ""


def test_nothing_is_removed_without_asking(campaign, own_keys):
    key_id = load_keys(own_keys).campaign_public[0].id

    removed = campaign("remove", key_id, typed="n\n")

    assert removed.exit_code == 1
    assert len(load_keys(own_keys).campaign_public) == 2


def test_production_never_makes_demonstration_keys(app, campaign, monkeypatch):
    chosen = app.extensions["nidaa_settings"]
    monkeypatch.setitem(app.extensions, "nidaa_settings", replace(chosen, environment="production"))

    result = campaign("make", "--demo")

    assert result.exit_code == 1
    assert "refused in production" in result.stderr


def test_the_server_s_keys_are_made_once(app, campaign, monkeypatch, tmp_path):
    chosen = app.extensions["nidaa_settings"]
    monkeypatch.setitem(app.extensions, "nidaa_settings", replace(chosen, keys_dir=tmp_path / "new"))

    first, again = campaign("make"), campaign("make")

    assert first.stderr.count("made ") == 3
    assert "nothing to make" in again.stderr
    assert "opener.html" in again.stderr


def test_rotating_the_master_leaves_one_and_keeps_every_tag(campaign, own_keys):
    petition = public_petitions()[0]
    before = tags.petition_tag_key(petition.id, session=db.session)
    db.session.rollback()

    result = campaign("rotate-master")

    assert result.exit_code == 0
    assert len(read_key_files(own_keys, only=MASTER)) == 1
    assert "take a backup now" in result.stderr
    keyring(fresh=True)
    assert tags.petition_tag_key(petition.id, session=db.session) == before


def test_a_prepared_master_is_carried_to_other_hosts_first(campaign, own_keys):
    campaign("prepare-master")
    prepared = {file.id for file in read_key_files(own_keys, only=MASTER)}

    campaign("rotate-master")

    assert len(prepared) == 2
    assert {file.id for file in read_key_files(own_keys, only=MASTER)} < prepared


def test_a_petition_made_meanwhile_leaves_the_prepared_master_for_the_rotation(campaign, own_keys):
    """Else the rotation would make a third, which no other host has."""
    petition = public_petitions()[0]
    campaign("prepare-master")
    prepared = {file.id for file in read_key_files(own_keys, only=MASTER)}
    db.session.delete(db.session.get(PetitionKey, petition.id))
    db.session.flush()
    tags.create_petition_key(petition_id=petition.id, session=db.session)
    db.session.commit()

    campaign("rotate-master")

    assert {file.id for file in read_key_files(own_keys, only=MASTER)} < prepared


def test_where_nothing_is_to_be_destroyed_no_backup_is_asked_for(campaign):
    result = campaign("destroy-old-masters")

    assert result.exit_code == 0
    assert "nothing to destroy" in result.stderr
    assert "backup" not in result.stderr


def test_a_key_that_is_there_and_proved_asks_for_no_next_step(campaign, public_key):
    secret, path = public_key
    campaign("add", path)
    campaign("confirm-backup", secret.id, secret.backup_code)

    again = campaign("add", path)

    assert again.stdout == f"{secret.id}\n"
    assert "its backup was read back on" in again.stderr
    assert "next:" not in again.stderr


def test_a_change_of_keys_that_shuts_signing_says_so(app, campaign, public_key, own_keys, monkeypatch):
    _, path = public_key
    chosen = app.extensions["nidaa_settings"]
    announced = load_keys(own_keys).fingerprint
    monkeypatch.setitem(app.extensions, "nidaa_settings", replace(chosen, campaign_key_fingerprint=announced))

    added = campaign("add", path)

    assert "signing is shut now, until CAMPAIGN_KEY_FINGERPRINT is set anew" in added.stderr


def test_rotating_the_mail_key_keeps_the_old_secret_for_waiting_mail(campaign, own_keys):
    before = load_keys(own_keys)

    result = campaign("rotate-mail")

    after = load_keys(own_keys)
    assert result.exit_code == 0
    assert after.mail_public.id != before.mail_public.id
    assert before.mail_public.id_bytes in after.mail_secret.keys
