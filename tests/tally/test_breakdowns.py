"""Breakdowns are taken after midnight, kept as they were published, and read in the reader's language."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask_babel import force_locale
from sqlalchemy import event, func, select

from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.tally import operations as tally
from campaign_app.tally import snapshots, suppression
from campaign_app.tally.breakdowns import TITLES, public_breakdowns
from campaign_app.tally.models import TallySnapshot

MONDAY = date(2026, 3, 2)


def midnight(day: date) -> datetime:
    """Return the time after a day at which all its events are written."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC) + timedelta(minutes=10)


def add(
    petition,
    people,
    *,
    day=MONDAY,
    event="confirmed",
    country="DE",
    language="en",
    source="direct",
    path="js",
):
    tally.add(
        petition_id=petition.id,
        day=day,
        event=event,
        people=people,
        country=country,
        language=language,
        source=source,
        path=path,
    )


def kept():
    return db.session.scalar(select(func.count()).select_from(TallySnapshot))


def published(petition, dimension="country", now=None, lang="en"):
    breakdowns = public_breakdowns(petition.id, lang, now=now or datetime(2027, 1, 1, tzinfo=UTC))
    return next((one for one in breakdowns if one.dimension == dimension), None)


@pytest.fixture(autouse=True)
def four_held_back(monkeypatch):
    """Hold back four people of each group, so that one group is doubt enough."""
    monkeypatch.setattr(suppression.begin, "__defaults__", (lambda: 4,))
    monkeypatch.setattr(suppression.go_on, "__defaults__", (lambda: 4,))


@pytest.fixture
def broken_down(petition):
    """A petition with three countries, of which one has too few people to be named, published after a Monday."""
    add(petition, 84, country="DE", language="ar")
    add(petition, 31, country="FR", source="wa", path="nojs")
    add(petition, 5, country="SY")
    snapshots.take(now=midnight(MONDAY))
    return petition


def test_nothing_is_broken_down_below_a_hundred_people(petition):
    add(petition, 60)
    add(petition, 39, country="FR")

    assert snapshots.take(now=midnight(MONDAY)) == 0
    assert public_breakdowns(petition.id, "en", now=midnight(MONDAY)) == []


def test_the_withdrawn_do_not_count_towards_the_hundred(petition):
    add(petition, 60)
    add(petition, 40, country="FR")
    add(petition, 1, event="withdrawn")

    assert snapshots.take(now=midnight(MONDAY)) == 0


def test_small_countries_are_not_named_and_figures_are_tens(broken_down):
    found = published(broken_down)

    assert found.rows == [("DE", "Germany", 80), ("FR", "France", 20)]
    assert found.others_rounded == 20
    assert found.as_of == datetime(2026, 3, 3, tzinfo=UTC)
    assert not found.is_withheld


def test_labels_are_in_the_language_of_the_page(broken_down, context):
    with context.test_request_context("/ar/"):
        assert [row.label for row in published(broken_down, lang="ar").rows] == ["ألمانيا", "فرنسا"]
        assert [row.label for row in published(broken_down, "language", lang="ar").rows] == [
            "العربية",
            "English",
        ]


def test_each_dimension_stands_alone_and_has_a_title(broken_down):
    breakdowns = public_breakdowns(broken_down.id, "en", now=midnight(MONDAY))

    assert [one.dimension for one in breakdowns] == list(TITLES)
    assert all(one.title and one.rows for one in breakdowns)
    with force_locale("en"):
        labels = [row.label for row in published(broken_down, "source").rows]
    assert labels == ["Came by themselves", "WhatsApp"]


def test_others_are_not_stated_where_they_are_fewer_than_ten(petition):
    add(petition, 94)
    add(petition, 34, country="FR")

    snapshots.take(now=midnight(MONDAY))

    assert published(petition).others_rounded is None


def test_it_is_taken_once_for_a_midnight_and_never_changed(broken_down):
    add(broken_down, 500, country="IT")

    assert snapshots.take(now=midnight(MONDAY) + timedelta(hours=5)) == 0
    assert kept() == 1
    assert "IT" not in [row.code for row in published(broken_down).rows]


def test_the_day_is_not_taken_before_all_its_events_are_written(petition):
    add(petition, 90)
    add(petition, 90, country="FR")

    assert snapshots.take(now=midnight(MONDAY) - timedelta(minutes=1)) == 0
    assert snapshots.take(now=midnight(MONDAY)) == 1


def test_today_is_not_in_it(petition):
    add(petition, 90)
    add(petition, 90, country="FR")
    add(petition, 90, country="IT", day=MONDAY + timedelta(days=1))

    snapshots.take(now=midnight(MONDAY))

    assert [row.code for row in published(petition).rows] == ["DE", "FR"]


def test_nothing_changes_before_ten_more_have_come(broken_down):
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    add(broken_down, 9, day=tuesday)
    assert snapshots.take(now=midnight(tuesday)) == 0

    add(broken_down, 1, day=wednesday)
    assert snapshots.take(now=midnight(wednesday)) == 1

    assert published(broken_down, now=midnight(tuesday)).rows[0] == ("DE", "Germany", 80)
    assert published(broken_down, now=midnight(wednesday)).rows[0] == ("DE", "Germany", 90)


def test_the_secrets_of_a_group_stay_the_same(broken_down, monkeypatch):
    monkeypatch.setattr(suppression.go_on, "__defaults__", (lambda: 9,))
    tuesday = MONDAY + timedelta(days=1)
    add(broken_down, 20, day=tuesday, country="IT")

    snapshots.take(now=midnight(tuesday))

    basis = db.session.scalars(select(TallySnapshot.basis).order_by(TallySnapshot.day.desc())).first()
    assert {code: held_back for code, (_people, _lowest, held_back) in basis["country"].items()} == {
        "DE": 4,
        "FR": 4,
        "SY": 4,
        "IT": 9,
    }


def test_the_fewest_people_of_a_group_are_remembered_from_days_without_a_publication(broken_down):
    days = [MONDAY + timedelta(days=more) for more in range(1, 4)]
    add(broken_down, 5, day=days[0], country="SY", event="erased")
    add(broken_down, 4, day=days[1], country="SY")
    add(broken_down, 8, day=days[2], country="SY")

    snapshots.take(now=midnight(days[2]))

    basis = db.session.scalars(select(TallySnapshot.basis).order_by(TallySnapshot.day.desc())).first()
    assert basis["country"]["SY"] == [12, 0, 4]


def test_a_dimension_in_which_nearly_all_left_is_withheld_for_good(petition):
    add(petition, 98, path="js", source="wa")
    add(petition, 2, path="nojs", country="FR", language="ar")
    snapshots.take(now=midnight(MONDAY))
    assert published(petition, "path").rows
    days = [MONDAY + timedelta(days=more) for more in range(1, 3)]
    add(petition, 97, day=days[0], path="js", source="wa", event="withdrawn")
    add(petition, 300, day=days[0], path="embed")
    snapshots.take(now=midnight(days[0]))
    add(petition, 300, day=days[1], path="js", source="wa")
    snapshots.take(now=midnight(days[1]))

    found = published(petition, "path")

    assert (found.rows, found.others_rounded, found.is_withheld) == ([], None, True)
    assert published(petition, "country").rows


def test_a_page_reads_one_row_without_the_secrets(broken_down):
    read = []

    @event.listens_for(db.engine, "before_cursor_execute")
    def note(connection, cursor, statement, *rest):
        read.append(statement)

    public_breakdowns(broken_down.id, "en", now=midnight(MONDAY))
    event.remove(db.engine, "before_cursor_execute", note)

    (statement,) = [one for one in read if "tally" in one]
    assert "basis" not in statement
    assert "tally_cell" not in statement
    assert "LIMIT" in statement


def test_the_numbers_page_shows_them_and_names_no_small_country(client, petition):
    two_days_ago = utc_now().date() - timedelta(days=2)
    add(petition, 184, day=two_days_ago)
    add(petition, 5, day=two_days_ago, country="SE")
    snapshots.take(now=midnight(two_days_ago))
    db.session.commit()

    page = client.get(f"/en/petitions/{petition.slug}/numbers").text

    assert "Germany" in page
    assert "Sweden" not in page
