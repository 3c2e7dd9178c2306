"""A frozen letter is read back exactly as it was written."""

import json
from dataclasses import replace

import pytest

from campaign_app.letters.frozen import from_json
from tests.letters.samples import frozen_letter


def test_a_frozen_letter_comes_back_from_its_json_as_it_was():
    letter = frozen_letter()

    assert from_json(letter.text) == letter
    assert from_json(letter.text).sha256 == letter.sha256


def test_a_letter_to_nobody_comes_back_too():
    letter = replace(frozen_letter(), addressed=None, signatory=None, statement=None)

    assert from_json(letter.text) == letter


def test_one_number_more_is_another_letter():
    letter = frozen_letter()
    more = replace(letter.statement, people=letter.statement.people + 1)

    assert replace(letter, statement=more).sha256 != letter.sha256


def test_another_format_is_refused():
    fields = {**json.loads(frozen_letter().text), "format": 2}

    with pytest.raises(ValueError, match="format"):
        from_json(json.dumps(fields))
