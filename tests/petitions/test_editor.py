"""A petition made at the desk: from nothing to a second version of its words, as the desk and as readers see it."""

import re
from datetime import timedelta

from sqlalchemy import select

from campaign_app.audit.models import AuditEntry
from campaign_app.clock import utc_now
from campaign_app.extensions import db
from campaign_app.petitions.models import Petition, PetitionText
from campaign_app.petitions.queries import public_petition
from campaign_app.petitions.rules import TEXT_FIELDS
from campaign_app.shield import check_token, form_token
from campaign_app.signing.models import Signature
from tests.conftest import forget_everything
from tests.desk_client import signed_in, token_of
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
    assert "<del>the</del><ins>every</ins>" in history.replace("\n", "")
    assert "<ins>" in history
