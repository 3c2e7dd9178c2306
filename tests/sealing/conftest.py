"""Keys as the tests of sealing need them: a folder with the server's keys and two campaign keys."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from campaign_app.sealing import operations
from campaign_app.sealing.campaign_secret import CampaignSecret, backup_check, new_secret
from campaign_app.sealing.key_files import CAMPAIGN_PUBLIC, key_file_text, new_key_file

TODAY = date(2026, 3, 5)
GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> Any:
    """Return what a golden JSON file holds."""
    return json.loads((GOLDEN / name).read_text(encoding="utf-8"))


def public_file(secret: CampaignSecret, **changes: Any) -> bytes:
    """Return the public key file that opener.html would save for a secret."""
    details = {"backup_check": backup_check(secret.backup_code), **changes}
    return key_file_text(new_key_file(CAMPAIGN_PUBLIC, secret.point, created_on=TODAY, **details)).encode()


@pytest.fixture
def keys_dir(tmp_path: Path) -> Path:
    """A folder with the server's own keys and no campaign key."""
    operations.make_server_keys(keys_dir=tmp_path / "keys", today=TODAY)
    return tmp_path / "keys"


@pytest.fixture
def secrets(keys_dir: Path) -> list[CampaignSecret]:
    """Two campaign secrets whose public halves lie in the folder."""
    made = [new_secret(), new_secret()]
    for secret in made:
        operations.add_campaign_key(keys_dir=keys_dir, file_bytes=public_file(secret))
    return made


@pytest.fixture
def own_keys(context: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The application with a folder of keys that a test may change."""
    shared = context.extensions["nidaa_settings"]
    shutil.copytree(shared.keys_dir, tmp_path / "own")
    monkeypatch.setitem(context.extensions, "nidaa_settings", replace(shared, keys_dir=tmp_path / "own"))
    context.extensions.pop("nidaa_keyring", None)
    yield tmp_path / "own"
    context.extensions.pop("nidaa_keyring", None)
