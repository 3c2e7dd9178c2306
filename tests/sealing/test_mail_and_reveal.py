"""What waits in the outbox and behind a link: sealed mail parameters, sealed names, hashed tokens."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as some

from campaign_app.sealing import operations
from campaign_app.sealing.keys import load_keys
from campaign_app.sealing.mail import open_mail, seal_mail
from campaign_app.sealing.problems import CannotOpen, NotSealed, SealedForOthers, WrongContext
from campaign_app.sealing.reveal import open_reveal, seal_reveal
from campaign_app.sealing.tokens import new_token, token_hash

from .conftest import TODAY

PARAMETERS = {"kind": "confirm", "to": "signer@example.org", "name": "موقّع تجريبي", "token": "t" * 32}


@pytest.mark.usefixtures("secrets")
def test_the_worker_opens_what_a_page_sealed(keys_dir):
    keys = load_keys(keys_dir)

    sealed = seal_mail(PARAMETERS, key=keys.mail_public)

    assert open_mail(sealed, secret=keys.mail_secret) == PARAMETERS
    assert b"example.org" not in sealed


@pytest.mark.usefixtures("secrets")
def test_mail_that_waits_is_opened_after_the_key_was_replaced(keys_dir):
    waiting = seal_mail(PARAMETERS, key=load_keys(keys_dir).mail_public)

    operations.rotate_mail(keys_dir=keys_dir, today=TODAY)

    keys = load_keys(keys_dir)
    assert open_mail(waiting, secret=keys.mail_secret) == PARAMETERS
    assert open_mail(seal_mail(PARAMETERS, key=keys.mail_public), secret=keys.mail_secret) == PARAMETERS
    assert waiting[4:12] != keys.mail_public.id_bytes


@pytest.mark.usefixtures("secrets")
def test_a_host_that_only_serves_pages_cannot_open_mail(keys_dir):
    for path in keys_dir.glob("mail-secret-*"):
        path.unlink()

    keys = load_keys(keys_dir)

    assert keys.mail_secret is None
    assert seal_mail(PARAMETERS, key=keys.mail_public)


@pytest.mark.usefixtures("secrets")
def test_mail_that_was_altered_or_cut_or_sealed_elsewhere_is_refused(keys_dir, tmp_path):
    keys = load_keys(keys_dir)
    sealed = seal_mail(PARAMETERS, key=keys.mail_public)
    operations.ensure_development_keys(keys_dir=tmp_path / "other", today=TODAY)
    elsewhere = seal_mail(PARAMETERS, key=load_keys(tmp_path / "other").mail_public)

    for spoiled, refusal in (
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), WrongContext),
        (sealed[:40], WrongContext),
        (sealed[:12], NotSealed),
        (b"", NotSealed),
        (elsewhere, SealedForOthers),
    ):
        with pytest.raises(refusal):
            open_mail(spoiled, secret=keys.mail_secret)


def test_only_the_mailed_token_shows_the_name():
    token = new_token()
    sealed = seal_reveal({"name": "Test Signer", "is_shown": True}, token.encode())

    assert open_reveal(sealed, token.encode()) == {"name": "Test Signer", "is_shown": True}
    with pytest.raises(WrongContext):
        open_reveal(sealed, new_token().encode())


def test_the_choice_to_show_a_name_does_not_show_in_the_length():
    lengths = {
        len(seal_reveal({"name": name, "is_shown": is_shown}, b"t" * 32))
        for name in ("A", "ن" * 100)
        for is_shown in (True, False)
    }

    assert len(lengths) == 1


@given(noise=some.binary(max_size=300))
def test_noise_in_place_of_a_sealed_name_is_refused(noise):
    for given_bytes in (noise, b"NDR\x01" + noise):
        with pytest.raises(CannotOpen):
            open_reveal(given_bytes, b"t" * 32)


def test_tokens_survive_in_an_address_and_are_stored_as_hashes():
    token = new_token()

    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", token)
    assert token != new_token()
    assert len(token_hash(token)) == 32
    assert token_hash("not a token \ud800") != token_hash(token)
