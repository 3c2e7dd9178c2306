"""A partner and an endorsement from the desk to the public page, as organisers, signers and readers meet them."""

import re

from sqlalchemy import select

from campaign_app.extensions import db
from campaign_app.finished_pages import STORE, forget_all
from campaign_app.partners import queries
from campaign_app.signing.models import Pending
from tests.desk_client import signed_in, token_of
from tests.supporters import SLUG, send_mail, sign, words

PARTNER = {
    "code": "example",
    "name": "مثال للشراكة",
    "origins": "https://partner.example\r\nHTTPS://www.مثال.example/",
    "contact": "office@partner.example",
    "language": "ar",
    "line-ar": "هذا النموذج تعرضه منظمة مثال.",
}
NUMBER = re.compile(r"/(\d+)/check")
ENDORSEMENT = {
    "name": "منظمة مثال للعدالة",
    "country": "DE",
    "site": "https://justice.example",
    "authorised_by": "Its board",
    "authorised_on": "2026-05-18",
}


def send(desk, path, **fields):
    """Post a form of the desk."""
    return desk.post(path, data={"csrf_token": token_of(desk.get("/desk/sign-in")), **fields})


def sources(app) -> list[str]:
    """Return under which source each open request is counted, the oldest first."""
    with app.app_context():
        found = db.session.scalars(select(Pending.source).order_by(Pending.expires_on)).all()
        db.session.rollback()
        forget_all()
    return sorted(found)


def test_what_comes_through_an_active_partners_code_is_counted_as_its_own(app, client, mail_dir):
    desk = signed_in(app, ["organiser"]).language("en")
    wrong = send(desk, "/desk/partners/new", **PARTNER | {"origins": "https://a.example https://*.b.example"})
    assert wrong.status_code == 422
    assert "https://*.b.example" in words(wrong)
    assert send(desk, "/desk/partners/new", **PARTNER).location == "/desk/partners/example/"
    assert send(desk, "/desk/partners/new", **PARTNER).status_code == 422
    with app.app_context():
        sites = ("https://partner.example", "https://www.xn--mgbh0fb.example")
        assert queries.origins_of("example") == sites
        db.session.rollback()

    sign(client, source="example")
    sign(client, source="unknown", email="second@example.org")
    assert sources(app) == ["example", "other"]
    send_mail(app)
    assert "مثال للشراكة" in words(desk.get(f"/desk/numbers/{SLUG}"))
    send(desk, "/desk/partners/example/pause")
    sign(client, source="example", email="third@example.org")
    assert sources(app) == ["example", "other", "other"]
    assert "Asked to confirm: 1" in words(desk.get("/desk/partners/example/"))


def test_an_organisation_stands_on_the_petition_once_a_second_person_checked_it(app, client):
    first = signed_in(app, ["organiser"]).language("en")
    second = signed_in(app, ["organiser"], "second@example.org").language("en")
    place = f"/desk/endorsements/{SLUG}/"
    assert "Enter the name of the organisation." in words(send(first, f"{place}record"))
    for site in (
        "javascript:alert(1)",
        "https://known.example@other.example",
        r"https://other.example\@known.example",
    ):
        answer = send(first, f"{place}record", **ENDORSEMENT | {"site": site})
        assert "Write an address that begins with https://." in words(answer)
    assert send(first, f"{place}record", **ENDORSEMENT).status_code == 303
    assert "an organisation counts once" in words(send(first, f"{place}record", **ENDORSEMENT))
    assert "1 endorsement by an organisation waits" in words(second.get("/desk/"))
    number = NUMBER.search(second.get(place).text)[1]
    send(first, f"{place}{number}/check")
    assert "Somebody else must check it." in words(first.get(place))
    assert on_the_petition(app, client) == ("", False)

    send(second, f"{place}{number}/check")
    line, is_listed = on_the_petition(app, client)
    assert (line, is_listed) == ("1 organisation supports this demand", True)
    page = client.get(f"/en/petitions/{SLUG}/numbers").text
    assert 'rel="nofollow noopener noreferrer" href="https://justice.example">justice.example</a>' in page
    assert ENDORSEMENT["authorised_by"] not in page

    assert send(second, f"{place}{number}/withdraw").status_code == 422
    send(second, f"{place}{number}/withdraw", **{f"reason-{number}": "They asked for it."})
    assert on_the_petition(app, client) == ("", False)


def on_the_petition(app, client) -> tuple[str, bool]:
    """Return what the petition says of organisations, and whether the numbers name the one."""
    app.extensions[STORE].forget()
    line = re.search(r"\d+ organisations? supports? this demand", words(client.get(f"/en/petitions/{SLUG}")))
    app.extensions[STORE].forget()
    is_listed = ENDORSEMENT["name"] in words(client.get(f"/en/petitions/{SLUG}/numbers"))
    return line[0] if line else "", is_listed
