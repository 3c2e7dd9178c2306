"""The life of the key files: made, added, proved, replaced, removed. Knows folders; knows no database.

Every function takes one lock on the folder, so that two commands, or two starting processes, never cross.
"""

import hmac
import secrets
from datetime import date, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from .campaign_secret import backup_check, new_secret
from .key_files import (
    CAMPAIGN_PUBLIC,
    CAMPAIGN_SECRET,
    MAIL_PUBLIC,
    MAIL_SECRET,
    MASTER,
    KeyFile,
    destroy_key_file,
    new_key_file,
    only_one_changes,
    parse_key_file,
    read_key_files,
    write_key_file,
)
from .keys import newest_of
from .problems import KeyChangeRefused

MASTER_BYTES = 32
DEMO_KEYS = 2
MAIL_WAITS_AT_MOST = timedelta(days=8)  # seven days in the outbox, and one for clocks and time zones


def make_server_keys(*, keys_dir: Path, today: date) -> list[KeyFile]:
    """Make the master key and the mail key pair where they are missing; return what was made."""
    with only_one_changes(keys_dir):
        files = read_key_files(keys_dir)
        made = []
        if not any(file.kind == MASTER for file in files):
            made.append(new_key_file(MASTER, secrets.token_bytes(MASTER_BYTES), created_on=today))
        if not any(file.kind == MAIL_PUBLIC for file in files):
            made += _mail_pair(today)
        return _written(keys_dir, made)


def make_demo_keys(*, keys_dir: Path, today: date) -> list[KeyFile]:
    """Make two campaign keys for demonstration, secrets beside them, unless a campaign key exists.

    Production refuses to take signatures while such keys are there: their secret lies on the server.
    """
    with only_one_changes(keys_dir):
        if any(file.kind == CAMPAIGN_PUBLIC for file in read_key_files(keys_dir)):
            return []
        made = []
        for secret in (new_secret() for _ in range(DEMO_KEYS)):
            check = backup_check(secret.backup_code)
            made += [
                new_key_file(
                    CAMPAIGN_PUBLIC, secret.point, created_on=today, is_demo=True, backup_check=check
                ),
                new_key_file(CAMPAIGN_SECRET, secret.seed, created_on=today, is_demo=True),
            ]
        return _written(keys_dir, made)


def ensure_development_keys(*, keys_dir: Path, today: date) -> list[KeyFile]:
    """Make whatever key is missing, demonstration keys included; return what was made. Safe to repeat."""
    return make_server_keys(keys_dir=keys_dir, today=today) + make_demo_keys(keys_dir=keys_dir, today=today)


def campaign_keys(*, keys_dir: Path) -> list[KeyFile]:
    """Return the campaign keys that contacts are sealed to, oldest first."""
    found = read_key_files(keys_dir, only=CAMPAIGN_PUBLIC)
    return sorted(found, key=lambda file: (file.created_on, file.id))


def add_campaign_key(*, keys_dir: Path, file_bytes: bytes) -> KeyFile:
    """Add a campaign public key that opener.html made. Adding it twice is no error.

    Whether its backup was read is never taken from the file: only a code given here proves it.
    Raises KeysCorrupt, KeySwapped, or KeyChangeRefused for any other kind of key.
    """
    given = parse_key_file(file_bytes, name="the file")
    if given.kind == CAMPAIGN_SECRET:
        raise KeyChangeRefused(
            "this is a SECRET key: it must never be on the server. Delete this copy, "
            "and add the file whose name ends in .public.json"
        )
    if given.kind != CAMPAIGN_PUBLIC or given.is_demo:
        raise KeyChangeRefused("this is not a campaign's public key made in opener.html")
    if not given.backup_check:
        raise KeyChangeRefused("this file lacks the check of its backup: make the key anew in opener.html")
    with only_one_changes(keys_dir):
        present = {file.id: file for file in campaign_keys(keys_dir=keys_dir)}
        if given.id in present:
            return present[given.id]
        added = new_key_file(
            CAMPAIGN_PUBLIC, given.key, created_on=given.created_on, backup_check=given.backup_check
        )
        write_key_file(keys_dir, added)
        return added


def remove_campaign_key(*, keys_dir: Path, key_id: str) -> KeyFile:
    """Stop sealing to a campaign key; contacts sealed to it before stay readable with its backup.

    A demonstration key goes together with its secret. Raises KeyChangeRefused for an unknown key, and
    for the last one: without any, nobody could sign.
    """
    with only_one_changes(keys_dir):
        present = {file.id: file for file in campaign_keys(keys_dir=keys_dir)}
        if key_id not in present:
            raise KeyChangeRefused(f"there is no campaign key {key_id}")
        if len(present) == 1:
            raise KeyChangeRefused("this is the last campaign key; add another before you remove it")
        for file in read_key_files(keys_dir, only=CAMPAIGN_SECRET):
            if file.id == key_id:
                destroy_key_file(keys_dir, file)
        destroy_key_file(keys_dir, present[key_id])
        return present[key_id]


def confirm_backup(*, keys_dir: Path, key_id: str, code: str, today: date) -> KeyFile:
    """Record that a backup of a campaign key was read back, proved by the code that opener.html then shows.

    Raises KeyChangeRefused for an unknown key or a wrong code.
    """
    with only_one_changes(keys_dir):
        present = {file.id: file for file in campaign_keys(keys_dir=keys_dir)}
        if key_id not in present:
            raise KeyChangeRefused(f"there is no campaign key {key_id}")
        file = present[key_id]
        if not hmac.compare_digest(backup_check(code), file.backup_check):
            raise KeyChangeRefused(
                "the code does not belong to this key: read the backup back in opener.html once more, "
                f"compare the fingerprint, and copy the code of key {key_id}"
            )
        proved = file.with_backup_read(today)
        write_key_file(keys_dir, proved)
        return proved


def rotate_mail(*, keys_dir: Path, today: date) -> KeyFile:
    """Make a new mail key pair and return its public half; mail that waits can still be opened."""
    with only_one_changes(keys_dir):
        present = read_key_files(keys_dir, only=MAIL_PUBLIC)
        made = _written(keys_dir, _mail_pair(today, replaces=newest_of(present).id if present else ""))
        for file in present:
            destroy_key_file(keys_dir, file)
    destroy_old_mail_secrets(keys_dir=keys_dir, today=today)
    return made[0]


def destroy_old_mail_secrets(*, keys_dir: Path, today: date) -> list[str]:
    """Destroy mail secrets replaced so long ago that no mail can wait for them; return their ids."""
    with only_one_changes(keys_dir):
        files = read_key_files(keys_dir, only=MAIL_SECRET)
        replaced_on = {file.replaces: file.created_on for file in files if file.replaces}
        old = [
            file
            for file in files
            if file.id in replaced_on and replaced_on[file.id] + MAIL_WAITS_AT_MOST <= today
        ]
        for file in old:
            destroy_key_file(keys_dir, file)
        return [file.id for file in old]


def _mail_pair(today: date, *, replaces: str = "") -> list[KeyFile]:
    secret = X25519PrivateKey.generate()
    public = secret.public_key().public_bytes_raw()
    return [
        new_key_file(MAIL_PUBLIC, public, created_on=today, replaces=replaces),
        new_key_file(MAIL_SECRET, secret.private_bytes_raw(), created_on=today, replaces=replaces),
    ]


def _written(keys_dir: Path, files: list[KeyFile]) -> list[KeyFile]:
    for file in files:
        write_key_file(keys_dir, file)
    return files
