"""Sealed contacts: whoever holds a campaign's secret opens them; nobody else learns even a length."""

import base64
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from campaign_app.sealing.campaign_secret import CampaignSecret, new_secret
from campaign_app.sealing.contacts import FIELDS, key_ids, open_contact, seal_contact
from campaign_app.sealing.keys import CampaignKey
from campaign_app.sealing.problems import CannotOpen, KeysMissing, NotSealed, SealedForOthers, WrongContext

from .conftest import golden

SLUG = "lists-and-graves"
FIRST, SECOND = CampaignSecret(bytes(32)), CampaignSecret(bytes([1]) * 32)
CONTACT = {
    "format": 1,
    "id": "00" * 16,
    "name": "Test Signer",
    "email": "signer@example.org",
    "country": "SY",
    "language": "ar",
    "consents": {"signing": 1, "updates": None},
    "text_version": 2,
    "token": "t" * 32,
}


def campaign_key(secret: CampaignSecret) -> CampaignKey:
    return CampaignKey(
        id=secret.id,
        point=secret.point,
        created_on=date(2026, 3, 5),
        is_demo=False,
        backup_check=b"",
        backup_read_on=None,
    )


BOTH = [campaign_key(FIRST), campaign_key(SECOND)]


def sealed(**changes):
    return seal_contact({**CONTACT, **changes}, petition_slug=SLUG, keys=BOTH)


@pytest.mark.parametrize("who", [0, 1])
def test_the_golden_contacts_open_with_either_of_two_keys(who):
    frozen = golden("contacts-v1.json")
    secret = CampaignSecret(bytes.fromhex(golden("secrets.json")[who]["seed"]))

    for entry in frozen["contacts"]:
        found = open_contact(
            base64.b64decode(entry["sealed"]), petition_slug=frozen["petition"], secret=secret
        )
        assert found == entry["contact"]


def test_the_golden_contact_for_one_key_opens_with_it():
    frozen = golden("contacts-v1.json")
    secret = CampaignSecret(bytes.fromhex(golden("secrets.json")[2]["seed"]))
    entry = frozen["for_one_key"]

    found = open_contact(base64.b64decode(entry["sealed"]), petition_slug=frozen["petition"], secret=secret)

    assert found == entry["contact"]


@given(name=some.text(some.characters(exclude_categories=["Cs"]), max_size=100))
def test_any_name_comes_out_as_it_went_in(name):
    contact = {**CONTACT, "name": name}

    bytes_sealed = seal_contact(contact, petition_slug=SLUG, keys=BOTH)

    assert open_contact(bytes_sealed, petition_slug=SLUG, secret=SECOND) == contact


def test_the_length_does_not_tell_a_short_name_from_a_long_one():
    assert len(sealed(name="A")) == len(sealed(name="A" * 70))


def test_two_seals_of_one_contact_have_nothing_in_common_but_the_names_of_the_keys():
    one, other = sealed(), sealed()

    assert one[:13] == other[:13]
    assert one[-300:] != other[-300:]
    assert key_ids(one) == key_ids(other) == (FIRST.id, SECOND.id)


def test_no_field_can_be_read_in_the_sealed_bytes():
    found = sealed(name="Canary Name", email="canary@example.org")

    for hidden in (b"Canary", b"canary@", base64.b64encode(b"Canary")[:7], "Canary".encode("utf-16-le")):
        assert hidden not in found


def test_a_stranger_s_key_opens_nothing():
    with pytest.raises(SealedForOthers):
        open_contact(sealed(), petition_slug=SLUG, secret=new_secret())


def test_a_contact_cannot_be_moved_to_another_petition():
    with pytest.raises(WrongContext):
        open_contact(sealed(), petition_slug="another", secret=FIRST)


def test_a_contact_cannot_be_opened_under_another_key_s_name():
    bytes_sealed = bytearray(sealed())
    bytes_sealed[5:13] = bytes.fromhex(new_secret().id)

    with pytest.raises(SealedForOthers):
        open_contact(bytes(bytes_sealed), petition_slug=SLUG, secret=FIRST)


def test_no_byte_can_be_changed_without_being_noticed():
    original = sealed()

    for at in range(len(original)):
        changed = bytearray(original)
        changed[at] ^= 1
        with pytest.raises(CannotOpen):
            open_contact(bytes(changed), petition_slug=SLUG, secret=FIRST)


@pytest.mark.parametrize("length", [0, 3, 4, 5, 13, 200, 247, 259, 300])
def test_a_cut_contact_is_refused(length):
    with pytest.raises(CannotOpen):
        open_contact(sealed()[:length], petition_slug=SLUG, secret=FIRST)


@given(noise=some.binary(max_size=600))
def test_noise_is_refused_and_never_a_crash(noise):
    for given_bytes in (noise, b"NDC\x01" + noise):
        with pytest.raises(CannotOpen):
            open_contact(given_bytes, petition_slug=SLUG, secret=FIRST)


def test_a_later_format_is_refused_and_not_misread():
    with pytest.raises(NotSealed, match="does not know"):
        open_contact(sealed(format=2), petition_slug=SLUG, secret=FIRST)


def test_without_a_campaign_key_nothing_is_sealed():
    with pytest.raises(KeysMissing):
        seal_contact(CONTACT, petition_slug=SLUG, keys=[])


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_may_be_forgotten(field):
    contact = {name: value for name, value in CONTACT.items() if name != field}

    with pytest.raises(KeyError):
        seal_contact(contact, petition_slug=SLUG, keys=BOTH)
