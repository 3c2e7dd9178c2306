"""What letters ask of the directory, in the database."""

import json
from datetime import date, timedelta

import pytest
from flask_babel import force_locale

from campaign_app.bodies import queries
from campaign_app.bodies.models import PresidencyOverride
from campaign_app.bodies.rules import BodyUnknown
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from tests.bodies.situations import BY, enter_channel, load_directory

TODAY = date(2026, 12, 1)
DECEMBER = date(2026, 12, 10)


@pytest.fixture(autouse=True)
def directory(context):
    """The shipped directory."""
    load_directory()


def override(year: int, month: int, key: str) -> None:
    db.session.add(
        PresidencyOverride(
            year=year,
            month=month,
            body_id=queries.body(key).id,
            source="Test",
            noted_by=BY,
            noted_at=utc_now(),
        )
    )
    db.session.flush()


def test_a_body_is_found_by_its_key_and_an_unknown_one_is_refused():
    assert queries.body("mission-latvia").short_names["fr"] == "Lettonie"
    with pytest.raises(BodyUnknown):
        queries.body("sc-president")


def test_fifteen_missions_sit_on_a_day_in_the_council_s_order():
    states = [each.short_names["en"] for each in queries.members(DECEMBER)]

    assert len(states) == 15
    assert states == sorted(states)
    assert "Portugal" not in states
    assert "Portugal" in [each.short_names["en"] for each in queries.members(date(2027, 1, 1))]


def test_an_override_concerns_its_month_only():
    override(2026, 12, "mission-bahrain")

    found = [queries.president(year, month) for year, month in ((2026, 11), (2026, 12), (2027, 1))]

    assert [each.key for each in found] == ["mission-latvia", "mission-bahrain", "mission-portugal"]


def test_a_month_that_nobody_can_know_has_no_president_and_says_so_until_somebody_does():
    assert queries.president(2028, 3) is None
    (obstacle,) = queries.president_obstacles(date(2028, 3, 1))
    with force_locale("en"):
        assert "March 2028" in str(obstacle)
    override(2028, 3, "mission-austria")
    assert queries.president(2028, 3).key == "mission-austria"
    assert queries.president_obstacles(date(2028, 3, 1)) == []


@pytest.mark.parametrize(
    ("lang", "lines"),
    [
        (
            "en",
            "The President of the Security Council for December 2026\n"
            "Permanent Representative of Liberia to the United Nations",
        ),
        ("ar", "رئيس مجلس الأمن لشهر كانون الأول 2026\nالممثل الدائم لليبريا لدى الأمم المتحدة"),
        ("ru", "Председателю Совета Безопасности (декабрь 2026 года)\nПостоянному представителю Либерии"),
        ("zh", "安全理事会2026年12月主席\n利比里亚常驻联合国代表"),
        (
            "fr",
            "La Présidence du Conseil de sécurité pour le mois de décembre 2026\nReprésentation permanente du Libéria",
        ),
        (
            "es",
            "La Presidencia del Consejo de Seguridad correspondiente a diciembre de 2026\nRepresentación Permanente",
        ),
    ],
)
def test_the_president_of_a_month_is_addressed_by_office_in_every_language(lang, lines):
    found = queries.recipient(
        queries.president(2026, 12), form="letter", lang=lang, month=DECEMBER, today=TODAY
    )

    assert found.addressed_to.startswith(lines)
    assert found.month == "2026-12"


def test_a_recipient_is_plain_text_that_survives_json():
    found = queries.recipient(queries.body("mission-latvia"), form="letter", lang="en", today=TODAY)

    assert type(found)(**json.loads(json.dumps(found.as_json))) == found
    assert found.addressed_to == "The Permanent Representative of Latvia to the United Nations"
    assert (found.salutation, found.holder, found.month, found.address_lines) == ("Excellency,", "", "", [])


def test_only_a_checked_postal_address_stands_on_a_letter():
    mission = queries.body("mission-latvia")
    enter_channel(mission.key, "post", "Test Street 1\n\nTest Town", verified_on=TODAY - timedelta(days=91))
    before = queries.recipient(mission, form="letter", lang="en", today=TODAY)
    enter_channel(mission.key, "post", "Test Street 2\nTest Town", verified_on=TODAY)

    after = queries.recipient(mission, form="letter", lang="en", today=TODAY)

    assert before.address_lines == []
    assert after.address_lines == ["Test Street 2", "Test Town"]


@pytest.mark.parametrize(
    ("verified_on", "until", "is_shown"),
    [
        (None, None, False),
        (TODAY - timedelta(days=91), None, False),
        (TODAY + timedelta(days=1), None, False),
        (TODAY - timedelta(days=90), None, True),
        (TODAY, TODAY, True),
        (TODAY, TODAY - timedelta(days=1), False),
    ],
)
def test_a_holder_is_named_only_while_checked_and_in_term(verified_on, until, is_shown):
    mission = queries.body("mission-latvia")
    mission.holder_name, mission.holder_verified_on, mission.holder_until = "Test Holder", verified_on, until

    found = queries.recipient(mission, form="letter", lang="en", today=TODAY)

    assert found.holder == ("Test Holder" if is_shown else "")


def codes(key: str, **given) -> list[str]:
    asked = {"form": "letter", "channel_kind": None, "lang": "en", "today": TODAY} | given
    return [each.code for each in queries.obstacles(queries.body(key), **asked)]


def test_nothing_stands_against_a_letter_to_a_mission_whose_channel_is_checked():
    enter_channel("mission-latvia", "mail", "mission@example.org", verified_on=TODAY)

    for lang in ("ar", "en", "fr", "es", "ru", "zh"):
        assert codes("mission-latvia", channel_kind="mail", lang=lang) == []


def test_a_channel_that_is_missing_or_unchecked_or_old_is_told_apart():
    found = [codes("mission-latvia", channel_kind="mail")]
    channel = enter_channel("mission-latvia", "mail", "mission@example.org", verified_on=TODAY)
    found.append(codes("mission-latvia", channel_kind="post"))
    channel.verified_on = None
    found.append(codes("mission-latvia", channel_kind="mail"))
    channel.verified_on = TODAY - timedelta(days=91)
    found.append(codes("mission-latvia", channel_kind="mail"))

    assert found == [["channel-missing"], ["channel-missing"], ["channel-unverified"], ["channel-old"]]


def test_a_form_a_language_and_missing_words_are_refused_each_by_its_sentence():
    mission = queries.body("mission-latvia")
    mission.languages = ["en", "de"]
    mission.salutation = {"en": "Excellency,"}

    assert codes(mission.key, form="petition") == ["form-refused"]
    assert codes(mission.key, lang="fr") == ["language-not-accepted", "words-missing"]
    mission.accepts = []
    assert codes(mission.key, form="request") == ["accepts-unknown"]


def test_a_vacant_office_stops_and_a_term_that_is_over_only_warns():
    mission = queries.body("mission-latvia")
    mission.holder_name, mission.holder_until = "Test Holder", TODAY - timedelta(days=1)
    (warning,) = queries.obstacles(mission, form="letter", channel_kind=None, lang="en", today=TODAY)
    mission.is_vacant = True
    (obstacle,) = queries.obstacles(mission, form="letter", channel_kind=None, lang="en", today=TODAY)

    assert (warning.code, warning.is_warning) == ("term-over", True)
    assert (obstacle.code, obstacle.is_warning) == ("office-vacant", False)
    assert "Test Holder" not in str(warning)


def test_a_sentence_is_in_the_language_of_whoever_reads_it():
    (obstacle,) = queries.obstacles(
        queries.body("mission-latvia"), form="petition", channel_kind=None, lang="en", today=TODAY
    )

    with force_locale("en"):
        assert "Permanent Mission of Latvia" in str(obstacle)
        assert "signature statement" in str(obstacle)
    with force_locale("ar"):
        assert "البعثة الدائمة للاتفيا" in str(obstacle)
