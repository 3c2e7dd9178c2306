"""One secret, many forms: every form gives the same key back, and a wrong one says what is wrong."""

import base64
import re

import pytest

from campaign_app.sealing.campaign_secret import (
    CampaignSecret,
    NotASecret,
    backup_check,
    new_secret,
    secret_from_text,
    secret_from_words,
    word_list,
)
from campaign_app.sealing.keys import fingerprint_of_points

from .conftest import golden


@pytest.mark.parametrize("frozen", golden("secrets.json"), ids=lambda frozen: frozen["id"])
def test_everything_derived_from_a_seed_is_frozen(frozen):
    secret = CampaignSecret(bytes.fromhex(frozen["seed"]))

    assert secret.point.hex() == frozen["point"]
    assert secret.id == frozen["id"]
    assert fingerprint_of_points([secret.point]) == frozen["fingerprint"]
    assert " ".join(secret.words) == frozen["words"]
    assert secret.text == frozen["text"]
    assert secret.backup_code == frozen["backup_code"]
    assert base64.b64encode(backup_check(secret.backup_code)).decode() == frozen["backup_check"]


def test_the_key_pair_is_the_one_of_rfc_9180_appendix_a_3():
    secret = CampaignSecret(bytes.fromhex("668b37171f1072f3cf12ea8a236a45df23fc13b82af3609ad1e354f6ef817550"))

    assert secret.private_key.private_numbers().private_value == int(
        "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2", 16
    )
    assert secret.point.hex() == (
        "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a82"
        "6a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0"
    )


def test_the_words_are_those_of_bip_39():
    assert CampaignSecret(bytes(32)).words == ["abandon"] * 23 + ["art"]
    assert len(set(word_list())) == 2048


def test_words_give_the_secret_back_however_they_were_typed():
    secret = new_secret()
    numbered = "\n".join(f"{place}. {word.upper()}" for place, word in enumerate(secret.words, 1))

    assert secret_from_words(numbered).seed == secret.seed


def test_the_text_of_the_square_code_gives_the_secret_back():
    secret = new_secret()

    assert secret_from_text(f" {secret.text.lower()}\n").seed == secret.seed


@pytest.mark.parametrize(
    ("spoil", "words_of_the_refusal"),
    [
        (lambda words: [*words[:6], "abandom", *words[7:]], "word 7, 'abandom', is not in the list"),
        (lambda words: words[:23], "a backup has 24 words; 23 were given"),
        (lambda words: [*words, "zoo"], "25 were given"),
        (lambda words: [words[1], words[0], *words[2:]], "one of them is wrong or two changed places"),
    ],
)
def test_wrong_words_are_refused_by_saying_which(spoil, words_of_the_refusal):
    words = CampaignSecret(bytes(range(32))).words

    with pytest.raises(NotASecret, match=re.escape(words_of_the_refusal)):
        secret_from_words(" ".join(spoil(words)))


def test_one_wrong_character_of_the_text_is_noticed():
    text = new_secret().text
    spoiled = text[:20] + ("0" if text[20] != "0" else "1") + text[21:]

    with pytest.raises(NotASecret, match="a character"):
        secret_from_text(spoiled)


@pytest.mark.parametrize("text", ["", "NIDAA-SECRET-1:", "https://example.org"])
def test_other_texts_are_no_secret(text):
    with pytest.raises(NotASecret, match="not the text"):
        secret_from_text(text)


def test_a_backup_code_may_be_typed_carelessly():
    code = CampaignSecret(bytes(range(32))).backup_code

    assert backup_check(code.lower().replace("-", " ").replace("0", "o")) == backup_check(code)
    assert backup_check(code[:-1]) != backup_check(code)


def test_a_secret_is_not_shown_by_accident():
    secret = new_secret()

    assert secret.seed.hex() not in repr(secret)
    assert str(secret.seed) not in repr(secret)
