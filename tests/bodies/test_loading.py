"""`campaign init` and the directory: what nobody edited follows the files, what somebody edited stays."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from campaign_app.bodies import operations, queries
from campaign_app.bodies.content import shipped_bodies
from campaign_app.bodies.models import Body, BodyChannel
from campaign_app.bodies.rules import EVERYTHING_IN, FORMS, LANGUAGES
from campaign_app.errors import ConfigurationError
from campaign_app.extensions import db
from tests.bodies.situations import CONTENT

TODAY = date(2026, 12, 1)


@pytest.fixture
def shipped(context):
    """The shipped directory, loaded."""
    found = shipped_bodies(CONTENT)
    operations.load_shipped(bodies=found)
    return {each.key: each for each in found}


def test_loading_again_changes_nothing(shipped):
    report = operations.load_shipped(bodies=list(shipped.values()))

    assert (report.created, report.rewritten, report.differences) == ([], [], [])
    assert db.session.scalar(select(func.count()).select_from(Body)) == len(shipped) >= 60


def test_what_nobody_edited_follows_the_files_and_what_was_compared_stays(shipped):
    (channel,) = queries.channels_of(queries.body("iimp"))
    channel.verified_on = TODAY
    changed = replace(shipped["iimp"], values=shipped["iimp"].values | {"accepts": ["request"]})

    report = operations.load_shipped(bodies=[changed])

    assert report.rewritten == ["iimp"]
    assert queries.body("iimp").accepts == ["request"]
    (channel,) = queries.channels_of(queries.body("iimp"))
    assert channel.verified_on == TODAY


def test_an_address_that_is_no_longer_shipped_goes_where_nobody_edited(shipped):
    moved = {"kind": "mail", "value": "new@example.org", "source_url": "https://example.org"}

    operations.load_shipped(bodies=[replace(shipped["iimp"], channels=(moved,))])

    assert [each.value for each in queries.channels_of(queries.body("iimp"))] == ["new@example.org"]
    assert db.session.scalar(select(func.count()).select_from(BodyChannel)) == sum(
        len(each.channels) for each in shipped.values()
    )


def test_what_was_edited_here_is_left_alone_and_the_difference_is_shown(shipped):
    found = queries.body("iimp")
    found.is_edited, found.accepts = True, ["letter"]
    changed = replace(shipped["iimp"], values=shipped["iimp"].values | {"accepts": ["request"]})

    report = operations.load_shipped(bodies=[changed])

    assert queries.body("iimp").accepts == ["letter"]
    (difference,) = report.differences
    assert '-  "letter"' in difference
    assert '+  "request"' in difference


# -- What is shipped -----------------------------------------------------------------------------------


def test_a_petition_is_accepted_by_no_body_and_each_that_takes_something_says_why(shipped):
    for each in shipped.values():
        assert "petition" not in each.values["accepts"], each.key
        if each.values["accepts"]:
            assert set(each.values["refusals"]["petition"]) >= set(EVERYTHING_IN), each.key


@pytest.mark.parametrize("key", ["icrc", "iimp", "wgeid"])
def test_letters_to_these_are_confidential_by_default(shipped, key):
    assert shipped[key].values["default_visibility"] == "confidential"


@pytest.mark.parametrize(
    ("key", "form", "accepted"),
    [
        ("icrc", "petition", False),
        ("icrc", "request", True),
        ("icrc", "tracing-request", True),
        ("iiim", "petition", False),
        ("iiim", "information", True),
        ("iimp", "request", True),
        ("wgeid", "general-allegation", True),
        ("wgeid", "letter", False),
        ("ohchr", "letter", True),
        ("unsg", "letter", True),
        ("eu-hrvp", "joint-letter", True),
        ("hrc-complaints", "complaint", True),
        ("mission-liberia", "letter", True),
        ("mission-liberia", "individual-case", False),
        ("ngo-massar", "letter", False),
    ],
)
def test_each_body_takes_what_the_domain_says(shipped, key, form, accepted):
    found = queries.body(key)
    lang = next((code for code in found.languages), "en")

    against = queries.obstacles(found, form=form, channel_kind=None, lang=lang, today=TODAY)

    assert (not [each for each in against if each.code in ("form-refused", "accepts-unknown")]) is accepted


def test_no_address_is_shipped_but_those_that_were_read(shipped):
    addresses = {channel["value"] for each in shipped.values() for channel in each.channels}

    assert addresses == {
        "Palais des Nations\nCH-1211 Geneva 10\nSwitzerland",
        "iimp-syria@un.org",
        "hrc-wg-eid@un.org",
        "hrc-wg-ad@un.org",
        "https://familylinks.icrc.org/",
        "https://oic.icmp.int/",
    }


def test_nothing_that_is_shipped_counts_as_compared(shipped):
    for found in queries.bodies():
        assert (found.verified_on, queries.shown_holder(found, TODAY)) == (None, ""), found.key


def test_a_recipient_in_every_language_that_a_body_takes_letters_in_has_all_its_words(shipped):
    for found in queries.bodies():
        for form in set(found.accepts) & set(FORMS):
            for lang in found.languages:
                against = queries.obstacles(found, form=form, channel_kind=None, lang=lang, today=TODAY)
                wrong = [each.code for each in against if not each.is_warning]
                # German is a language of the Union and not of our letters.
                assert wrong == ([] if lang in LANGUAGES else ["words-missing"]), (found.key, lang)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[body.one]\nkind = "club"', "kind is not one of"),
        ('[body.one]\nkind = "ngo"', "names.ar is missing"),
        ('[body."A b"]\nkind = "ngo"', "the key is not made of"),
        ('[body.one]\naccepts = ["gift"]', "accepts holds 'gift'"),
        (
            '[body.one]\nchannels = [{ kind = "mail", value = "a@example.org" }]',
            "source_url is not an https address",
        ),
        ('[body.one]\nholder_name = "Test"', "holder_name has no holder_source_url"),
        ('[body.one]\nnickname = "x"', "nickname is not known"),
    ],
)
def test_a_body_that_lacks_something_is_refused_by_name_with_every_fault(tmp_path, text, said):
    folder = tmp_path / "bodies"
    folder.mkdir()
    (folder / "missions.toml").write_text((CONTENT / "bodies" / "missions.toml").read_text("utf-8"), "utf-8")
    (folder / "test.toml").write_text(text, "utf-8")

    with pytest.raises(ConfigurationError, match=said):
        shipped_bodies(tmp_path)
