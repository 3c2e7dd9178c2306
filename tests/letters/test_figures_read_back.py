"""Every figure of every letter that we ship, read back out of its documents: it is the statement's at issuing.

Each template in all of its languages, as it is issued; PDF, DOCX and plain text are read by programs that know nothing
of how they were made, after more people have signed.
"""

import json
import re
from datetime import timedelta

import pytest

from campaign_app.extensions import db
from campaign_app.letters import making, queries
from campaign_app.letters.documents.numbers import COUNTRY
from campaign_app.letters.frozen import LETTER, NUMBERS_SHEET, from_json
from campaign_app.letters.obstacles import against_issuing
from campaign_app.petitions.operations import petition_by_slug
from campaign_app.tally import operations as tally
from campaign_app.tally import snapshots
from campaign_app.tally.queries import statement
from tests.integrity.campaigns import let_sign
from tests.letters.situations import NOW
from tests.letters.test_issuing import issued
from tests.letters.test_making import words_of_docx, words_of_pdf
from tests.letters.test_shipped_letters import SHIPPED, draft

pytestmark = pytest.mark.usefixtures("ready")
FLAGSHIPS = ("fate-of-the-disappeared", "lists-and-graves")
# All of them signed on one day, the largest. None is part of another, of a date or of a figure that domain.md has.
SMALL = 100  # numbers of pages, days and requests
PEOPLE, TO_A_MAILBOX, LATER = 7_518, 2, 2_604
APART = {"paper": 6_431, "withdrawn": 297, "erased": 153, "invalidated": 478}
NUMBER = re.compile(r"\d{1,3}(?:([,.\u066c \u00a0\u202f])\d{3}(?!\d)(?:\1\d{3}(?!\d))*)|\d+")
FOREIGN_DIGITS = {ord(digit): str(value) for value, digit in enumerate("٠١٢٣٤٥٦٧٨٩")}


def signed(slug):
    """Let a petition have every kind of number, and groups that were published last midnight; return its key."""
    petition_id = petition_by_slug(slug).id
    yesterday = NOW.date() - timedelta(days=1)
    let_sign(petition_id, PEOPLE, on=yesterday, to_a_mailbox=TO_A_MAILBOX)
    for event, people in APART.items():
        where = {"country": "DE", "language": "en", "source": "direct", "path": "js"}
        reason = "automated" if event == "invalidated" else ""
        mailboxes = 0 if event == "paper" else people
        tally.add(
            petition_id=petition_id,
            day=yesterday,
            event=event,
            reason=reason,
            people=people,
            mailboxes=mailboxes,
            **where,
        )
    assert snapshots.take(now=NOW)
    db.session.commit()
    return petition_id


def numbers_in(text):
    """Return every whole number in a text, however its digits are written and grouped."""
    found = NUMBER.finditer(text.translate(FOREIGN_DIGITS))
    return {int(re.sub(r"\D", "", each[0])) for each in found}


def without_numbers(frozen):
    """Return all that is frozen of a letter but its numbers and groups, as text."""
    frozen = json.loads(frozen)
    annexes = {name: value for name, value in frozen["annexes"].items() if name != "breakdowns"}
    return json.dumps({**frozen, "statement": None, "annexes": annexes}, ensure_ascii=False)


@pytest.mark.parametrize("key", SHIPPED)
def test_every_figure_of_a_letter_is_read_back_out_of_its_documents(key, petition, people):
    slug = FLAGSHIPS[list(SHIPPED).index(key) % len(FLAGSHIPS)]
    petition_id = signed(slug)
    letter = draft(key, slug)
    db.session.commit()
    assert [each.code for each in against_issuing(letter, now=NOW) if not each.is_warning] == []
    then = statement(petition_id, now=NOW)

    issued(letter, people)
    let_sign(petition_id, LATER, on=NOW.date())
    db.session.commit()
    making.make(letter, now=NOW)

    frozen = from_json(letter.frozen)
    stated = {then.people, then.mailboxes}
    annexed = {*stated, then.withdrawn, then.erased, then.paper, *then.taken_out.values(), PEOPLE}
    # A numbers sheet has one page: of the groups it shows the countries.
    shown = [each for each in frozen.annexes.breakdowns if frozen.kind == LETTER or each.dimension == COUNTRY]
    groups = {people for each in shown for people in (*dict(each.rows).values(), each.others) if people}
    assert {then.withdrawn, then.erased, then.paper, *then.taken_out.values()} == set(APART.values())
    told = numbers_in(without_numbers(letter.frozen))
    files = {file.name: file for file in queries.files_of(letter)}
    for lang, text in frozen.texts.items():
        documents = {"pdf": words_of_pdf(letter, lang)}
        if f"{letter.reference}-{lang}.docx" in files:
            documents["docx"] = words_of_docx(letter, lang)
        for kind, said in documents.items():
            expected = stated if text.statement else set()
            if frozen.annexes.breakdowns or frozen.kind == NUMBERS_SHEET:
                expected = expected | annexed | groups
            assert expected <= numbers_in(said), (lang, kind)
            # Nor is there any other number but those of its words, its sources and its dates.
            assert {one for one in numbers_in(said) if one >= SMALL} - expected - told == set(), (lang, kind)
            for printed in (*text.figures.values(),):
                assert numbers_in(printed) <= numbers_in(said), (lang, kind, printed)
