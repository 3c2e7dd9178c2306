"""A petition's title in a letter of another language: only while it says what the petition says."""

import pytest
from flask import Flask

from campaign_app.config import EXTENSION, Settings
from campaign_app.letters.titles import translated_title

ENGLISH = "Syria: hand families the lists of those who did not come home, protect the burial sites, return the remains"


@pytest.fixture(autouse=True)
def _application():
    app = Flask("titles")
    app.extensions[EXTENSION] = Settings()
    with app.app_context():
        yield


def test_a_title_stands_in_the_languages_of_letters():
    assert translated_title("lists-and-graves", "fr", english=ENGLISH).startswith("Syrie\u00a0: remettez")
    assert translated_title("lists-and-graves", "zh", english=ENGLISH).startswith("叙利亚：向家属")


def test_a_title_that_was_edited_since_has_no_translation():
    assert translated_title("lists-and-graves", "fr", english=f"{ENGLISH}, today") is None


def test_a_petition_that_nobody_translated_or_a_language_that_is_missing_has_none():
    assert translated_title("some-other", "fr", english=ENGLISH) is None
    assert translated_title("lists-and-graves", "de", english=ENGLISH) is None
