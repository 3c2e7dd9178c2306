"""A confirmation rate that falls is told on the home; chance, and a few people, are not."""

from datetime import UTC, date, datetime, timedelta

import pytest

from campaign_app.extensions import db
from campaign_app.petitions.queries import public_petition
from campaign_app.signing.rates import fallen_rates
from campaign_app.signing.rules import Answers, has_fallen, percent_has_fallen
from campaign_app.signing.today import rate_lines
from campaign_app.tally import operations as tally
from campaign_app.tally.models import RATES, TallySnapshot
from campaign_app.tally.queries import SETTLED

DAY = timedelta(days=1)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)  # a Tuesday
SUNDAY = date(2026, 3, 8)


@pytest.mark.parametrize(
    ("before", "lately", "is_told"),
    [
        ((1_000, 800), (300, 90), True),  # mail stopped arriving
        ((1_000, 800), (300, 198), False),  # 80 to 66 per cent: not worth a word
        ((1_000, 800), (99, 10), False),  # too few were asked lately
        ((90, 80), (5_000, 100), False),  # too few were asked before
        ((120, 66), (100, 40), False),  # 55 to 40 per cent, of so few: chance does that
        ((12_000, 6_600), (10_000, 4_000), True),  # the same fall, of many
        ((1_000, 400), (300, 290), False),  # it rises
        (
            (1_000, 1_300),
            (300, 280),
            False,
        ),  # whoever was asked before may confirm now: a rate is one at most
        ((1_000, 1_300), (300, 180), True),
    ],
)
def test_a_fall_is_told_where_many_were_asked_and_chance_does_not_explain_it(before, lately, is_told):
    assert has_fallen(Answers(*before), Answers(*lately)) is is_told


@pytest.mark.parametrize(("before", "lately", "is_told"), [(80, 60, True), (80, 65, False), (60, 80, False)])
def test_a_published_rate_must_fall_by_more_than_what_is_left_out_of_it(before, lately, is_told):
    assert percent_has_fallen(before, lately) is is_told


def test_the_home_tells_a_fall_of_a_petition_and_of_a_provider(context):
    petition_id = public_petition("lists-and-graves").id
    for ago in range(1, 18):
        answered = 10 if ago <= 3 else 80
        for event, people in (("requested", 100), ("confirmed", answered)):
            tally.add(petition_id=petition_id, day=NOW.date() - ago * DAY, event=event, people=people)
    tally.add(petition_id=petition_id, day=NOW.date(), event="requested", people=9_000)
    for back, percent in ((7, 80), (0, 45)):
        rows = [["gmail", percent], ["other", 70]]
        day = SUNDAY - back * DAY
        db.session.add(TallySnapshot(petition_id=petition_id, kind=RATES, day=day, body={"rows": rows}))
    db.session.flush()
    context.extensions.pop(SETTLED, None)

    lines = list(rate_lines(NOW))

    assert [line.urgency for line in lines] == ["now", "soon"]
    assert "10" in lines[0].says
    assert "80" in lines[0].says
    assert [(rate.percent_before, rate.percent) for rate in fallen_rates(petition_id, now=NOW)] == [(80, 45)]
    assert fallen_rates(petition_id, now=NOW + 30 * DAY) == []
    context.extensions.pop(SETTLED, None)
    db.session.rollback()
