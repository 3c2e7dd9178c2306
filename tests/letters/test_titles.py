"""A petition's title in a letter of another language: only while it says what the petition says."""

import pytest
from sqlalchemy import update

from campaign_app.extensions import db
from campaign_app.letters.about import title_of
from campaign_app.letters.titles import translated_title
from campaign_app.petitions.models import PetitionText
from campaign_app.petitions.queries import forget_kept, petition_by_id

pytestmark = pytest.mark.usefixtures("context")

ENGLISH = "Syria: hand families the lists of those who did not come home, protect the burial sites, return the remains"


def test_a_title_stands_in_the_languages_of_letters():
    assert translated_title("lists-and-graves", "fr", ENGLISH).startswith("Syrie\u00a0: remettez")
    assert translated_title("lists-and-graves", "zh", ENGLISH).startswith("叙利亚：向家属")


def test_a_title_that_was_edited_since_has_no_translation():
    assert translated_title("lists-and-graves", "fr", f"{ENGLISH}, today") is None


def test_a_petition_that_nobody_translated_or_a_language_that_is_missing_has_none():
    assert translated_title("some-other", "fr", ENGLISH) is None
    assert translated_title("lists-and-graves", "de", ENGLISH) is None


def test_a_letter_says_the_title_in_its_own_language(petition):
    found = petition_by_id(petition.id)

    assert title_of(found, "ar").startswith("سوريا")
    assert title_of(found, "en") == ENGLISH
    assert title_of(found, "ru").startswith("Сирия: передайте семьям")


def test_a_letter_says_an_edited_title_as_it_was_written_and_never_by_an_old_translation(petition):
    edited = update(PetitionText).where(PetitionText.language == "en").values(title="Another title")
    db.session.execute(edited)
    db.session.commit()
    forget_kept()

    assert title_of(petition_by_id(petition.id), "ru") == "Another title"
