"""Posters and numbered sheets: whole, tagged, in the petition's words; and the pages that lead to them."""

from datetime import date, timedelta

import pytest
from pdfua import validate
from sqlalchemy import delete, select, update

from campaign_app.audit.models import AuditEntry
from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.petitions.models import Petition, PetitionText
from campaign_app.petitions.queries import public_petition
from campaign_app.widgets import printed
from campaign_app.widgets.kept_files import FOLDER
from tests.conftest import SLUG, forget_everything
from tests.desk_client import signed_in, token_of
from tests.letters.documents.reading import bare, links_of, opened, pages_of, tags_of
from tests.supporters import words

PLACE = f"/desk/petitions/{SLUG}/print/"
URL = f"localhost/ar/petitions/{SLUG}"
DESTROY_BY = date(2027, 2, 28)


def said(pdf: bytes, lang: str, sentence: str) -> bool:
    """Whether a PDF says a sentence: small vowels come out of it apart, and Arabic words in any order of lines."""
    found = bare(" ".join(pages_of(pdf)))
    return all(bare(word) in found for word in sentence.split())


def asked(**changes: str) -> dict[str, str]:
    """Return the form of the desk's page as it is sent."""
    day = utc_day(utc_now()) + timedelta(days=90)
    sheets = {"language": "en", "first": "41", "count": "2", "held_by": "Test Keeper"}
    return sheets | {"destroy_by": day.isoformat()} | changes


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_a_poster_says_what_is_asked_and_where_and_is_accessible(client, base_settings, lang):
    for path in (base_settings.home / FOLDER).glob("poster-*"):
        path.unlink()

    answer = client.get(f"/{lang}/petitions/{SLUG}/poster.pdf")
    again = client.get(f"/{lang}/petitions/{SLUG}/poster.pdf?s=x")

    assert answer.mimetype == "application/pdf"
    assert again.data == answer.data
    document = opened(answer.data)
    assert len(document.pages) == 1
    assert str(document.Root.Lang).startswith(lang)
    assert {"H1", "Figure", "P"} <= set(tags_of(answer.data))
    assert links_of(answer.data) == {f"http://localhost/{lang}/petitions/{SLUG}"}
    title = {"ar": "سوريا: قوائم الدفن", "en": "Syria: hand families the lists"}[lang]
    assert said(answer.data, lang, title)
    assert said(answer.data, lang, f"localhost/{lang}/petitions/{SLUG}")
    assert len(list((base_settings.home / FOLDER).glob("poster-*.pdf"))) == 1


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("lang", ["ar", "en"])
def test_each_sheet_has_its_number_and_says_first_what_is_done_with_it(lang):
    wanted = printed.Sheets(first=41, count=3, held_by="Test Keeper", destroy_by=DESTROY_BY)

    pdf = printed.sheets(public_petition(SLUG), lang, wanted)

    pages = pages_of(pdf)
    assert len(pages) == 3
    assert [str(number) in page for number, page in zip((41, 42, 43), pages, strict=True)] == [True] * 3
    assert tags_of(pdf).count("Table") == 3
    assert tags_of(pdf).count("TH") == 3 * 4
    for sentence in {
        "ar": ("لا تحملها عبر حاجز أو حدود", "28 شباط 2027", "Test Keeper", "البلد الذي تعيش فيه"),
        "en": (
            "Do not carry it filled in through a checkpoint or across a border",
            "It is destroyed by 28 February 2027",
            "Kept by Test Keeper",
            "We ask for your name and the country where you live, and for no address",
            "The sheet itself is never uploaded",
        ),
    }[lang]:
        assert said(pdf, lang, sentence), sentence


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("lang", ["ar", "en"])
def test_everything_on_a_poster_and_on_a_sheet_is_tagged_and_described(tmp_path, lang):
    petition = public_petition(SLUG)
    wanted = printed.Sheets(first=1, count=2, held_by="", destroy_by=DESTROY_BY)
    made = {
        "poster": printed.pdf_of(printed.poster_paper(petition, lang)),
        "sheets": printed.sheets(petition, lang, wanted),
    }

    for name, pdf in made.items():
        file = tmp_path / f"{name}.pdf"
        file.write_bytes(pdf)
        assert [finding.rule_id for finding in validate(file).findings] == [], name


@pytest.mark.usefixtures("context")
def test_the_longest_words_that_there_may_be_still_make_one_page_each(app):
    longest = {"title": "Remembrance " * 13, "summary": "Everyone who was taken is somebody. " * 16}
    db.session.execute(update(PetitionText).values(**longest))
    forget_everything(app)
    petition = public_petition(SLUG)
    wanted = printed.Sheets(first=1, count=2, held_by="N" * 100, destroy_by=DESTROY_BY)

    assert len(opened(printed.pdf_of(printed.poster_paper(petition, "en"))).pages) == 1
    assert len(opened(printed.sheets(petition, "en", wanted)).pages) == 2
    assert len(opened(printed.sheets(petition, "ar", wanted)).pages) == 2


def test_a_poster_is_there_only_of_what_everyone_may_see_in_a_language_that_it_has(app, client):
    with app.app_context():
        petition = db.session.scalar(select(Petition).filter_by(slug=SLUG))
        db.session.execute(delete(PetitionText).filter_by(petition_id=petition.id, language="en"))
        db.session.commit()
    forget_everything(app)
    page = client.get(f"/en/petitions/{SLUG}/share").text

    assert client.get(f"/ar/petitions/{SLUG}/poster.pdf").status_code == 200
    assert client.get(f"/en/petitions/{SLUG}/poster.pdf").status_code == 404
    assert f"/ar/petitions/{SLUG}/poster.pdf" in page
    assert f"/en/petitions/{SLUG}/poster.pdf" not in page
    assert client.get("/en/petitions/nothing/poster.pdf").status_code == 404


def test_sheets_are_printed_at_the_desk_with_the_numbers_that_come_next_on_record(app):
    desk = signed_in(app, ["organiser"]).language("en")
    assert 'name="first" dir="ltr" value="1"' in desk.get(PLACE).text

    answer = desk.send(PLACE + "sheets", page=PLACE, **asked())

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{SLUG}-en-sheets-41-42.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert said(answer.data, "en", "Kept by Test Keeper")
    assert 'name="first" dir="ltr" value="43"' in desk.get(PLACE).text
    with app.app_context():
        [details] = db.session.scalars(select(AuditEntry.details).filter_by(action="sheets.print"))
        db.session.rollback()
    assert '"first":41' in details.replace(" ", "")
    assert "Keeper" not in details


WRONG = (
    ("language", "fr"),
    ("first", "0"),
    ("first", "9" * 400),
    ("count", "51"),
    ("count", "x"),
    ("held_by", "N" * 101),
    ("held_by", "a\u202eb"),
    ("destroy_by", "2020-01-01"),
    ("destroy_by", "2999-01-01"),
    ("destroy_by", "soon"),
)


def test_what_cannot_be_printed_is_said_at_its_field_and_nothing_goes_on_record(app):
    desk = signed_in(app, ["organiser"]).language("en")
    token = token_of(desk.get(PLACE))

    for field, typed in WRONG:
        page = desk.post(PLACE + "sheets", data={"csrf_token": token, **asked(**{field: typed})})

        assert page.status_code == 422, (field, typed)
        assert f'href="#{field}"' in page.text, (field, typed)
    with app.app_context():
        assert not db.session.scalars(select(AuditEntry.id).filter_by(action="sheets.print")).all()
        db.session.rollback()


def test_digits_of_three_families_are_read_and_markup_is_text(app):
    desk = signed_in(app, ["organiser"])

    answer = desk.send(
        PLACE + "sheets", page=PLACE, **asked(first="٤١", count="۱", held_by='#panic("x") *b*')
    )

    assert answer.status_code == 200
    assert said(answer.data, "en", '#panic("x") *b*')


def test_a_draft_has_nothing_to_print(app):
    with app.app_context():
        db.session.execute(update(Petition).where(Petition.slug == SLUG).values(state="draft"))
        db.session.commit()
    forget_everything(app)
    desk = signed_in(app, ["organiser"]).language("en")

    assert "A draft has no page" in words(desk.get(PLACE))
    assert desk.send(PLACE + "sheets", page="/desk/", **asked()).status_code == 422
