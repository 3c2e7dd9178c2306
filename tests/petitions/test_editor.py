"""A petition made at the desk: from nothing to a second version of its words, as the desk and as readers see it."""

import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from campaign_app.audit.models import AuditEntry
from campaign_app.campaign import campaign
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.petitions import operations
from campaign_app.petitions.models import Petition, PetitionText, PetitionUpdate
from campaign_app.petitions.queries import public_petition
from campaign_app.petitions.rules import TEXT_FIELDS
from campaign_app.petitions.today import opening_lines
from campaign_app.shield import check_token, form_token
from campaign_app.signing.models import Signature
from tests.conftest import SLUG, forget_everything
from tests.desk_client import give_roles, signed_in, token_of
from tests.supporters import ROSA, newest_token, send_mail

NEW = "names-of-the-living"
PLACE = f"/desk/petitions/{NEW}"
WORDS = {
    "ar": {
        "title": "سلّموا قوائم الأحياء",
        "summary": "نطلب قوائم بأسماء المحتجزين.",
        "demand": "**سلّموا** القوائم إلى الأسر.",
        "background": "قيل لأسر إن غائبها من الشهداء. {{fact:sc-2474}}",
        "next_steps": "نكتب إلى من يحتجزون.",
    },
    "en": {
        "title": "Hand over the lists of those alive",
        "summary": "We ask for the lists of those held.",
        "demand": "**Hand over** the lists to the families.",
        "background": "Since {{fact:prisons-opened}} much has changed.",
        "next_steps": "We write to those who hold people.",
    },
}


def fields(*languages: str, began_from: int = 0, **changes: str) -> dict[str, object]:
    """Return the words of languages as the form sends them. changes: by field id, with _ for -."""
    sent: dict[str, object] = {"show": list(languages), "act": "save"}
    for language in languages:
        sent[f"{language}-began_from"] = str(began_from)
        sent |= {f"{language}-{name}": WORDS[language][name] for name in TEXT_FIELDS}
    return sent | {name.replace("_", "-", 1): value for name, value in changes.items()}


def token(desk) -> str:
    return token_of(desk.get("/desk/sign-in"))


def send(desk, path: str, **form: object):
    """Post a form to a petition's part."""
    return desk.post(f"{PLACE}/{path}", data={"csrf_token": token(desk), **form})


def began(desk, path: str) -> str:
    """Return what a form says that it began from."""
    return re.search(r'name="began_from" value="([^"]*)"', desk.get(f"{PLACE}/{path}").text)[1]


def create(desk, **changes: object):
    form = {"slug": NEW, "home_language": "ar", "required_languages": ["ar", "en"], "people_per_mailbox": "2"}
    return desk.post("/desk/petitions/new", data={"csrf_token": token(desk), **form, **changes})


def complete(desk) -> None:
    """Write everything that a petition needs to open."""
    rows = {"row0-ar": "من يحتجزون أشخاصاً", "row0-en": "Those who hold people", "row0-kind": "holder"}
    goals = {"row0-threshold": "1 000", "row0-ar": "نكتب رسالة", "row0-en": "we write a letter"}
    assert send(desk, "texts", **fields("ar", "en")).status_code == 303
    assert send(desk, "addressees", began_from=began(desk, "addressees"), **rows).status_code == 303
    assert send(desk, "goals", began_from=began(desk, "goals"), **goals).status_code == 303


def campaign_details(app) -> dict[str, object]:
    with app.app_context():
        return campaign().details


def supporter_signs(client, mail_dir) -> None:
    """Let somebody sign the new petition, without JavaScript, and press the mailed button."""
    app = client.application
    forget_everything(app)
    with app.app_context():
        now, number = utc_now(), public_petition(NEW).id
        tokens = {
            "form_token": form_token.issue(number, now),
            "check_token": check_token.issue(number, now - timedelta(seconds=5)),
        }
    assert client.post(f"/en/petitions/{NEW}/sign", data={**ROSA, **tokens}).status_code == 303
    send_mail(app)
    assert client.post(f"/en/confirm/{newest_token(mail_dir)}").status_code == 303


def test_a_petition_is_made_at_the_desk_refused_completed_opened_signed_and_edited(app, client, mail_dir):
    desk = signed_in(app).language("en")

    assert create(desk).location == f"{PLACE}/"
    assert client.get(f"/en/petitions/{NEW}").status_code == 404
    page = desk.get(f"{PLACE}/steps/open").text
    assert "There is no text in" in page
    assert "It addresses nobody yet." in page
    assert 'action="/desk/petitions/names-of-the-living/steps/open"' not in page
    assert send(desk, "steps/open").location == f"{PLACE}/steps/open"
    assert client.get(f"/en/petitions/{NEW}").status_code == 404

    assert send(desk, "texts", **fields("ar")).status_code == 303
    assert "There is no text in" in desk.get(f"{PLACE}/steps/open").text  # English is required too
    complete(desk)
    page = desk.get(f"{PLACE}/steps/open").text
    assert "It cannot become a draft again." in page
    assert send(desk, "steps/open").location == f"{PLACE}/"

    forget_everything(app)
    public = client.get(f"/en/petitions/{NEW}").text
    assert WORDS["en"]["title"] in public
    assert "Those who hold people" in public
    assert "we write a letter" in public
    supporter_signs(client, mail_dir)
    assert "1</b> person has signed" in client.get(f"/en/petitions/{NEW}").text

    assert "1 person signed the words as they are" in desk.get(f"{PLACE}/texts").text
    edited = {**fields("en", began_from=1), "en-demand": "**Hand over** the lists to every family."}
    assert send(desk, "texts", **edited).status_code == 303

    forget_everything(app)
    assert "to every family" in client.get(f"/en/petitions/{NEW}").text
    with app.app_context():
        [signature] = db.session.scalars(select(Signature))
        assert (signature.text_language, signature.text_version) == ("en", 1)
        versions = db.session.scalars(
            select(PetitionText)
            .filter_by(language="en")
            .join(Petition, Petition.id == PetitionText.petition_id)
            .where(Petition.slug == NEW)
            .order_by(PetitionText.version)
        ).all()
        assert [row.demand for row in versions] == [WORDS["en"]["demand"], edited["en-demand"]]
        done = db.session.scalars(
            select(AuditEntry.action).filter_by(subject=NEW).order_by(AuditEntry.id)
        ).all()
        assert done == [
            "petition.create",
            "petition.write",
            "petition.write",
            "petition.addressees",
            "petition.goals",
            "petition.move",
            "petition.write",
        ]
    history = desk.get(f"{PLACE}/history/en/2").text
    assert "<del>the families.</del><ins>every family.</ins>" in history.replace("\n", "")
    first = desk.get(f"{PLACE}/history/en/1").text
    assert WORDS["en"]["demand"] in first
    assert "<ins>" not in first, "nothing came before the first version"


def test_a_new_petition_hears_of_everything_at_once_and_says_what_it_has_not_yet(app):
    desk = signed_in(app).language("en")

    refused = create(desk, slug="A b", people_per_mailbox="99")
    assert refused.status_code == 422
    assert [place for place in ("slug", "people_per_mailbox") if f'href="#{place}"' not in refused.text] == []
    create(desk)

    page = desk.get(f"{PLACE}/").text
    for nothing in ("Nobody yet.", "No goal yet.", "No news yet."):
        assert nothing in page


def test_whoever_saves_after_somebody_else_sees_both_texts_and_loses_nothing(app):
    desk = signed_in(app).language("en")
    create(desk)
    first, second = fields("en"), {**fields("en"), "en-demand": "Mine, written meanwhile."}
    assert send(desk, "texts", **first).status_code == 303

    page = send(desk, "texts", **second)

    assert page.status_code == 409
    assert "Mine, written meanwhile." in page.text
    assert "Nothing is lost" in page.text
    assert "<ins>**Hand</ins>" in page.text or "<ins>**Hand over**" in page.text
    assert 'name="en-began_from" value="1"' in page.text
    assert send(desk, "texts", **{**second, "en-began_from": "1"}).status_code == 303
    assert "Mine, written meanwhile." in desk.get(f"{PLACE}/texts").text

    mark = began(desk, "addressees")
    rows = {"row0-ar": "جهة أولى", "row0-kind": "body"}
    assert send(desk, "addressees", began_from=mark, **rows).status_code == 303
    page = send(desk, "addressees", began_from=mark, **{**rows, "row0-ar": "جهة أخرى"})
    assert page.status_code == 409
    assert "جهة أولى" in page.text
    assert "جهة أخرى" in page.text

    settings = {"people_per_mailbox": "3", "required_languages": ["ar"]}
    mark = began(desk, "settings")
    assert send(desk, "settings", began_from=mark, **settings).status_code == 303
    assert (
        send(desk, "settings", began_from=mark, **{**settings, "people_per_mailbox": "4"}).status_code == 409
    )

    # What nobody changed is no version and no quarrel.
    assert send(desk, "texts", **{**second, "en-began_from": "0"}).status_code == 303
    with app.app_context():
        assert operations.latest_text(operations.petition_by_slug(NEW).id, "en").version == 2


def test_a_text_with_mistakes_comes_back_whole_with_words_that_say_what_to_correct(app):
    desk = signed_in(app).language("en")
    create(desk)
    wrong = {
        "en-title": "x" * 161,
        "en-summary": "One {{fact:sc-2474}}",
        "en-demand": "{{fact:nobody-counted}}",
        "en-background": "{{ fact }}",
        "en-next_steps": "a\u202eb",
    }

    page = send(desk, "texts", **{**fields("en"), **wrong})

    assert page.status_code == 422
    for place, message in (
        ("en-title", "This has 161 letters; at most 160 fit here."),
        ("en-summary", "Figures cannot stand here"),
        ("en-demand", "There is no figure called {{fact:nobody-counted}}"),
        ("en-background", "is not a figure&#39;s mark"),
        ("en-next_steps", "unsupported characters"),
    ):
        assert f'href="#{place}"' in page.text, place
        assert message in page.text, place
    assert "x" * 161 in page.text

    # Far more than other forms of the desk may hold is still read, and said to be too long.
    page = send(desk, "texts", **{**fields("ar"), "ar-background": "ن" * 16_001})
    assert page.status_code == 422
    assert "This has 16,001 letters" in page.text
    assert send(desk, "texts", **{**fields("ar"), "ar-background": "ن" * 400_000}).status_code == 413
    assert (
        desk.post("/desk/petitions/new", data={"csrf_token": token(desk), "slug": "x" * 20_000}).status_code
        == 413
    )


def test_the_preview_keeps_nothing_and_warns_of_words_and_figures(app):
    desk = signed_in(app).language("en")
    create(desk)
    typed = {**fields("ar", "en"), "en-demand": "The *Martyrs* of {{fact:nothing}}"}

    parts = send(desk, "preview", **typed).get_json()
    page = send(desk, "texts", **{**typed, "act": "preview"})

    assert "<em><mark>Martyrs</mark></em>" in parts["en"]
    assert 'dir="rtl"' in parts["ar"]
    assert "ما نطلبه" in parts["ar"]
    assert "<mark>الشهداء</mark>" in parts["ar"]
    assert "There is no figure called {{fact:nothing}}" in parts["en-demand"]
    assert "Only the family chooses this word" in parts["en-demand"]
    assert parts["en-title"].strip() == ""
    assert page.status_code == 200
    assert "<em><mark>Martyrs</mark></em>" in page.text
    with app.app_context():
        assert operations.latest_text(operations.petition_by_slug(NEW).id, "en") is None
    # A warning, never a block.
    assert send(desk, "texts", **{**fields("ar", "en"), "en-demand": "The martyrs"}).status_code == 303


def test_who_translates_writes_every_language_but_the_petition_s_own_and_takes_no_step(app):
    desk = signed_in(app).language("en")
    create(desk)
    complete(desk)
    give_roles(app, ["translator"])

    page = desk.get(f"{PLACE}/texts").text
    both = {**fields("ar", "en", began_from=1), "ar-title": "غيره", "en-title": "Translated anew"}
    assert send(desk, "texts", **both).status_code == 303
    rows = {"row0-ar": "غيره", "row0-en": "Whoever holds people", "row0-order": "9", "row1-ar": "زائد"}
    assert send(desk, "addressees", began_from=began(desk, "addressees"), **rows).status_code == 303

    assert "You may read this language, not change it." in page
    alone = {language: desk.get(f"{PLACE}/texts?show={language}").text for language in ("ar", "en")}
    assert "Save as a new version" in alone["en"]
    assert "Save as a new version" not in alone["ar"]
    assert page.count(" readonly") == len(TEXT_FIELDS)
    with app.app_context():
        petition = operations.petition_by_slug(NEW)
        assert operations.latest_text(petition.id, "ar").title == WORDS["ar"]["title"]
        assert operations.latest_text(petition.id, "en").title == "Translated anew"
    shown = desk.get(f"{PLACE}/").text
    assert "Whoever holds people" in shown
    assert "زائد" not in desk.get(f"{PLACE}/addressees").text
    for refused in ("steps/open", "settings"):
        assert send(desk, refused).status_code == 403
    assert desk.get(f"{PLACE}/steps/open").status_code == 403
    give_roles(app, ["viewer"])
    assert desk.get(f"{PLACE}/texts").text.count(" readonly") == 2 * len(TEXT_FIELDS)
    assert send(desk, "texts", **both).status_code == 403


def test_news_is_a_draft_until_a_required_language_lacks_nothing_and_is_then_fixed(app, client):
    desk = signed_in(app).language("en")
    place = f"/desk/petitions/{SLUG}"
    arabic = {"ar-title": "سُلّمت", "ar-body": "سُلّمت **اليوم**."}

    def post(path, **form):
        return desk.post(f"{place}/{path}", data={"csrf_token": token(desk), **form})

    draft = post("news/new", **arabic).location
    number = int(draft.rsplit("/", 1)[1])
    assert "missing in <bdi" in desk.get(draft).text
    assert post(f"news/{number}/publish").location == draft
    mark = re.search(r'name="began_from" value="([^"]+)"', desk.get(f"{draft}/edit").text)[1]
    both = {**arabic, "en-title": "Handed over", "en-body": "It was *today*."}
    assert post(f"news/{number}/edit", began_from="else", **both).status_code == 409
    assert post(f"news/{number}/edit", began_from=mark, **both).location == draft
    forget_everything(app)
    assert "Handed over" not in client.get(f"/en/petitions/{SLUG}").text

    assert "<em>today</em>" in desk.get(draft).text
    assert post(f"news/{number}/publish").location == f"{place}/"
    forget_everything(app)
    assert "<em>today</em>" in client.get(f"/en/petitions/{SLUG}").text

    assert post(f"news/{number}/edit", began_from=mark, **arabic).location == draft
    assert post(f"news/{number}/drop").location == draft
    with app.app_context():
        assert db.session.get(PetitionUpdate, number).texts["en"]["title"] == "Handed over"

    # Told, closed, and then handed over: the step needs news from after the one before.
    assert post("steps/closed").location == f"{place}/"
    assert "No news on its page tells of this step yet" in desk.get(f"{place}/steps/delivered").text
    assert post("steps/delivered").location == f"{place}/steps/delivered"
    again = post("news/new", **both).location
    post(f"news/{again.rsplit('/', 1)[1]}/publish")
    assert post("steps/delivered").location == f"{place}/"
    assert desk.get(f"{place}/steps/open").status_code == 404


def test_a_moment_with_more_than_its_minutes_is_refused_since_a_zone_would_be_lost(app):
    desk = signed_in(app).language("en")
    create(desk)
    schedule = {
        "people_per_mailbox": "2",
        "required_languages": ["ar"],
        "began_from": began(desk, "settings"),
    }

    for typed in ("2027-03-05T12:00+03:00", "2027-03-05 12:00 Damascus", "2027-03-05", "2027-13-05T12:00"):
        page = send(desk, "settings", **schedule, opens_at=typed)
        assert (page.status_code, 'href="#opens_at"' in page.text) == (422, True), typed
    assert send(desk, "settings", **schedule, opens_at="٢٠٢٧-٠٣-٠٥ ١٢:٠٠:٠٠").status_code == 303
    assert "5 March 2027, 12:00" in desk.get(f"{PLACE}/").text


def test_the_list_of_words_is_edited_and_the_shipped_one_comes_back(app):
    desk = signed_in(app).language("en")
    place = "/desk/petitions/words"

    def save(**form):
        return desk.post(place, data={"csrf_token": token(desk), "language": "en", **form})

    assert save(words0="", instead0="something").status_code == 422
    assert save(words0="hero , heroes", instead0="survivor", reason0="Her\r\nown word.").status_code == 303
    listed = desk.get(f"{place}?language=en").text
    assert "heroes" in listed
    assert "Her own word." in listed
    assert "martyrs" not in desk.get(f"{place}?language=en").text
    create(desk)
    parts = send(desk, "preview", **{**fields("en"), "en-title": "Heroes and martyrs"}).get_json()
    assert "<mark>Heroes</mark> and martyrs" in parts["en"]
    assert save(act="shipped").status_code == 303
    assert "martyrs" in desk.get(f"{place}?language=en").text


def test_a_petition_opens_by_itself_when_nothing_stands_against_it_and_else_the_home_says_so(
    app, client, monkeypatch
):
    desk = signed_in(app).language("en")
    create(desk)
    assert create(desk).status_code == 422  # its address is taken
    schedule = {"people_per_mailbox": "2", "required_languages": ["ar", "en"], "opens_at": "2027-03-05T12:00"}
    assert send(desk, "settings", began_from=began(desk, "settings"), **schedule).status_code == 303
    monkeypatch.setitem(campaign_details(app), "time_zone", "Asia/Damascus")
    assert "5 March 2027, 15:00 (<bdi" in desk.get(f"{PLACE}/").text
    assert "Asia/Damascus" in desk.get(f"{PLACE}/settings").text
    before, due = datetime(2027, 3, 5, 11, 59, tzinfo=UTC), datetime(2027, 3, 5, 12, tzinfo=UTC)

    def open_at(now):
        with app.app_context():
            opened = operations.open_due_petitions(now=now)
            lines = [line.urgency for line in opening_lines(now)]
            db.session.commit()
        return opened, lines

    assert "1 draft of a petition lacks words" in desk.get("/desk/").text
    assert open_at(due) == ([], ["now"])
    complete(desk)
    assert open_at(before) == ([], [])
    assert open_at(due) == ([NEW], [])
    forget_everything(app)
    assert client.get(f"/en/petitions/{NEW}").status_code == 200
