"""The documents of an issued letter, made by the worker: every figure in them is the statement's of that moment."""

import hashlib
import io
import re

import docx
import pytest
from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.letters import issuing, making, queries, rules
from campaign_app.letters.frozen import from_json
from campaign_app.letters.models import LetterFile
from campaign_app.lockdown import operations as lockdown
from campaign_app.lockdown.rules import NAMES
from campaign_app.partners import endorsing
from campaign_app.partners.models import Endorsement
from campaign_app.petitions.models import Petition
from campaign_app.signing.models import Signature
from campaign_app.tally.queries import statement
from tests.integrity.campaigns import let_sign
from tests.letters.documents.reading import text_of
from tests.letters.situations import NOW, begin
from tests.letters.test_issuing import issued
from tests.partners.situations import an_endorsement

pytestmark = pytest.mark.usefixtures("ready")
PEOPLE = 1_234


@pytest.fixture
def letter(petition, people):
    """A letter to this month's President in three languages, issued when so many people had signed."""
    let_sign(petition.id, PEOPLE, on=NOW.date(), to_a_mailbox=2)
    found = begin(languages=("en", "ar", "fr"))
    db.session.commit()
    return issued(found, people)


def content(letter, ending, lang="en"):
    """Return the bytes of one document."""
    return queries.file_of(letter, f"{letter.reference}-{lang}.{ending}").content


def words_of_pdf(letter, lang="en"):
    """Return what a PDF says, on one line."""
    return " ".join(text_of(content(letter, "pdf", lang)).split())


def words_of_docx(letter, lang="en"):
    """Return what a DOCX says, on one line; its tables too."""
    document = docx.Document(io.BytesIO(content(letter, "docx", lang)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return " ".join(" ".join([each.text for each in document.paragraphs] + cells).split())


def test_each_language_gets_its_documents_once(letter):
    making.make_documents(now=NOW)
    first = {file.name: file.sha256 for file in queries.files_of(letter)}
    making.make_documents(now=NOW)

    assert sorted(first) == sorted(
        f"{letter.reference}-{lang}.{ending}"
        for lang in ("en", "ar", "fr")
        for ending in ("pdf", "docx", "txt")
    )
    assert {file.name: file.sha256 for file in queries.files_of(letter)} == first
    for file in queries.files_of(letter):
        assert hashlib.sha256(file.content).hexdigest() == file.sha256
        assert len(file.content) == file.size_bytes


def test_every_figure_in_every_document_is_the_statement_of_the_frozen_moment(letter):
    then = statement(letter.petition_id, now=NOW)
    let_sign(letter.petition_id, 777, on=NOW.date())
    db.session.commit()

    making.make_documents(now=NOW)

    assert (then.people, then.mailboxes) == (PEOPLE, PEOPLE // 2)
    said = (words_of_pdf(letter), words_of_docx(letter), " ".join(content(letter, "txt").decode().split()))
    for text in said:
        assert re.search(r"1,234 persons", text)
        assert re.search(r"617 mailboxes", text)
        assert letter.reference in text
        assert "2,011" not in text
    for lang in ("ar", "fr"):
        plain = content(letter, "txt", lang).decode()
        for text in (plain, words_of_docx(letter, lang), words_of_pdf(letter, lang)):
            assert re.search(r"(?<!\d)1,?234(?!\d)", re.sub(r"\s", "", text))


def test_a_document_with_one_byte_changed_has_another_sum(letter):
    making.make_documents(now=NOW)
    pdf = bytearray(content(letter, "pdf"))
    pdf[len(pdf) // 2] ^= 1

    found = db.session.scalar(select(LetterFile).where(LetterFile.sha256 == hashlib.sha256(pdf).hexdigest()))

    assert found is None


def test_a_letter_that_was_taken_back_gets_no_documents(letter, people):
    issuing.withdraw(letter=letter, reason="wrong", by=people[0], now=NOW)
    db.session.commit()

    making.make_documents(now=NOW)

    assert list(queries.files_of(letter)) == []


@pytest.fixture
def named(petition):
    """Two who chose to be named, one of whom was taken out since, and one who did not."""
    signed = let_sign(petition.id, 3, on=NOW.date())
    for signature_id, name in zip(signed, ("Shown Signer", "Gone Signer"), strict=False):
        db.session.get_one(Signature, signature_id).public_name = name
    db.session.get_one(Signature, signed[1]).state = "invalidated"
    db.session.commit()


@pytest.mark.usefixtures("named")
def test_names_are_annexed_of_those_who_chose_it_and_are_counted(petition, people):
    found = begin(languages=("en",))
    found.has_names = True
    db.session.commit()

    making.make(issued(found, people), now=NOW)

    said = words_of_pdf(found)
    assert "Shown Signer" in said
    assert "Gone Signer" not in said
    assert "Shown Signer" not in found.frozen


@pytest.mark.usefixtures("named")
def test_no_name_is_annexed_unasked_nor_while_names_are_hidden(petition, people):
    plain, hidden = begin(languages=("en",)), begin(languages=("en",))
    hidden.has_names = True
    db.session.commit()
    for each in (plain, hidden):
        issued(each, people)
    lockdown.order(part=NAMES, by="command", now=NOW)
    db.session.commit()

    making.make_documents(now=NOW)

    assert "Shown Signer" not in words_of_pdf(plain)
    assert "Shown Signer" not in words_of_pdf(hidden)


ORGANISATIONS = (
    ("منظمة مثال للعدالة", "DE"),
    ("Example Association", "SY"),
    ("رابطة مثال للأهالي", "DE"),
)


@pytest.fixture
def endorsed(petition):
    """Organisations that support the petition, one that is not yet checked, and people who signed."""
    let_sign(petition.id, 3, on=NOW.date())
    for name, country in ORGANISATIONS:
        an_endorsement(petition.id, now=NOW, name=name, country=country)
    an_endorsement(petition.id, now=NOW, is_checked=False, name="Unchecked Association")
    db.session.commit()


@pytest.mark.usefixtures("endorsed")
def test_organisations_are_annexed_by_country_as_they_stood_at_issuing(petition, people):
    found = begin(languages=("ar", "en"))
    db.session.commit()
    issued(found, people)
    leaves = db.session.scalar(select(Endorsement).filter_by(name="Example Association"))
    endorsing.withdraw(
        endorsement=leaves,
        petition=db.session.get_one(Petition, petition.id),
        because="They asked for it.",
        by=people[0],
        now=NOW,
    )
    db.session.commit()

    making.make(found, now=NOW)

    assert from_json(found.frozen).statement.endorsements == len(ORGANISATIONS)
    for lang, countries in (("en", ("Germany", "Syria")), ("ar", ("ألمانيا", "سوريا"))):
        for said in (words_of_pdf(found, lang), words_of_docx(found, lang)):
            places = [said.rindex(each) for each in (*countries, "Example Association")]
            assert [name for name, _country in ORGANISATIONS if name not in said] == []
            assert places == sorted(places)
            assert "Unchecked" not in said


@pytest.mark.usefixtures("endorsed")
def test_no_organisation_is_annexed_where_the_letter_leaves_them_out(petition, people):
    plain = begin(languages=("en",))
    plain.has_endorsements = False
    db.session.commit()

    making.make(issued(plain, people), now=NOW)

    assert ORGANISATIONS[0][0] not in words_of_pdf(plain) + plain.frozen
    assert from_json(plain.frozen).annexes.count == 2  # the numbers, and the text as signed


def test_what_fails_with_one_letter_stops_no_other_and_names_nobody(letter, people, monkeypatch, caplog):
    other = issued(begin(languages=("en",)), people)
    true_pdf = making.documents.pdf

    def pdf(frozen, lang, **options):
        if frozen.reference == letter.reference:
            raise ValueError("A. Signatory")
        return true_pdf(frozen, lang, **options)

    monkeypatch.setattr(making.documents, "pdf", pdf)
    making.make_documents(now=NOW)

    assert list(queries.files_of(letter)) == []
    assert list(queries.files_of(other)) != []
    assert "Signatory" not in caplog.text
    assert letter.state == rules.ISSUED


def test_a_numbers_sheet_is_a_page_and_a_picture(petition, people):
    let_sign(petition.id, 5, on=NOW.date())
    sheet = issued(begin("numbers-sheet", languages=("en",), month=None, way=None), people)

    making.make_documents(now=NOW)

    assert [file.media_type for file in queries.files_of(sheet)] == [making.PDF, making.PNG]
    assert content(sheet, "png").startswith(b"\x89PNG")
    assert from_json(sheet.frozen).addressed is None
