"""Key files: whole or not at all, readable by their owner only, and never another key than they say."""

import base64
import json
import stat
from pathlib import Path

import pytest

from campaign_app.sealing import key_files, operations
from campaign_app.sealing.key_files import (
    MASTER,
    destroy_key_file,
    new_key_file,
    read_key_file,
    write_key_file,
)
from campaign_app.sealing.keys import load_keys
from campaign_app.sealing.problems import KeysCorrupt, KeysExposed, KeysMissing, KeySwapped

from .conftest import TODAY


def rewrite(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def one(keys_dir: Path, kind: str) -> Path:
    return next(keys_dir.glob(f"{kind}-*.json"))


def test_every_key_file_is_readable_by_its_owner_only(tmp_path):
    operations.ensure_development_keys(keys_dir=tmp_path / "keys", today=TODAY)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").glob("*.json")}

    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_key_comes_back_as_it_was_written(tmp_path):
    key = new_key_file(MASTER, b"k" * 32, created_on=TODAY, replaces="00" * 8, is_demo=True)

    assert read_key_file(write_key_file(tmp_path, key)) == key


def test_a_crash_while_writing_leaves_the_old_key(tmp_path, monkeypatch):
    key = new_key_file(MASTER, b"k" * 32, created_on=TODAY)
    path = write_key_file(tmp_path, key)
    monkeypatch.setattr(key_files.os, "fsync", lambda _: (_ for _ in ()).throw(OSError("power cut")))

    with pytest.raises(OSError, match="power cut"):
        write_key_file(tmp_path, new_key_file(MASTER, b"k" * 32, created_on=TODAY, is_demo=True))

    assert read_key_file(path) == key
    assert [found.name for found in tmp_path.glob("*.json")] == [path.name]


def test_a_destroyed_key_is_gone_and_may_be_destroyed_again(tmp_path):
    key = new_key_file(MASTER, b"k" * 32, created_on=TODAY)
    path = write_key_file(tmp_path, key)

    destroy_key_file(tmp_path, key)
    destroy_key_file(tmp_path, key)

    assert not path.exists()
    with pytest.raises(KeysMissing):
        read_key_file(path)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"version":1}',
        b"[" * 9_000,
    ],
)
@pytest.mark.usefixtures("secrets")
def test_a_damaged_file_is_refused_by_name(keys_dir, text):
    path = one(keys_dir, "master")
    path.write_bytes(text)

    with pytest.raises(KeysCorrupt, match=path.name):
        load_keys(keys_dir)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"kind": "another"},
        {"created_on": "yesterday"},
        {"key": "not base 64"},
        {"key": base64.b64encode(b"short").decode()},
    ],
)
@pytest.mark.usefixtures("secrets")
def test_a_file_with_a_wrong_field_is_refused(keys_dir, changes):
    rewrite(one(keys_dir, "master"), **changes)

    with pytest.raises(KeysCorrupt):
        load_keys(keys_dir)


@pytest.mark.usefixtures("secrets")
def test_a_campaign_key_that_is_no_point_of_the_curve_is_refused(keys_dir):
    rewrite(one(keys_dir, "campaign-public"), key=base64.b64encode(b"\x04" + bytes(64)).decode())

    with pytest.raises(KeysCorrupt):
        load_keys(keys_dir)


@pytest.mark.parametrize("kind", ["master", "mail-public", "mail-secret"])
@pytest.mark.usefixtures("secrets")
def test_a_key_that_is_not_the_one_its_file_names_is_refused(keys_dir, kind):
    rewrite(one(keys_dir, kind), key=base64.b64encode(bytes(range(32))).decode())

    with pytest.raises(KeySwapped):
        _ = load_keys(keys_dir).mail_secret


@pytest.mark.parametrize("kind", ["master", "mail-secret"])
@pytest.mark.usefixtures("secrets")
def test_production_refuses_a_secret_that_others_can_read(keys_dir, kind):
    one(keys_dir, kind).chmod(0o640)

    with pytest.raises(KeysExposed, match=kind):
        _ = load_keys(keys_dir, refuse_exposed=True).mail_secret


@pytest.mark.usefixtures("secrets")
def test_web_processes_do_not_open_the_mail_secret(keys_dir):
    one(keys_dir, "mail-secret").write_text("never read")

    keys = load_keys(keys_dir)

    with pytest.raises(KeysCorrupt):
        _ = keys.mail_secret
