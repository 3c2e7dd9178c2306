"""The record at the desk: read in words, filtered, saved as a file, and checked a part at a time."""

import csv
import io
import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from campaign_app.audit import queries, rules
from campaign_app.audit.models import AuditEntry
from campaign_app.audit.operations import record
from campaign_app.audit.rules import ACTION, BEGINNING, BY_COMMAND
from campaign_app.clock import utc_now
from campaign_app.desk import record_views
from campaign_app.desk.record_words import ACTIONS, ROOMS
from campaign_app.extensions import db
from tests.desk_client import EMAIL, give_roles, signed_in
from tests.record import unguarded
from tests.supporters import words

PLACE = "/desk/record/"
LONG_AGO = timedelta(days=400)


@pytest.fixture
def history(app):
    """A record of a hundred entries of long ago, one of them of an action that this version does not know."""
    with app.app_context():
        for number in range(100):
            action = "letters.later" if number == 7 else "petition.move"
            record(
                action=action,
                by=BY_COMMAND,
                subject="=a-petition",
                details={"number": number},
                now=utc_now() - LONG_AGO,
            )
        db.session.commit()
    return app


def test_details_that_hold_others_are_read_in_words(app):
    with app.app_context():
        rule = {"country": "FR", "language": "ar", "first_on": "2026-03-05"}
        told = {"run": 1200, "reason": "trial", "note": "trial", "rule": rule}
        record(action="integrity.invalidate", by=BY_COMMAND, details=told, now=utc_now())
        db.session.commit()

    owner = signed_in(app)
    assert (
        "Note: trial Reason: Trials of our own"
        " Rule: Country: France, From: 5 March 2026, Language: العربية Run, by number: 1,200"
    ) in words(owner.language("en").get(PLACE))
    assert "القاعدة: البلد: فرنسا، من: 5 آذار 2026، اللغة: العربية" in words(owner.language("ar").get(PLACE))


@pytest.mark.parametrize(
    ("action", "details", "shown"),
    [
        ("accounts.change-roles", {"has": ["owner", "approver"]}, "Roles now: Owner, Letter approver"),
        ("accounts.change-sign-in", {"what": "passkey-added"}, "What: a passkey was added"),
        (
            "approval.release",
            {"kind": "mailing", "how": "one-person"},
            "Released by: one person, after the wait",
        ),
        ("body.add", {"kind": "mission"}, "Kind: Missions to the United Nations"),
        ("audit.export", {"action": "backup.make", "as": "csv"}, "What was done: Made a backup"),
        ("letter.batch", {"month": "2026-03"}, "Month: March 2026"),
        ("letter.deliver", {"way": "hand"}, "Way: by hand"),
        ("letter.withdraw", {"reason": "trial"}, "Reason: trial"),
        ("lockdown.lift", {"since": "2026-03-05 12:00:00+00:00"}, "Since: 5 March 2026, 12:00 UTC"),
        ("numbers.csv", {"table": "days", "from": "2026-03-05"}, "From: 5 March 2026 Table: Day by day"),
        ("petition.move", {"from": "draft", "to": "open"}, "From: Draft To: Open"),
        ("petition.settings", {"closes_at": "no moment", "opens_at": ""}, "Closes: no moment"),
        (
            "petition.write",
            {"is_correction": True, "home_language": "xx"},
            "Written in: xx A correction: yes",
        ),
        ("updates.later", {"later": "<b>"}, "later: <b>"),
    ],
)
def test_codes_of_ours_are_read_in_words_and_what_was_typed_as_typed(app, action, details, shown):
    with app.app_context():
        record(action=action, by=BY_COMMAND, details=details, now=utc_now())
        db.session.commit()

    assert shown in words(signed_in(app).language("en").get(PLACE))


def test_every_action_with_words_is_one_and_belongs_to_a_room_with_a_name():
    assert all(ACTION.fullmatch(action) for action in ACTIONS)
    assert {action.partition(".")[0] for action in ACTIONS} == set(ROOMS)


def test_a_chain_can_be_checked_a_part_at_a_time(history):
    with history.app_context():
        whole = queries.verify()
        head, numbers = BEGINNING, []
        number = 0
        while number < whole.entries:
            part = queries.verify_part(number, limit=30)
            assert part.is_whole
            number, head = part.entries, part.head
            numbers.append(number)

        assert (numbers, head) == ([30, 60, 90, 100], whole.head)
        with pytest.raises(LookupError):
            queries.verify_part(101, limit=30)
        assert [queries.has_head(head), queries.has_head("0" * 63 + "1")] == [True, False]


def test_a_part_that_does_not_follow_what_was_read_before_does_not_fit(history):
    with history.app_context():
        entries = list(queries.oldest_first())

        found = rules.verified(entries[50:60], after=entries[48])

        assert (found.broken_at, found.entries) == (51, 49)


def test_the_record_is_read_filtered_saved_and_checked_at_the_desk(history, monkeypatch):
    monkeypatch.setattr(record_views, "ENTRIES_A_STEP", 60)
    owner = signed_in(history)
    owner.language("en")

    with history.app_context():
        newest = queries.newest().id
    page = owner.get(PLACE)
    assert "Signed in" in words(page)
    assert page.text.count("<li>\n<p><strong>") == record_views.ENTRIES_A_PAGE
    before = newest - record_views.ENTRIES_A_PAGE + 1  # the last that is shown: the next page begins below it
    older = owner.get(re.search(rf'href="(/desk/record/\?before={before})"', page.text)[1])
    assert "letters.later" in owner.get(PLACE, query_string={"before": 10}).text
    assert "Back to the newest" in words(older)
    by_terminal = owner.get(PLACE, query_string={"by": BY_COMMAND, "action": "accounts."})
    assert by_terminal.text.count("<li>\n<p><strong>") == 1
    assert "No entry fits" in words(owner.get(PLACE, query_string={"action": "mail."}))
    assert owner.get(PLACE, query_string={"from": "soon"}).status_code == 422
    assert owner.get(PLACE, query_string={"before": 10**30}).status_code == 200
    assert owner.get(PLACE, query_string={"to": "9999-12-31"}).status_code == 200

    began = (utc_now() - LONG_AGO).date().isoformat()
    saved = owner.send(f"{PLACE}export", page=PLACE, **{"as": "csv", "action": "petition.move", "to": began})
    lines = list(csv.DictReader(io.StringIO(saved.text.removeprefix("\ufeff"))))
    assert [len(lines), lines[0]["subject"]] == [99, "'=a-petition"]
    whole = owner.send(f"{PLACE}export", page=PLACE, **{"as": "jsonl"})
    entries = [rules.Entry(**json.loads(line)) for line in whole.text.splitlines()]
    assert rules.verified(entries).is_whole
    with history.app_context():
        newest = queries.newest()
        assert (newest.action, newest.told["through"]) == ("audit.export", entries[-1].id)
    assert owner.send(f"{PLACE}export", page=PLACE, **{"as": "exe"}).status_code == 400

    step = owner.get(f"{PLACE}verify", query_string={"after": 0, "head": newest.hash})
    assert "60 of" in words(step)
    assert 'http-equiv="refresh"' in step.text
    goes_on = re.search(r'content="0; url=([^"]+)"', step.text)[1].replace("&amp;", "&")
    done = owner.get(goes_on)
    assert "each fits the one before" in words(done)
    assert "The digest that you kept is among them." in words(done)
    other = owner.get(f"{PLACE}verify", query_string={"after": 60, "head": "1" * 64})
    assert "The digest that you kept is not in the record" in words(other)
    assert owner.get(f"{PLACE}verify", query_string={"head": "no head"}).status_code == 422

    with history.app_context():
        with unguarded():
            db.session.execute(update(AuditEntry).where(AuditEntry.id == 40).values(by="organiser:99"))
        db.session.commit()
    broken = owner.get(f"{PLACE}verify", query_string={"after": 0})
    assert "entry 40 does not fit" in words(broken)
    assert 'http-equiv="refresh"' not in broken.text

    give_roles(history, ["organiser"], EMAIL)
    assert "Save as CSV" not in owner.get(PLACE).text
