"""Tags recognise a repeat within one petition; a shredded key recognises nobody, whatever else is stolen."""

import pytest
from sqlalchemy import delete, select, text

from campaign_app.extensions import db
from campaign_app.sealing import tags
from campaign_app.sealing.key_files import MASTER, read_key_files
from campaign_app.sealing.keys import keyring
from campaign_app.sealing.models import PetitionKey
from campaign_app.sealing.problems import KeysCorrupt, KeysMissing, PetitionKeyShredded

from .conftest import TODAY

ADDRESS = "signer@example.org"
ONE, OTHER = 1001, 1002


@pytest.fixture
def keys_dir(own_keys):
    """The application's keys, and two petitions that have tag keys."""
    db.session.execute(delete(PetitionKey))
    for petition_id in (ONE, OTHER):
        tags.create_petition_key(petition_id=petition_id, session=db.session)
    db.session.commit()
    yield own_keys
    db.session.rollback()


def key_of(petition_id):
    return tags.petition_tag_key(petition_id, session=db.session)


def key_from_disk(petition_id):
    """The key as a process that has just started would find it."""
    keyring(fresh=True).tag_keys.clear()
    db.session.expire_all()
    return key_of(petition_id)


def shred_one(keys_dir):
    tags.shred_petition_key(petition_id=ONE, session=db.session, today=TODAY)
    db.session.commit()
    tags.destroy_old_masters(keys_dir=keys_dir, session=db.session)


def masters(keys_dir):
    return {file.id for file in read_key_files(keys_dir, only=MASTER)}


def test_the_same_address_has_the_same_tag_in_one_petition_only(keys_dir):
    assert tags.tag(key_of(ONE), ADDRESS) == tags.tag(key_of(ONE), ADDRESS)
    assert tags.tag(key_of(ONE), ADDRESS) != tags.tag(key_of(OTHER), ADDRESS)


def test_tags_of_different_kinds_never_meet():
    key = bytes(32)

    found = {
        tags.tag(key, "example.org")[:16],
        tags.person_tag(key, "example.org", "")[:16],
        tags.person_tag(key, "", "example.org")[:16],
        tags.person_tag(key, "example", ".org")[:16],
        tags.domain_tag(key, "example.org"),
    }

    assert len(found) == 5


def test_a_petition_keeps_the_key_it_was_given(keys_dir):
    before = key_of(ONE)

    tags.create_petition_key(petition_id=ONE, session=db.session)

    assert key_from_disk(ONE) == before


def test_the_database_alone_holds_no_usable_key(keys_dir):
    row = db.session.get(PetitionKey, ONE)

    assert key_of(ONE) not in row.wrapped
    for path in keys_dir.glob("master-*"):
        path.rename(path.with_suffix(".stolen"))
    with pytest.raises(KeysMissing):
        keyring(fresh=True)


def test_a_wrapped_key_does_not_open_for_another_petition(keys_dir):
    one, other = (db.session.get(PetitionKey, petition_id) for petition_id in (ONE, OTHER))
    one.wrapped = other.wrapped
    db.session.flush()

    with pytest.raises(KeysCorrupt):
        key_from_disk(ONE)


def test_a_petition_without_a_key_is_said_to_have_none(keys_dir):
    with pytest.raises(KeysMissing, match="no tag key"):
        key_of(1003)


def test_rotating_the_master_keeps_every_tag(keys_dir):
    before = (key_of(ONE), key_of(OTHER), masters(keys_dir))

    newest = tags.rotate_master(session=db.session, today=TODAY)
    db.session.commit()
    destroyed = tags.destroy_old_masters(keys_dir=keys_dir, session=db.session)

    assert set(destroyed) == before[2]
    assert masters(keys_dir) == {newest}
    assert (key_from_disk(ONE), key_from_disk(OTHER)) == before[:2]


def test_a_process_that_has_not_noticed_a_rotation_goes_on(keys_dir, context):
    before = key_of(ONE)
    held = context.extensions["nidaa_keyring"]
    tags.rotate_master(session=db.session, today=TODAY)
    db.session.commit()
    held.keyring.tag_keys.clear()
    context.extensions["nidaa_keyring"] = held

    assert key_of(ONE) == before


def test_a_prepared_master_is_the_one_that_is_used(keys_dir):
    used = tags.used_masters(session=db.session)
    prepared = tags.prepare_master(keys_dir=keys_dir, used=used, today=TODAY)

    assert tags.prepare_master(keys_dir=keys_dir, used=used, today=TODAY) == prepared
    assert tags.rotate_master(session=db.session, today=TODAY) == prepared.id


def test_a_rollback_after_rotating_loses_nothing(keys_dir):
    before = key_of(ONE)
    tags.rotate_master(session=db.session, today=TODAY)
    db.session.rollback()

    assert tags.destroy_old_masters(keys_dir=keys_dir, session=db.session) == []
    assert key_from_disk(ONE) == before


def test_old_masters_are_not_destroyed_before_the_commit(keys_dir):
    tags.rotate_master(session=db.session, today=TODAY)

    with pytest.raises(RuntimeError, match="commit"):
        tags.destroy_old_masters(keys_dir=keys_dir, session=db.session)

    assert len(masters(keys_dir)) == 2


def test_shredding_ends_one_petition_and_leaves_the_other(keys_dir):
    before = key_of(OTHER)

    shred_one(keys_dir)

    with pytest.raises(PetitionKeyShredded):
        key_from_disk(ONE)
    assert key_from_disk(OTHER) == before
    assert db.session.get(PetitionKey, ONE).shredded_on == TODAY


def test_a_process_that_knew_the_key_forgets_it_when_its_master_goes(keys_dir):
    key_of(ONE)

    shred_one(keys_dir)
    keyring(fresh=True)

    with pytest.raises(PetitionKeyShredded):
        key_of(ONE)


def test_a_backup_of_the_database_is_useless_after_shredding(keys_dir):
    backup = db.session.execute(
        select(PetitionKey.wrapped, PetitionKey.master_id).filter_by(petition_id=ONE)
    ).one()
    shred_one(keys_dir)

    row = db.session.get(PetitionKey, ONE)
    row.wrapped, row.master_id = backup
    db.session.flush()

    with pytest.raises(KeysMissing, match="not on this host"):
        key_from_disk(ONE)


def test_what_remains_to_be_destroyed_on_a_host_is_listed_until_it_is(keys_dir):
    tags.shred_petition_key(petition_id=ONE, session=db.session, today=TODAY)
    db.session.commit()

    remaining = tags.old_masters_remaining(keys_dir=keys_dir, session=db.session)
    db.session.rollback()
    destroyed = tags.destroy_old_masters(keys_dir=keys_dir, session=db.session)

    assert len(remaining) == 1
    assert remaining == destroyed
    assert tags.old_masters_remaining(keys_dir=keys_dir, session=db.session) == []


def test_a_shredded_petition_never_gets_another_key(keys_dir):
    shred_one(keys_dir)

    tags.create_petition_key(petition_id=ONE, session=db.session)

    with pytest.raises(PetitionKeyShredded):
        key_from_disk(ONE)


def test_a_stolen_database_without_the_key_file_matches_none_of_10_000_candidates(keys_dir):
    """Safety goal 2, for tags: whatever 32 bytes of the database are taken for the key, no signer is found."""
    candidates = [f"signer{number}@example.org" for number in range(10_000)]
    stolen_tags = {tags.tag(key_of(ONE), address) for address in candidates[::100]}
    rows = db.session.execute(text("SELECT wrapped, master_id FROM petition_key")).all()
    stolen = [bytes(wrapped) for wrapped, _ in rows]
    guesses = {part[start : start + 32] for part in stolen for start in range(len(part) - 31)}
    guesses |= {bytes(32), *(master_id.encode().ljust(32, b"\0") for _, master_id in rows)}

    found = [
        address for guess in guesses for address in candidates if tags.tag(guess, address) in stolen_tags
    ]
    with_the_key = [address for address in candidates if tags.tag(key_of(ONE), address) in stolen_tags]

    assert found == []
    assert len(with_the_key) == 100
