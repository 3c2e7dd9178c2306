"""Tags: how a repeat signature is recognised without keeping an address, and how that ability is destroyed.

A petition's key is random and stored wrapped under a master key that lies outside the database. Thirty days
after a petition closes its wrapped key is deleted, the others are wrapped anew under a new master, and the
old master is destroyed on every host: then no backup can test an address against that petition either.
"""

import hmac
import secrets
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from ..clock import utc_now
from ..config import settings
from .key_files import (
    MASTER,
    KeyFile,
    destroy_key_file,
    new_key_file,
    only_one_changes,
    read_key_files,
    write_key_file,
)
from .keys import keyring, newest_of
from .models import PetitionKey
from .problems import KeysCorrupt, KeysMissing, PetitionKeyShredded

AnySession: TypeAlias = Session | scoped_session[Any]

KEY_BYTES = 32
NONCE_BYTES = 12
DOMAIN_TAG_BYTES = 16

WRAP_LABEL = b"nidaa petition key v1\0"
TAG_LABEL = b"nidaa tag v1\0"
PERSON_LABEL = b"nidaa person tag v1\0"
DOMAIN_LABEL = b"nidaa domain tag v1\0"


def tag(key: bytes, canonical_email: str) -> bytes:
    """Return the 32 bytes that stand for a mailbox within one petition."""
    return hmac.digest(key, TAG_LABEL + canonical_email.encode(), "sha256")


def person_tag(key: bytes, canonical_email: str, folded_name: str) -> bytes:
    """Return the 32 bytes that stand for one person of a mailbox within one petition."""
    mailbox = canonical_email.encode()
    # The length keeps "a" + "bc" apart from "ab" + "c".
    return hmac.digest(
        key, PERSON_LABEL + len(mailbox).to_bytes(4, "big") + mailbox + folded_name.encode(), "sha256"
    )


def domain_tag(key: bytes, domain: str) -> bytes:
    """Return the 16 bytes that stand for a mail provider within one petition."""
    return hmac.digest(key, DOMAIN_LABEL + domain.encode(), "sha256")[:DOMAIN_TAG_BYTES]


def petition_tag_key(petition_id: int, *, session: AnySession) -> bytes:
    """Return a petition's tag key, unwrapped once a process.

    Raises PetitionKeyShredded, KeysMissing (no such key, or its master is not on this host) or
    KeysCorrupt (the wrapped key does not open).
    """
    keys = keyring()
    if found := keys.tag_keys.get(petition_id):
        return found
    row = session.get(PetitionKey, petition_id)
    if row is None:
        raise KeysMissing(f"petition {petition_id} has no tag key")
    if row.wrapped is None:
        raise PetitionKeyShredded(f"the tag key of petition {petition_id} was shredded on {row.shredded_on}")
    if row.master_id not in keys.masters:
        keys = keyring(fresh=True)  # rotated a moment ago: this process has not looked at the files since
    key = _unwrap(row, keys.masters)
    keys.tag_keys[petition_id] = key
    return key


def create_petition_key(*, petition_id: int, session: AnySession) -> None:
    """Give a petition its random tag key; one that it has already, or had, is left alone. Flushes.

    Needs a master only: an installation has its petitions before the campaign has brought its keys. One that was
    prepared for the next rotation is left unused. Raises KeysMissing, KeysCorrupt or KeysExposed.
    """
    if session.get(PetitionKey, petition_id) is not None:
        return
    chosen = settings()
    masters = read_key_files(chosen.keys_dir, only=MASTER, refuse_exposed=chosen.is_production)
    if not masters:
        raise KeysMissing("there is no master key: run `campaign keys make`")
    used = used_masters(session=session)
    master = newest_of([file for file in masters if file.id in used] or masters)
    row = PetitionKey(petition_id=petition_id, created_on=utc_now().date())
    _wrap(row, secrets.token_bytes(KEY_BYTES), master.id, master.key)
    session.add(row)
    session.flush()


def shred_petition_key(*, petition_id: int, session: AnySession, today: date) -> None:
    """Delete a petition's wrapped tag key and wrap all others under a new master.

    The promise holds only once the caller has committed and then called `destroy_old_masters`.
    Safe to repeat. Flushes; never commits. Raises KeysMissing for an unknown petition.
    """
    row = session.get(PetitionKey, petition_id)
    if row is None:
        raise KeysMissing(f"petition {petition_id} has no tag key")
    if row.shredded_on is None:
        row.wrapped, row.master_id, row.shredded_on = None, None, today
    rotate_master(session=session, today=today)


def rotate_master(*, session: AnySession, today: date) -> str:
    """Wrap every petition key under a new master and return its id.

    A master that was prepared before, and wraps nothing yet, is taken instead of a new one: so the file can
    first be carried to every host. Call `destroy_old_masters` after the commit. Flushes; never commits.
    Raises KeysMissing or KeysCorrupt, and then has changed nothing.
    """
    keys = keyring(fresh=True)
    rows = session.scalars(select(PetitionKey).where(PetitionKey.wrapped.is_not(None))).all()
    opened = [(row, _unwrap(row, keys.masters)) for row in rows]
    newest = prepare_master(keys_dir=keys.keys_dir, used={row.master_id for row in rows}, today=today)
    for row, key in opened:
        _wrap(row, key, newest.id, newest.key)
    session.flush()
    return newest.id


def prepare_master(*, keys_dir: Path, used: set[str | None], today: date) -> KeyFile:
    """Return the master to rotate to: the newest if it wraps nothing and replaced another, else a new one."""
    with only_one_changes(keys_dir):
        masters = [file for file in read_key_files(keys_dir) if file.kind == MASTER]
        if not masters:
            raise KeysMissing("there is no master key: run `campaign keys make`")
        newest = newest_of(masters)
        if newest.id not in used and len(masters) > 1:
            return newest
        made = new_key_file(MASTER, secrets.token_bytes(KEY_BYTES), created_on=today, replaces=newest.id)
        write_key_file(keys_dir, made)
        return made


def used_masters(*, session: AnySession) -> set[str | None]:
    """Return the ids of the masters that wrap a petition key."""
    return set(
        session.scalars(select(PetitionKey.master_id).where(PetitionKey.wrapped.is_not(None)).distinct())
    )


def old_masters_remaining(*, keys_dir: Path, session: AnySession) -> list[str]:
    """Return the ids of masters on this host that wrap nothing any more and still have to be destroyed."""
    return [file.id for file in _old_masters(keys_dir, session)]


def destroy_old_masters(*, keys_dir: Path, session: AnySession) -> list[str]:
    """Destroy the masters on this host that wrap nothing any more, and return their ids.

    Runs after the commit of `rotate_master`, on every host; safe to repeat.
    Raises RuntimeError inside a transaction: a rollback would then lose every petition's key.
    """
    if session().in_transaction() if isinstance(session, scoped_session) else session.in_transaction():
        raise RuntimeError("commit before old masters are destroyed")
    with only_one_changes(keys_dir):
        old = _old_masters(keys_dir, session)
        session.rollback()
        for file in old:
            destroy_key_file(keys_dir, file)
    return [file.id for file in old]


def _old_masters(keys_dir: Path, session: AnySession) -> list[KeyFile]:
    used = used_masters(session=session)
    masters = [file for file in read_key_files(keys_dir) if file.kind == MASTER]
    replaced = {file.replaces for file in masters}
    return [file for file in masters if file.id not in used and file.id in replaced]


def _wrap(row: PetitionKey, key: bytes, master_id: str, master: bytes) -> None:
    nonce = secrets.token_bytes(NONCE_BYTES)
    row.wrapped = nonce + AESGCM(master).encrypt(nonce, key, _wrap_context(row.petition_id))
    row.master_id = master_id


def _unwrap(row: PetitionKey, masters: dict[str, bytes]) -> bytes:
    master = masters.get(row.master_id or "")
    if master is None or row.wrapped is None:
        raise KeysMissing(
            f"the master key {row.master_id} that wraps petition {row.petition_id} is not on this host"
        )
    nonce, wrapped = row.wrapped[:NONCE_BYTES], row.wrapped[NONCE_BYTES:]
    try:
        return AESGCM(master).decrypt(nonce, wrapped, _wrap_context(row.petition_id))
    except (InvalidTag, ValueError) as problem:
        raise KeysCorrupt(f"the wrapped key of petition {row.petition_id} does not open") from problem


def _wrap_context(petition_id: int) -> bytes:
    return WRAP_LABEL + petition_id.to_bytes(8, "big")
