"""Keys made, added, proved, replaced and removed."""

import json
from datetime import timedelta

import pytest

from campaign_app.sealing import operations
from campaign_app.sealing.campaign_secret import new_secret
from campaign_app.sealing.key_files import CAMPAIGN_SECRET, key_file_text, new_key_file, read_key_files
from campaign_app.sealing.keys import load_keys
from campaign_app.sealing.mail import open_mail, seal_mail
from campaign_app.sealing.problems import KeyChangeRefused, KeysCorrupt, KeySwapped, SealedForOthers

from .conftest import TODAY, public_file


def test_making_keys_twice_changes_nothing(tmp_path):
    first = operations.ensure_development_keys(keys_dir=tmp_path, today=TODAY)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.json")}

    again = operations.ensure_development_keys(keys_dir=tmp_path, today=TODAY + timedelta(days=1))

    assert len(first) == 7
    assert again == []
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.json")} == before


def test_demonstration_keys_are_never_mixed_with_real_ones(keys_dir, secrets):
    assert operations.make_demo_keys(keys_dir=keys_dir, today=TODAY) == []
    assert not load_keys(keys_dir).is_demo


def test_a_public_key_file_of_the_opener_is_added_once(keys_dir):
    content = public_file(new_secret())

    first = operations.add_campaign_key(keys_dir=keys_dir, file_bytes=content)
    again = operations.add_campaign_key(keys_dir=keys_dir, file_bytes=content)

    assert first == again
    assert len(operations.campaign_keys(keys_dir=keys_dir)) == 1


def test_a_file_cannot_claim_that_its_backup_was_read(keys_dir):
    content = public_file(new_secret(), backup_read_on=TODAY)

    added = operations.add_campaign_key(keys_dir=keys_dir, file_bytes=content)

    assert added.backup_read_on is None


def test_adding_a_key_again_keeps_the_proof_of_its_backup(keys_dir, secrets):
    secret = secrets[0]
    operations.confirm_backup(keys_dir=keys_dir, key_id=secret.id, code=secret.backup_code, today=TODAY)

    again = operations.add_campaign_key(keys_dir=keys_dir, file_bytes=public_file(secret))

    assert again.backup_read_on == TODAY


def test_a_secret_key_is_kept_off_the_server(keys_dir):
    secret = new_secret()
    content = key_file_text(new_key_file(CAMPAIGN_SECRET, secret.seed, created_on=TODAY)).encode()

    with pytest.raises(KeyChangeRefused, match="SECRET"):
        operations.add_campaign_key(keys_dir=keys_dir, file_bytes=content)

    assert not list(keys_dir.glob("campaign-*"))


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", KeysCorrupt),
        (public_file(new_secret(), is_demo=True), KeyChangeRefused),
        (public_file(new_secret(), backup_check=b""), KeyChangeRefused),
        (json.dumps({**json.loads(public_file(new_secret())), "id": "00" * 8}).encode(), KeySwapped),
    ],
)
def test_other_files_are_not_added(keys_dir, content, refusal):
    with pytest.raises(refusal):
        operations.add_campaign_key(keys_dir=keys_dir, file_bytes=content)


def test_a_backup_is_proved_by_its_code_alone(keys_dir, secrets):
    secret, other = secrets

    with pytest.raises(KeyChangeRefused, match="does not belong"):
        operations.confirm_backup(keys_dir=keys_dir, key_id=secret.id, code=other.backup_code, today=TODAY)
    proved = operations.confirm_backup(
        keys_dir=keys_dir, key_id=secret.id, code=f" {secret.backup_code.lower()} ", today=TODAY
    )

    assert proved.backup_read_on == TODAY
    assert {key.id: key.backup_read_on for key in load_keys(keys_dir).campaign_public} == {
        secret.id: TODAY,
        other.id: None,
    }


def test_the_last_campaign_key_stays(keys_dir, secrets):
    operations.remove_campaign_key(keys_dir=keys_dir, key_id=secrets[0].id)

    with pytest.raises(KeyChangeRefused, match="the last"):
        operations.remove_campaign_key(keys_dir=keys_dir, key_id=secrets[1].id)

    assert [key.id for key in load_keys(keys_dir).campaign_public] == [secrets[1].id]


@pytest.mark.usefixtures("secrets")
def test_an_unknown_key_is_refused(keys_dir):
    with pytest.raises(KeyChangeRefused, match="no campaign key"):
        operations.remove_campaign_key(keys_dir=keys_dir, key_id="00" * 8)
    with pytest.raises(KeyChangeRefused, match="no campaign key"):
        operations.confirm_backup(keys_dir=keys_dir, key_id="00" * 8, code="", today=TODAY)


def test_a_demonstration_key_goes_together_with_its_secret(tmp_path):
    operations.ensure_development_keys(keys_dir=tmp_path, today=TODAY)
    operations.add_campaign_key(keys_dir=tmp_path, file_bytes=public_file(new_secret()))

    for key in load_keys(tmp_path).campaign_public:
        if key.is_demo:
            operations.remove_campaign_key(keys_dir=tmp_path, key_id=key.id)

    assert not read_key_files(tmp_path, only=CAMPAIGN_SECRET)
    assert not load_keys(tmp_path).is_demo


@pytest.mark.usefixtures("secrets")
def test_a_replaced_mail_secret_goes_once_no_mail_can_wait_for_it(keys_dir):
    waiting = seal_mail({"to": "signer@example.org"}, key=load_keys(keys_dir).mail_public)
    operations.rotate_mail(keys_dir=keys_dir, today=TODAY)

    early = operations.destroy_old_mail_secrets(keys_dir=keys_dir, today=TODAY + timedelta(days=7))
    late = operations.destroy_old_mail_secrets(keys_dir=keys_dir, today=TODAY + timedelta(days=8))

    assert early == []
    assert len(late) == 1
    with pytest.raises(SealedForOthers):
        open_mail(waiting, secret=load_keys(keys_dir).mail_secret)
