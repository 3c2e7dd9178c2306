"""No campaign key, no signing (safety goal 4): missing, corrupt or swapped keys mean 503 and no row."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from campaign_app.config import EXTENSION as SETTINGS
from campaign_app.extensions import db
from campaign_app.sealing import keys, tags
from campaign_app.sealing.campaign_secret import backup_check, new_secret
from campaign_app.sealing.key_files import CAMPAIGN_PUBLIC, new_key_file, write_key_file
from campaign_app.sealing.models import PetitionKey
from campaign_app.sealing.operations import make_server_keys
from tests.supporters import PAGE, confirm, newest_token, send_mail, sign, stored, words

pytestmark = pytest.mark.usefixtures("context")

TODAY = date(2026, 3, 1)


@pytest.fixture
def installation(app, tmp_path, monkeypatch):
    """Give the application a copy of its keys that a test may break; it looks at them before each use."""
    known = app.extensions[SETTINGS]
    shutil.copytree(known.keys_dir, tmp_path / "keys")
    monkeypatch.setattr(keys, "RECHECK_SECONDS", 0)

    def change(**settings: object) -> None:
        app.extensions[SETTINGS] = replace(app.extensions[SETTINGS], **settings)
        app.extensions.pop(keys.EXTENSION, None)

    change(keys_dir=tmp_path / "keys")
    yield change
    app.extensions[SETTINGS] = known
    app.extensions.pop(keys.EXTENSION, None)


def files(folder, kind: str) -> list:
    found = sorted(folder.glob(f"{kind}-*.json"))
    assert found
    return found


def remove(kind: str) -> Callable:
    """Return what removes every key of a kind."""
    return lambda folder: [path.unlink() for path in files(folder, kind)]


def cut(kind: str) -> Callable:
    """Return what leaves half of each key file of a kind."""
    return lambda folder: [path.write_bytes(path.read_bytes()[:80]) for path in files(folder, kind)]


def put_another_in_its_place(folder) -> None:
    """Write another key under the name of a campaign key, as an intruder would."""
    path = files(folder, CAMPAIGN_PUBLIC)[0]
    other = new_key_file(CAMPAIGN_PUBLIC, new_secret().point, created_on=TODAY)
    fields = json.loads((folder / write_key_file(folder, other).name).read_text())
    (folder / other.name).unlink()
    path.write_text(json.dumps({**fields, "id": path.stem.removeprefix("campaign-public-")}))


BROKEN = {
    "no folder": shutil.rmtree,
    "no campaign key": remove("campaign-public"),
    "no master": remove("master"),
    "no mail key": remove("mail-public"),
    "half a campaign key": cut("campaign-public"),
    "half a master": cut("master"),
    "another key in its place": put_another_in_its_place,
}


@pytest.mark.parametrize("break_keys", BROKEN.values(), ids=BROKEN)
def test_broken_keys_shut_signing_at_once_and_nothing_else(
    client, context, installation, mail_dir, tmp_path, break_keys
):
    sign(client, email="earlier@example.org")
    send_mail(client.application)
    before = stored()
    break_keys(tmp_path / "keys")

    answer = sign(client)

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "we do not say “thank you” before it is" in words(answer)
    assert stored() == before
    assert client.get(PAGE).status_code == 200
    assert confirm(client, newest_token(mail_dir)).status_code == 303


def test_signing_goes_on_once_the_keys_are_mended(client, installation, tmp_path):
    shutil.move(tmp_path / "keys", tmp_path / "elsewhere")
    assert sign(client).status_code == 503

    shutil.move(tmp_path / "elsewhere", tmp_path / "keys")

    assert sign(client).status_code == 303


@pytest.mark.parametrize("announced", ["0000-0000-0000-0000-0000-0000-0000-0000", "not a fingerprint"])
def test_keys_other_than_the_announced_ones_shut_signing(client, installation, announced):
    installation(campaign_key_fingerprint=announced)

    assert sign(client).status_code == 503
    assert stored() == 0


def test_the_announced_keys_open_signing(client, installation, tmp_path):
    installation(campaign_key_fingerprint=keys.load_keys(tmp_path / "keys").fingerprint)

    assert sign(client).status_code == 303


def test_a_key_swapped_while_the_server_runs_is_noticed_by_the_announced_fingerprint(
    client, installation, tmp_path
):
    installation(campaign_key_fingerprint=keys.load_keys(tmp_path / "keys").fingerprint)
    assert sign(client).status_code == 303
    write_key_file(tmp_path / "keys", new_key_file(CAMPAIGN_PUBLIC, new_secret().point, created_on=TODAY))

    assert sign(client, email="later@example.org").status_code == 503
    assert stored() == 2


def test_demonstration_keys_shut_signing_in_production(client, installation):
    installation(environment="production")

    assert sign(client).status_code == 503
    assert stored() == 0


@pytest.mark.parametrize(("read_on", "status"), [(None, 503), (TODAY, 303)])
def test_production_takes_signatures_only_once_a_backup_was_read_back(
    client, petition, installation, tmp_path, read_on, status
):
    folder = tmp_path / "production"
    secret = new_secret()
    make_server_keys(keys_dir=folder, today=TODAY)
    write_key_file(
        folder,
        new_key_file(
            CAMPAIGN_PUBLIC,
            secret.point,
            created_on=TODAY,
            backup_check=backup_check(secret.backup_code),
            backup_read_on=read_on,
        ),
    )
    installation(environment="production", keys_dir=folder)
    db.session.delete(db.session.get(PetitionKey, petition.id))
    db.session.flush()
    tags.create_petition_key(petition_id=petition.id, session=db.session)
    db.session.commit()

    assert sign(client).status_code == status
    assert stored() == (2 if status == 303 else 0)
