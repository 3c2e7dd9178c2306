"""Letters in the API: what is public of them, and that of nothing else there is a trace."""

import re

from campaign_app.extensions import db
from campaign_app.letters import public
from campaign_app.letters.models import Letter
from campaign_app.letters.rules import REFERENCE
from tests.api.situations import (
    CORRECTION,
    HIDDEN,
    KEPT_BACK,
    PUBLIC,
    PUBLISHED,
    SLUG,
    WITH_NAMES,
    change,
    reference,
)
from tests.letters.sent import code_of, sum_of

LETTERS = "/api/v1/letters"
FEEDS = ("/en/updates.atom", "/ar/updates.json")


def test_public_letters_are_listed_the_latest_first(reader):
    answer = reader.get(LETTERS).json

    assert [each["reference"] for each in answer["items"]] == [
        reference(number) for number in (CORRECTION, WITH_NAMES, PUBLIC)
    ]
    assert answer["total"] == 3
    first = answer["items"][-1]
    assert (first["state"], first["petition"], first["kind"]) == ("answered", SLUG, "letter")
    assert (
        first["standings"] == {"en": "Answered.", "ar": "وصل ردّ."} or first["standings"]["ar"] != "Answered."
    )
    assert set(first["recipients"]) == {"ar", "en"}


def test_letters_of_one_petition_only(reader):
    found = reader.get(f"{LETTERS}?petition={SLUG}").json

    assert [each["reference"] for each in found["items"]] == [reference(CORRECTION), reference(PUBLIC)]
    assert found["total"] == 2
    assert reader.get(f"{LETTERS}?petition=fate-of-the-disappeared").json["items"] == []


def test_one_letter_tells_its_numbers_its_documents_and_the_published_replies(reader):
    found = reader.get(f"{LETTERS}/{reference(PUBLIC)}").json

    assert found["numbers"]["people"] > 0
    sums = {each["sha256"] for each in found["files"]}
    assert sum_of(PUBLIC, "en", "pdf") in sums
    [reply] = found["replies"]
    assert (reply["kind"], reply["text"].splitlines()[-1], reply["language"]) == (
        "answer",
        "Invented Office",
        "en",
    )
    assert reply["writers"]["en"]
    assert found["corrected_by"] == [reference(CORRECTION)]
    assert reader.get(f"{LETTERS}/{reference(CORRECTION)}").json["corrects"] == [reference(PUBLIC)]


def test_documents_with_names_of_people_are_told_by_their_sums_and_not_given_out(reader):
    files = reader.get(f"{LETTERS}/{reference(WITH_NAMES)}").json["files"]

    assert {each["url"] for each in files} == {None}
    assert sum_of(WITH_NAMES, "en", "pdf") in {each["sha256"] for each in files}


def test_a_letter_that_is_not_public_is_answered_like_a_reference_that_never_was(reader):
    never = reader.get(f"{LETTERS}/{reference(99)}")

    for number in HIDDEN:
        hidden = reader.get(f"{LETTERS}/{reference(number)}")

        assert (hidden.status_code, hidden.data, hidden.headers) == (404, never.data, never.headers), number


def test_nothing_tells_of_a_letter_that_is_not_public_nor_of_a_reply_that_was_kept_back(reader):
    read = "".join(
        reader.get(address).text
        for address in (
            LETTERS,
            f"{LETTERS}?petition={SLUG}",
            *(f"{LETTERS}/{reference(number)}" for number in (PUBLIC, WITH_NAMES, CORRECTION, *HIDDEN)),
            f"/api/v1/petitions/{SLUG}",
            *FEEDS,
        )
    )

    assert PUBLISHED in read
    assert KEPT_BACK not in read
    assert "Agreed by voice" not in read
    shown = {found.group() for found in REFERENCE.finditer(read)}
    assert shown == {reference(number) for number in (PUBLIC, WITH_NAMES, CORRECTION)}
    for number in HIDDEN:
        assert code_of(number) not in read
        assert sum_of(number, "en", "pdf") not in read
    assert re.search("[KL]{8}", read) is None  # the beginning of any letter's code


def test_a_letter_that_ceases_to_be_public_is_gone_from_the_number_too(reader):
    def hide() -> None:
        db.session.query(Letter).filter_by(reference=reference(PUBLIC)).one().visibility = "verify-only"

    change(reader.application, hide)

    assert reader.get(LETTERS).json["total"] == 2
    assert reader.get(f"{LETTERS}/{reference(PUBLIC)}").status_code == 404
    assert reader.get(f"{LETTERS}/{reference(CORRECTION)}").json["corrects"] == []


def test_older_letters_are_on_the_next_page(reader, monkeypatch):
    monkeypatch.setattr(public, "ON_A_PAGE", 1)

    first = reader.get(f"{LETTERS}?petition={SLUG}").json
    second = reader.get(first["next"]).json

    assert (first["pages"], second["page"], second["next"]) == (2, 2, None)
    assert [each["reference"] for each in first["items"]] == [reference(CORRECTION)]
    assert [each["reference"] for each in second["items"]] == [reference(PUBLIC)]
    assert reader.get(second["previous"]).json["items"] == first["items"]
    assert reader.get(f"{LETTERS}?page=4").json["code"] == "page-beyond-the-end"
