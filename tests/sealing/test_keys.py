"""The set of keys: what must be there, what shuts signing, and how a changed file is noticed."""

import pytest

from campaign_app.sealing import keys as sealing_keys
from campaign_app.sealing import operations
from campaign_app.sealing.campaign_secret import new_secret
from campaign_app.sealing.keys import (
    fingerprint_of_points,
    key_warnings,
    keyring,
    load_keys,
    signing_is_allowed,
    signing_obstacles,
)
from campaign_app.sealing.problems import KeysCorrupt, KeysMissing, KeySwapped

from .conftest import TODAY, public_file


def prove_backups(keys_dir, secrets):
    for secret in secrets:
        operations.confirm_backup(keys_dir=keys_dir, key_id=secret.id, code=secret.backup_code, today=TODAY)


def test_the_keys_of_a_folder_are_loaded_as_one_set(keys_dir, secrets):
    keys = load_keys(keys_dir)

    assert {key.id for key in keys.campaign_public} == {secret.id for secret in secrets}
    assert keys.fingerprint == fingerprint_of_points(secret.point for secret in secrets)
    assert keys.newest_master in keys.masters
    assert not keys.is_demo


@pytest.mark.parametrize("kind", ["campaign-public", "master", "mail-public"])
@pytest.mark.usefixtures("secrets")
def test_a_missing_kind_of_key_is_said_and_nothing_is_made_up(keys_dir, kind):
    for path in keys_dir.glob(f"{kind}-*.json"):
        path.unlink()

    with pytest.raises(KeysMissing):
        load_keys(keys_dir)


def test_an_absent_folder_holds_no_key(tmp_path):
    with pytest.raises(KeysMissing, match=r"opener\.html"):
        load_keys(tmp_path / "nowhere")


@pytest.mark.usefixtures("secrets")
def test_a_swapped_campaign_key_is_found_by_the_announced_fingerprint(keys_dir):
    announced = load_keys(keys_dir).fingerprint
    operations.add_campaign_key(keys_dir=keys_dir, file_bytes=public_file(new_secret()))

    with pytest.raises(KeySwapped, match="somebody else did"):
        load_keys(keys_dir, announced_fingerprint=announced)


@pytest.mark.usefixtures("secrets")
def test_a_fingerprint_may_be_announced_in_capitals_and_with_spaces(keys_dir):
    announced = load_keys(keys_dir).fingerprint.upper().replace("-", " ")

    assert load_keys(keys_dir, announced_fingerprint=announced)


def test_the_fingerprint_does_not_depend_on_the_order_of_keys():
    points = [new_secret().point for _ in range(3)]

    assert fingerprint_of_points(points) == fingerprint_of_points(reversed(points))
    assert fingerprint_of_points(points) != fingerprint_of_points(points[:2])


def test_production_opens_signing_once_every_backup_was_read(keys_dir, secrets):
    assert not signing_is_allowed(load_keys(keys_dir), "production")

    prove_backups(keys_dir, secrets[:1])
    obstacles = signing_obstacles(load_keys(keys_dir), "production")
    prove_backups(keys_dir, secrets[1:])

    assert len(obstacles) == 1
    assert secrets[1].id in obstacles[0]
    assert signing_is_allowed(load_keys(keys_dir), "production")


def test_production_refuses_demonstration_keys_and_says_both_reasons(tmp_path):
    operations.ensure_development_keys(keys_dir=tmp_path, today=TODAY)
    keys = load_keys(tmp_path)

    obstacles = " ".join(signing_obstacles(keys, "production"))

    assert keys.is_demo
    assert "demonstration keys" in obstacles
    assert "secret key lies on this server" in obstacles
    assert signing_is_allowed(keys, "development")


def test_a_changed_fingerprint_shuts_signing_in_development_too(keys_dir, secrets):
    keys = load_keys(keys_dir)

    assert signing_is_allowed(keys, "development", announced_fingerprint=keys.fingerprint)
    assert not signing_is_allowed(
        keys, "development", announced_fingerprint=fingerprint_of_points([secrets[0].point])
    )


def test_a_single_campaign_key_is_allowed_but_warned_of(keys_dir, secrets):
    assert key_warnings(load_keys(keys_dir)) == []

    operations.remove_campaign_key(keys_dir=keys_dir, key_id=secrets[0].id)

    assert "only one campaign key" in key_warnings(load_keys(keys_dir))[0]


def test_keys_are_loaded_once_a_process(own_keys):
    assert keyring() is keyring()


def test_a_changed_file_is_noticed_within_seconds(own_keys, monkeypatch):
    before = keyring()
    operations.add_campaign_key(keys_dir=own_keys, file_bytes=public_file(new_secret()))

    assert keyring() is before
    monkeypatch.setattr(sealing_keys, "RECHECK_SECONDS", 0.0)
    assert len(keyring().campaign_public) == 3


def test_unusable_keys_are_refused_again_and_again_and_work_again_once_mended(own_keys):
    keyring()
    path = next(own_keys.glob("master-*.json"))
    whole = path.read_bytes()
    path.write_bytes(b"{}")

    for fresh in (True, False, False):
        with pytest.raises(KeysCorrupt):
            keyring(fresh=fresh)
    path.write_bytes(whole)

    assert keyring()
