"""A month's letters to all members of the Council at the desk, and the pack for the day of delivery."""

import html
import io
import json
import re
import zipfile
from datetime import timedelta

import pytest

from campaign_app.audit.models import AuditEntry
from campaign_app.bodies import queries as directory
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.letters import batches, making, queries, rules
from campaign_app.letters.models import LetterBatch
from campaign_app.petitions.operations import petition_by_slug
from tests.desk_client import signed_in
from tests.integrity.campaigns import let_sign
from tests.letters.documents.reading import pages_of
from tests.letters.situations import load_directory
from tests.letters.test_desk import MARKUP, SLUG, colleague, post

BATCHES = "/desk/letters/batches/"
SIGNED_BY = {"signatory-name": "A. Signatory", "signatory-role": "Coordinator"}
TOMORROW = f"{utc_now() + timedelta(days=1):%Y-%m-%d}"


@pytest.fixture
def campaign_that_may_write(real_keys, answered, app):
    """A directory that was checked today, by the clock of the pages, and three people who signed."""
    with app.app_context():
        load_directory(today=utc_now().date())
        let_sign(petition_by_slug(SLUG).id, 3, on=utc_now().date())
        db.session.commit()


pytestmark = pytest.mark.usefixtures("campaign_that_may_write")


@pytest.fixture
def owner(app):
    return signed_in(app).language("en")


@pytest.fixture
def approver(app, owner):
    return colleague(app, owner, "approver")


def plan(**fields):
    return {
        "template": "council-member",
        "month": f"{utc_now():%Y-%m}",
        "petition": SLUG,
        "languages": ["en"],
        "way": "hand",
        **SIGNED_BY,
        **fields,
    }


def begun(client, **fields):
    """Begin a month's letters; return the address of their page."""
    answer = post(client, f"{BATCHES}new", **plan(**fields))
    assert answer.status_code == 303, answer.text
    return answer.location


def digests_on(page):
    return dict(re.findall(r'name="(digest-[0-9a-f]+)" value="([0-9a-f]{64})"', page))


def told(page):
    """Return what notices say."""
    return " ".join(re.findall(r'<div class="notice[^>]*>\s*<p>(.*?)</p>', page, re.DOTALL))


def in_states(app):
    """Return how many letters of the one batch are in each state."""
    with app.app_context():
        found = batches.batches()[0]
        states = [each.state for each in queries.shown(batches.letters_of(found), now=utc_now())]
        return {state: states.count(state) for state in set(states)}


def agreed(owner, approver, place):
    """Ask for all and let another approve all."""
    assert post(owner, f"{place}/ask").status_code == 303
    shown = digests_on(approver.get(place).text)
    assert post(approver, f"{place}/approve", **shown).status_code == 303


def issued(app, owner, approver, place):
    """Bring a batch so far that all of it can be downloaded."""
    agreed(owner, approver, place)
    assert post(owner, f"{place}/issue").status_code == 303
    with app.app_context():
        making.make_documents(now=utc_now())


def opened(answer):
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return files, json.loads(files.pop("manifest.json"))


def recorded(app, action):
    with app.app_context():
        return list(db.session.scalars(db.select(AuditEntry.subject).filter_by(action=action)))


def test_a_month_s_letters_go_their_whole_way_from_one_page(app, owner, approver):
    assert BATCHES in owner.get("/desk/letters/").text
    place = begun(owner)
    page = owner.get(place).text
    with app.app_context():
        members = [each.names["en"] for each in directory.members(utc_now().date())]
    assert len(members) == 15
    assert all(html.escape(each) in page for each in members)
    assert page.count("presides") == 1

    agreed(owner, approver, place)
    assert in_states(app) == {rules.APPROVED: 15}
    page = owner.get(place).text
    assert "Issue 15 letters" in page
    answer = post(owner, f"{place}/issue")
    shown = owner.get(place)
    assert answer.status_code == 303
    assert shown.headers["Refresh"] == "5"
    assert '<progress value="0" max="15"' in shown.text
    assert "Refresh" not in owner.get(f"{place}?watch=no").headers
    assert post(owner, f"{place}/download").status_code == 409
    with app.app_context():
        making.make_documents(now=utc_now())

    shown = owner.get(place)
    page = shown.text
    assert "Refresh" not in shown.headers
    saved = post(owner, f"{place}/download")
    files, manifest = opened(saved)
    assert saved.headers["Content-Type"] == "application/zip"
    assert manifest["total_files"] == len(files) == 45
    key = place.rpartition("/")[2]
    assert recorded(app, "letter.save-batch") == [key]
    letter = re.findall(r"/desk/letters/(NID-\d{4}-\d{4})", page)[0]
    assert place in owner.get(f"/desk/letters/{letter}").text


def test_a_double_click_leads_to_the_letters_that_are_there(app, owner):
    place = begun(owner)

    again = post(owner, f"{BATCHES}new", **plan())

    assert (again.status_code, again.location) == (303, place)
    assert "begun already" in owner.get(place).text
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count(LetterBatch.id))) == 1


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"month": "soon"}, "month"),
        ({"month": "2040-01"}, "month"),
        ({"petition": "unknown"}, "petition"),
        ({"languages": ["xx"]}, "languages"),
        ({"way": "pigeon"}, "way"),
        ({"signatory-name": ""}, "signatory-name"),
        ({"signatory-role": "x" * 500}, "signatory-role"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(app, owner, fields, place):
    answer = post(owner, f"{BATCHES}new", **plan(**{"signatory-name": MARKUP[:40], **fields}))

    assert answer.status_code == 422
    assert f'href="#{place}"' in answer.text
    if "signatory-name" not in fields:
        assert html.escape(MARKUP[:40]) in answer.text
    assert "<script>alert" not in answer.text
    with app.app_context():
        assert batches.batches() == []


def test_what_is_to_be_mended_stands_in_each_row_and_stops_the_asking(app, owner):
    place = begun(owner, way="")

    page = owner.get(place).text
    answer = post(owner, f"{place}/ask")

    assert page.count("#way") == 15
    assert f"{place}/ask" not in page
    assert "/desk/bodies/council?month=" in page
    assert answer.status_code == 409
    assert "something stands against a letter" in answer.text
    assert in_states(app) == {rules.DRAFT: 15}


def test_whoever_asked_does_not_approve_and_nobody_what_they_were_not_shown(app, owner, approver):
    place = begun(owner)
    post(owner, f"{place}/ask")
    shown = digests_on(approver.get(place).text)
    one = next(iter(shown))

    assert digests_on(owner.get(place).text) == {}
    assert post(owner, f"{place}/approve", **shown).status_code == 409
    assert post(approver, f"{place}/approve").status_code == 409
    answer = post(approver, f"{place}/approve", **{**shown, one: "0" * 64})
    assert answer.status_code == 409
    assert "settled or altered meanwhile" in answer.text
    assert in_states(app) == {rules.ASKED: 15}
    assert post(owner, f"{place}/issue").status_code == 303  # none may be issued, and none was
    assert in_states(app) == {rules.ASKED: 15}


def test_every_act_twice_is_done_once(app, owner, approver):
    place = begun(owner)
    issued(app, owner, approver, place)

    for client, act in ((owner, "ask"), (approver, "approve"), (owner, "issue")):
        answer = post(client, f"{place}/{act}")
        assert (answer.status_code, answer.location) == (303, place), act
        assert "Nothing was left to do" in client.get(place).text
    with app.app_context():
        numbers = [each.number for each in batches.letters_of(batches.batches()[0])]
    assert sorted(numbers) == list(range(1, 16))


def test_one_person_alone_waits_and_is_told_until_when(app, owner):
    place = begun(owner)
    page = owner.get(place).text
    assert "begin the wait" in page

    post(owner, f"{place}/ask")

    page = owner.get(place).text
    assert "Whoever asked can issue them alone from" in page
    assert f"{place}/issue" not in page


def test_drafts_are_given_as_specimens_in_one_language(owner):
    place = begun(owner)

    answer = owner.get(f"{place}/specimen/en.zip")

    files, manifest = opened(answer)
    assert len(files) == 15
    assert manifest["is_specimen"] is True
    assert all("SPECIMEN" in page for page in pages_of(next(iter(files.values()))))
    assert owner.get(f"{place}/specimen/fr.zip").status_code == 404


def test_numbers_without_a_source_are_shown_to_whoever_approves(app, owner, approver):
    place = begun(owner)
    with app.app_context():
        letter = batches.letters_of(batches.batches()[0])[3]
        letter.texts = {
            "en": {**letter.texts["en"], "body": letter.texts["en"]["body"] + "\n\n{{plain:1325}}"}
        }
        db.session.commit()
    post(owner, f"{place}/ask")

    assert "1325" in approver.get(place).text
    assert "without a source" in approver.get(place).text


def test_who_only_looks_on_sees_the_offices_and_no_act(app, owner):
    place = begun(owner)
    viewer = colleague(app, owner, "viewer")

    page = viewer.get(place).text

    assert "Permanent Mission" in page or "mission" in page.lower()
    assert '<form method="post" action="/desk/letters' not in page
    for path in ("ask", "approve", "issue", "download", "pack"):
        assert post(viewer, f"{place}/{path}").status_code == 403, path
    assert viewer.get(f"{place}/specimen/en.zip").status_code == 403
    assert viewer.get(f"{BATCHES}new").status_code == 403


def test_there_is_no_batch_of_another_name(owner):
    for path in ("", "/pack", "/specimen/en.zip"):
        assert owner.get(f"{BATCHES}000000000000{path}").status_code == 404
    for path in ("ask", "approve", "issue", "download", "pack"):
        assert post(owner, f"{BATCHES}000000000000/{path}").status_code == 404


def when(**fields):
    return {"day": TOMORROW, "hour": "10:00", "zone": "America/New_York", **fields}


def test_the_pack_of_a_letter_is_one_press_with_the_day_the_hour_and_the_clocks(app, owner, approver):
    place = begun(owner, month=f"{utc_now() + timedelta(days=1):%Y-%m}")
    issued(app, owner, approver, place)
    letter = re.findall(r"/desk/letters/(NID-\d{4}-\d{4})", owner.get(place).text)[1]
    page = f"/desk/letters/{letter}/pack"
    assert page in owner.get(f"/desk/letters/{letter}").text
    assert 'value="America/New_York"' in owner.get(page).text
    assert "none of this petition is issued yet" in owner.get(page).text

    first, second = (post(owner, page, **when()) for _press in range(2))

    files, manifest = opened(first)
    assert first.headers["Content-Disposition"] == f'attachment; filename="delivery-{letter}-{TOMORROW}.zip"'
    assert set(opened(second)[0]) == set(files)
    assert f"letters/{letter}-en.pdf" in files
    assert manifest["handing_over"]["zone"] == "America/New_York"
    assert recorded(app, "letter.pack") == [letter, letter]

    whole = post(owner, f"{place}/pack", **when())
    assert sum("receipt" in name for name in opened(whole)[0]) == 15
    assert len(recorded(app, "letter.pack")) == 3


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"day": "soon"}, "day"),
        ({"day": "2020-01-01"}, "day"),
        ({"hour": "25:00"}, "hour"),
        ({"zone": "<b>Nowhere</b>"}, "zone"),
        ({"zone": ""}, "zone"),
    ],
)
def test_a_day_that_cannot_be_is_refused_at_its_field(app, owner, fields, place):
    batch = begun(owner)
    with app.app_context():
        letter = batches.letters_of(batches.batches()[0])[0].key

    for page in (f"{batch}/pack", f"/desk/letters/{letter}/pack"):
        answer = post(owner, page, **when(**fields))
        assert answer.status_code == 422
        assert f'href="#{place}"' in answer.text
        assert "<b>Nowhere" not in answer.text
    assert recorded(app, "letter.pack") == []


def test_a_draft_is_rehearsed_from_its_page(app, owner):
    begun(owner)
    with app.app_context():
        letter = batches.letters_of(batches.batches()[0])[1].key
    page = f"/desk/letters/{letter}/pack"
    assert "rehearsal" in owner.get(page).text

    answer = post(owner, page, **when(day=f"{utc_now():%Y-%m-%d}", zone="Pacific/Apia", hour="23:00"))
    if answer.status_code == 422:  # it is tomorrow there already
        answer = post(owner, page, **when())

    files, manifest = opened(answer)
    assert manifest["is_specimen"] is True
    assert all("SPECIMEN" in text for text in pages_of(files["papers/checklist-en.pdf"]))


def test_why_there_is_no_pack_is_said(app, owner, approver):
    place = begun(owner)
    with app.app_context():
        president_s = batches.letters_of(batches.batches()[0])[0].key
    far = f"{utc_now() + timedelta(days=62):%Y-%m-%d}"
    other_month = post(owner, f"/desk/letters/{president_s}/pack", **when(day=far))
    assert other_month.status_code == 409
    assert "addressed to the President of the Council" in other_month.text
    assert far in other_month.text

    agreed(owner, approver, place)
    post(owner, f"{place}/issue")
    page = owner.get(f"{place}/pack").text
    waiting = post(owner, f"{place}/pack", **when())
    assert "still being made" in page
    assert "Save the pack" not in page
    if waiting.status_code != 409 or "still being made" not in waiting.text:
        assert "addressed to the President" in waiting.text  # the month ends today

    note = {"template": "cover-note", "to": "ohchr", "petition": "", "languages": ["en"], "way": "hand"}
    draft = post(owner, "/desk/letters/new", **note).location.removesuffix("/edit")
    answer = post(owner, f"{draft}/pack", **when())
    assert answer.status_code == 409
    assert "a cover note lies on a letter" in answer.text


def test_all_letters_of_a_month_are_taken_back_with_a_reason_and_can_be_begun_anew(app, owner, approver):
    place = begun(owner)
    agreed(owner, approver, place)

    unsaid = post(owner, f"{place}/withdraw", reason=" ")
    taken = post(owner, f"{place}/withdraw", reason="A wrong petition")

    assert unsaid.status_code == 422
    assert 'id="reason-error"' in unsaid.text
    assert taken.status_code == 303
    with app.app_context():
        assert {each.state for each in queries.letters()} == {rules.WITHDRAWN}
    assert "All were taken back." in owner.get(place).text
    assert begun(owner) != place


def test_a_letter_that_has_left_is_not_taken_back_with_the_others(app, owner, approver):
    place = begun(owner)
    issued(app, owner, approver, place)
    with app.app_context():
        left = queries.letters()[0]
        left.state, left.sent_at, reference = rules.SENT, utc_now(), left.reference
        db.session.commit()

    taken = post(owner, f"{place}/withdraw", reason="A wrong petition")

    assert taken.status_code == 303, told(taken.text)
    with app.app_context():
        assert [each.reference for each in queries.letters() if each.state != rules.WITHDRAWN] == [reference]
