"""The statement of numbers: now, at the end of any past day, and pending only as of midnight."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import delete, event

from campaign_app.clock import utc_day, utc_now
from campaign_app.extensions import db
from campaign_app.finished_pages import STORE
from campaign_app.petitions.models import Petition
from campaign_app.petitions.queries import forget_kept
from campaign_app.tally import operations as tally
from campaign_app.tally.models import TallyCell
from campaign_app.tally.queries import SETTLED, by_day, statement
from campaign_app.tally.rules import (
    EFFECT,
    EVENTS,
    TAKEN_BACK,
    CellTotal,
    fewest_still_counted,
    statement_of,
)
from tests.supporters import PAGE, words

DAY = timedelta(days=1)
TODAY = date(2026, 3, 5)
LINKED_DAY = re.compile(r"/numbers/(\d{4}-\d{2}-\d{2})\"")
NOW = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)


@pytest.fixture
def add(petition):
    """A function that lets something happen to people of the petition, and forgets what was settled."""

    def happen(
        event: str, people: int = 1, *, days_ago: int = 0, petition_id: int = petition.id, **more
    ) -> None:
        tally.add(petition_id=petition_id, day=TODAY - days_ago * DAY, event=event, people=people, **more)

    return happen


@pytest.fixture
def at(app, petition):
    """A function that states the numbers afresh."""

    def state(*, on: date | None = None, now: datetime = NOW):
        app.extensions.pop(SETTLED, None)
        return statement(petition.id, now=now, on=on)

    return state


def test_before_anything_happened_everything_is_nought(at):
    numbers = at()

    assert (numbers.people, numbers.mailboxes, numbers.pending, numbers.first_on) == (0, 0, 0, None)
    assert numbers.as_of == NOW


def test_each_kind_is_stated_apart_and_only_signatures_of_a_mailbox_are_people(add, at):
    for event_name, people in zip(EVENTS, (100, 20, 40, 3, 2, 5, 4, 7, 9), strict=True):
        add(event_name, people, reason="bought" if event_name == "invalidated" else "")
    add("invalidated", 1, reason="one machine")

    numbers = at()

    assert numbers.people == 40 - 3 - 2 - 6 + 4
    assert (numbers.requested, numbers.confirmed, numbers.withdrawn, numbers.erased) == (100, 40, 3, 2)
    assert numbers.invalidated == {"bought": 5, "one machine": 1}
    assert (numbers.restored, numbers.paper, numbers.endorsements) == (4, 7, 9)


def test_mailboxes_are_counted_beside_people(add, at):
    add("confirmed", 4, mailboxes=1)
    add("confirmed", 1, mailboxes=1)
    add("withdrawn", 1, mailboxes=1)

    assert (at().people, at().mailboxes) == (4, 1)


def test_another_petition_s_numbers_are_its_own(add, at, petition):
    add("confirmed", 5)
    add("confirmed", 3, petition_id=petition.id - 1)

    assert at().people == 5


def test_a_past_day_is_stated_as_it_stood_at_its_end(add, at):
    for days_ago, people in ((10, 1), (3, 2), (2, 4), (1, 8), (0, 16)):
        add("confirmed", people, days_ago=days_ago)

    stated = {days_ago: at(on=TODAY - days_ago * DAY) for days_ago in (11, 10, 4, 3, 2, 1, 0)}

    assert {days_ago: numbers.people for days_ago, numbers in stated.items()} == {
        11: 0,
        10: 1,
        4: 1,
        3: 3,
        2: 7,
        1: 15,
        0: 31,
    }
    assert stated[3].as_of == datetime(2026, 3, 3, tzinfo=UTC)
    assert stated[0].as_of == NOW


def test_a_day_that_has_not_come_is_stated_as_today(add, at):
    add("confirmed", 1)

    assert at(on=TODAY + 3 * DAY) == at()


def test_what_happens_later_does_not_change_a_past_statement(add, at):
    add("confirmed", 5, days_ago=4)
    before = at(on=TODAY - 4 * DAY)

    add("withdrawn", 2)
    add("invalidated", 1, days_ago=1, reason="bought")

    assert at(on=TODAY - 4 * DAY) == before
    assert at().people == 2


def test_of_those_counted_then_at_least_so_many_are_counted_now_as_totals_alone_prove(add, at):
    add("confirmed", 50, days_ago=9)
    add("invalidated", 3, days_ago=8, reason="bought")
    then = at(on=TODAY - 7 * DAY)
    add("confirmed", 20, days_ago=3)
    for event_name, people in (("withdrawn", 4), ("erased", 2), ("invalidated", 5), ("restored", 3)):
        add(event_name, people, days_ago=1)

    assert fewest_still_counted(then, then) == then.people == 47
    assert fewest_still_counted(then, at()) == 47 - 4 - 2 - 5
    assert fewest_still_counted(at(on=TODAY - 8 * DAY), replace(at(), withdrawn=500)) == 0


def test_pending_is_stated_as_of_the_last_midnight_so_that_one_answer_shows_nothing(add, at):
    add("requested", 10, days_ago=2)
    add("confirmed", 3, days_ago=1)
    add("expired", 2, days_ago=1, reason="time")
    during = at().pending

    add("requested", 4)
    add("confirmed", 1)
    add("expired", 1, reason="repeat")

    assert at().pending == during == 5
    assert at().pending_as_of == datetime(2026, 3, 5, tzinfo=UTC)
    assert at(on=TODAY - 2 * DAY).pending_as_of == datetime(2026, 3, 4, tzinfo=UTC)
    assert at(on=TODAY - 2 * DAY).pending == 10
    assert at(now=NOW + DAY).pending == 7


def test_an_event_belongs_to_its_utc_day_to_the_last_second(at, petition):
    in_damascus = timezone(timedelta(hours=3))
    for moment in (
        datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 3, 5, 2, 59, 59, tzinfo=in_damascus),
        datetime(2026, 3, 5, tzinfo=UTC),
    ):
        tally.add(petition_id=petition.id, day=utc_day(moment), event="confirmed")

    assert at(on=TODAY - DAY).people == 2
    assert at(on=TODAY).people == 3


def test_the_first_day_is_that_of_the_first_confirmation(add, at):
    add("requested", 1, days_ago=9)
    add("confirmed", 1, days_ago=7)
    add("confirmed", 1)

    assert at().first_on == TODAY - 7 * DAY


def test_people_by_day_go_through_yesterday(add, app, petition):
    for days_ago, people in ((5, 2), (1, 3), (0, 4)):
        add("confirmed", people, days_ago=days_ago, country="DE")
    add("confirmed", 1, days_ago=5, country="LB")
    add("withdrawn", 1, days_ago=1)
    app.extensions.pop(SETTLED, None)

    assert by_day(petition.id, now=NOW) == [
        (TODAY - 5 * DAY, 3),
        (TODAY - 4 * DAY, 0),
        (TODAY - 3 * DAY, 0),
        (TODAY - 2 * DAY, 0),
        (TODAY - DAY, 3),
    ]


def test_thirty_days_are_the_last_thirty_whether_or_not_anybody_confirmed(add, app, petition):
    add("confirmed", 2, days_ago=200)
    app.extensions.pop(SETTLED, None)
    before = by_day(petition.id, now=NOW)

    add("confirmed", 1, days_ago=30)
    app.extensions.pop(SETTLED, None)
    days = by_day(petition.id, now=NOW)

    assert before == []
    assert [day for day, _people in days] == [TODAY - back * DAY for back in range(30, 0, -1)]
    assert [people for _day, people in days] == [1] + [0] * 29


def test_days_that_are_settled_are_read_once_and_the_last_two_always(add, at, petition):
    add("confirmed", 5, days_ago=30)
    at()
    asked: list[tuple] = []

    def note(connection, cursor, statement, parameters, *rest):
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    add("confirmed", 1, days_ago=1)  # a late commit of yesterday
    add("confirmed", 1)
    asked.clear()
    numbers = statement(petition.id, now=NOW)
    event.remove(db.engine, "before_cursor_execute", note)

    assert numbers.people == 7
    assert len(asked) == 1


def test_a_new_day_settles_the_next_one(add, app, petition):
    app.extensions.pop(SETTLED, None)
    add("confirmed", 1, days_ago=1)
    assert statement(petition.id, now=NOW).people == 1

    add("confirmed", 1, days_ago=1)

    assert statement(petition.id, now=NOW).people == 2
    assert statement(petition.id, now=NOW + 2 * DAY).people == 2


HISTORIES = some.lists(
    some.tuples(
        some.integers(0, 6),
        some.sampled_from(EVENTS),
        some.sampled_from(["", "bought", "time"]),
        some.integers(1, 50),
        some.sampled_from(["DE", "LB"]),
    ),
    max_size=25,
)


@settings(
    deadline=None,
    max_examples=40,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=HISTORIES, days_ago=some.integers(0, 7))
def test_any_past_day_is_the_sum_of_what_happened_until_then(petition, add, at, history, days_ago):
    db.session.execute(delete(TallyCell))
    for ago, kind, reason, people, country in history:
        add(kind, people, days_ago=ago, reason=reason, country=country)
    until = Counter()
    for ago, kind, _, people, _ in history:
        until[kind] += people * (ago >= days_ago)

    numbers = at(on=TODAY - days_ago * DAY)

    assert numbers.people == sum(EFFECT.get(kind, 0) * people for kind, people in until.items())
    assert numbers.paper == until["paper"]
    assert sum(numbers.invalidated.values()) == until["invalidated"]
    if days_ago:
        assert numbers.pending == until["requested"] - until["expired"] - until["confirmed"]


# -- The pages ------------------------------------------------------------------------------------------


def test_page_and_json_say_the_same_and_so_does_a_past_day(client, petition):
    today = utc_day(utc_now())
    for days_ago, people in ((5, 1_234), (1, 20), (0, 3)):
        tally.add(
            petition_id=petition.id, day=today - days_ago * DAY, event="confirmed", people=people, mailboxes=1
        )
    db.session.commit()
    client.application.extensions.pop(SETTLED, None)
    client.application.extensions[STORE].forget()
    past = (today - DAY).isoformat()

    now, then = client.get(f"{PAGE}/numbers.json"), client.get(f"{PAGE}/numbers.json?on={past}")

    assert (now.json["people"], then.json["people"]) == (1_257, 1_254)
    assert then.json["as_of"] == datetime.combine(today, time(), UTC).isoformat()
    assert "1,257" in client.get(f"{PAGE}/numbers").text
    assert "1,254" in client.get(f"{PAGE}/numbers/{past}").text
    assert (now.json["confirmed"], then.json["pending_as_of"]) == (1_257, then.json["as_of"])
    assert (then.json["left_since"], then.json["still_counted_at_least"]) == (0, 1_254)
    assert "left_since" not in now.json
    assert now.headers["Access-Control-Allow-Origin"] == "*"
    assert now.json["method"].startswith("http://localhost/en/petitions/")


@pytest.mark.parametrize("path", ["/en/", PAGE])
def test_a_count_on_a_page_tells_its_moment_and_leads_to_the_numbers(client, petition, path):
    answer = client.get(path)

    assert re.search(r"As of \d+ \w+ \d{4}, \d\d:\d\d UTC", words(answer))
    assert f'href="{PAGE}/numbers"' in answer.text.partition("</main>")[0]


@pytest.fixture
def a_week(client, petition):
    """The first day of a petition that somebody confirmed on each day of the last seven, and left on the last."""
    today = utc_day(utc_now())
    for days_ago in range(7):
        tally.add(petition_id=petition.id, day=today - days_ago * DAY, event="confirmed", people=100)
    tally.add(petition_id=petition.id, day=today, event="withdrawn", people=3)
    db.session.get(Petition, petition.id).opens_at = utc_now() - 6 * DAY
    db.session.commit()
    forget_kept()
    client.application.extensions.pop(SETTLED, None)
    client.application.extensions[STORE].forget()
    return today - 6 * DAY


def test_every_past_day_can_be_found_from_the_numbers_and_from_its_neighbours(client, a_week):
    days = [(a_week + ahead * DAY).isoformat() for ahead in range(6)]

    listed = set(LINKED_DAY.findall(client.get(f"{PAGE}/numbers").text))
    neighbours = [
        set(LINKED_DAY.findall(client.get(f"{PAGE}/numbers/{day}").text)) - {day}
        for day in (days[0], days[3], days[-1])
    ]

    assert listed == set(days)
    assert neighbours == [{days[1]}, {days[2], days[4]}, {days[-2]}]


def test_a_past_day_tells_how_many_of_those_people_are_counted_still(client, a_week):
    page = words(client.get(f"{PAGE}/numbers/{a_week.isoformat()}"))

    assert "Departures from the count since then, withdrawn, erased or taken out: 3." in page
    assert "So at least 97 people of those counted then are still counted now." in page
    assert "Ever confirmed" in page


def test_today_is_the_numbers_now(client, context):
    today = utc_day(utc_now()).isoformat()

    page, answer = client.get(f"{PAGE}/numbers/{today}"), client.get(f"{PAGE}/numbers.json?on={today}")

    assert (page.status_code, page.location) == (302, f"{PAGE}/numbers")
    assert (answer.status_code, answer.location) == (302, f"{PAGE}/numbers.json")


@pytest.mark.parametrize("days_ahead", [1, 400, -40])
def test_a_day_that_is_not_over_or_before_the_opening_has_no_numbers(client, a_week, days_ahead):
    day = (utc_day(utc_now()) + days_ahead * DAY).isoformat()

    page, answer = client.get(f"{PAGE}/numbers/{day}"), client.get(f"{PAGE}/numbers.json?on={day}")

    assert (page.status_code, answer.status_code) == (404, 404)
    assert "There are no numbers for that day" in page.text
    assert f'href="{PAGE}/numbers"' in page.text
    assert answer.json["error"] == "there are no numbers for that day"
    assert answer.json["numbers"].endswith(f"{PAGE}/numbers")


@pytest.mark.parametrize(
    "day", ["2026-02-30", "20260301", "2026-3-1", "yesterday", "2026-03-01T00:00", "0000-01-01"]
)
def test_a_day_that_is_none_has_no_page(client, context, day):
    assert client.get(f"{PAGE}/numbers/{day}").status_code == 404
    assert client.get(f"{PAGE}/numbers.json?on={day}").status_code == 404


@pytest.mark.parametrize(
    ("people_per_mailbox", "said"),
    [(1, "one person is counted through it"), (4, "Up to 4 people who share that mailbox may be counted")],
)
def test_the_method_says_how_many_are_counted_through_a_mailbox(client, petition, people_per_mailbox, said):
    db.session.get(Petition, petition.id).people_per_mailbox = people_per_mailbox
    db.session.commit()
    forget_kept()

    assert said in words(client.get(f"{PAGE}/numbers"))


def test_sheets_that_were_recorded_by_mistake_are_taken_back_though_cells_only_grow():
    totals = [
        CellTotal("paper", "", 40, 0),
        CellTotal("paper", TAKEN_BACK, 15, 0),
        CellTotal("confirmed", "", 3, 3),
    ]

    found = statement_of(totals, pending=0, as_of=NOW, pending_as_of=NOW, first_on=None)

    assert (found.paper, found.people) == (25, 3)


def test_who_was_put_back_is_taken_out_no_more():
    totals = [
        CellTotal("confirmed", "", 9, 9),
        CellTotal("invalidated", "automated", 5, 5),
        CellTotal("invalidated", "trial", 2, 2),
        CellTotal("restored", "automated", 5, 5),
        CellTotal("restored", "trial", 1, 1),
    ]

    found = statement_of(totals, pending=0, as_of=NOW, pending_as_of=NOW, first_on=None)

    assert (found.people, found.restored) == (8, 6)
    assert found.taken_out == {"trial": 1}
    assert found.invalidated == {"automated": 5, "trial": 2}
