"""What the sign-in library says is said in the desk's words and in the reader's language."""

import pytest
from flask_security.core import _default_messages

from campaign_app.accounts import library_words
from tests.desk_client import PASSWORD, SETUP, signed_in, token_of
from tests.supporters import words


def test_every_sentence_of_ours_takes_the_place_of_one_of_the_librarys():
    assert (library_words.ERRORS | library_words.DONE).keys() <= _default_messages.keys()


@pytest.mark.parametrize(
    ("lang", "differ", "no_name", "wrong_code", "switched_on"),
    [
        (
            "en",
            "The two passwords differ.",
            "Give the passkey a name.",
            "The code was not right, so nothing was switched on.",
            "One-time codes are switched on.",
        ),
        (
            "ar",
            "كلمتا السر مختلفتان.",
            "اكتب اسماً لمفتاح المرور.",
            "لم يكن الرمز صحيحاً، فلم يُشغَّل شيء.",
            "شُغّلت الرموز لمرة واحدة.",
        ),
    ],
)
def test_mistakes_and_what_is_done_are_told_in_the_readers_language(
    app, lang, differ, no_name, wrong_code, switched_on
):
    owner = signed_in(app).language(lang)
    passwords = {"password": PASSWORD, "new_password": "four other quiet words"}

    changed = owner.send("/desk/change", page="/desk/change", new_password_confirm="other", **passwords)
    named = owner.send("/desk/wan-register", page="/desk/wan-register", name="", usage="secondary")
    key = owner.send("/desk/tf-setup", page="/desk/tf-setup", setup="authenticator")
    place = SETUP.search(key.text)
    assert place
    owner.post(place[1], data={"csrf_token": token_of(key), "code": "000000"})
    refused = owner.get("/desk/tf-setup")
    owner.set_up_codes()

    assert differ in words(changed)
    assert no_name in words(named)
    assert wrong_code in words(refused)
    assert switched_on in words(owner.get("/desk/sign-in"))
