"""Goal 14: a sealed sheet leaves after two people, or a wait; nothing goes round it. Who withdrew is not in it."""

import io
import json
import os
import shutil
import stat
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import select

from campaign_app.accounts import operations as accounts
from campaign_app.accounts.queries import organiser_by_email
from campaign_app.approvals import desk_views as approval_views
from campaign_app.approvals import operations as approvals
from campaign_app.approvals.models import Approval
from campaign_app.audit import queries as audit
from campaign_app.clock import utc_now
from campaign_app.exports import desk_views, making, rules, sheets
from campaign_app.exports import operations as exports
from campaign_app.exports.models import SealedSheet
from campaign_app.exports.opening import Opening, csv_of
from campaign_app.exports.rules import header_of
from campaign_app.extensions import db
from campaign_app.sealing.keys import keyring
from campaign_app.signing import private_page
from tests.desk_client import EMAIL, signed_in, token_of
from tests.organisers import join

from .conftest import sign

HOUR = timedelta(hours=1)
WAIT = 72 * HOUR


@pytest.fixture(autouse=True)
def _no_files(context):
    """Let no file of another test lie where sheets wait."""
    for path in sheets.folder().iterdir():
        path.unlink()


@pytest.fixture
def now(monkeypatch):
    """A clock for the desk's views that a test moves: `now.at` is the time."""

    class Clock:
        at = utc_now()

        def __call__(self):
            return self.at

    clock = Clock()
    for module in (desk_views, approval_views, making):
        monkeypatch.setattr(module, "utc_now", clock)
    return clock


@pytest.fixture
def owner(app, signatures):
    """A browser in which an owner is signed in, who is alone."""
    return signed_in(app).language("en")


def colleague(now, email="second@example.org", roles=("organiser",)):
    """Let somebody join who can approve, and return them."""
    joined = join(email, list(roles), organiser_by_email(EMAIL), now=now)
    db.session.commit()
    return joined


def post(client, path, **fields):
    return client.post(path, data={"csrf_token": token_of(client.get("/desk/exports/")), **fields})


def ask(client, petition, kind="delivery"):
    """Ask for a sheet at the desk; return its address."""
    answer = post(client, "/desk/exports/", petition=petition.slug, kind=kind, purpose="Handing over")
    assert answer.status_code == 303, answer.text
    return answer.location


def downloaded(client, place):
    """Download a sheet and return its bytes."""
    with post(client, f"{place}/download") as answer:
        assert answer.status_code == 200
        return answer.data


def approve(place, by, now):
    """Let somebody approve, as the desk does it."""
    sheet = sheets.sheet_by_reference(place.rpartition("/")[2])
    approvals.approve(approval=sheets.approval_of(sheet), digest=sheets.digest(sheet), by=by, now=now)
    db.session.commit()


def agree(sheet, second):
    approvals.approve(
        approval=sheets.approval_of(sheet), digest=sheets.digest(sheet), by=second, now=utc_now()
    )


def started(petition, team):
    """Return a sheet that two people released, for a worker to make."""
    owner, second = team
    sheet = sheets.ask(petition=petition, kind="delivery", purpose="Letter", by=owner, now=utc_now())
    agree(sheet, second)
    sheets.start(sheet=sheet, by=owner.audit_name, now=utc_now())
    db.session.commit()
    return sheet


def table_of(content):
    head, *lines = content.decode().splitlines()
    opening = Opening(header_of(head))
    table = "".join(csv_of(lines, opening=opening, secret=keyring().demo_secrets[1]))
    return opening, table


def test_one_person_s_word_lets_nothing_leave(owner, petition, now):
    second = colleague(now.at)
    place = ask(owner, petition)
    number = db.session.scalar(select(Approval.id))
    digest = db.session.scalar(select(Approval.digest))

    own = post(owner, f"/desk/approvals/{number}/approve", digest=digest)
    assert own.status_code == 403
    assert "You asked for it, so a second person must approve it." in own.text
    now.at += 365 * 24 * HOUR
    for act in ("make", "download"):
        assert post(owner, f"{place}/{act}").status_code == 403
    making.make_released(now=now.at)
    assert list(sheets.folder().iterdir()) == []

    approve(place, second, now.at)
    assert post(owner, f"{place}/make").location == place


def test_the_asker_is_told_who_acts_next(owner, petition, now):
    assert "a wait of 72 hours takes the place of the second person" in owner.get("/desk/exports/").text
    alone = ask(owner, petition)
    assert "once a second owner or organiser has joined" in owner.get(alone).text

    second = colleague(now.at)
    assert "you cannot approve it yourself" in owner.get("/desk/exports/").text
    assert "another owner or organiser opens “Approvals”" in owner.get(alone).text
    assert "1 release waits for a second person." in owner.get("/desk/").text

    approve(alone, second, now.at)
    assert "Make the file" in owner.get(alone).text
    assert "1 release is approved: whoever asked for it can go on." in owner.get("/desk/").text


def test_two_people_release_a_sheet_that_says_so(owner, petition, now):
    place = ask(owner, petition)
    approve(place, colleague(now.at), now.at)
    post(owner, f"{place}/make")
    making.make_released(now=now.at)

    [path] = sheets.folder().iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    page = owner.get(place).text
    assert "The file is ready" in page
    opening, _ = table_of(downloaded(owner, place))
    assert opening.is_whole
    assert (opening.header.release, opening.header.rows) == ("two-people", 5)
    manifest = json.loads(owner.get(f"{place}/manifest").data)
    assert manifest["statement"]["people"] == manifest["rows"] == 5
    assert manifest["sha256"] in page
    assert [entry.action for entry in audit.entries()[:3]] == [
        "export.download",
        "export.sealed",
        "approval.release",
    ]


def test_who_is_alone_waits_and_the_sheet_says_that_one_person_released_it(owner, petition, now):
    place = ask(owner, petition)

    now.at += WAIT - timedelta(minutes=1)
    refused = post(owner, f"{place}/make")
    assert refused.status_code == 403
    assert "the wait is not over yet" in refused.text

    now.at += timedelta(minutes=2)
    assert "one person released it" in owner.get(place).text
    assert post(owner, f"{place}/make").status_code == 303
    making.make_released(now=now.at)
    manifest = json.loads(owner.get(f"{place}/manifest").data)
    assert manifest["release"] == "one-person"
    assert "one person after a wait" in manifest["note"]
    [released] = [entry for entry in audit.entries() if entry.action == "approval.release"]
    assert released.told["how"] == "one-person"


def test_who_joins_while_somebody_waits_is_needed_and_who_leaves_begins_the_wait_anew(owner, petition, now):
    place = ask(owner, petition)
    now.at += 60 * HOUR
    second = colleague(now.at)

    now.at += WAIT
    refused = post(owner, f"{place}/make")
    assert refused.status_code == 403
    assert "a second person must approve it first" in refused.text

    accounts.deactivate(organiser=second, by=organiser_by_email(EMAIL), now=now.at)
    db.session.commit()
    now.at += WAIT - timedelta(minutes=1)
    assert post(owner, f"{place}/make").status_code == 403
    now.at += timedelta(minutes=2)
    assert post(owner, f"{place}/make").status_code == 303


@pytest.mark.parametrize("leave", ["withdraw", "erase"])
def test_who_leaves_between_approval_and_file_is_not_in_it(petition, team, signatures, leave):
    gone, first = signatures[0].id.hex(), signatures[0]
    sheet = started(petition, team)
    getattr(private_page, leave)(petition_id=petition.id, tag=first.tag, nth=0, now=utc_now())
    db.session.commit()

    making.make_released(now=utc_now())

    made = sheets.sheet_by_reference(sheet.reference)
    opening, table = table_of(sheets.path_of(made).read_bytes())
    assert gone not in table
    assert opening.header.rows == opening.header.statement["people"] == 4
    assert made.expected == 5


def test_who_leaves_between_file_and_download_is_not_in_it_either(owner, petition, signatures, now):
    gone, tag = signatures[0].id.hex(), signatures[0].tag
    place = ask(owner, petition)
    approve(place, colleague(now.at), now.at)
    post(owner, f"{place}/make")
    making.make_released(now=now.at)
    now.at += rules.MADE_LATELY + timedelta(seconds=1)
    assert gone in table_of(downloaded(owner, place))[1]  # nothing moved yet

    private_page.withdraw(petition_id=petition.id, tag=tag, nth=0, now=now.at)
    db.session.commit()
    anew = post(owner, f"{place}/download")
    assert anew.location == place
    making.make_released(now=now.at)

    assert gone not in table_of(downloaded(owner, place))[1]


@pytest.mark.usefixtures("signatures")
def test_what_people_typed_is_inert_after_opening(petition, team):
    sign(petition, 8, asked_for_news=True, name="=HYPERLINK(1)")
    owner, second = team
    sheet = sheets.ask(petition=petition, kind="contacts", purpose="Letter", by=owner, now=utc_now())
    agree(sheet, second)
    sheets.start(sheet=sheet, by=owner.audit_name, now=utc_now())
    db.session.commit()
    making.make_released(now=utc_now())

    head, *lines = sheets.path_of(sheet).read_text().splitlines()
    for layout in rules.LAYOUTS:
        opening = Opening(header_of(head))
        table = "".join(csv_of(lines, opening=opening, secret=keyring().demo_secrets[1], layout=layout))
        assert "\"'=HYPERLINK" in table
        assert opening.opened == 1


def test_a_file_is_deleted_when_its_time_comes_or_when_it_is_cancelled(owner, petition, now):
    second = colleague(now.at)
    first, other = ask(owner, petition), ask(owner, petition)
    for place in (first, other):
        approve(place, second, now.at)
        post(owner, f"{place}/make")
    making.make_released(now=now.at)
    assert len(list(sheets.folder().iterdir())) == 2

    assert post(owner, f"{other}/cancel").location == other
    assert len(list(sheets.folder().iterdir())) == 1
    making.delete_old(now=now.at + rules.KEPT_FOR - HOUR)
    assert len(list(sheets.folder().iterdir())) == 1
    making.delete_old(now=now.at + rules.KEPT_FOR + HOUR)

    assert list(sheets.folder().iterdir()) == []
    assert "Over: the file was deleted" in owner.get(first).text
    assert post(owner, f"{first}/download").status_code == 303  # with words that there is no file


def test_a_file_that_goes_while_it_is_asked_for_is_not_on_record_as_taken(owner, petition, now, monkeypatch):
    place = ask(owner, petition)
    approve(place, colleague(now.at), now.at)
    post(owner, f"{place}/make")
    making.make_released(now=now.at)
    take = sheets.take

    def _taken_and_deleted(**who):
        path = take(**who)
        path.unlink()
        return path

    monkeypatch.setattr(sheets, "take", _taken_and_deleted)

    assert post(owner, f"{place}/download").status_code == 303
    assert "export.download" not in {entry.action for entry in audit.entries()}


def test_a_release_lasts_a_week_however_often_its_file_is_made_anew(petition, team, signatures):
    sheet, begun, owner = started(petition, team), utc_now(), team[0]
    making.make_released(now=begun)
    sheet.ready_at = begun + rules.KEPT_FOR - HOUR  # made anew on the last day, with whoever came since
    db.session.commit()

    making.delete_old(now=begun + rules.KEPT_FOR + HOUR)

    assert sheet.state == rules.OVER
    assert list(sheets.folder().iterdir()) == []
    with pytest.raises(sheets.NotReady):
        sheets.start_anew(sheet=sheet, by=owner, now=begun + rules.KEPT_FOR + HOUR)


def test_half_a_file_of_a_worker_that_was_killed_is_deleted_and_one_under_way_is_not(context):
    now = utc_now()
    for name, age in (("killed", 2 * HOUR), ("under-way", HOUR / 2)):
        half = sheets.folder() / f".unfinished-{name}"
        half.mkdir()
        (half / "0.nidaa-sheet").touch()
        for path in (half / "0.nidaa-sheet", half):
            os.utime(path, times=((now - age).timestamp(),) * 2)

    making.delete_old(now=now)

    assert [path.name for path in sheets.folder().iterdir()] == [".unfinished-under-way"]
    shutil.rmtree(sheets.folder() / ".unfinished-under-way")


def cancel_beside(sheet_id):
    """Cancel a sheet as somebody else does at this moment."""
    with making.beside() as connection:
        connection.execute(
            SealedSheet.__table__.update().where(SealedSheet.id == sheet_id).values(state=rules.CANCELLED)
        )


def test_a_sheet_is_cancelled_while_it_is_made(petition, team, signatures, monkeypatch):
    sheet = started(petition, team)
    number, told = sheet.id, []
    tell = making._tell(number)

    def cancelled_in_between(done, rows):
        told.append(done)
        cancel_beside(number)
        tell(done, rows)

    monkeypatch.setattr(exports, "ROWS_BETWEEN_WORDS", 2)
    monkeypatch.setattr(making, "_tell", lambda sheet_id: cancelled_in_between)
    making.make_released(now=utc_now())

    assert told == [2]
    assert list(sheets.folder().iterdir()) == []
    assert sheets.sheet_by_reference(sheet.reference).state == rules.CANCELLED
    assert "export.sealed" not in {entry.action for entry in audit.entries()}


def test_a_sheet_that_is_cancelled_when_its_last_row_is_written_leaves_no_file(
    petition, team, signatures, monkeypatch
):
    sheet = started(petition, team)
    number, write = sheet.id, exports.write_sealed_sheet

    def _written_and_cancelled(**what):
        manifest = write(**what)
        cancel_beside(number)
        return manifest

    monkeypatch.setattr(exports, "write_sealed_sheet", _written_and_cancelled)
    making.make_released(now=utc_now())

    assert list(sheets.folder().iterdir()) == []
    assert sheets.sheet_by_reference(sheet.reference).state == rules.CANCELLED
    assert "export.sealed" not in {entry.action for entry in audit.entries()}


def test_nobody_takes_a_sheet_that_was_cancelled_though_its_file_is_still_there(petition, team, signatures):
    sheet = started(petition, team)
    making.make_released(now=utc_now())
    sheets.cancel(sheet=sheet, by=team[0], now=utc_now())
    db.session.commit()

    assert sheets.path_of(sheet).is_file()
    with pytest.raises(sheets.NotReady):
        sheets.take(sheet=sheet, by=team[0], now=utc_now())


def test_a_worker_that_died_is_followed_by_another_that_begins_anew(petition, team, signatures):
    sheet = started(petition, team)
    sheet.state, sheet.beat_at = rules.MAKING, utc_now()  # and then it was killed
    reference = sheet.reference
    db.session.commit()

    making.make_released(now=utc_now() + timedelta(seconds=30))
    assert sheets.sheet_by_reference(reference).state == rules.MAKING
    making.make_released(now=utc_now() + rules.SILENT_FOR + timedelta(seconds=1))

    assert sheets.sheet_by_reference(reference).state == rules.READY


def test_asking_needs_a_petition_a_kind_and_a_purpose_and_keeps_what_was_typed(owner, petition):
    page = post(owner, "/desk/exports/", petition="unknown", kind="all", purpose=" ")
    for field in ("petition", "kind", "purpose"):
        assert f'href="#{field}"' in page.text
    assert page.status_code == 422

    page = post(
        owner, "/desk/exports/", petition=petition.slug, kind="contacts", purpose="For the newsletter"
    )
    assert page.status_code == 422  # nobody asked for news
    assert "Nobody would be in this sheet" in page.text
    assert 'value="For the newsletter"' in page.text


def test_counts_leave_at_once_as_a_zip_with_its_manifest_and_on_record(owner, petition):
    for kind, endings in (("xlsx", {"xlsx", "json"}), ("json", {"json"}), ("csv", {"csv", "json"})):
        answer = post(owner, "/desk/exports/counts", petition=petition.slug, format=kind, language="en")
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            names = archive.namelist()
            [manifest] = [json.loads(archive.read(name)) for name in names if name.endswith("manifest.json")]
        assert {name.rpartition(".")[2] for name in names} == endings
        assert manifest["totals"][petition.slug]["people"] == 5

    assert audit.entries()[0].action == "export.counts"
    assert post(owner, "/desk/exports/counts", petition="all", format="pdf", language="en").status_code == 400
    assert post(owner, "/desk/exports/counts", petition="x", format="csv", language="en").status_code == 404
