"""The numbers at the desk: every table adds up to the statement, whatever the days; the sentence; the file."""

import csv
import io
import re
from datetime import date, timedelta

import pytest

from campaign_app.audit import queries as audit
from campaign_app.clock import utc_day, utc_now
from campaign_app.desk.charts import chart_of
from campaign_app.desk.numbers import numbers_of
from campaign_app.desk.period import MOST_BARS, NotAPeriod, period_of
from campaign_app.extensions import db
from campaign_app.petitions.queries import public_petition
from campaign_app.tally import operations as tally
from campaign_app.tally import snapshots
from campaign_app.tally.queries import SETTLED, statement
from campaign_app.tally.rules import TAKEN_BACK
from campaign_app.tally.tables import PLACES, Row, Span, by_group, total
from tests.desk_client import EMAIL, desk_of, give_roles, signed_in
from tests.statements import sent
from tests.supporters import SLUG, words

DAY = timedelta(days=1)
TODAY = date(2027, 3, 12)
PLACE = f"/desk/numbers/{SLUG}"
STORY = (  # days ago, event, people, country, source
    (200, "requested", 400, "DE", "wa"),
    (200, "confirmed", 300, "DE", "wa"),
    (199, "confirmed", 4, "JO", "=partner"),
    (40, "withdrawn", 20, "DE", "wa"),
    (12, "erased", 2, "JO", "direct"),
    (6, "invalidated", 30, "DE", "wa"),
    (5, "restored", 10, "DE", "wa"),
    (1, "paper", 7, "", "direct"),
    (0, "confirmed", 3, "SY", "direct"),
)


@pytest.fixture
def story(app):
    """A petition to which things happened in half a year, today too."""
    with app.app_context():
        today = utc_day(utc_now())
        petition_id = public_petition(SLUG).id
        for ago, event, people, country, source in STORY:
            tally.add(
                petition_id=petition_id,
                day=today - ago * DAY,
                event=event,
                people=people,
                country=country,
                language="ar",
                source=source,
                path="js",
                reason="bot" if event == "invalidated" else "",
            )
        db.session.commit()
        for each in (app, desk_of(app)):
            each.extensions.pop(SETTLED, None)
            each.extensions.pop(PLACES, None)
    return app


@pytest.mark.parametrize(
    ("name", "first", "last", "span", "days_a_row"),
    [
        ("7", "", "", (6, 0), 1),
        ("90", "", "", (89, 0), 1),
        ("all", "", "", (400, 0), 7),
        ("anything", "", "", (400, 0), 7),
        ("days", "2027-03-01", "2027-03-02", (11, 10), 1),
        ("days", "1990-01-01", "2027-03-02", (400, 10), 7),
        ("days", "2027-03-01", "2099-01-01", (11, 0), 1),
    ],
)
def test_a_period_is_named_or_typed_and_lies_between_the_first_day_and_today(
    name, first, last, span, days_a_row
):
    period = period_of(name, first, last, began_on=TODAY - 400 * DAY, today=TODAY)

    assert period.span == Span(TODAY - span[0] * DAY, TODAY - span[1] * DAY)
    assert period.days_a_row == days_a_row


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [("", "2027-03-02", "from"), ("2027-03-03", "2027-03-02", "from"), ("2027-03-01", "2 March", "to")],
)
def test_days_that_are_none_are_named(first, last, field):
    with pytest.raises(NotAPeriod) as problem:
        period_of("days", first, last, began_on=TODAY, today=TODAY)

    assert problem.value.field == field


def test_a_chart_has_one_scale_for_who_came_and_who_left():
    rows = [
        (Span(TODAY - DAY, TODAY - DAY), Row("", {"requested": 9, "confirmed": 4})),
        (Span(TODAY, TODAY), Row("", {"confirmed": 12, "withdrawn": 2, "erased": 1, "invalidated": 4})),
    ]

    chart = chart_of(rows)

    assert (chart.up, chart.down, chart.height) == (12, 7, 19)
    assert chart.most == (rows[1][0], 12)
    assert chart_of([(Span(TODAY, TODAY), Row("", {"paper": 3}))]) is None


@pytest.mark.parametrize(
    "asked",
    [
        {"period": "all"},
        {"period": "7"},
        {"period": "30"},
        {"period": "90"},
        {"period": "days", "from": "200", "to": "200"},
        {"period": "days", "from": "199", "to": "6"},
    ],
)
def test_every_table_adds_up_to_the_statement_in_every_period(story, asked):
    with story.app_context():
        now = utc_now()
        today = utc_day(now)
        typed = {key: (today - int(ago) * DAY).isoformat() for key, ago in asked.items() if key != "period"}
        petition_id = public_petition(SLUG).id

        found = numbers_of(SLUG, {**asked, **typed}, lang="en", sees_groups=True, now=now)

        span = found.period.span
        before = statement(petition_id, now=now, on=span.first_day - DAY)
        after = statement(petition_id, now=now, on=span.last_day)
        assert [len(found.groups), found.days.adds_up] == [4, True]
        for table in (found.days, *found.groups):
            assert table.adds_up, asked
            for name in ("requested", "confirmed", "withdrawn", "erased", "restored", "paper"):
                assert table.total.of(name) == getattr(after, name) - getattr(before, name), name
        if asked == {"period": "all"}:
            assert found.days.total.counted == found.statement.people == 265
            assert len(found.days.rows) == -(-201 // 7) <= MOST_BARS


def test_on_a_later_day_only_the_days_that_settled_since_are_read_and_the_sums_are_the_same(story):
    with story.app_context():
        petition_id, today = public_petition(SLUG).id, utc_day(utc_now())
        first = today - 250 * DAY
        taken_back = {"event": "paper", "reason": TAKEN_BACK, "people": 5, "country": "LB"}
        tally.add(petition_id=petition_id, day=today - 3 * DAY, **taken_back)
        by_group(petition_id, Span(first, today - 3 * DAY), today=today - 3 * DAY)

        with sent() as statements:
            grown = by_group(petition_id, Span(first, today), today=today)

        story.extensions.pop(PLACES)
        assert grown == by_group(petition_id, Span(first, today), today=today)
        assert total(grown["country"]).of("paper") == 7 - 5
        assert total(grown["country"]).counted == 265
        assert len(statements) == 2  # the days that settled since, and those that have not


def test_the_page_shows_exact_groups_to_organisers_and_published_ones_to_everybody_else(story):
    with story.app_context():
        snapshots.take(now=utc_now())
        db.session.commit()
    client = signed_in(story)
    client.language("en")

    page = client.get(PLACE)

    assert "As of" in words(page)
    assert "265 people have signed" in words(page)
    assert "They are in at least 1 country." in words(page)
    assert "under 10: never publish" in words(page)
    assert words(page).count("The sum is what the statement of numbers says of these days: 265.") == 5
    assert re.search(r'<svg role="img" aria-labelledby="chart-title chart-told"', page.text)
    assert client.get(PLACE, query_string={"period": "days", "from": "x", "to": "y"}).status_code == 422
    assert client.get("/desk/numbers/no-such-petition").status_code == 404
    assert "265" in words(client.get("/desk/numbers/"))

    saved = client.send(f"{PLACE}/source.csv", page=PLACE, period="all")

    lines = list(csv.DictReader(io.StringIO(saved.text.removeprefix("\ufeff"))))
    assert {line["Code"] for line in lines} == {"wa", "'=partner", "direct"}
    assert sum(int(line["Change of the count"]) for line in lines) == 265
    assert saved.headers["Content-Disposition"].startswith(f'attachment; filename="{SLUG}-source-')
    days = client.send(f"{PLACE}/days.csv", page=PLACE, period="90")
    assert len(days.text.splitlines()) == 91
    with story.app_context():
        newest = audit.entries(limit=1)[0]
        assert (newest.action, newest.subject, newest.told["table"]) == ("numbers.csv", SLUG, "days")

    give_roles(story, ["viewer"], EMAIL)
    seen = client.get(PLACE)
    assert "Exact figures are for owners and organisers." in words(seen)
    assert "never publish" not in seen.text
    assert "Save as CSV" not in seen.text
