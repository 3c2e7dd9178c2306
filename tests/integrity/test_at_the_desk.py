"""What organisers see and do about integrity, page by page, as one of them walks it."""

import re
from datetime import timedelta

from sqlalchemy import select, update

from campaign_app.audit.models import AuditEntry
from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.finished_pages import STORE
from campaign_app.integrity import arrivals, operations, outside
from campaign_app.integrity.models import Invalidation
from campaign_app.integrity.outside import Told
from campaign_app.integrity.rules import label_of
from campaign_app.mail.models import OutboxMail
from campaign_app.petitions.operations import petition_by_slug
from campaign_app.signing.models import Pending
from campaign_app.tally.models import OutsideTotal
from campaign_app.tally.queries import statement
from tests.desk_client import signed_in, token_of
from tests.supporters import SLUG, sign, sign_and_confirm, words

from .campaigns import BAD, GOOD, an_organiser, let_sign

PETITION = f"/desk/integrity/petitions/{SLUG}"
RULE = {"domain": label_of(BAD)}


PAPER = {"kind": "paper", "sheets": "3", "held_by": "Test Organiser"}


def fill(app) -> int:
    """Let 150 people sign today of whom 60 came from one domain, and 90 on the days before."""
    with app.app_context():
        petition_id = petition_by_slug(SLUG).id
        today = utc_now().date()
        let_sign(petition_id, 60, domain=BAD, on=today, country="SY")
        for back in range(1, 10):
            let_sign(petition_id, 20, on=today - timedelta(days=back))
        let_sign(petition_id, 90, domain=GOOD, on=today)
        db.session.commit()
        arrivals.look(now=utc_now())
        db.session.commit()
    return petition_id


def let_work(app) -> None:
    with app.app_context():
        while operations.step(now=utc_now()):
            db.session.commit()
        db.session.rollback()


def people(app, petition_id) -> int:
    with app.app_context():
        found = statement(petition_id, now=utc_now()).people
        db.session.rollback()
        return found


def test_a_group_that_stands_out_is_looked_at_taken_out_and_put_back(app):
    petition_id = fill(app)
    desk = signed_in(app, ["organiser"]).language("en")

    home, page = desk.get("/desk/"), desk.get(PETITION)
    assert "stand out" in words(home)
    assert "60 of the 150 people who signed then" in words(page)
    assert "0 of 180" in words(page)
    link = re.search(r'href="([^"]+/rule\?[^"]*domain=[^"]+)"', page.text)[1].replace("&amp;", "&")
    assert label_of(BAD) in desk.get(link).text

    seen = desk.get(PETITION + "/preview", query_string=RULE)
    assert "60 people, who signed through 60 mailboxes, out of 330" in words(seen)
    asked = {"csrf_token": token_of(seen), **RULE, "expected": "60"}
    refused = desk.post(PETITION + "/runs", data=asked)
    assert refused.status_code == 422
    assert 'href="#reason"' in refused.text
    assert 'href="#note"' in refused.text
    begun = desk.post(PETITION + "/runs", data=asked | {"reason": "automated", "note": "One machine."})
    assert "Under way" in words(desk.get(begun.location))
    let_work(app)
    assert people(app, petition_id) == 270
    assert "Taken out60 of 60" in words(desk.get(begun.location)).replace(" 60 of", "60 of")

    desk.post(begun.location + "/undo", data={"csrf_token": token_of(desk.get(begun.location))})
    let_work(app)
    assert people(app, petition_id) == 330
    assert "Undone" in words(desk.get(PETITION))
    again = desk.post(begun.location + "/cancel", data={"csrf_token": token_of(desk.get("/desk/"))})
    assert "Nothing was changed" in words(desk.get(again.location))


def test_many_small_domains_that_stand_out_together_have_a_name_and_lead_to_their_days(app):
    with app.app_context():
        petition_id, today = petition_by_slug(SLUG).id, utc_now().date()
        for back in range(1, 10):
            let_sign(petition_id, 60, domain=GOOD, on=today - timedelta(days=back))
        let_sign(petition_id, 60, domain=GOOD, on=today)
        for number in range(40):
            let_sign(petition_id, 3, domain=bytes([number + 1]) * 16, on=today)
        db.session.commit()
        arrivals.look(now=utc_now())
        db.session.commit()
    desk = signed_in(app, ["organiser"]).language("en")

    page = desk.get(PETITION)

    assert "All smaller mail domains together" in words(page)
    assert "120 of the 180 people" in words(page)
    assert "domain=" not in page.text


def test_a_rule_that_is_wrong_comes_back_with_what_to_correct(app):
    fill(app)
    desk = signed_in(app).language("en")

    for typed, field in (
        ({}, "domain"),
        ({"domain": "0000-0000"}, "domain"),
        ({"source": "a b"}, "source"),
        ({"country": "\0"}, "country"),
        ({"first_on": "tomorrow"}, "first_on"),
        ({"first_on": "2026-03-02", "last_on": "2026-03-01"}, "last_on"),
    ):
        page = desk.get(PETITION + "/preview", query_string=typed)
        assert page.status_code == 422, typed
        assert f'href="#{field}"' in page.text, typed
    nobody = desk.get(PETITION + "/preview", query_string={"country": "FR"})
    assert "Nobody who is counted fits." in words(nobody)


def test_held_mail_is_let_go_or_left_waiting_on_record(app, mail_dir):
    client = app.test_client()
    sign(client, email="first@example.org")
    with app.app_context():
        db.session.execute(update(Pending).values(is_held=True))
        db.session.execute(update(OutboxMail).values(not_before=utc_now() + timedelta(hours=5)))
        label = label_of(db.session.scalars(select(Pending.domain_tag)).one())
        db.session.commit()
    desk = signed_in(app, ["organiser"]).language("en")
    place = f"{PETITION}/held/{label}"

    page = desk.get("/desk/integrity/held")
    assert label in page.text
    assert 'href="/desk/integrity/held"' in desk.get("/desk/").text
    desk.post(place, data={"csrf_token": token_of(page), "decision": "wait"})
    desk.post(place, data={"csrf_token": token_of(page), "decision": "go"})
    desk.post(place, data={"csrf_token": token_of(page), "decision": "go"})
    assert desk.post(place, data={"csrf_token": token_of(page)}).status_code == 400

    assert "No mail is held." in words(desk.get("/desk/integrity/held"))
    with app.app_context():
        assert db.session.scalars(select(OutboxMail.not_before)).one() <= utc_now()
        told = db.session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.like("integrity.%"))
        ).all()
        assert told == ["integrity.keep-waiting", "integrity.let-go"]


def test_a_total_from_elsewhere_is_published_once_somebody_else_has_checked_it(app):
    first = signed_in(app, ["organiser"]).language("en")
    with app.app_context():
        somebody = an_organiser().id
        petition_id = petition_by_slug(SLUG).id
        db.session.commit()
    place = PETITION + "/elsewhere/"
    total = {
        "kind": "platform",
        "name": "Example Petitions",
        "number": "1 200",
        "as_of": "2026-03-01",
        "evidence": "https://example.org/petition",
        "sha256": "AB" * 32,
    }

    page = first.send(place + "record", page=place, kind="paper", name="Sheets", as_of="2999-01-01")
    assert page.status_code == 422
    for field in ("number", "as_of", "evidence", "sha256", "sheets", "held_by", "destroy_by"):
        assert f'href="#{field}"' in page.text, field
    too_much = first.send(place + "record", page=place, **(total | {"number": "0" * 11 + "1" + "0" * 30}))
    assert 'href="#number"' in too_much.text
    first.send(place + "record", page=place, **total)
    too_long = total | PAPER | {"destroy_by": "2999-01-01"}
    assert 'href="#destroy_by"' in first.send(place + "record", page=place, **too_long).text
    paper = PAPER | {"destroy_by": (utc_now() + timedelta(days=90)).date().isoformat()}
    first.send(place + "record", page=place, **(total | paper | {"name": "Sheets", "number": "40"}))
    first.send(f"{place}{totals(app)[0]}/check", page=place)
    assert "somebody else must check" in words(first.get(place))
    assert "Example Petitions" not in public_numbers(app).text

    with app.app_context():
        for row in db.session.scalars(select(OutsideTotal)):
            row.recorded_by_id = somebody
        db.session.commit()
    numbers = totals(app)
    for number in numbers * 2:  # whoever presses twice counts nothing twice
        first.send(f"{place}{number}/check", page=place)
    shown = words(public_numbers(app))
    assert "Example Petitions" in shown
    machine = public_numbers(app, ".json").json
    assert machine["elsewhere"][0]["number"] == 1200
    assert (machine["paper"], machine["people"]) == (40, 0)

    for number in numbers * 2:
        first.send(f"{place}{number}/take-back", page=place)
    assert len(totals(app)) == 2 * len(numbers)
    with app.app_context():
        for row in db.session.scalars(select(OutsideTotal).where(OutsideTotal.takes_back_id.is_not(None))):
            row.recorded_by_id = somebody
        db.session.commit()
    for number in totals(app)[2:]:
        first.send(f"{place}{number}/check", page=place)
    machine = public_numbers(app, ".json").json
    assert (machine["paper"], machine["elsewhere"]) == (0, [])
    with app.app_context():
        assert statement(petition_id, now=utc_now()).paper == 0
        db.session.rollback()


def test_whoever_keeps_sheets_is_reminded_to_destroy_them_until_somebody_notes_that_it_was_done(app):
    desk = signed_in(app, ["organiser"]).language("en")
    place, today = PETITION + "/elsewhere/", utc_day(utc_now())
    with app.app_context():
        by, petition = an_organiser(), petition_by_slug(SLUG)
        for kind, ago in (("paper", 1), ("paper", 0), ("platform", 1)):
            day = today - timedelta(days=ago)
            told = Told(
                kind=kind,
                name="Test",
                number=40,
                as_of=day,
                evidence="a safe",
                sha256="ab" * 32,
                destroy_by=day,
                sheets=1,
            )
            outside.record_total(petition=petition, told=told, by=by, now=utc_now())
        db.session.commit()
    overdue, due_today, platform = totals(app)
    reminder = "1 set of filled sheets should be destroyed by now"
    assert reminder in words(desk.get("/desk/"))

    for number in (platform, overdue, overdue):
        desk.send(f"{place}{number}/destroyed", page=place)

    assert reminder not in words(desk.get("/desk/"))
    assert "destroyed, as noted on" in words(desk.get(place))
    with app.app_context():
        noted = dict(db.session.execute(select(OutsideTotal.id, OutsideTotal.destroyed_on)).all())
        assert noted == {overdue: today, due_today: None, platform: None}
        actions = db.session.scalars(select(AuditEntry.action)).all()
        assert actions.count("integrity.note-destroyed") == 1
        db.session.rollback()


def public_numbers(app, ending=""):
    app.extensions[STORE].forget()
    return app.test_client().get(f"/en/petitions/{SLUG}/numbers{ending}")


def totals(app) -> list[int]:
    with app.app_context():
        found = list(db.session.scalars(select(OutsideTotal.id).order_by(OutsideTotal.id)))
        db.session.rollback()
        return found


def test_whoever_was_taken_out_reads_so_on_the_private_page_and_may_still_leave(app, mail_dir):
    client = app.test_client()
    token = sign_and_confirm(client, mail_dir)
    desk = signed_in(app, ["organiser"]).language("en")
    seen = desk.get(PETITION + "/preview", query_string={"country": "DE"})
    asked = {"csrf_token": token_of(seen), "country": "DE", "expected": "1", "note": "A test."}
    desk.post(PETITION + "/runs", data=asked | {"reason": "trial"})
    let_work(app)

    page = words(client.get(f"/en/my-signature/{token}"))
    assert "is not counted at present" in page
    client.post(f"/en/my-signature/{token}/withdraw", data={"nth": "0"})

    with app.app_context():
        run = db.session.scalars(select(Invalidation)).one()
        by = run.started_by
        operations.undo(run=run, by=by, now=utc_now())
        db.session.commit()
    let_work(app)
    with app.app_context():
        numbers = statement(petition_by_slug(SLUG).id, now=utc_now())
        assert (numbers.people, numbers.withdrawn, numbers.invalidated) == (0, 0, {"trial": 1})
        db.session.rollback()
