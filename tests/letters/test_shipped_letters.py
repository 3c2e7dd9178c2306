"""Every shipped template, put together as it would leave: each mark is filled in each of its languages."""

import pytest

from campaign_app.config import ROOT
from campaign_app.extensions import db
from campaign_app.letters import drafting, rules, templates
from campaign_app.letters.freezing import put_together
from campaign_app.letters.frozen import HEADING, ORDERED
from campaign_app.letters.templates import COUNCIL_PRESIDENT, NOBODY
from campaign_app.letters.texts import plain
from campaign_app.petitions.operations import petition_by_slug
from tests.integrity.campaigns import let_sign
from tests.letters.situations import NOW, begin, ensure_office

SHIPPED = templates.load(ROOT / "content")
MEMBER = "mission-latvia"
TYPED = "WHAT AN ORGANISER TYPED"
pytestmark = pytest.mark.usefixtures("ready")


def draft(key, slug):
    """Begin a letter of a template in all of its languages, with everything in that can be in."""
    found = SHIPPED[key]
    needs_body = found.recipient not in (COUNCIL_PRESIDENT, NOBODY)
    letter = begin(
        key,
        languages=tuple(found.texts),
        petition_id=petition_by_slug(slug).id,
        body_key=an_office_for(found) if needs_body else "",
    )
    drafting.edit(
        letter=letter,
        edit=drafting.Edit(
            texts=letter.texts,
            typed={field.name: dict.fromkeys(letter.languages, TYPED) for field in found.fields},
            parts=tuple(found.parts),
            signatory=letter.signatory,
            visibility=letter.visibility,
            way=rules.POST,
        ),
        by="test",
        now=NOW,
    )
    return letter


def an_office_for(found):
    """Return the key of an office that the template is written for; we ship no government's."""
    if found.kinds and "mission" not in found.kinds:
        return ensure_office("an-office-of-a-test", kind=found.kinds[0], today=NOW.date()).key
    return (*found.bodies, MEMBER)[0]


@pytest.fixture(params=["fate-of-the-disappeared", "lists-and-graves"])
def slug(request, petition):
    """Each flagship, signed by three people."""
    let_sign(petition_by_slug(request.param).id, 3, on=NOW.date())
    db.session.commit()
    return request.param


@pytest.mark.parametrize("key", SHIPPED)
def test_a_letter_of_either_flagship_is_filled_to_the_last_mark_in_each_language(key, slug):
    letter = draft(key, slug)

    put = put_together(letter, now=NOW)

    assert {lang: list(found) for lang, found in put.unresolved.items()} == {
        lang: [] for lang in letter.languages
    }
    for lang, text in put.letter.texts.items():
        words = f"{text.subject}\n{plain(text.blocks)}"
        assert "{{" not in words, lang
        assert words.count(TYPED) == len(SHIPPED[key].fields), lang
        assert bool(text.statement) == ("{{statement}}" in SHIPPED[key].texts[lang].body)


@pytest.mark.parametrize("key", SHIPPED)
def test_every_language_of_a_letter_says_the_same_things(key, slug):
    put = put_together(draft(key, slug), now=NOW)

    shapes = {
        tuple((block.kind, len(block.items)) for block in text.blocks) for text in put.letter.texts.values()
    }
    assert len(shapes) == 1
    assert len({len(text.sources) for text in put.letter.texts.values()}) == 1


def test_the_requests_to_the_council_are_numbered_from_one_and_the_petition_s_are_not(slug):
    put = put_together(draft("council-president", slug), now=NOW)

    for text in put.letter.texts.values():
        (asked,) = [block for block in text.blocks if block.kind == ORDERED]
        assert (asked.start, len(asked.items)) == (1, 4)
        assert not [block for block in text.blocks if block.kind == HEADING]
