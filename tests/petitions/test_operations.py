"""Loading the shipped petitions, writing new versions, and the steps of a petition's life, in the database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from campaign_app.config import EXTENSION as SETTINGS
from campaign_app.config import ROOT
from campaign_app.errors import ConfigurationError
from campaign_app.extensions import db
from campaign_app.facts.rules import FigureUnresolved
from campaign_app.petitions import obstacles, operations, rules
from campaign_app.petitions.content import shipped_petitions
from campaign_app.petitions.models import Petition, PetitionText
from campaign_app.petitions.queries import forget_kept, open_petition, petition_by_id, public_petition
from campaign_app.sealing.models import PetitionKey
from campaign_app.signing import retention
from tests.supporters import PAGE, SLUG, sign, stored

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def shipped(context):
    """Return the shipped petition for the lists, as its files say it."""
    return next(petition for petition in shipped_petitions(ROOT / "content") if petition.slug == SLUG)


def load(*petitions, open_at_once: bool = True) -> operations.LoadReport:
    report = operations.load_shipped(petitions=petitions, open_at_once=open_at_once, now=NOW)
    db.session.commit()
    forget_kept()
    return report


def changed(shipped, language: str = "en", **words: str):
    """Return a shipped petition whose text says something else."""
    return replace(shipped, texts={**shipped.texts, language: {**shipped.texts[language], **words}})


def edit(language: str = "en", **words: str) -> PetitionText:
    """Write a new version here, as an organiser does."""
    petition = operations.petition_by_slug(SLUG)
    latest = operations.latest_text(petition.id, language)
    text = {name: getattr(latest, name) for name in rules.TEXT_FIELDS} | words
    written = operations.write_text(petition=petition, language=language, text=text, now=NOW)
    db.session.commit()
    forget_kept()
    return written


def versions() -> int:
    return db.session.scalar(select(func.count()).select_from(PetitionText))


# -- Loading --------------------------------------------------------------------------------------------


def test_loading_again_changes_nothing(shipped):
    before = versions()

    report = load(shipped)

    assert (report.created, report.rewritten, report.differences) == ([], [], [])
    assert versions() == before


def test_a_shipped_text_that_nobody_edited_is_refreshed_as_a_new_version(shipped):
    report = load(changed(shipped, title="Syria: another title"))

    assert report.rewritten == [f"{SLUG} (en)"]
    text = public_petition(SLUG).texts["en"]
    assert (text.title, text.version) == ("Syria: another title", 2)
    assert load(changed(shipped, title="Syria: another title")).rewritten == []


def test_an_edited_text_is_left_alone_and_the_difference_is_shown(shipped):
    edit(title="Syria: our own title")

    report = load(changed(shipped, title="Syria: another title"))

    assert public_petition(SLUG).texts["en"].title == "Syria: our own title"
    assert report.rewritten == []
    (difference,) = report.differences
    assert "-Syria: our own title" in difference
    assert "+Syria: another title" in difference
    assert f"{SLUG} (en)" in difference


def test_an_edit_that_says_what_is_shipped_is_no_difference(shipped):
    edit(title="Syria: another title")

    report = load(changed(shipped, title="Syria: another title"))

    assert report.differences == []


def test_an_edit_in_one_language_leaves_the_others_to_be_refreshed(shipped):
    edit("ar", title="عنوان كتبناه هنا")

    report = load(changed(shipped, title="Syria: another title"))

    assert report.rewritten == [f"{SLUG} (en)"]
    assert public_petition(SLUG).texts["ar"].title == "عنوان كتبناه هنا"


def test_a_new_language_is_added(shipped):
    load(replace(shipped, texts={**shipped.texts, "fr": {**shipped.texts["en"], "title": "Syrie"}}))

    assert public_petition(SLUG).texts["fr"].title == "Syrie"


def test_production_loads_drafts_that_nobody_sees_and_that_have_a_key(client, shipped):
    load(replace(shipped, slug="another"), open_at_once=False)

    draft = operations.petition_by_slug("another")
    assert (draft.state, draft.opens_at) == ("draft", None)
    assert db.session.get(PetitionKey, draft.id).wrapped
    with pytest.raises(rules.PetitionUnknown):
        public_petition("another")
    assert client.get("/en/petitions/another").status_code == 404


def test_a_draft_that_is_opened_by_hand_before_its_time_is_open_from_now(shipped):
    load(replace(shipped, slug="another"), open_at_once=False)
    draft = operations.petition_by_slug("another")
    draft.opens_at = NOW + timedelta(days=30)
    db.session.flush()

    operations.move(petition=draft, to="open", obstacles=[], now=NOW)

    assert draft.opens_at == NOW


def test_a_petition_that_exists_keeps_its_state(shipped):
    operations.move(petition=operations.petition_by_slug(SLUG), to="closed", obstacles=[], now=NOW)

    load(shipped)

    assert operations.petition_by_slug(SLUG).state == "closed"


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda folder: (folder / "en.toml").unlink(), "lacks its text in en"),
        (lambda folder: (folder / "en.toml").write_text('title = "Only a title"'), "lacks summary, demand"),
        (lambda folder: (folder / "en.toml").write_text("title = "), "one/en.toml is not"),
    ],
)
def test_a_petition_folder_that_lacks_something_is_refused_by_name(tmp_path, write, said):
    folder = tmp_path / "petitions" / "one"
    folder.mkdir(parents=True)
    for source in (ROOT / "content" / "petitions" / SLUG).glob("*.toml"):
        (folder / source.name).write_bytes(source.read_bytes())
    write(folder)

    with pytest.raises(ConfigurationError, match=said):
        shipped_petitions(tmp_path)


# -- Versions -------------------------------------------------------------------------------------------


def test_a_new_version_is_shown_and_the_old_one_stays_for_those_who_signed_it(client, petition):
    old = operations.latest_text(petition.id, "en").title
    written = edit(title="Syria: our own title")

    assert written.version == 2
    assert "Syria: our own title" in client.get(PAGE).text
    kept = db.session.scalars(
        select(PetitionText).filter_by(petition_id=petition.id, language="en", version=1)
    ).one()
    assert kept.title == old


def test_a_text_with_an_unknown_fact_is_refused_before_any_page_could_break(client, petition):
    with pytest.raises(FigureUnresolved):
        edit(background="So many: {{fact:nobody-counted}}.")
    db.session.rollback()

    assert client.get(PAGE).status_code == 200


def test_a_missing_translation_shows_the_petition_s_own_language_and_says_so(client, petition):
    for text in db.session.scalars(select(PetitionText).filter_by(petition_id=petition.id, language="en")):
        db.session.delete(text)
    db.session.commit()
    forget_kept()

    page = client.get(PAGE).text

    assert "not yet translated into your language" in page
    assert petition.texts["ar"].title in page
    assert 'lang="ar"' in page


# -- Life -----------------------------------------------------------------------------------------------


def move(to: str, *, now: datetime = NOW) -> Petition:
    petition = operations.petition_by_slug(SLUG)
    operations.move(
        petition=petition, to=to, obstacles=obstacles.opening_obstacles(petition=petition), now=now
    )
    db.session.commit()
    forget_kept()
    return petition


def test_each_step_is_dated_and_the_public_page_follows(client, context):
    for to, said in (
        ("closed", "This petition is closed"),
        ("delivered", "This petition was handed over"),
        ("answered", "This petition was answered"),
    ):
        petition = move(to)
        client.application.extensions["nidaa_finished_pages"].forget()
        assert said in client.get(PAGE).text
        assert sign(client).status_code == 410

    assert (petition.closed_on, petition.answered_on) == (NOW.date(), NOW.date())
    assert stored() == 0


def test_opening_again_begins_the_time_of_keeping_anew(context):
    move("closed")

    petition = move("open")

    assert (petition.state, petition.closed_on) == ("open", None)
    assert open_petition(SLUG, NOW).slug == SLUG


def test_withdrawing_a_closed_petition_does_not_keep_anything_longer(context):
    move("closed", now=NOW)

    petition = move("withdrawn", now=NOW + 20 * DAY)

    assert petition.closed_on == NOW.date()


def test_a_petition_whose_marks_were_destroyed_is_never_opened_again(context):
    petition = move("closed", now=NOW - 31 * DAY)
    retention.shred(petition_id=petition.id, now=NOW)
    db.session.commit()

    with pytest.raises(rules.NotReadyToOpen, match="destroyed"):
        move("open")


def test_a_petition_is_not_opened_after_its_closing_time(context):
    petition = move("closed")

    with pytest.raises(rules.NotReadyToOpen, match="closing time"):
        move("open", now=petition.closes_at)


def test_an_unready_petition_says_everything_that_stands_against_opening(app, context, shipped):
    """Production needs a text in each required language, somebody responsible, and keys of its own."""
    load(replace(shipped, slug="another", texts={"ar": shipped.texts["ar"]}), open_at_once=False)
    draft = operations.petition_by_slug("another")
    known = app.extensions[SETTINGS]
    app.extensions[SETTINGS] = replace(known, environment="production")
    try:
        lines = obstacles.opening_obstacles(petition=draft)
    finally:
        app.extensions[SETTINGS] = known
        app.extensions.pop("nidaa_keyring", None)

    with pytest.raises(rules.NotReadyToOpen):
        operations.move(petition=draft, to="open", obstacles=lines, now=NOW)
    assert "there is no text in en" in lines
    for field in ("responsible_body", "responsible_address", "contact_email"):
        assert f"{ROOT / 'content' / 'campaign.toml'} lacks {field}" in lines
    assert any("demonstration keys" in line for line in lines)
    assert draft.state == "draft"


def test_in_development_only_a_missing_text_stands_against_opening(context, shipped):
    load(replace(shipped, slug="another", texts={"ar": shipped.texts["ar"]}), open_at_once=False)

    assert obstacles.opening_obstacles(petition=operations.petition_by_slug("another")) == [
        "there is no text in en"
    ]
    assert obstacles.opening_obstacles(petition=operations.petition_by_slug(SLUG)) == []


def test_news_is_shown_newest_first_in_the_reader_s_language(client, petition):
    found = operations.petition_by_slug(SLUG)
    for day, title in ((0, "First news"), (1, "Second news")):
        texts = {"en": {"title": title, "body": "*Body* <b>x</b>"}, "ar": {"title": "خبر", "body": "نص"}}
        operations.publish_update(petition=found, texts=texts, now=NOW + day * DAY)
    db.session.commit()
    forget_kept()

    page = client.get(PAGE).text

    assert page.index("Second news") < page.index("First news")
    assert "<em>Body</em>" in page
    assert "<b>x</b>" not in page
    assert [update.published_on for update in petition_by_id(petition.id).updates] == [
        date(2026, 3, 6),
        date(2026, 3, 5),
    ]


def test_news_without_words_in_a_required_language_is_refused(context):
    petition = operations.petition_by_slug(SLUG)

    with pytest.raises(rules.UpdateIncomplete, match="ar"):
        operations.publish_update(petition=petition, texts={"en": {"title": "News", "body": "Body"}}, now=NOW)
