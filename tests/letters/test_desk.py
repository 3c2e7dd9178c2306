"""Letters at the desk: drafted, written, agreed to, issued, downloaded; and who may not."""

import hashlib
import html
import re
from datetime import UTC, datetime

import pytest
from flask_babel import force_locale

from campaign_app.bodies import queries as directory
from campaign_app.bodies.models import PresidencyOverride
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.letters import making, queries, rules
from campaign_app.letters.models import Letter, LetterFile
from campaign_app.letters.today import letter_lines
from tests.desk_client import signed_in
from tests.letters.at_desk import MARKUP, SLUG, colleague, post
from tests.letters.situations import begin

NEW = "/desk/letters/new"

pytestmark = pytest.mark.usefixtures("campaign_that_may_write")


@pytest.fixture
def owner(app):
    return signed_in(app).language("en")


@pytest.fixture
def approver(app, owner):
    return colleague(app, owner, "approver")


def begun(client, template="council-president", **fields):
    """Begin a letter at the desk; return the address of its page."""
    beginning = {
        "template": template,
        "month": f"{utc_now():%Y-%m}",
        "petition": SLUG,
        "languages": ["en", "ar"],
        "way": "mail",
        **fields,
    }
    answer = post(client, NEW, **beginning)
    assert answer.status_code == 303, answer.text
    return answer.location.removesuffix("/edit")


def words_of(client, page):
    """Return every field of the composer as its page shows it, with a signatory."""
    text = client.get(f"{page}/edit").text
    fields = dict(re.findall(r'<textarea id="([^"]+)"[^>]*>\n([^<]*)</textarea>', text))
    fields = {name: html.unescape(words) for name, words in fields.items()}
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', text)[1]
    chosen = {"visibility": "public", "way": "mail", "month": f"{utc_now():%Y-%m}"}
    signatory = {"signatory-name": "A. Signatory", "signatory-role": "Coordinator"}
    return {**fields, **chosen, **signatory, "seen": seen}


def written(client, **fields):
    """Return the page of a letter that lacks nothing."""
    page = begun(client)
    answer = post(client, f"{page}/edit", **{**words_of(client, page), **fields})
    assert answer.status_code == 303, answer.text
    return page


def letter_of(app, page):
    with app.app_context():
        return queries.letter(page.rsplit("/", 1)[1])


def seen_on(client, page):
    found = re.search(r'name="seen" value="([0-9a-f]+)"', client.get(page).text)
    assert found
    return found[1]


def agreed(app, owner, approver):
    """Return the page of a letter that a second person agreed to."""
    page = written(owner)
    assert post(owner, f"{page}/ask", seen=seen_on(owner, page)).status_code == 303
    shown = approver.get(page).text
    approve = re.search(r'action="(/desk/approvals/\d+/approve)"', shown)[1]
    digest = re.search(r'name="digest" value="([0-9a-f]+)"', shown)[1]
    assert post(approver, approve, digest=digest).status_code == 303
    return page


def test_a_letter_goes_from_its_template_to_its_reference(app, owner, approver):
    page = agreed(app, owner, approver)

    before = owner.get(f"{page}/issue").text
    answer = post(owner, f"{page}/issue")

    assert "3 people now, mailboxes: 3" in before
    found = letter_of(app, page)
    assert (answer.status_code, answer.location) == (303, f"/desk/letters/{found.reference}")
    assert found.state == rules.ISSUED
    assert "documents are being made" in owner.get(answer.location).text


def test_whether_organisations_are_annexed_is_chosen_in_the_form_and_they_are_unless_it_says_no(app, owner):
    page = begun(owner)
    ticked = 'name="has_endorsements" value="y" checked'
    assert ticked in owner.get(f"{page}/edit").text
    assert letter_of(app, page).has_endorsements

    for choice, annexed in (({}, False), ({"has_endorsements": "y"}, True)):
        post(owner, f"{page}/edit", **words_of(owner, page), **choice)
        assert letter_of(app, page).has_endorsements is annexed
        assert (ticked in owner.get(f"{page}/edit").text) is annexed


def test_whoever_asked_sees_no_way_to_approve(app, owner, approver):
    page = written(owner)
    post(owner, f"{page}/ask", seen=seen_on(owner, page))

    assert "/approve" not in owner.get(page).text
    assert "/approve" in approver.get(page).text


def test_whoever_asked_can_make_it_a_draft_again_and_a_second_asking_is_refused(app, owner, approver):
    page = written(owner)
    seen = seen_on(owner, page)
    post(owner, f"{page}/ask", seen=seen)

    again = post(owner, f"{page}/ask", seen=seen)
    post(owner, f"{page}/take-back")

    assert again.status_code == 409
    assert "moved on meanwhile" in again.text
    assert f'action="{page}/ask"' in owner.get(page).text


def test_a_letter_is_not_asked_for_as_somebody_else_left_it(owner):
    page = written(owner)
    seen = seen_on(owner, page)
    post(owner, f"{page}/edit", **{**words_of(owner, page), "subject-en": "Changed meanwhile"})

    answer = post(owner, f"{page}/ask", seen=seen)

    assert answer.status_code == 409
    assert "somebody else changed this letter meanwhile" in answer.text


def test_of_two_who_write_at_once_the_second_sees_both_and_loses_nothing(app, owner):
    page = begun(owner)
    mine = {**words_of(owner, page), "subject-en": "Mine"}
    post(owner, f"{page}/edit", **{**mine, "subject-en": "Theirs"})

    refused = post(owner, f"{page}/edit", **mine)
    between = letter_of(app, page).texts["en"]["subject"]
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', refused.text)[1]
    post(owner, f"{page}/edit", **{**mine, "seen": seen})

    assert refused.status_code == 409
    assert ">\nMine</textarea>" in refused.text
    assert "<ins>Theirs</ins>" in refused.text
    assert between == "Theirs"
    assert letter_of(app, page).texts["en"]["subject"] == "Mine"


def test_markup_in_any_field_comes_out_as_text(app, owner):
    page = begun(owner)
    fields = {name: MARKUP for name in words_of(owner, page) if name.startswith(("subject-", "signatory-"))}

    answer = post(owner, f"{page}/edit", **{**words_of(owner, page), **fields, "body-en": MARKUP})
    live = post(owner, f"{page}/preview", **{**words_of(owner, page), **fields, "body-en": MARKUP})

    assert answer.status_code == 303
    assert letter_of(app, page).signatory["name"] == MARKUP
    for shown in (owner.get(page).text, owner.get(f"{page}/edit").text, live.json["en"]):
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(1)&lt;/script&gt; #set page(fill: red)" in shown


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("body-en", "x" * (rules.LONGEST_BODY + 1)),
        ("subject-ar", "x" * (rules.LONGEST_SUBJECT + 1)),
        ("subject-en", "turned \u202e around"),
        ("signatory-name", "turned \u2067 around"),
        ("visibility", "everybody"),
        ("way", "pigeon"),
        ("month", "2026-13"),
        ("embargo", "tomorrow"),
    ],
)
def test_what_cannot_be_kept_is_told_at_its_field_and_what_was_typed_stays(app, owner, field, typed):
    page = begun(owner)
    before = letter_of(app, page).texts

    answer = post(owner, f"{page}/edit", **{**words_of(owner, page), "body-ar": "محفوظ", field: typed})

    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert "محفوظ</textarea>" in answer.text
    assert letter_of(app, page).texts == before


def test_a_preview_keeps_nothing_and_says_what_stands_against_it(app, owner):
    page = begun(owner)
    fields = {**words_of(owner, page), "body-en": "We ask for {{fact:no-such-figure}}.", "signatory-name": ""}

    live = post(owner, f"{page}/preview", **fields)

    assert "{{fact:no-such-figure}}" in live.json["en"]
    assert "no figure of this name" in live.json["mendings"]
    assert "Say who signs" in live.json["mendings"]
    assert "no-such-figure" not in letter_of(app, page).texts["en"]["body"]


def test_a_specimen_can_be_had_of_a_draft_in_each_kind_and_language(owner):
    page = begun(owner)

    made = {kind: owner.get(f"{page}/specimen/en.{kind}") for kind in ("pdf", "docx", "txt")}

    assert made["pdf"].data.startswith(b"%PDF")
    assert made["docx"].data.startswith(b"PK")
    assert "Excellency" in made["txt"].text
    assert owner.get(f"{page}/specimen/fr.pdf").status_code == 404


def test_whoever_translates_changes_the_words_and_nothing_else(app, owner):
    page = written(owner)
    translator = colleague(app, owner, "translator")
    before = letter_of(app, page)

    changed = {**words_of(owner, page), "subject-ar": "القوائم", "visibility": "confidential", "way": "post"}
    answer = post(translator, f"{page}/edit", **changed, has_names="y")

    found = letter_of(app, page)
    assert answer.status_code == 303
    assert found.texts["ar"]["subject"] == "القوائم"
    for name in ("visibility", "way", "has_names", "has_endorsements", "signatory", "body_month"):
        assert getattr(found, name) == getattr(before, name)


def test_whoever_only_looks_on_reads_no_draft_and_nothing_confidential(app, owner, approver):
    page = agreed(app, owner, approver)
    viewer = colleague(app, owner, "viewer")
    draft = viewer.get(page).text
    post(owner, f"{page}/issue")
    found = letter_of(app, page)
    with app.app_context():
        db.session.get(Letter, found.id).visibility = rules.CONFIDENTIAL
        keep_file(found)
        db.session.commit()
    place = f"/desk/letters/{found.reference}"

    assert "Excellency" not in draft
    assert "Excellency" not in viewer.get(place).text
    assert viewer.get(f"{place}/files/NID.txt").status_code == 403
    assert approver.get(f"{place}/files/NID.txt").data == b"Lists"


def keep_file(found):
    """Put a document there, as the worker does. Does not commit."""
    db.session.add(
        LetterFile(
            letter_id=found.id,
            language="en",
            name="NID.txt",
            media_type="text/plain",
            sha256="0" * 64,
            size_bytes=5,
            content=b"Lists",
        )
    )


def test_the_sum_on_the_page_is_that_of_the_document_that_the_worker_made(app, owner, approver):
    page = agreed(app, owner, approver)
    place = post(owner, f"{page}/issue").location
    with app.app_context():
        making.make_documents(now=utc_now())

    shown = owner.get(place).text
    links = re.findall(rf'href="({place}/files/[^"]+)"', shown)

    assert {link.rpartition(".")[2] for link in links} == {"pdf", "docx", "txt"}
    for link in links:
        assert hashlib.sha256(owner.get(link).data).hexdigest() in shown


def test_the_page_of_an_issued_letter_names_the_office_that_was_frozen(app, owner, approver):
    page = agreed(app, owner, approver)
    place = post(owner, f"{page}/issue").location
    with app.app_context():
        month = utc_now().date()
        presides = directory.president(month.year, month.month)
        other = next(each for each in directory.members(month) if each.key != presides.key)
        db.session.add(
            PresidencyOverride(
                year=month.year,
                month=month.month,
                body_id=other.id,
                source="Test",
                noted_by="test",
                noted_at=utc_now(),
            )
        )
        was = presides.names["en"]
        presides.names = {**presides.names, "en": "Another name since"}
        db.session.commit()

    shown = html.unescape(owner.get(place).text)

    assert f"<dd>{was} ·" in shown
    assert "two people" in shown
    assert "Another name since" not in shown


def test_a_correction_names_what_it_corrects_and_an_issued_letter_is_taken_back_with_a_reason(
    app, owner, approver
):
    page = agreed(app, owner, approver)
    place = post(owner, f"{page}/issue").location

    new = post(owner, f"{place}/correct").location.removesuffix("/edit")
    without = post(owner, f"{place}/withdraw", reason=" ")
    post(owner, f"{place}/withdraw", reason="The date was wrong")

    assert letter_of(app, page).reference in owner.get(new).text
    assert without.status_code == 422
    assert letter_of(app, page).state == rules.WITHDRAWN
    assert post(owner, f"{place}/withdraw", reason="Again").status_code == 409


def test_a_body_that_takes_no_such_letter_is_offered_with_the_reason_and_refused(owner):
    page = owner.get(f"{NEW}?template=cover-note").text
    fitting, _, others = page.partition('id="others"')

    answer = post(owner, NEW, template="cover-note", to="iiim", languages="en", petition=SLUG)

    assert "to=iiim" not in fitting
    assert re.search(r"International, Impartial.*a cover note", others, re.DOTALL)
    assert answer.status_code == 404


def test_the_letter_is_addressed_to_whoever_presides_in_the_chosen_month(app, owner):
    page = begun(owner, month="2027-01")

    found = letter_of(app, page)
    with app.app_context():
        assert found.body_key == directory.president(2027, 1).key


def test_numbers_without_a_source_are_shown_to_whoever_approves(app, owner, approver):
    page = written(owner, **{"body-en": "Please answer within {{plain:30}} days. {{statement}}"})
    post(owner, f"{page}/ask", seen=seen_on(owner, page))

    assert re.search(r"without a source.*<bdi dir=\"ltr\">30</bdi>", approver.get(page).text, re.DOTALL)


def test_the_home_says_which_letters_wait(app, owner, approver):
    page = agreed(app, owner, approver)
    before = owner.get("/desk/").text
    post(owner, f"{page}/issue")

    assert "1 letter may be issued" in before
    assert "1 letter is issued and was not sent yet" in owner.get("/desk/").text


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (datetime(2026, 12, 10, tzinfo=UTC), None),
        (datetime(2026, 12, 28, tzinfo=UTC), "ends within five days"),
        (datetime(2027, 1, 1, tzinfo=UTC), "another State presides"),
    ],
)
def test_the_home_says_that_the_month_of_a_letter_to_the_council_ends(app, now, says):
    with app.app_context(), force_locale("en"):
        begin()
        lines = [str(line.says) for line in letter_lines(now)]

    assert (says is None and not lines) or any(says in line for line in lines)


def test_versions_say_what_changed(owner):
    page = written(owner, **{"subject-en": "Lists, at last"})

    shown = owner.get(f"{page}/versions").text

    assert "<ins>Lists, at last</ins>" in shown
    assert shown.count("/versions?version=1") == 1
